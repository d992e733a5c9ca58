-- SPDX-License-Identifier: MIT
-- The ways that the kernel has for packets to the world: default routes; routes for most addresses, which
-- VPNs put before those; and rules that lead past the main table.

local fs = require "core.fs"
local inet = require "core.inet"
local ipv4 = require "link.ipv4"
local marked = require "link.marked"
local net = require "net"
local netlink = require "core.netlink"
local task = require "task"

---@class explain.way
---@field family "ipv4"|"ipv6"
---@field destination string
---@field link string?
---@field gateway string?
---@field metric integer
---@field type string
---@field is_dead boolean the interface has no carrier, or the gateway does not answer there
---@field is_tunnel boolean its packets leave by another way in turn

---@class explain.rule
---@field family "ipv4"|"ipv6"
---@field priority integer
---@field action string "table", "prohibit" ...
---@field table integer

local M = {}

local MAIN_TABLE, MAIN_RULE = 254, 32766
local MOST = { ipv4 = 1, ipv6 = 3 } -- bits: halves of IPv4 (0.0.0.0/1), and all of IPv6 that is in use (2000::/3)
local ARP = "/proc/net/arp"
local COMPLETE = 2 -- ATF_COM: the neighbour has answered
local PATIENCE = { ipv4 = 2, ipv6 = 6 } -- seconds; the kernel gives a neighbour up after three
local TUNNELS = { tun = true, wireguard = true, ipip = true, sit = true, gre = true, vti = true, xfrm = true }

---The interface that the kernel sends packets for an address to, by the main table.
---@param address string
---@param routes netlink.route[]
---@return string? link
function M.way_to(address, routes)
  local family, best, most = inet.family(address), nil, -1
  for _, route in ipairs(routes) do
    local network, length = route.destination:match "^(.*)/(%d+)$"
    length = tonumber(length) or 0
    local fits = route.destination == "default" or network == address
      or family == "ipv4" and route.family == family and network and ipv4.share_network(address, network, length)
    if route.table == MAIN_TABLE and route.family == family and fits
      and (length > most or length == most and route.metric < best.metric) then
      best, most = route, length
    end
  end
  return best and best.link
end

---Do its packets leave by another interface in turn?
---@param device string
---@return boolean
function M.is_tunnel(device)
  local now = netlink.link(device)
  return now ~= nil and TUNNELS[now.type] or false
end

-- Neighbours that have not answered ARP. The kernel forgets one soon after it was asked for.
local function silent_neighbours()
  local silent = {}
  for address, flags, device in (fs.read(ARP) or ""):gmatch "([%d.]+)%s+0x%x+%s+0x(%x+)%s+%S+%s+%S+%s+(%S+)" do
    silent[device .. " " .. address] = tonumber(flags, 16) & COMPLETE == 0
  end
  return silent
end

local function place_of(route) return route.link .. " " .. (route.gateway or "") end

local function is_dead(route, silent)
  if route.type ~= "unicast" then
    return true
  end
  if not route.link then -- it has next hops
    return false
  end
  local now = netlink.link(route.link)
  return not now or not now.up or not now.running or silent[place_of(route)] or false
end

local function bits(route) return tonumber(route.destination:match "/(%d+)$") or 0 end

-- A longer prefix goes first, then a smaller metric.
local function is_before(a, b)
  if a.family ~= b.family then
    return a.family < b.family
  elseif bits(a) ~= bits(b) then
    return bits(a) > bits(b)
  end
  return a.metric < b.metric
end

-- The best way of each family.
local function best_of(list)
  local best = {}
  for _, route in ipairs(list) do best[route.family] = best[route.family] or route end
  return best
end

-- Gateways of the best ways, if those are other interfaces', are called, so that the kernel asks for them; whether they
-- answer the ping, or refuse it, does not matter. Where one of IPv6 does not answer neighbour discovery, the kernel
-- says that there is no such host; of IPv4, its table tells.
local function silent_gateways(list, name)
  local calls, unreachable = {}, {}
  for family, route in pairs(best_of(list)) do
    local is_others = route.link and route.link ~= name and not M.is_tunnel(route.link)
    if is_others and inet.family(route.gateway or "") == family then
      calls[#calls + 1] = function()
        local _, err = net.ping(route.gateway, { link = route.link, timeout = PATIENCE[family] })
        local is_silent = family == "ipv6" and err and err.detail and err.detail.errno == "EHOSTUNREACH"
        unreachable[#unreachable + 1] = is_silent and place_of(route) or nil
        return true
      end
    end
  end
  if #calls > 0 then
    assert(task.all(table.unpack(calls)))
  end
  local silent = silent_neighbours()
  for _, place in ipairs(unreachable) do silent[place] = true end
  return silent
end

---@param routes netlink.route[]
---@param name string the modem's interface
---@return explain.way[] ways of the main table, the best of each family first
function M.of(routes, name)
  local list = {}
  for _, route in ipairs(routes) do
    if route.table == MAIN_TABLE and route.type ~= "multicast" and bits(route) <= MOST[route.family] then
      list[#list + 1] = route
    end
  end
  table.sort(list, is_before)
  local ways, silent = {}, silent_gateways(list, name)
  for i, route in ipairs(list) do
    ways[i] = {
      family = route.family, destination = route.destination, link = route.link, gateway = route.gateway,
      metric = route.metric, type = route.type, is_dead = is_dead(route, silent),
      is_tunnel = route.link ~= nil and M.is_tunnel(route.link),
    }
  end
  return ways
end

---Rules before the main table's, which may lead packets elsewhere.
---@return explain.rule[]
function M.rules()
  local list = {}
  for _, rule in ipairs(netlink.rules {} or {}) do
    if rule.priority > 0 and rule.priority < MAIN_RULE and rule.protocol ~= marked.PROTOCOL then
      list[#list + 1] = { family = rule.family, priority = rule.priority, action = rule.action, table = rule.table }
    end
  end
  return list
end

local function sysctl(path) return tonumber(fs.read("/proc/sys/net/ipv4/conf/" .. path .. "/rp_filter") or "") or 0 end

---Does the kernel drop answers that it would send another way (rp_filter)?
---@param name string
---@return boolean
function M.is_strict(name) return math.max(sysctl "all", sysctl(name)) == 1 end

return M
