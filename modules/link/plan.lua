-- SPDX-License-Identifier: MIT
-- What a bearer means for the host: decided here, before anything is changed.

local lazy = require "base.lazy"
local channels = lazy "link.channel"
local dns = lazy "link.dns"
local errors = require "errors"
local fs = require "core.fs"
local ipv4 = lazy "link.ipv4"
local journals = require "link.journal"
local net = require "net"
local netlink = require "core.netlink"
local state = require "state"
local unmanaged = lazy "link.unmanaged"

local M = {
  PROTOCOL = journals.PROTOCOL,
  -- Behind the usual metrics of wired and wireless networks, where the kernel gives IPv6 routes 1024: a modem costs
  -- money.
  METRIC = { ipv4 = 700, ipv6 = 1700 },
}

local DEFAULT_MTU = 1500
local LEAST_IPV6_MTU = 1280 -- on a link with less, the kernel switches IPv6 off

---@param bearer modem.bearer
---@param what "addresses"|"dns"
---@return table[] of both families
function M.all_of(bearer, what)
  local first = bearer.ipv4
  local is_there = #first.addresses > 0 -- else nothing reaches its servers; IPv6's may come by advertisement
  local all = table.move(first[what], 1, is_there and #first[what] or 0, 1, {})
  return table.move(bearer.ipv6[what], 1, #bearer.ipv6[what], #all + 1, all)
end

---The addresses of one family on its interface. A prefix that is shared is on the other interface instead.
---@param family { addresses: table[] }
---@param options { share: string? }
---@return table[]
function M.addresses(family, options)
  local list = {}
  for i, address in ipairs(family.addresses) do
    local is_alone = options.share and address.address:find ":"
    list[i] = { address = address.address, prefix_length = is_alone and 128 or address.prefix_length }
  end
  return list
end

---@param bearer modem.bearer
---@param wanted integer? by the carrier file, or by hand; nil: what the network says
---@return integer
function M.mtu(bearer, wanted)
  local smaller = wanted or math.min(bearer.ipv4.mtu or DEFAULT_MTU, bearer.ipv6.mtu or DEFAULT_MTU)
  return bearer.ip ~= "ipv4" and math.max(smaller, LEAST_IPV6_MTU) or smaller
end

-- Folders that are there from the first start of a program on, or from the boot on where it is installed.
local others = { { "networkmanager", "/run/NetworkManager" }, { "networkd", "/run/systemd/netif" } }

-- The programs that would configure the interfaces of a link, and have to be told not to; and those that were told
-- for the link before it, as what they were told has to be taken back some time.
local function told_to_keep_away(journal, before)
  local ids, told = {}, {}
  for _, id in ipairs(before and before.unmanaged or {}) do told[id] = true end
  for _, other in ipairs(others) do
    local id, folder = table.unpack(other)
    if told[id] or fs.stat(folder) and unmanaged.concerns(id, journal) then ids[#ids + 1] = id end
  end
  return #ids > 0 and ids or nil
end

-- Modems hand out /32s, and gateways elsewhere. The link is point-to-point, so the gateway is on it nevertheless; the
-- kernel has to be told. Of IPv6 gateways it knows that only of link-local ones.
local function needs_onlink(family_name, family)
  local first, gateway = family.addresses[1], family.gateway
  if not gateway then
    return false
  elseif family_name == "ipv6" then
    return not net.is_link_local(gateway)
  end
  return not ipv4.share_network(first.address, gateway, first.prefix_length)
end

---@param name string of the interface
---@param family_name "ipv4"|"ipv6"
---@param family { addresses: table[], gateway: string? } at least one address
---@param options { metric: integer?, table: integer? }
---@return table route as core.netlink takes it
function M.default_route(name, family_name, family, options)
  return {
    link = name, destination = "default", family = family_name, gateway = family.gateway,
    metric = options.metric or M.METRIC[family_name], table = options.table, protocol = M.PROTOCOL,
    source = family.addresses[1].address, onlink = needs_onlink(family_name, family),
  }
end

-- Addresses that are on the interface already are not ours, and stay when ours go.
local function there_already(name)
  local addresses, err = netlink.addresses(name)
  if not addresses then
    return nil, err
  end
  local there = {}
  for _, address in ipairs(addresses) do there[address.address] = true end
  return there
end

local function add_family(journal, family_name, family, there, options)
  for _, address in ipairs(M.addresses(family, options)) do
    if not there[address.address] then
      table.insert(journal.addresses, {
        link = journal.name, address = address.address, prefix_length = address.prefix_length, protocol = M.PROTOCOL,
      })
    end
  end
  if #family.addresses > 0 and options.default_route ~= false then
    table.insert(journal.routes, M.default_route(journal.name, family_name, family, options))
  end
end

-- Returns false where there is no IPv6 at all; nil and an error when that could not be found out.
local function sysctl(name, key)
  return errors.there(fs.read(journals.sysctl_path(name, key)))
end

-- A host with IPv6 switched off takes no IPv6 addresses; they would be waited for in vain.
---@param bearer modem.bearer
---@param now { name: string, mtu: integer? } its interface; "default" for one that is not there yet
---@return modem.bearer? the same, or one without IPv6
---@return moontower.error? err
function M.for_host(bearer, now)
  -- With a smaller MTU the kernel has no IPv6 on it, until it gets that of the bearer.
  local is_small = now.mtu and now.mtu < LEAST_IPV6_MTU
  local off, err = sysctl(is_small and "default" or now.name, "disable_ipv6")
  if err then
    return nil, err
  elseif (off or "1"):sub(1, 1) == "0" then
    return bearer
  end
  local ipv4_only = setmetatable({}, getmetatable(bearer))
  for key, value in pairs(bearer) do ipv4_only[key] = value end
  ipv4_only.ip, ipv4_only.ipv6, ipv4_only.wanted = "ipv4", { addresses = {}, dns = {} }, nil
  return ipv4_only
end

---The journal of the interface of a bearer's channel: found, or to be made.
---@param bearer modem.bearer
---@param parent table the modem's interface, as core.netlink has it
---@param rest link.journal? of the link that this one replaces
---@return link.journal?
---@return moontower.error? err
function M.channel(bearer, parent, rest)
  local found, err = errors.there(channels.find(parent, bearer.channel))
  local was_up, mtu
  if not err then
    was_up, err = journals.was_up(parent)
  end
  if not err and bearer.channel.size then
    mtu, err = journals.mtu_before(parent)
  end
  if err then
    return nil, err
  end
  local journal = {
    key = journals.key(parent.name, bearer.channel), channel = bearer.channel, owner = state.me(),
    session = bearer.session,
    parent = { name = parent.name, index = parent.index, up = was_up, mtu = mtu },
    before = {}, addresses = {}, routes = {},
  }
  if found then
    journal.name, journal.index, journal.before = found.name, found.index, { mtu = found.mtu, up = found.up }
  else
    journal.created = channels.plan(parent, bearer.channel)
  end
  journal.unmanaged = told_to_keep_away(journal, rest)
  return journal
end

---Where the modem tells our address, the kernel must not make a second one of router advertisements; where the modem
---does not tell, that is the only way (2: also while this host forwards packets).
---@param bearer modem.bearer
---@return "0"|"2"|nil value of the sysctl; nil: as it is
function M.accept_ra(bearer)
  return bearer.ip ~= "ipv4" and (#bearer.ipv6.addresses > 0 and "0" or "2") or nil
end

---Adds all that has to be done to an interface.
---@param journal link.journal of its channel; for the modem's own interface, the rest of the link that it replaces
---@param bearer modem.bearer
---@param now table the interface as core.netlink has it
---@param options link.options
---@return link.journal?
---@return moontower.error? err
function M.make(journal, bearer, now, options)
  local was_up, there, err = now.up, nil, nil
  if not journal.parent then
    was_up, err = journals.was_up(now) -- a channel on it may be why
  end
  if not err then
    there, err = there_already(now.name)
  end
  if not there then
    return nil, err
  end
  local rest = journal
  journal = {
    key = journal.key or now.name, name = now.name, index = now.index, owner = state.me(),
    session = bearer.session,
    channel = journal.channel, created = journal.created, parent = journal.parent,
    before = { mtu = now.mtu, up = was_up, arp = bearer.has_arp == false and not now.noarp or nil },
    metric = options.metric, table = options.table, mtu = options.mtu, addresses = {}, routes = {},
    manager = options.manager and options.manager.name,
  }
  journal.unmanaged = told_to_keep_away(journal, rest)
  if not options.manager then
    add_family(journal, "ipv4", bearer.ipv4, there, options)
    add_family(journal, "ipv6", bearer.ipv6, there, options)
  end
  if bearer.ip ~= "ipv4" then
    local accept_ra
    accept_ra, err = sysctl(now.name, "accept_ra")
    if err then
      return nil, err
    end
    journal.before.accept_ra, journal.accept_ra = accept_ra or nil, M.accept_ra(bearer)
  end
  local servers = M.all_of(bearer, "dns")
  if options.dns ~= false and not options.manager and #servers > 0 then
    journal.dns = dns.plan(now.name, servers, options.dns_route)
  end
  return journal
end

return M
