-- SPDX-License-Identifier: MIT
-- The host's network, for scripts: pings through one interface, and what the kernel says of its links.

local netlink = require "core.netlink"
local ping = require "core.ping"

local net = {}

---Sends an echo request and waits for its answer.
---@param address string IPv4 or IPv6
---@param options { link: string?, timeout: number? }? through which interface; seconds to wait, 2 if not given
---@return number? seconds from request to answer
---@return moontower.error? err "timeout", "unreachable" ...
function net.ping(address, options)
  options = options or {}
  return ping.echo { address = address, link = options.link, timeout = options.timeout or 2 }
end

---@class net.traffic since the interface was made
---@field packets integer
---@field bytes integer
---@field errors integer
---@field dropped integer

---@param name string "wwan0"
---@return { name: string, index: integer, up: boolean, running: boolean, mtu: integer, type: string?, parent: integer?,
--- vlan_id: integer?, statistics: { rx: net.traffic, tx: net.traffic }? }?
---@return moontower.error? err
function net.link(name) return netlink.link(name) end

---@param name string? of an interface; nil: of all
---@return { link: string, family: string, address: string, prefix_length: integer }[]?
---@return moontower.error? err
function net.addresses(name) return netlink.addresses(name) end

---@param selector { family: string?, table: integer?, protocol: integer?, link: string? }?
---@return table[]? routes
---@return moontower.error? err
function net.routes(selector) return netlink.routes(selector or {}) end

return net
