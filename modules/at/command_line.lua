-- SPDX-License-Identifier: MIT
-- The commands in a line (ITU-T V.250): several may follow one another, of which only extended ones need a semicolon.

local M = {}

---@class at.part
---@field kind "basic"|"register"|"dial"|"extended" E0, &C1; S0=1; D*99#; +CSQ
---@field text string as it came
---@field name string? of a basic one, in capitals: "E", "&C"
---@field value string? of a basic one, or of a register that is set: digits
---@field register integer?
---@field is_voice boolean? of a call: other commands may follow
---@field is_separate boolean? there was a semicolon before it

-- Where the next semicolon is that is not in quotation marks; one that has no other begins nothing.
local function end_of(text, at)
  while true do
    local mark = text:find('[";]', at)
    if not mark or text:sub(mark, mark) == ";" then
      return mark or #text + 1
    end
    at = (text:find('"', mark + 1, true) or mark) + 1
  end
end

local function part_at(text, at)
  if text:find("^[Dd]", at) then
    local stop = end_of(text, at)
    return { kind = "dial", text = text:sub(at, stop), is_voice = stop <= #text }
  end
  local register, value, past = text:match("^[Ss]%s*(%d+)%s*=%s*(%d*)()", at)
  if not register then
    register, past = text:match("^[Ss]%s*(%d+)%s*%??()", at)
  end
  if register then
    return { kind = "register", text = text:sub(at, past - 1), register = math.tointeger(tonumber(register)),
      value = value }
  end
  local mark, letter, number, after = text:match("^([&\\]?)%s*(%a)%s*(%d*)()", at)
  if letter then
    return { kind = "basic", text = text:sub(at, after - 1), name = mark .. letter:upper(), value = number }
  end
  return { kind = "extended", text = text:sub(at, end_of(text, at) - 1) }
end

---@param body string what follows "AT"
---@return at.part[]
function M.split(body)
  local parts, at = {}, 1
  while true do
    local between, start = body:match("^([%s;]*)()", at)
    if start > #body then
      return parts
    end
    local part = part_at(body, start)
    part.is_separate = between:find ";" ~= nil
    parts[#parts + 1] = part
    at = start + #part.text
  end
end

---@param parts at.part[]
---@return string body
function M.join(parts)
  local pieces, before = {}, nil
  for _, part in ipairs(parts) do
    if before and (part.is_separate or before == "extended") then pieces[#pieces + 1] = ";" end
    pieces[#pieces + 1], before = part.text, part.kind
  end
  return table.concat(pieces)
end

return M
