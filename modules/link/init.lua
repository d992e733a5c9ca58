-- SPDX-License-Identifier: MIT
-- A bearer on the host: addresses, routes, MTU and DNS of a network interface, and undone exactly.
--
-- Every change stands in a journal (/run/moontower/links/NAME.json) before it is made. So a later run can undo what
-- one that was killed had done: see link/journal.lua.

local error_object = require "error"
local fs = require "core.fs"
local journals = require "link.journal"
local netlink = require "core.netlink"
local resolver = require "resolver"
local task = require "task"

local M = {
  -- Marks our addresses and routes in the kernel (rtm_protocol, IFA_PROTO); `ip route show proto 77` lists them.
  PROTOCOL = 77,
  -- Behind the usual metrics of wired and wireless networks: a modem costs money.
  METRIC = 700,
}

local DEFAULT_MTU = 1500
local SLAAC_TIME, UNDO_TIME = 10, 15

---@class link.link
---@field name string the interface
---@field bearer modem.bearer
---@field addresses { address: string, prefix_length: integer }[]
---@field dns string[]
---@field mtu integer
---@field adopted boolean it was there already, just so
---@field on_keep fun() called when the link is to outlive this program
---@field on_close fun() called when it is undone
---@field private journal link.journal
local Link = {}
Link.__index = Link

function Link:__tostring() return self.name end

local function contains(address, prefix_length, other)
  if not other or address:find(":") or other:find(":") then
    return other ~= nil -- IPv6 gateways are link-local, and so on the link
  end
  local function number(text)
    local a, b, c, d = text:match("(%d+)%.(%d+)%.(%d+)%.(%d+)")
    return a * 16777216 + b * 65536 + c * 256 + d
  end
  local shift = 32 - prefix_length
  return number(address) // 2 ^ shift == number(other) // 2 ^ shift
end

local function add_address(journal, address)
  address = {
    link = journal.name, address = address.address, prefix_length = address.prefix_length, protocol = M.PROTOCOL,
  }
  table.insert(journal.addresses, address)
  local ok, err = journals.save(journal)
  if ok then
    ok, err = netlink.add_address(address)
  end
  if not ok and err.code == "exists" then
    table.remove(journal.addresses) -- somebody else's: it stays when ours go
    return journals.save(journal)
  end
  return ok, err
end

local function add_default_route(journal, family_name, family, options)
  local first = family.addresses[1]
  local route = {
    link = journal.name, destination = "default", family = family_name, gateway = family.gateway,
    metric = options.metric or M.METRIC, table = options.table, protocol = M.PROTOCOL,
    source = first and first.address,
  }
  -- Modems hand out /32s, and gateways elsewhere; the link is point-to-point, so the gateway is on it all the same.
  route.onlink = family.gateway ~= nil and not (first and contains(first.address, first.prefix_length, family.gateway))
  table.insert(journal.routes, route)
  local ok, err = journals.save(journal)
  if ok then
    ok, err = netlink.add_route(route)
  end
  if not ok and err.code == "exists" then
    table.remove(journal.routes)
    return error_object.fail {
      code = "exists", source = "link",
      message = ("another default route has the metric %d already"):format(route.metric),
      hint = "Choose another one with --metric.",
    }
  end
  return ok, err
end

-- The modem tells our IPv6 address, so the kernel shall not make a second one of router advertisements; where the
-- modem does not tell, the kernel's own way is the only one.
local function set_accept_ra(journal, bearer)
  local path = journals.sysctl_path(journal.name, "accept_ra")
  local before = fs.read(path)
  if not before or bearer.ip == "ipv4" then
    return true
  end
  journal.accept_ra = before
  local ok, err = journals.save(journal)
  if ok then
    -- 2: also while this host forwards packets
    ok, err = fs.write(path, #bearer.ipv6.addresses > 0 and "0" or "2")
  end
  return ok, err
end

local function global_ipv6(name)
  for _, address in ipairs(netlink.addresses(name) or {}) do
    if address.family == "ipv6" and address.scope == "global" then
      return address
    end
  end
end

-- A session whose address comes by router advertisement: the kernel makes it, and tells.
local function wait_for_slaac(self)
  local monitor <close> = assert(netlink.monitor { groups = { "address" } })
  local address, err = task.timeout(SLAAC_TIME, function()
    local found = global_ipv6(self.name)
    while not found do
      local event, gone = monitor:next()
      if not event then
        return nil, gone
      end
      found = global_ipv6(self.name)
    end
    return found
  end)
  if address then
    table.insert(self.addresses, address)
    return true
  elseif err.code == "timeout" then
    return error_object.fail {
      code = "no-address", source = "link",
      message = "connected, but neither the modem nor the network gave an address",
      hint = "Is the APN right? Some networks connect any APN and give it nothing.",
    }
  end
  return nil, err
end

local function bring_up(journal, bearer, mtu)
  local ok, err = set_accept_ra(journal, bearer)
  if ok then
    ok, err = netlink.set_link(journal.name, { mtu = mtu })
  end
  if ok then
    ok, err = netlink.set_link(journal.name, { up = true })
  end
  return ok, err
end

local function has_ipv6(name)
  return (fs.read(journals.sysctl_path(name, "disable_ipv6")) or "1"):sub(1, 1) == "0"
end

local function apply_family(journal, bearer, name, options)
  local family = bearer[name]
  for _, address in ipairs(family.addresses) do
    local ok, err = add_address(journal, address)
    if not ok then
      return nil, err
    end
  end
  if #family.addresses > 0 and options.default_route ~= false then
    return add_default_route(journal, name, family, options)
  end
  return true
end

local function all_of(bearer, what)
  local all = table.move(bearer.ipv4[what], 1, #bearer.ipv4[what], 1, {})
  return table.move(bearer.ipv6[what], 1, #bearer.ipv6[what], #all + 1, all)
end

local function apply_dns(journal, servers)
  if #servers == 0 then
    return true
  end
  journal.dns = resolver.plan(journal.name, servers)
  local ok, err = journals.save(journal)
  if ok then
    ok, err = resolver.apply(journal.dns)
  end
  return ok, err
end

local function apply_all(self, options)
  local journal, bearer = self.journal, self.bearer
  local ok, err = bring_up(journal, bearer, self.mtu)
  if ok then
    ok, err = apply_family(journal, bearer, "ipv4", options)
  end
  if ok and has_ipv6(self.name) then
    ok, err = apply_family(journal, bearer, "ipv6", options)
  end
  if ok and #self.addresses == 0 then
    ok, err = wait_for_slaac(self)
  end
  if ok and options.dns ~= false then
    ok, err = apply_dns(journal, self.dns)
  end
  return ok, err
end

-- Does the host still have all that the journal says, and is that all that is wanted?
local function stands(journal, link, options)
  local wanted = {}
  for _, address in ipairs(link.addresses) do wanted[address.address] = true end
  for _, address in ipairs(netlink.addresses(link.name) or {}) do wanted[address.address] = nil end
  local routes = #(netlink.routes { link = link.name, protocol = M.PROTOCOL } or {})
  local servers = journal.dns and table.concat(journal.dns.servers, " ") or ""
  return not next(wanted) and routes == #journal.routes and journal.metric == (options.metric or M.METRIC)
    and (options.dns == false or servers == table.concat(link.dns, " "))
end

local function nothing() end

local function smallest_mtu(bearer)
  local v4, v6 = bearer.ipv4.mtu or DEFAULT_MTU, bearer.ipv6.mtu or DEFAULT_MTU
  return math.min(v4, v6)
end

---A link that stands as `journal` says, to look at.
---@param bearer modem.bearer
---@param journal link.journal
---@return link.link
function M.describe(bearer, journal)
  local now = netlink.link(journal.name) or journal.before
  return {
    name = journal.name, bearer = bearer, mtu = now.mtu, adopted = true,
    addresses = journal.addresses, dns = journal.dns and journal.dns.servers or {},
  }
end

---Puts a bearer on the host. What an earlier run left there is adopted where it is the same, else replaced.
---@param bearer modem.bearer
---@param options { dns: boolean?, metric: integer?, table: integer?, default_route: boolean? }?
---@return link.link? link keep it in a <close> variable, or link:keep() it
---@return moontower.error? err nothing is left on the host then
function M.apply(bearer, options)
  options = options or {}
  local now, err = netlink.link(bearer.net or "")
  if not now then
    return error_object.fail {
      code = "gone", source = "link", message = ("no network interface for the modem: %s"):format(err),
    }
  end
  local self = setmetatable({
    name = now.name, bearer = bearer, mtu = smallest_mtu(bearer), adopted = false,
    addresses = all_of(bearer, "addresses"), dns = all_of(bearer, "dns"),
    on_keep = nothing, on_close = nothing,
  }, Link)
  local left = journals.load(now.name)
  if left and stands(left, self, options) then
    self.journal, self.adopted = left, true
    return self
  end
  journals.take_down(now.name)
  now = netlink.link(now.name) or now
  self.journal = {
    name = now.name, index = now.index, before = { mtu = now.mtu, up = now.up }, owner = journals.me(),
    metric = options.metric or M.METRIC, addresses = {}, routes = {},
  }
  local ok
  ok, err = journals.save(self.journal)
  if ok then
    ok, err = apply_all(self, options)
  end
  if not ok then
    task.shield(UNDO_TIME, journals.undo, self.journal)
    return nil, err
  end
  return self
end

---Leaves the link up when this program ends; a later `down` takes it down.
function Link:keep()
  self.kept = true
  self.journal.kept = true
  journals.save(self.journal)
  self.on_keep()
end

---Undoes everything: the host's side first, then the connection.
function Link:close()
  task.shield(UNDO_TIME, function()
    journals.undo(self.journal)
    self.bearer:disconnect()
    self.on_close()
  end)
end

function Link:__close()
  if not self.kept then
    self:close()
  end
end

return M
