-- SPDX-License-Identifier: MIT
-- IPv6 addresses within a prefix, and what routers say of prefixes (RFC 4861, 4.2 and 4.6).

local schema = require "schema"

local u8, u16, u32, ipv6, bytes, rest = schema.u8, schema.be.u16, schema.be.u32, schema.ipv6, schema.bytes, schema.rest

local M = { ROUTER_ADVERTISEMENT = 134, PREFIX_INFORMATION = 3, MTU = 5 }

local halves = schema.compile("IPv6 address", { bytes(8) "prefix", bytes(8) "interface" })
local whole = schema.compile("IPv6 address", { ipv6 "address" })

-- The body of an ICMPv6 message: what follows its checksum.
M.router_advertisement = schema.compile("router advertisement", {
  u8 "hop_limit",
  u8 "flags",
  u16 "router_lifetime",
  u32 "reachable_time",
  u32 "retransmission_time",
  rest "options",
})

M.prefix_information = schema.compile("prefix information", {
  u8 "type",
  u8 "length", -- in units of eight bytes
  u8 "prefix_length",
  u8 "flags",
  u32 "valid_lifetime",
  u32 "preferred_lifetime",
  u32 "reserved",
  ipv6 "prefix",
})

M.mtu = schema.compile("MTU", { u8 "type", u8 "length", u16 "reserved", u32 "mtu" })

---@param address string
---@return string bytes sixteen
function M.bytes(address) return assert(whole:encode { address = address }) end

---@param text string sixteen bytes
---@return string address
function M.address(text) return assert(whole:decode(text)).address end

---The /64 that an address belongs to, as an address.
---@param address string
---@return string
function M.prefix_of(address) return M.within(address, 0) end

---The address with a number in the /64 of another one.
---@param address string
---@param number integer
---@return string
function M.within(address, number)
  local prefix = assert(halves:decode(M.bytes(address))).prefix
  return M.address(assert(halves:encode { prefix = prefix, interface = (">I8"):pack(number) }))
end

return M
