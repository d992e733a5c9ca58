-- SPDX-License-Identifier: MIT
-- Bare commands to the card by AT (3GPP TS 27.007: +CRSM, +CSIM, +CGLA), and what it answers.

local card_files = require "recording.card_files"
local hex = require "base.hex"
local text = require "at.text"

local M = {}

-- Commands about a file (ETSI TS 102 221): those that read or write it, and those whose answer describes it.
local OF_CONTENT = { ["176"] = true, ["178"] = true, ["214"] = true, ["220"] = true }
local DESCRIBES = { ["192"] = true, ["242"] = true }

---@class recording.at_card.asked what AT+CRSM has asked the card for
---@field command string
---@field file integer?

---@param line string that was sent
---@return recording.at_card.asked? nil: something else, or several at once
function M.asked(line)
  local command, file = line:upper():match "^%s*AT%+CRSM=%s*(%d+)%s*,?%s*(%d*)[^;]*$"
  return command and { command = command, file = math.tointeger(tonumber(file)) }
end

local function replace_digits(others, asked, digits)
  local bytes = hex.decode(digits)
  if not bytes then
    return others:blank(digits)
  elseif asked and DESCRIBES[asked.command] then
    return digits
  end
  local is_content = asked and OF_CONTENT[asked.command]
  return hex.encode(is_content and card_files.replace(others, asked.file, bytes) or others:zeros(bytes))
end

---@param others recording.pseudonyms
---@param asked recording.at_card.asked?
---@param line string that was sent
---@return string? other nil: it writes nothing to the card
function M.replace_command(others, asked, line)
  local head, digits, rest = line:match '^(%s*%a%a%+%a+=%s*%d+%s*,%s*%d+%s*,[%d%s]*,[%d%s]*,[%d%s]*,%s*"?)(%x+)("?.*)$'
  return asked and head and head .. replace_digits(others, asked, digits) .. rest
end

---How it has ended is told by two numbers, or by the last two bytes.
---@param others recording.pseudonyms
---@param asked recording.at_card.asked?
---@param line string of an answer
---@return string? other nil: it is no answer of the card
function M.replace_answer(others, asked, line)
  local prefix = text.prefix(line)
  if prefix == "+CRSM" then
    local head, digits, rest = line:match '^(.-:%s*%d+%s*,%s*%d+%s*,%s*"?)(%x+)("?%s*)$'
    return head and head .. replace_digits(others, asked, digits) .. rest
  elseif prefix == "+CSIM" or prefix == "+CGLA" then
    local head, digits, rest = line:match '^(.-:[%s%d]*,%s*"?)(%x*)(%x%x%x%x"?%s*)$'
    return head and head .. replace_digits(others, nil, digits) .. rest
  end
end

return M
