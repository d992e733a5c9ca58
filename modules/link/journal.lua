-- SPDX-License-Identifier: MIT
-- The journal of a link: all that we change on an interface, written before the first change.

local alone = require "link.alone"
local lazy = require "base.lazy"
local channels = lazy "link.channel"
local errors = require "errors"
local fs = require "core.fs"
local marked = require "link.marked"
local netlink = require "core.netlink"
local salvage = lazy "link.salvage"
local state = require "state"

local KIND = "links"
local NOWHERE = marked.NOWHERE

---@class link.journal
---@field key string its own name: "wwan0"; "wwan0.1" for a channel of it
---@field name string? of the interface; the kernel chooses that of a mux
---@field index integer? of the interface: another one of the same name has another; nil until one of ours is made
---@field session integer? the modem's session that it is for
---@field channel link.channel?
---@field created link.created? the interface is ours: it was made, or is about to be
---@field parent { name: string, index: integer, up: boolean, mtu: integer? }? what a channel is on, as it was before
--- the first of us; mtu: where the channel needs a larger one
---@field before { mtu: integer, up: boolean, accept_ra: string?, arp: true? } arp: it is switched off while we use it
---@field owner { pid: integer, start: integer? }? the process that is at work on it
---@field persistent boolean? it is finished, and is to stay
---@field metric integer?
---@field table integer?
---@field addresses table[] as core.netlink takes them
---@field routes table[]
---@field accept_ra string? what the sysctl is set to
---@field dns dns.record?
---@field manager string? the program that puts addresses, routes and DNS servers on this computer, so none are here
---@field unmanaged string[]? the programs that are told to leave its interfaces alone
---@field share link.share?
---@field clat link.clat?
---@field forwarding link.sysctl[]?
---@field is_salvaged boolean? it is what a damaged file still says

local M = { PROTOCOL = marked.PROTOCOL }

---A function that changes what links share with one another: forwarding, and programs of the host.
---@param fn function
---@return function
function M.alone(fn) return alone("services", fn) end

---@param name string of an interface
---@param key string
---@return string path
function M.sysctl_path(name, key)
  return ("/proc/sys/net/ipv6/conf/%s/%s"):format(name, key)
end

---Where /proc/sys cannot be written, as in many containers, what is so already is all right.
---@param name string of an interface
---@param key string
---@param value string
---@return true? ok
---@return moontower.error? err
function M.set_sysctl(name, key, value)
  local path = M.sysctl_path(name, key)
  local now = fs.read(path)
  if now and now:match "%S+" == value:match "%S+" then
    return true
  end
  return fs.write(path, value)
end

---@param journal link.journal
---@return true? ok
---@return moontower.error? err
function M.save(journal) return state.save(KIND, journal.key, journal) end

---The name of a bearer's journal, which is known before its interface is there.
---@param net string the modem's interface
---@param channel link.channel?
---@return string
function M.key(net, channel) return channel and ("%s.%d"):format(net, channel.id) or net end

-- A file's name has "_" for what may be in an interface's name, and not in a file's.
local function has_file_of(values, key)
  return type(values.key) == "string" and state.path(KIND, values.key) == state.path(KIND, key)
end

---The journal of a link whose interface may be gone.
---@param key string it may be the name of a file of one
---@return link.journal? journal with `is_salvaged` when its file was damaged; nil without an error: there is none
---@return moontower.error? err that could not be found out
function M.read(key)
  local journal, err = state.load(KIND, key)
  local is_whole = journal and has_file_of(journal, key)
    and (journal.index and not journal.channel or channels.is_valid(journal.channel) and journal.parent ~= nil
      or journal.index == NOWHERE)
  if is_whole then
    return journal
  elseif journal or err and err.code == "malformed" then
    local values = journal or err.detail.values or {}
    journal, err = salvage.journal(has_file_of(values, key) and values.key or key, values)
    M.save(journal) -- its file has been moved aside: the next run finds this one
    return not err and journal or nil, err
  end
  return nil, err
end

---@return string[]? keys of all journals
---@return moontower.error? err
function M.list() return state.list(KIND) end

---@param journal link.journal of which all is undone
---@return true? ok
---@return moontower.error? err
function M.remove(journal) return state.remove(KIND, journal.key) end

---The journals of all links that need a modem's interface: its own, and those of its channels.
---@param index integer of that interface
---@return link.journal[]?
---@return moontower.error? err
function M.on_parent(index)
  local keys, err = M.list()
  local journals = {}
  for _, key in ipairs(keys or {}) do
    local journal
    journal, err = M.read(key)
    if err then
      return nil, err
    elseif journal and (journal.parent or journal).index == index then
      journals[#journals + 1] = journal
    end
  end
  return not err and journals or nil, err
end

---Was a modem's interface up before the first link of ours on it?
---@param interface table as core.netlink has it
---@return boolean? up
---@return moontower.error? err
function M.was_up(interface)
  local journals, err = M.on_parent(interface.index)
  for _, journal in ipairs(journals or {}) do
    if (journal.parent or journal.before).up == false then
      return false
    end
  end
  if not journals then
    return nil, err
  end
  return interface.up
end

---The MTU of a modem's interface before the first channel of ours on it.
---@param interface table as core.netlink has it
---@return integer? mtu
---@return moontower.error? err
function M.mtu_before(interface)
  local journals, err = M.on_parent(interface.index)
  for _, journal in ipairs(journals or {}) do
    if journal.parent and journal.parent.mtu then
      return journal.parent.mtu
    end
  end
  return journals and interface.mtu, err
end

---@param journal link.journal
---@return table? interface nil without an error: it is gone; another one of the same name has nothing of ours
---@return moontower.error? err the kernel could not be asked
function M.interface(journal)
  if journal.index == NOWHERE then
    return nil
  elseif journal.index then
    local interface, err = errors.there(netlink.link(journal.index))
    return interface or nil, err
  end
  -- Killed while making it: is it there?
  local parent, err = errors.there(netlink.link(journal.parent.index))
  local interface
  if parent then
    interface, err = errors.there(channels.find(parent, journal.channel))
  end
  return interface or nil, err
end

---The journal of what we have put on an interface.
---@param key string
---@return link.journal? journal nil without an error: nothing
---@return moontower.error? err that could not be found out
function M.load(key)
  local journal, err = M.read(key)
  local interface
  if journal then
    interface, err = M.interface(journal)
  end
  return interface and not journal.is_salvaged and journal or nil, err
end

return M
