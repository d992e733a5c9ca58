-- SPDX-License-Identifier: MIT
-- A text of which nothing is known, such as the answer to an AT command that is on no list: words, short numbers and
-- addresses of the connection stay.

local looks = require "recording.looks"

-- From how many characters on a word is taken for a private number: of digits; of hex, with letters and digits; of
-- other letters and digits; of hex without a digit.
local LONG, LONG_HEX, LONG_MIXED, LONG_LETTERS = 5, 4, 7, 8
local LONGEST_NAME = 8 -- in quotation marks, in capitals

local function is_ipv4(text) return text:find "^%d%d?%d?%.%d%d?%d?%.%d%d?%d?%.%d%d?%d?$" end
local function is_ipv6(text) return text:find "^[%x:]*:[%x:]*:[%x:]*$" and #text > 2 end

local function replace_word(others, word)
  local mark, rest = word:match "^(0[xX])(%x+)$"
  if mark then
    return #rest >= LONG_HEX and mark .. others:text(rest) or word
  elseif word:find "^%d+$" then
    return #word >= LONG and others:digits(word) or word
  elseif word:find "%d" then
    return #word >= (word:find "%X" and LONG_MIXED or LONG_HEX) and others:text(word) or word
  end
  return #word >= LONG_LETTERS and word:find "^[A-F]+$" and others:blank(word) or word
end

local function replace_token(others, token)
  if is_ipv4(token) or is_ipv6(token) then
    return token
  elseif token:find "^%a?%d+%.%d%d%d+%a?$" then
    return others:zero_digits(token) -- degrees, or minutes of them
  end
  return (token:gsub("%w+", function(word) return replace_word(others, word) end))
end

local function replace_tokens(others, text)
  return (text:gsub("[%w%.:]+", function(token) return replace_token(others, token) end))
end

-- In quotation marks stand names and texts of people.
local function replace_quoted(others, text)
  local is_plain = #text <= LONGEST_NAME and not text:find "[^%u%d_/%- ]" or not text:find "%a" or is_ipv6(text)
  return is_plain and replace_tokens(others, text) or others:text(text)
end

---@param others recording.pseudonyms
---@param text string
---@return string other of the same length
return function(others, text)
  local parts, at = {}, 1
  text = looks.replace(others, text)
  for first, quoted, past in text:gmatch '()"([^"]*)"()' do
    parts[#parts + 1] = replace_tokens(others, text:sub(at, first - 1))
    parts[#parts + 1] = '"' .. replace_quoted(others, quoted) .. '"'
    at = past
  end
  parts[#parts + 1] = replace_tokens(others, text:sub(at))
  return others:replace_known(table.concat(parts))
end
