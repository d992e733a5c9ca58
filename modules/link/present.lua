-- SPDX-License-Identifier: MIT
-- A link that is there already, of an earlier run: what it is now, and whether it may be adopted.

local compare = require "link.compare"
local errors = require "errors"
local journals = require "link.journal"
local netlink = require "core.netlink"
local plan = require "link.plan"

local check, protect = errors.check, errors.protect

local M = {}

local function has_dns(journal, link, options)
  local record = journal.dns or { servers = {}, route = options.dns_route }
  return options.dns == false or table.concat(record.servers, " ") == table.concat(link.dns, " ")
    and (record.route or "shared") == (options.dns_route or "shared")
end

---Does the host still have all that the journal says, and is that all that is wanted? The modem tells no address of
---a link whose only one the kernel has made from a router advertisement.
---@param journal link.journal
---@param link link.link
---@param now table its interface as core.netlink has it
---@param options link.options
---@return boolean? nil: the kernel could not be asked
---@return moontower.error? err
function M.is_intact(journal, link, now, options)
  local told, channel = plan.all_of(link.bearer, "addresses"), link.bearer.channel
  local manager = options.manager
  if manager then -- it looks after the addresses itself
    told = {}
  end
  local differences, err = compare.kernel(now.name, { addresses = told, journal = journal })
  if not differences then
    return nil, err
  end
  return #differences == 0
    and (not channel or channel.checksums == (journal.channel or {}).checksums)
    and (#journal.routes > 0) == (options.default_route ~= false and #told > 0)
    and journal.metric == options.metric and journal.table == options.table and journal.mtu == options.mtu
    and (journal.share or {}).interface == options.share
    and journal.manager == (manager and manager.name)
    and (not manager and has_dns(journal, link, options)
      or manager ~= nil and journal.accept_ra == plan.accept_ra(link.bearer))
end

---A bearer's link as it is now, to look at.
---@param bearer modem.bearer
---@return link.link? with `differences`: what of it does not hold; `is_ours`: it is written down, as `up` does
---@return moontower.error? err
M.describe = protect(function(bearer)
  local journal = bearer.net and journals.load(journals.key(bearer.net, bearer.channel))
  local name = journal and journal.name or bearer.net
  local now = check(netlink.link(name or ""))
  local there = check(netlink.addresses(name))
  bearer = check(plan.for_host(bearer, now))
  local differences = check(compare.host(name, { addresses = plan.all_of(bearer, "addresses"), journal = journal }))
  local addresses = {}
  for _, address in ipairs(there) do
    if address.scope == "global" then
      addresses[#addresses + 1] = { address = address.address, prefix_length = address.prefix_length }
    end
  end
  return {
    name = name, bearer = bearer, mtu = now.mtu, adopted = true, differences = differences, addresses = addresses,
    is_ours = journal ~= nil, journal = journal,
    dns = (not journal or journal.manager) and plan.all_of(bearer, "dns")
      or journal.dns and journal.dns.servers or {},
  }
end)

return M
