-- SPDX-License-Identifier: MIT
-- What a bearer means for the host: decided here, before anything is changed.

local fs = require "core.fs"
local journals = require "link.journal"
local netlink = require "core.netlink"
local resolver = require "resolver"

local M = {
  -- Marks our addresses and routes in the kernel (rtm_protocol, IFA_PROTO); `ip route show proto 77` lists them.
  PROTOCOL = 77,
  -- Behind the usual metrics of wired and wireless networks: a modem costs money.
  METRIC = 700,
}

local DEFAULT_MTU = 1500

---@param bearer modem.bearer
---@param what "addresses"|"dns"
---@return table[] of both families
function M.all_of(bearer, what)
  local all = table.move(bearer.ipv4[what], 1, #bearer.ipv4[what], 1, {})
  return table.move(bearer.ipv6[what], 1, #bearer.ipv6[what], #all + 1, all)
end

---@param bearer modem.bearer
---@return integer
function M.mtu(bearer)
  return math.min(bearer.ipv4.mtu or DEFAULT_MTU, bearer.ipv6.mtu or DEFAULT_MTU)
end

local function number(address)
  local a, b, c, d = address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  return ((a * 256 + b) * 256 + c) * 256 + d
end

-- Modems hand out /32s, and gateways elsewhere. The link is point-to-point, so the gateway is on it all the same; the
-- kernel has to be told. An IPv6 gateway is link-local, and so on the link.
local function needs_onlink(family_name, family)
  local first = family.addresses[1]
  if family_name == "ipv6" or not family.gateway or not first then
    return family.gateway ~= nil and family_name == "ipv4"
  end
  local size = 2 ^ (32 - first.prefix_length)
  return number(first.address) // size ~= number(family.gateway) // size
end

local function default_route(name, family_name, family, options)
  return {
    link = name, destination = "default", family = family_name, gateway = family.gateway,
    metric = options.metric or M.METRIC, table = options.table, protocol = M.PROTOCOL,
    source = family.addresses[1].address, onlink = needs_onlink(family_name, family),
  }
end

-- What stands on the interface already is somebody else's, and stays when ours go.
local function there_already(name)
  local there = {}
  for _, address in ipairs(netlink.addresses(name) or {}) do there[address.address] = true end
  return there
end

local function add_family(journal, family_name, family, there, options)
  for _, address in ipairs(family.addresses) do
    if not there[address.address] then
      table.insert(journal.addresses, {
        link = journal.name, address = address.address, prefix_length = address.prefix_length, protocol = M.PROTOCOL,
      })
    end
  end
  if #family.addresses > 0 and options.default_route ~= false then
    table.insert(journal.routes, default_route(journal.name, family_name, family, options))
  end
end

local function sysctl(name, key)
  return fs.read(journals.sysctl_path(name, key))
end

---The journal of all that has to be done to an interface.
---@param bearer modem.bearer
---@param now table the interface as core.netlink has it
---@param options { dns: boolean?, metric: integer?, table: integer?, default_route: boolean? }
---@return link.journal
function M.make(bearer, now, options)
  local journal = {
    name = now.name, index = now.index, before = { mtu = now.mtu, up = now.up }, owner = journals.me(),
    metric = options.metric or M.METRIC, addresses = {}, routes = {},
  }
  local there = there_already(now.name)
  add_family(journal, "ipv4", bearer.ipv4, there, options)
  local ipv6_off = (sysctl(now.name, "disable_ipv6") or "1"):sub(1, 1) ~= "0"
  if not ipv6_off then
    add_family(journal, "ipv6", bearer.ipv6, there, options)
  end
  if not ipv6_off and bearer.ip ~= "ipv4" then
    journal.before.accept_ra = sysctl(now.name, "accept_ra")
    -- The modem tells our address, so the kernel shall not make a second one of router advertisements; where the modem
    -- does not tell, that is the only way (2: also while this host forwards packets).
    journal.accept_ra = #bearer.ipv6.addresses > 0 and "0" or "2"
  end
  local servers = M.all_of(bearer, "dns")
  if options.dns ~= false and #servers > 0 then
    journal.dns = resolver.plan(now.name, servers)
  end
  return journal
end

return M
