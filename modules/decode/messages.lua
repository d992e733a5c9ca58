-- SPDX-License-Identifier: MIT
-- The messages in what was pasted: several that follow each other taken apart, the fragments of one put together.

local M = {}

local COMMAND, COMMAND_DONE, INDICATE_STATUS = 0x00000003, 0x80000003, 0x80000007
local has_fragments = { [COMMAND] = true, [COMMAND_DONE] = true, [INDICATE_STATUS] = true }
local HEADER_SIZE, FRAGMENT_SIZE = 12, 20

-- How long the first message there says that it is.
local function length_of(bytes)
  if #bytes < HEADER_SIZE then
    return nil
  elseif bytes:byte() == 1 and ("<I2"):unpack(bytes, 2) > 0 then
    return ("<I2"):unpack(bytes, 2) + 1
  elseif require("decode.mbim").is_type((("<I4"):unpack(bytes))) then
    return ("<I4"):unpack(bytes, 5)
  end
end

-- Only if all of the bytes are messages: else they are one that is broken.
local function taken_apart(bytes)
  local list, at = {}, 1
  while at <= #bytes do
    local length = length_of(bytes:sub(at))
    if not length or length < HEADER_SIZE or at + length - 1 > #bytes then
      return { bytes }
    end
    list[#list + 1] = bytes:sub(at, at + length - 1)
    at = at + length
  end
  return list
end

local function fragment_of(item)
  if #item.bytes < FRAGMENT_SIZE or item.truncated then
    return nil
  end
  local kind, length, transaction, total, current = ("<I4I4I4I4I4"):unpack(item.bytes)
  if has_fragments[kind] and length == #item.bytes and total > 1 and current < total then
    return { kind = kind, transaction = transaction, total = total, current = current, item = item }
  end
end

-- As one message, its own lengths as they are: decoding tells what is wrong with them.
local function whole(parts)
  local payload = {}
  for i, part in ipairs(parts) do payload[i] = part.item.bytes:sub(FRAGMENT_SIZE + 1) end
  local text, first = table.concat(payload), parts[1]
  return ("<I4I4I4I4I4"):pack(first.kind, FRAGMENT_SIZE + #text, first.transaction, 1, 0) .. text
end

---@param pasted decode.pasted[]
---@param is_bare boolean? bare QMI messages, which do not say how long they are
---@return { bytes: string, truncated: boolean?, fragments: integer? }[]
function M.of(pasted, is_bare)
  local items, open = {}, {}
  for _, one in ipairs(pasted) do
    for _, bytes in ipairs(is_bare and { one.bytes } or taken_apart(one.bytes)) do
      items[#items + 1] = { bytes = bytes, truncated = one.truncated }
    end
  end
  local list, is_part = {}, {}
  for _, item in ipairs(items) do
    local fragment = not is_bare and fragment_of(item)
    local parts = fragment and open[fragment.kind]
    if fragment and fragment.current == 0 then
      open[fragment.kind] = { fragment }
    elseif parts and fragment.current == #parts and fragment.total == parts[1].total
      and fragment.transaction == parts[1].transaction then
      parts[#parts + 1] = fragment
      if #parts == fragment.total then
        for _, part in ipairs(parts) do is_part[part.item] = true end
        is_part[item], item.bytes, item.fragments = nil, whole(parts), #parts
        open[fragment.kind] = nil
      end
    end
  end
  for _, item in ipairs(items) do
    if not is_part[item] then
      list[#list + 1] = item
    end
  end
  return list
end

return M
