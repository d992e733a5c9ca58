-- SPDX-License-Identifier: MIT
-- NetworkManager and systemd-networkd, told that the interfaces of a link are not theirs to configure.
--
-- Each reads a file of ours among its run-time configuration, which is there as long as the link is. The link's journal
-- names the programs before that. None of this keeps a connection from working: what fails is a warning.

local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local run_program = require "run_program"

---@class unmanaged.program
---@field title string
---@field has_run string it is there from the program's first start on
---@field path string of our file, by the key of a journal
---@field content fun(journal: link.journal, names: string[]): string
---@field reload string[] has it read its files again; must not start it
---@field ask string[] fails if it does not run
---@field warn (fun(names: string[]))? of what a person has told it about these interfaces
---@field concerns fun(name: string): boolean would it configure this interface?

-- NetworkManager leaves interfaces of this type to ModemManager.
local function is_no_wwan(name)
  local uevent = fs.read(("/sys/class/net/%s/uevent"):format(name))
  return not (uevent and uevent:find("DEVTYPE=wwan", 1, true))
end

-- Does a .network file say that it is for one of these interfaces, or not for which?
local function is_for(content, names)
  local patterns = content:match "\nName=([^\n]*)"
  for pattern in (patterns or "*"):gmatch "%S+" do
    pattern = "^" .. pattern:gsub("[%^$()%%.+-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".") .. "$"
    for _, name in ipairs(names) do
      if name:find(pattern) then return true end
    end
  end
  return false
end

-- With such a section, systemd-networkd (from 260 on) has ModemManager connect a modem. It cannot while we have it.
local function warn_of_mobile_network(names)
  for _, folder in ipairs { "/etc/systemd/network", "/run/systemd/network" } do
    for _, file in ipairs(fs.list(folder) or {}) do
      local content = file:find "%.network$" and fs.read(folder .. "/" .. file)
      if content and ("\n" .. content):find("\n[MobileNetwork]", 1, true) and is_for(content, names) then
        log.warn("%s/%s has a section [MobileNetwork], by which systemd-networkd and ModemManager would connect the "
          .. "modem of %s: it has no effect while moontower does", folder, file, table.concat(names, " and "))
      end
    end
  end
end

-- A name of an interface may have what these files give a meaning to.
local function escaped(names, pattern, by)
  local list = {}
  for i, name in ipairs(names) do list[i] = name:gsub(pattern, by) end
  return list
end

---@type table<string, unmanaged.program>
local programs = {}

-- A list in a file of /etc replaces ours. The section adds to what others say, but an interface is looked up in it only
-- when it appears: so one that is not ours would be left alone after the link has ended.
programs.networkmanager = {
  title = "NetworkManager", has_run = "/run/NetworkManager",
  path = "/run/NetworkManager/conf.d/moontower-%s.conf",
  content = function(journal, names)
    names = escaped(names, "[,;\\]", "\\%0")
    local list = "interface-name:=" .. table.concat(names, ",interface-name:=")
    local text = ("[keyfile]\nunmanaged-devices+=%s\n"):format(list)
    if journal.created then
      text = text .. ("\n[device-moontower-%s]\nmatch-device=interface-name:=%s\nmanaged=0\n")
        :format(journal.key, names[#names])
    end
    return text
  end,
  reload = { "nmcli", "general", "reload", "conf" },
  ask = { "nmcli", "device" },
  concerns = is_no_wwan,
}

-- Of all files that match an interface, the first by name holds.
programs.networkd = {
  title = "systemd-networkd", has_run = "/run/systemd/netif/state",
  path = "/run/systemd/network/05-moontower-%s.network",
  content = function(_, names)
    names = escaped(names, "[^%w._:@+-]", "?") -- any one letter
    return ("[Match]\nName=%s\n\n[Link]\nUnmanaged=yes\n"):format(table.concat(names, " "))
  end,
  warn = warn_of_mobile_network,
  reload = { -- `networkctl reload` would start one that has been stopped
    "busctl", "--auto-start=no", "call", "org.freedesktop.network1", "/org/freedesktop/network1",
    "org.freedesktop.network1.Manager", "Reload",
  },
  ask = { "busctl", "--auto-start=no", "call", "org.freedesktop.network1", "/org/freedesktop/network1",
    "org.freedesktop.DBus.Peer", "Ping" },
  concerns = function() return true end,
}

local M = { all = { "networkmanager", "networkd" } }

-- One that does not run reads its files when it starts.
local function reload(program)
  if not fs.stat(program.has_run) then
    return true
  end
  local ok, err = run_program("link", program.reload)
  return ok or err.code == "io" and not run_program("link", program.ask) or nil, err
end

-- The interfaces that a link uses, or is about to. The modem's under a channel is among them from the start: its driver
-- is told to frame packets otherwise, and systemd-networkd fails to configure it then, and stays with that.
local function interfaces(journal)
  return { journal.parent and journal.parent.name, journal.name or journal.created.name }
end

local function concerned(program, journal)
  local names = {}
  for _, name in pairs(interfaces(journal)) do
    if program.concerns(name) then names[#names + 1] = name end
  end
  return names
end

---Would the program configure an interface of the link?
---@param id "networkmanager"|"networkd"
---@param journal link.journal
---@return boolean
function M.concerns(id, journal) return #concerned(programs[id], journal) > 0 end

local function tell(program, journal)
  local path, names = program.path:format(journal.key), concerned(program, journal)
  if #names == 0 then
    return true -- it was for a link before this one, whose interface was of another type
  end
  local content = ("# Written by moontower while %s is up.\n"):format(names[#names])
    .. program.content(journal, names)
  if fs.read(path) == content then
    return true
  elseif program.warn then
    program.warn(names)
  end
  local ok, err = fs.mkdir(path:match "^(.*)/")
  if ok then
    ok, err = fs.write_atomic(path, content)
  end
  if ok then
    ok, err = reload(program)
  end
  return ok, err
end

---Tells the programs that the journal names, which is saved.
---@param journal link.journal
function M.apply(journal)
  for _, id in ipairs(journal.unmanaged or {}) do
    local ok, err = tell(programs[id], journal)
    if not ok then
      log.warn("%s may configure %s, too: it cannot be told not to: %s", programs[id].title,
        table.concat(concerned(programs[id], journal), " and "), err)
    end
  end
end

-- The folder goes, too, if that was all in it. What could never be written is not there to be removed.
local function take_back(program, path)
  local there, err = errors.there(fs.stat(path))
  if there then
    there, err = fs.remove(path)
  end
  if there == nil then
    return nil, err
  end
  fs.remove(path:match "^(.*)/")
  local ok
  ok, err = reload(program)
  if not ok then
    log.warn("%s still leaves interfaces alone that have been moontower's, until it is restarted: %s", program.title,
      err)
  end
  return true
end

---Takes back what apply() did, or may have done.
---@param undoing undoing
---@param journal link.journal
function M.undo(undoing, journal)
  for _, id in ipairs(journal.is_salvaged and M.all or journal.unmanaged or {}) do
    undoing:try(take_back, programs[id], programs[id].path:format(journal.key))
  end
end

return M
