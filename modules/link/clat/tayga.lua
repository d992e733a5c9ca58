-- SPDX-License-Identifier: MIT
-- tayga, which translates between IPv4 and IPv6 at a TUN device of its own: device, addresses and routes end with it.

local ipv6 = require "link.ipv6"

local OWN_NUMBER = 0xc1a8 -- of tayga's own address, which its ICMP errors come from

local M = { NAME = "tayga" }

---@param record link.clat
---@return string
function M.configuration(record)
  return ([[
# Written by moontower while %s is up.
tun-device %s
ipv4-addr 192.0.0.2
ipv6-addr %s
prefix %s/%d
map %s %s
]]):format(record.link, record.device, ipv6.within(record.ipv6, OWN_NUMBER), record.prefix, record.length,
    record.ipv4, record.ipv6)
end

---@param path string of its configuration
---@return string[] in the foreground
function M.command(path) return { M.NAME, "--nodetach", "--config", path } end

return M
