-- SPDX-License-Identifier: MIT
-- Numbers as the network packs them: a network's code (3GPP TS 24.008), and a tracking area of 5G.

local M = {}

---Six digits, swapped in each of three bytes; 0xf is none.
---@param bytes string?
---@return string? id "310410"; nil: none
function M.plmn(bytes)
  local first, second, third = (bytes or ""):byte(1, 3)
  local digits = third and ("%x%x%x%x%x%x"):format(
    first & 0xf, first >> 4, second & 0xf, third & 0xf, third >> 4, second >> 4) or ""
  return digits:match "^(%d%d%d%d%d%d?)f?$"
end

---@param bytes string? three, the most significant first
---@return integer?
function M.area(bytes) return #(bytes or "") == 3 and string.unpack(">I3", bytes) or nil end

return M
