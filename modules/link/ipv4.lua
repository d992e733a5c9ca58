-- SPDX-License-Identifier: MIT
-- IPv4 addresses as bytes, their networks and masks.

local schema = require "schema"

local M = {}

local whole = schema.compile("IPv4 address", { schema.ipv4 "address" })

---@param address string
---@return string bytes four
function M.bytes(address) return assert(whole:encode { address = address }) end

---@param text string four bytes
---@return string address
function M.address(text) return assert(whole:decode(text)).address end

---@param mask string four bytes
---@return integer length how many of its bits are set
function M.prefix_length(mask)
  local bits, length = (">I4"):unpack(mask), 0
  while bits > 0 do
    bits, length = bits >> 1, length + (bits & 1)
  end
  return length
end

---Are two addresses in one network?
---@param a string
---@param b string
---@param prefix_length integer
---@return boolean
function M.share_network(a, b, prefix_length)
  local first, second = (">I4I4"):unpack(M.bytes(a) .. M.bytes(b))
  return first >> 32 - prefix_length == second >> 32 - prefix_length
end

return M
