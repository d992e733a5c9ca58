-- SPDX-License-Identifier: MIT
-- Bytes as hexadecimal digits, two each, as AT commands carry them; and back.

local hex = {}

---@param bytes string
---@return string digits in capitals
function hex.encode(bytes)
  return (bytes:gsub(".", function(byte) return ("%02X"):format(byte:byte()) end))
end

---@param digits string
---@return string? bytes nil: these are not digits, two for each byte
function hex.decode(digits)
  if #digits % 2 ~= 0 or digits:find "%X" then
    return nil
  end
  return (digits:gsub("..", function(pair) return string.char(tonumber(pair, 16)) end))
end

return hex
