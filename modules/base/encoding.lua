-- SPDX-License-Identifier: MIT
-- Text of unknown origin as UTF-8. Other text is read as Latin-1, in which older modems name operators.

local M = {}

local LATIN_1 = "[\x80-\xff]"

local function from_latin_1(text)
  return (text:gsub(LATIN_1, function(character) return utf8.char(character:byte()) end))
end

---@param text string
---@return string text the same if it is UTF-8; else with each byte that is not part of a character as one of Latin-1
function M.utf8(text)
  local parts, start = {}, 1
  local length, bad = utf8.len(text)
  while not length do
    parts[#parts + 1] = text:sub(start, bad - 1)
    parts[#parts + 1] = from_latin_1(text:sub(bad, bad))
    start = bad + 1
    length, bad = utf8.len(text, start)
  end
  if start == 1 then
    return text
  end
  parts[#parts + 1] = text:sub(start)
  return table.concat(parts)
end

return M
