-- SPDX-License-Identifier: MIT
-- A bearer on the host: addresses, routes, MTU and DNS of a network interface, and undone exactly.
--
-- All that will be done stands in a journal (/run/moontower/links/NAME.json) first. So a later run can undo what
-- one that was killed had done: see link/journal.lua.

local error_object = require "error"
local fs = require "core.fs"
local journals = require "link.journal"
local netlink = require "core.netlink"
local plan = require "link.plan"
local resolver = require "resolver"
local task = require "task"

local M = {}

local SLAAC_TIME, UNDO_TIME = 10, 15

---@class link.link
---@field name string the interface
---@field bearer modem.bearer
---@field addresses { address: string, prefix_length: integer }[]
---@field dns string[]
---@field mtu integer
---@field adopted boolean it was there already, just so
---@field on_close fun() called when it is undone
---@field private journal link.journal
local Link = {}
Link.__index = Link

function Link:__tostring() return self.name end

local function global_ipv6(name)
  for _, address in ipairs(netlink.addresses(name) or {}) do
    if address.family == "ipv6" and address.scope == "global" then
      return address
    end
  end
end

-- A session whose address comes by router advertisement: the kernel makes it, and tells.
local function wait_for_slaac(self)
  local watching, err = netlink.monitor { groups = { "address" } }
  local monitor <close> = watching
  if not monitor then
    return nil, err
  end
  local address
  address, err = task.timeout(SLAAC_TIME, function()
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

local function add_routes(journal)
  for _, route in ipairs(journal.routes) do
    local ok, err = netlink.add_route(route)
    if not ok and err.code == "exists" then
      return error_object.fail {
        code = "exists", source = "link",
        message = ("another default route has the metric %d already"):format(route.metric),
        hint = "Choose another one with --metric.",
      }
    elseif not ok then
      return nil, err
    end
  end
  return true
end

local function add_addresses(journal)
  for _, address in ipairs(journal.addresses) do
    local ok, err = netlink.add_address(address)
    if not ok and err.code ~= "exists" then
      return nil, err
    end
  end
  return true
end

-- Does what the journal says.
local function carry_out(self)
  local journal = self.journal
  local ok, err = true, nil
  if journal.accept_ra then
    ok, err = fs.write(journals.sysctl_path(journal.name, "accept_ra"), journal.accept_ra)
  end
  if ok then
    ok, err = netlink.set_link(journal.name, { mtu = self.mtu, up = true })
  end
  if ok then
    ok, err = add_addresses(journal)
  end
  if ok then
    ok, err = add_routes(journal)
  end
  if ok and #self.addresses == 0 then
    ok, err = wait_for_slaac(self)
  end
  if ok and journal.dns then
    ok, err = resolver.apply(journal.dns)
  end
  return ok, err
end

-- Does the host still have all that the journal says, and is that all that is wanted?
local function stands(journal, link, options)
  local wanted = {}
  for _, address in ipairs(link.addresses) do wanted[address.address] = true end
  for _, address in ipairs(netlink.addresses(link.name) or {}) do wanted[address.address] = nil end
  local routes = #(netlink.routes { link = link.name, protocol = plan.PROTOCOL } or {})
  local servers = journal.dns and table.concat(journal.dns.servers, " ") or ""
  return not next(wanted) and routes == #journal.routes and journal.metric == options.metric
    and (options.dns == false or servers == table.concat(link.dns, " "))
end

local Undo = {}
function Undo:__close()
  if not self.finished then
    task.shield(UNDO_TIME, journals.undo, self.journal)
  end
end

local function nothing() end

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
  bearer = plan.usable(bearer)
  local now, err = netlink.link(bearer.net or "")
  if not now then
    return error_object.fail {
      code = "gone", source = "link", message = ("no network interface for the modem: %s"):format(err),
    }
  end
  local self = setmetatable({
    name = now.name, bearer = bearer, mtu = plan.mtu(bearer), adopted = false,
    addresses = plan.all_of(bearer, "addresses"), dns = plan.all_of(bearer, "dns"),
    on_close = nothing,
  }, Link)
  local left = journals.load(now.name)
  if left and stands(left, self, options) then
    self.journal, self.adopted = left, true
    self.kept = true -- by who made it: leaving a block does not take it down, close() does
    return self
  end
  journals.take_down(now.name)
  self.journal, err = plan.make(bearer, netlink.link(now.name) or now, options)
  if not self.journal then
    return nil, err
  end
  -- Whatever keeps it from being finished, Ctrl-C included, undoes it.
  local undo <close> = setmetatable({ journal = self.journal }, Undo)
  local ok
  ok, err = journals.save(self.journal)
  if ok then
    ok, err = carry_out(self)
  end
  undo.finished = ok
  return ok and self, err
end

---Leaves the link up when this program ends; a later `down` takes it down.
function Link:keep()
  self.kept = true
  self.journal.kept = true
  journals.save(self.journal)
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
