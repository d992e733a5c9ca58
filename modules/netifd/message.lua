-- SPDX-License-Identifier: MIT
-- What netifd is told: the arguments of `ubus call network.interface notify_proto`, as netifd's proto-ext.c reads them.

local plan = require "link.plan"

local M = {}

-- Whole numbers: netifd leaves out what has another type than it expects.
local ACTION = { update = 0, error = 3, block_restart = 4 }

local function list(values) return setmetatable(values, { __jsontype = "array" }) end

-- RFC 7278: the network gives a /64 to the modem alone, whatever its answer says of the prefix.
local LAN_PREFIX = 64

local function addresses_of(family, mask)
  local entries = {}
  for i, entry in ipairs(family.addresses) do
    entries[i] = { ipaddr = entry.address, mask = tostring(mask or entry.prefix_length) }
  end
  return list(entries)
end

local function route_of(link, family_name, options)
  local family = link.bearer[family_name]
  if #family.addresses == 0 or not options.defaultroute then
    return list {}
  end
  local wanted = plan.default_route(link.name, family_name, family, options)
  local is_ipv4 = family_name == "ipv4"
  return list { {
    target = is_ipv4 and "0.0.0.0" or "::", netmask = "0", gateway = wanted.gateway, onlink = wanted.onlink or nil,
    metric = options.metric,
    source = is_ipv4 and wanted.source or options.sourcefilter and ("%s/%d"):format(wanted.source, LAN_PREFIX) or nil,
  } }
end

---@param interface string
---@param link link.link
---@param options table as netifd/options.lua reads them
---@return table
function M.up(interface, link, options)
  local ipv6 = link.bearer.ipv6
  local offers = options.extendprefix and options.delegate
  local prefixes = {}
  for i, entry in ipairs(offers and ipv6.addresses or {}) do
    prefixes[i] = ("%s/%d"):format(entry.address, LAN_PREFIX)
  end
  return {
    action = ACTION.update, interface = interface, ifname = link.name, ["link-up"] = true, keep = false,
    ipaddr = addresses_of(link.bearer.ipv4), ip6addr = addresses_of(ipv6, offers and 128),
    routes = route_of(link, "ipv4", options), routes6 = route_of(link, "ipv6", options),
    ip6prefix = list(prefixes),
    dns = options.peerdns and list(table.move(link.dns, 1, #link.dns, 1, {})) or list {},
    data = { zone = options.zone, apn = link.bearer.apn, modem = link.bearer.modem.description.name },
  }
end

---@param interface string
---@return table
function M.down(interface)
  return { action = ACTION.update, interface = interface, ["link-up"] = false }
end

---@param interface string
---@param code string
---@param words string
---@return table
function M.error(interface, code, words)
  return { action = ACTION.error, interface = interface, error = list { code, words } }
end

---@param interface string
---@return table
function M.block_restart(interface) return { action = ACTION.block_restart, interface = interface } end

---The interface that translates IPv4 where the network gives IPv6 only; netifd's protocol 464xlat does that.
---@param interface string
---@param options table
---@return table
function M.clat(interface, options)
  return { name = interface .. "_4", proto = "464xlat", tunlink = interface, zone = options.zone }
end

return M
