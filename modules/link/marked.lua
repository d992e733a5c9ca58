-- SPDX-License-Identifier: MIT
-- What the kernel has marked as ours.

local errors = require "errors"
local netlink = require "core.netlink"

local M = {
  -- Of our addresses and routes (rtm_protocol, IFA_PROTO); `ip route show proto 77` lists them.
  PROTOCOL = 77,
  NOWHERE = 0, -- the index of no interface
}

local MAIN_TABLE = 254

---Is it a link's? modules/multipath keeps a journal of the routes that it makes.
---@param thing table an address or a route
---@return boolean
function M.is_links(thing) return thing.protocol == M.PROTOCOL and not thing.hops and not thing.nexthop end

local function has_marked(list)
  for _, thing in ipairs(list) do
    if M.is_links(thing) then return true end
  end
  return false
end

---@param name string of an interface
---@return boolean? is_there something of ours on it
---@return moontower.error? err
function M.is_on(name)
  local addresses, err = errors.there(netlink.addresses(name))
  local routes
  if addresses then
    routes, err = netlink.routes { link = name, table = MAIN_TABLE, protocol = M.PROTOCOL }
  end
  return not err and routes ~= nil and (has_marked(addresses) or has_marked(routes)) or nil, err
end

return M
