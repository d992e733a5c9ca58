-- SPDX-License-Identifier: MIT
-- A link's journal that is damaged, or of another version: what it still says, and what the kernel says in its place.

local lazy = require "base.lazy"
local errors = require "errors"
local validate = require "base.validate"
local marked = require "link.marked"
local netlink = require "core.netlink"
local dns = lazy "link.dns"
local shapes = lazy "state.shapes"

local M = {}

---Reads what a damaged journal, or one of another version, still says of what is ours on the host. All that we add is
---marked, so where it says nothing, the kernel does.
---@param key string
---@param values table
---@return link.journal journal without an index when the kernel could not be asked for that of its interface
---@return moontower.error? err why it could not
function M.journal(key, values)
  local links = shapes.links
  local journal = { key = key, before = {}, addresses = {}, routes = {} }
  for _, fields in ipairs { links.required, links.optional } do
    for name, field in pairs(fields) do
      if not validate.mistake(field, values[name], name) then journal[name] = values[name] end
    end
  end
  for _, name in ipairs { "mtu", "up", "accept_ra" } do
    local before = type(values.before) == "table" and { [name] = values.before[name] } or {}
    if not validate.mistake(links.required.before, before, name) then journal.before[name] = before[name] end
  end
  journal.key, journal.persistent, journal.owner = key, false, nil
  if not (journal.channel and journal.parent) then
    journal.channel, journal.created, journal.parent, journal.name = nil, nil, nil, journal.name or key
  end
  journal.is_salvaged = true
  journal.dns = journal.dns or dns.left_on(journal.name or key)
  if journal.index or journal.channel then
    return journal
  end
  local interface, err = errors.there(netlink.link(journal.name))
  journal.index = interface and interface.index or not err and marked.NOWHERE or nil
  return journal, err
end

---Adds to a damaged journal all that is marked as ours on its interface.
---@param undoing undoing
---@param journal link.journal
---@param name string
function M.find_marked(undoing, journal, name)
  for _, address in ipairs(undoing:ask(netlink.addresses, name) or {}) do
    if marked.is_links(address) then table.insert(journal.addresses, address) end
  end
  for _, route in ipairs(undoing:ask(netlink.routes, { link = name, protocol = marked.PROTOCOL }) or {}) do
    if marked.is_links(route) then table.insert(journal.routes, route) end
  end
end

return M
