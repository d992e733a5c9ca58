-- SPDX-License-Identifier: MIT
-- Finds the bytes of messages in what people paste: bare hex, and dumps (hexdump, xxd, od, tcpdump, Wireshark).

local hex = require "base.hex"

local M = {}

local LONGEST = 65536 -- bytes of a message

---@class decode.pasted
---@field bytes string
---@field truncated boolean? it ends with "...": there was more

-- How bytes are written in programs: 0x01, \x01, { 1, 2 }, "...".
local function plain(text)
  return (text:gsub("0[xX]", " "):gsub("\\x", " "):gsub("[:,;{}()\"'\\]", " "))
end

-- ---- dumps ----

-- A prefix before the dump's own line: marks of direction, and of a quotation.
local function stripped(line) return (line:gsub("^[%s<>|]+", "")) end

-- An offset, and what follows it. One without a colon has two blanks behind it, or is longer than any group of bytes.
local function offset_of(line)
  local prefix, digits, rest = line:match "^(0?[xX]?)(%x%x%x%x+):%s*(.*)$"
  if not digits then
    prefix, digits, rest = line:match "^(0?[xX]?)(%x%x%x%x+)%s%s+(.*)$"
  end
  if not digits and line:find "^%x+$" then
    digits, rest = line, ""
  elseif not digits then
    digits, rest = line:match "^(%x%x%x%x%x%x%x+) (%x%x .*)$"
  end
  if not digits or #digits > 8 then
    return nil
  end
  return digits, rest, prefix
end

-- Lines as { number, text }, if they are a dump's: each offset is the number of bytes before it, in hex or octal.
local function dump_lines(text)
  local found = {}
  for line in text:gmatch "[^\r\n]+" do
    local digits, rest = offset_of(stripped(line))
    if digits then
      found[#found + 1] = { digits = digits, text = rest }
    end
  end
  local first = found[1]
  if not first or tonumber(first.digits, 16) ~= 0 or #found == 1 and not first.text:find "%x%x" then
    return nil
  end
  local second = found[2]
  local base = second and tonumber(second.digits, 8) == 16 and 8 or 16 -- of od: 20 is the second line
  for i, line in ipairs(found) do
    line.number = tonumber(line.digits, base)
    local size = line.number and i > 1 and line.number - found[i - 1].number or 1
    if not line.number or size < 1 or size > LONGEST then
      return i > 2 and table.move(found, 1, i - 1, 1, {}) or nil
    end
  end
  return found
end

-- The bytes of one line, at most `limit`; what follows them, set apart by two blanks or bars, is the same as text.
local function line_bytes(text, most)
  text = text:gsub("|.*$", "")
  local parts, count, at = {}, 0, 1
  while count < most do
    local gap, group, stop = text:match("^(%s*)(%x+)()", at)
    if not group or #group % 2 == 1 or text:find("^[^%s]", stop) or #gap > 2
      or #gap == 2 and count ~= 0 and count ~= 8 or #parts > 0 and #group > #parts[1] then
      break
    end
    parts[#parts + 1], count, at = group, count + #group // 2, stop
  end
  return hex.decode(table.concat(parts):sub(1, 2 * most))
end

local function from_dump(text)
  local lines = dump_lines(text)
  if not lines then
    return nil
  end
  local parts, repeats = {}, text:find "\n%s*%*%s*\n" ~= nil -- hexdump's sign for lines that are the same again
  for i, line in ipairs(lines) do
    local following = lines[i + 1]
    local most = following and following.number - line.number or 32
    parts[i] = line_bytes(line.text, most)
    if repeats and following and parts[i] ~= "" and most > #parts[i] and most <= LONGEST then
      parts[i] = parts[i]:rep(most // #parts[i])
    end
  end
  local truncated = text:find("...%s*$") and text:match "([^\r\n]*)%s*$":find "^%s*%.%.%.$" ~= nil or nil
  return { { bytes = table.concat(parts), truncated = truncated } }
end

-- ---- bare hex ----

-- Without the column of text that `moontower decode` itself, and others, put behind the bytes.
local function without_text(line)
  local head, tail = line:match "^(.-%x%x)%s%s+(%S.*)$"
  local is_text = head and plain(head):find "^[%s%x]*$" and not plain(tail):find "^[%s%x]*$"
  return is_text and head or line
end

local function from_bare(text)
  local lines, truncated = {}, nil
  for line in text:gmatch "[^\r\n]+" do
    local before = line:match "^(.-)%.%.%.+%s*$"
    truncated = truncated or before and #stripped(before) > 0 and not before:find "%s%s%S*$" or nil
    line = without_text(stripped(truncated and before or line))
    -- "length = 16", "RAW:", as above the bytes
    if not line:find "^%a[%a ]*=%s*%d+%s*$" and not line:find "^%a[%a ]*:%s*$" then
      lines[#lines + 1] = line
    end
    if truncated then
      break
    end
  end
  local digits = plain(table.concat(lines, " ")):gsub("%s", "")
  local odd = digits:match "[^%x]"
  if odd then
    return nil, ("'%s' is no hexadecimal digit"):format(odd)
  elseif digits == "" then
    return nil, "there are no bytes"
  end
  local bytes = hex.decode(digits)
  if not bytes then
    return nil, ("an odd number of digits (%d) makes no whole bytes"):format(#digits)
  end
  return { { bytes = bytes, truncated = truncated } }
end

---@param text string
---@return decode.pasted[]? messages
---@return string? mistake
function M.messages(text)
  local found = from_dump(text)
  if found and found[1].bytes ~= "" then
    return found
  end
  return from_bare(text)
end

return M
