-- SPDX-License-Identifier: MIT
-- dnsmasq announces a prefix: a file in one of the folders that it reads, and a restart, as SIGHUP does not read them.
--
-- The file names the interface, not the prefix: dnsmasq follows the addresses there by itself.

local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local netlink = require "core.netlink"
local programs = require "link.programs"
local run_program = require "run_program"

---@type link.announcer
local M = {}

local DEFAULT_FILE = "/etc/dnsmasq.conf"
local DEEPEST = 8 -- files that name one another
local LIFETIME = "1h" -- a client forgets what is announced no longer

-- The options that matter here, by their letters.
local letters = {
  C = "conf-file", ["7"] = "conf-dir", i = "interface", I = "except-interface", ["2"] = "no-dhcp-interface",
  a = "listen-address", F = "dhcp-range", k = "keep-in-foreground", d = "no-daemon",
}
local takes_value = {}
for _, name in pairs(letters) do takes_value[name] = name ~= "keep-in-foreground" and name ~= "no-daemon" end

local add

local function add_file(found, path, depth)
  for line in ((depth <= DEEPEST and fs.read(path) or "") .. "\n"):gmatch "([^\n]*)\n" do
    local name, value = line:match "^%s*([%w-]+)%s*=?%s*(.-)%s*$"
    if name then add(found, name, value, depth) end
  end
end

-- "/etc/dnsmasq.d,.dpkg-dist,*.conf": no files that end in the one, and of others only those that end in the other.
local function is_read(name, endings)
  local only, wanted = false, false
  for ending in endings:gmatch "[^,]+" do
    local suffix = ending:gsub("^%*", "")
    local has_it = name:sub(-#suffix) == suffix
    if ending:sub(1, 1) == "*" then
      only, wanted = true, wanted or has_it
    elseif has_it then
      return false
    end
  end
  return (wanted or not only) and not name:find "^%." and not name:find "~$" and not name:find "^#.*#$"
end

local function add_folder(found, value, depth)
  local path, endings = value:match "^([^,]*),?(.*)$"
  if path:sub(1, 1) == "/" and is_read("moontower.conf", endings) then
    found.folder = found.folder or path
  end
  for _, name in ipairs(fs.list(path) or {}) do
    if is_read(name, endings) and not name:find "^moontower%-" then
      add_file(found, path .. "/" .. name, depth + 1)
    end
  end
end

function add(found, name, value, depth)
  if name == "conf-file" then
    found.has_file = true
    add_file(found, value, depth + 1)
  elseif name == "conf-dir" then
    add_folder(found, value, depth)
  elseif takes_value[name] ~= nil then
    found[name] = found[name] or {}
    table.insert(found[name], value)
  end
end

-- All that its command line says, and the files that that names.
local function configuration(program)
  local found, i = {}, 2
  while i <= #program.arguments do
    local argument = program.arguments[i]
    local name, equals, value = argument:match "^%-%-([%w-]+)(=?)(.*)$"
    if not name then
      name, value = letters[argument:match "^%-(%w)"], argument:sub(3)
      equals = value
    end
    if name and takes_value[name] and equals == "" then
      i = i + 1
      value = program.arguments[i] or ""
    end
    if name then add(found, name, value, 1) end
    i = i + 1
  end
  if not found.has_file then add_file(found, DEFAULT_FILE, 1) end
  return found
end

local function names(list, interface)
  for _, value in ipairs(list or {}) do
    for name in value:gmatch "[^,]+" do
      if name == interface or name:sub(-1) == "*" and interface:sub(1, #name - 1) == name:sub(1, -2) then
        return true
      end
    end
  end
  return false
end

-- One that is bound to addresses alone is there for an interface that has one of them.
local function serves(found, interface)
  if names(found["except-interface"], interface) or names(found["no-dhcp-interface"], interface) then
    return false
  elseif found.interface then
    return names(found.interface, interface)
  end
  for _, address in ipairs(found["listen-address"] and netlink.addresses(interface) or {}) do
    if names(found["listen-address"], address.address) then return true end
  end
  return not found["listen-address"]
end

local function program_on(interface)
  for _, program in ipairs(programs.running "dnsmasq") do
    local found = configuration(program)
    if serves(found, interface) then
      return program, found
    end
  end
end

-- Its owner may have told it already to announce whatever prefix comes to the interface.
local function announces_already(found, interface)
  for _, range in ipairs(found["dhcp-range"] or {}) do
    if names({ range:match "constructor:([^,]+)" }, interface) then return true end
  end
  return false
end

-- A mistake in any of its files, also those that are not ours, would keep it from starting again.
local function restart(program, found)
  local ok, err = run_program("share", { program.arguments[1], "--test", table.unpack(program.arguments, 2) })
  if ok then
    ok, err = programs.restart(program, found["keep-in-foreground"] or found["no-daemon"])
  end
  return ok, err
end

function M.find(interface, link)
  local program, found = program_on(interface)
  if not program then
    return nil
  elseif announces_already(found, interface) then
    return {}
  elseif not found.folder then
    return errors.fail {
      code = "unsupported", source = "share",
      message = ("dnsmasq runs on %s, but reads no folder that a file could be put into"):format(interface),
      hint = ("Add `conf-dir=/etc/dnsmasq.d` to %s and restart dnsmasq; or `enable-ra` and "
        .. "`dhcp-range=::,constructor:%s,ra-only`."):format(DEFAULT_FILE, interface),
    }
  end
  return { path = ("%s/moontower-%s.conf"):format(found.folder, link) }
end

function M.apply(record)
  local program, found = program_on(record.interface)
  if not record.path then
    return true
  elseif not program then
    return errors.fail { code = "gone", source = "share", message = "dnsmasq has just ended" }
  end
  local ok, err = fs.write_atomic(record.path, ("# Written by moontower while it shares a prefix with %s.\nenable-ra\n"
    .. "dhcp-range=::,constructor:%s,ra-only,64,%s\n"):format(record.interface, record.interface, LIFETIME))
  if ok then
    ok, err = restart(program, found)
  end
  return ok, err
end

function M.undo(record)
  local ok, err = errors.there(fs.stat(record.path or "/", "link"))
  if not record.path or ok == false then
    return true
  end
  if ok then
    ok, err = fs.remove(record.path)
  end
  local program, found = program_on(record.interface)
  local _, why
  if ok and program then
    _, why = restart(program, found)
  end
  if why then
    log.warn("dnsmasq keeps its configuration until it is started again: %s", why)
  end
  return ok, err
end

function M.missing(record)
  if not program_on(record.interface) then
    return "dnsmasq, which announces it, does not run"
  elseif record.path and not fs.stat(record.path) then
    return record.path .. ", which tells dnsmasq to announce it, is gone"
  end
end

return M
