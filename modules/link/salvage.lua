-- SPDX-License-Identifier: MIT
-- A link's journal that is damaged, or of another version: what it still says, and what the kernel says in its place.

local kinds = require "kind"
local netlink = require "core.netlink"
local resolver = require "resolver"
local shapes = require "state_shapes"

local M = {
  -- Marks our addresses and routes in the kernel (rtm_protocol, IFA_PROTO); `ip route show proto 77` lists them.
  OURS = 77,
}

local OURS = M.OURS

---What a damaged journal, or that of another version, still says of what is ours on the host. All that we add is
---marked, so where it says nothing, the kernel does.
---@param key string
---@param values table
---@return link.journal
function M.journal(key, values)
  local links = shapes.links
  local journal = { key = key, before = {}, addresses = {}, routes = {} }
  for _, fields in ipairs { links.required, links.optional } do
    for name, field in pairs(fields) do
      if not kinds.mistake(field, values[name], name) then journal[name] = values[name] end
    end
  end
  for _, name in ipairs { "mtu", "up", "accept_ra" } do
    local before = type(values.before) == "table" and { [name] = values.before[name] } or {}
    if not kinds.mistake(links.required.before, before, name) then journal.before[name] = before[name] end
  end
  journal.key, journal.kept, journal.owner = key, false, nil
  if not (journal.channel and journal.parent) then
    journal.channel, journal.created, journal.parent, journal.name = nil, nil, nil, journal.name or key
    journal.index = journal.index or (netlink.link(journal.name) or { index = 0 }).index
  end
  journal.is_salvaged = true
  journal.dns = journal.dns or resolver.left_on(journal.name or key)
  return journal
end

---Adds to a damaged journal all that is marked as ours on its interface.
---@param undoing undoing
---@param journal link.journal
---@param name string
function M.find_marked(undoing, journal, name)
  for _, address in ipairs(undoing:ask(netlink.addresses, name) or {}) do
    if address.protocol == OURS then table.insert(journal.addresses, address) end
  end
  for _, route in ipairs(undoing:ask(netlink.routes, { link = name, protocol = OURS }) or {}) do
    if not route.hops and not route.nexthop then table.insert(journal.routes, route) end
  end
end

return M
