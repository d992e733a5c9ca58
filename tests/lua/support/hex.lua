-- SPDX-License-Identifier: MIT
-- For tests: bytes as people write them down, and back.

local lu = require "luaunit"

local M = {}

---"-- " to the end of a line is a comment, "text" is text, the rest is hex.
---@param text string
---@param character string? how a character of text is written in hex: "%02x00" for UTF-16LE
---@return string
function M.bytes(text, character)
  local plain = text:gsub("%-%-[^\n]*", "")
  plain = plain:gsub('"([^"]*)"', function(words)
    return (words:gsub(".", function(c) return (character or "%02x"):format(c:byte()) end))
  end)
  return (plain:gsub("%s+", ""):gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end))
end

---Two digits a byte, without blanks.
---@param bytes string
---@return string
function M.digits(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

---@param bytes string
---@return string
function M.hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x "):format(c:byte()) end))
end

---A body says these values, and they make it again: so what has tags has them in ascending order, as the encoder puts
---them.
---@param codec table of core.mbim or core.qmi
---@param listing string as in bytes()
---@param values table
function M.both_ways(codec, listing, values)
  local body = M.bytes(listing)
  lu.assertEquals(codec:decode(body), values)
  lu.assertEquals(M.hex(assert(codec:encode(values))), M.hex(body))
end

return M
