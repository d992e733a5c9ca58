-- SPDX-License-Identifier: MIT
-- IPv4 on a connection that has IPv6 alone (464XLAT, RFC 6877): tayga translates it on this computer, and the network's
-- NAT64 translates it back.
--
-- clatd starts tayga, too, and is not used: it changes rules and packet filters that would stay if it were killed,
-- and looks for the way out by itself, of which there may be others.

local errors = require "errors"
local forwarding = require "link.forwarding"
local fs = require "core.fs"
local ipv6 = require "link.ipv6"
local net = require "net"
local netlink = require "core.netlink"
local programs = require "link.programs"
local run_program = require "run_program"
local marked = require "link.marked"
local state = require "state"
local task = require "task"
local tayga = require "link.clat.tayga"

---@class link.clat what is done, in the link's journal
---@field problem string? why there is no IPv4
---@field hint string?
---@field prefix string? of the network's NAT64
---@field length integer?
---@field link string the modem's interface
---@field device string where IPv4 packets go
---@field ipv4 string the host's address there
---@field ipv6 string what it becomes
---@field path string of the file that configures the program
---@field metric integer of the default route
---@field fixed boolean? the metric was asked for
---@field table integer?

local M = {}

local FOLDER = state.folder .. "/clat"
local IPV4, NUMBER = "192.0.0.1", 0xc1a7 -- RFC 7335; in the connection's /64
local LONGER = 28 -- bytes by which a packet grows: IPv6's header, and that of a fragment
local START_TIME = 10

local function global_address(addresses)
  for _, address in ipairs(addresses) do
    if address.address:find ":" and not net.is_link_local(address.address) then
      return address.address
    end
  end
end

---Does a link have IPv6 alone, and would IPv4 have a way out through it?
---@param link link.link
---@return boolean
function M.is_for(link)
  local options = link.options
  return #link.bearer.ipv4.addresses == 0 and global_address(link.addresses) ~= nil
    and options.clat ~= false and options.default_route ~= false and not options.manager
end

---Decides, and changes nothing.
---@param link link.link
---@param found link.nat64
---@param metric integer of the default route
---@return link.clat?
---@return moontower.error? err
function M.plan(link, found, metric)
  if not fs.executable(tayga.NAME) then
    return errors.fail {
      code = "not-found", source = "clat",
      message = ("the network gives IPv6 alone, and IPv4 behind %s/%d; tayga, which translates it, is not installed")
        :format(found.prefix, found.length),
      hint = "Install it (`apt install tayga`; its service is not needed), then run `moontower up` again.",
    }
  end
  return {
    link = link.name, device = "clat" .. link.journal.index, prefix = found.prefix, length = found.length,
    ipv4 = IPV4, ipv6 = ipv6.within(global_address(link.addresses), NUMBER),
    path = ("%s/%s.conf"):format(FOLDER, link.journal.key),
    metric = link.options.metric or metric, fixed = link.options.metric and true, table = link.options.table,
  }
end

local function program_of(record)
  for _, program in ipairs(programs.running(tayga.NAME)) do
    for _, argument in ipairs(program.arguments) do
      if argument == record.path then return program end
    end
  end
end

local function wait_for_device(record, monitor)
  local _, err = task.timeout(START_TIME, function()
    while not netlink.link(record.device) do
      local event, gone = monitor:next()
      if not event then
        return nil, gone
      end
    end
    return true
  end)
  if err and err.code == "timeout" then
    return errors.fail {
      code = "io", source = "clat",
      message = ("tayga has not made %s in %d seconds"):format(record.device, START_TIME),
      hint = ("Run it by hand to see why: `%s`"):format(table.concat(tayga.command(record.path), " ")),
    }
  end
  return not err or nil, err
end

-- It outlives this program, and the daemon's sandbox is not its own.
local function start(record)
  local watching, err = netlink.monitor { groups = { "link" } }
  local monitor <close> = watching
  if not monitor then
    return nil, err
  end
  local command = tayga.command(record.path)
  local prefix = { "sh", "-c", 'setsid "$@" </dev/null >/dev/null 2>&1 &', "sh" }
  if fs.stat "/run/systemd/system" then
    prefix = { "systemd-run", "--quiet", "--collect", "--unit=moontower-clat-" .. record.link }
  end
  local ok
  ok, err = run_program("clat", table.move(command, 1, #command, #prefix + 1, prefix))
  if ok then
    ok, err = wait_for_device(record, monitor)
  end
  return ok, err
end

-- Several modems may have default routes.
local function add_default_route(record)
  local ok, err
  repeat
    ok, err = netlink.add_route {
      link = record.device, destination = "default", family = "ipv4", metric = record.metric, table = record.table,
      source = record.ipv4, protocol = marked.PROTOCOL,
    }
    local is_taken = not ok and err.code == "exists" and not record.fixed
    record.metric = record.metric + (is_taken and 1 or 0)
  until not is_taken
  return ok, err
end

local function configure(record, mtu)
  local ok, err = netlink.set_link(record.device, { up = true, mtu = mtu - LONGER })
  if ok then
    ok, err = netlink.add_address {
      link = record.device, address = record.ipv4, prefix_length = 32, protocol = marked.PROTOCOL,
    }
  end
  if ok then
    ok, err = netlink.add_route {
      link = record.device, destination = record.ipv6 .. "/128", family = "ipv6", protocol = marked.PROTOCOL,
    }
  end
  if ok then
    ok, err = add_default_route(record)
  end
  return ok, err
end

---Does what a journal says of it.
---@param journal link.journal
---@param mtu integer of the link
---@return true? ok
---@return moontower.error? err
function M.apply(journal, mtu)
  local record = journal.clat
  local ok, err = forwarding.apply(journal.forwarding)
  if ok then
    ok, err = fs.mkdir(FOLDER, 448) -- 0700
  end
  if ok then
    ok, err = fs.write_atomic(record.path, tayga.configuration(record))
  end
  if ok then
    ok, err = start(record)
  end
  if ok then
    ok, err = configure(record, mtu)
  end
  return ok, err
end

---Undoes all that a journal says of it: device, addresses and routes end with the program.
---@param journal link.journal
---@return true? ok
---@return moontower.error? err
function M.undo(journal)
  local record = journal.clat
  local program, ok, err = program_of(record), true, nil
  if program then
    ok, err = programs.stop(program)
  end
  if ok then
    ok, err = errors.there(fs.remove(record.path))
  end
  return ok ~= nil or nil, err
end

---Why is there no IPv4, or not any more?
---@param record link.clat
---@return string? problem
function M.problem(record)
  if record.problem then
    return record.problem
  elseif not program_of(record) then
    return "tayga, which translates it, does not run"
  end
  for _, route in ipairs(netlink.routes { link = record.device, family = "ipv4", protocol = marked.PROTOCOL } or {}) do
    if route.destination == "default" then return nil end
  end
  return ("the IPv4 default route through %s is missing"):format(record.device)
end

return M
