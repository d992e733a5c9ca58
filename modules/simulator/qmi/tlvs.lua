-- SPDX-License-Identifier: MIT
-- TLVs that are wrong: what faults make of the right ones of an answer.

local schema = require "schema"

local RESULT = 0x02
local INTERNAL_ERROR = 3

local first = schema.compile("TLV", {
  schema.u8 "tag",
  schema.lbytes(schema.u16) "value",
  schema.rest "rest",
})

local header = schema.compile("TLV header", { schema.u8 "tag", schema.u16 "length" })
local result = schema.compile("QMI result", { schema.u16 "status", schema.u16 "error" })

local tlvs = {}

local function parse(bytes)
  local list = {}
  while #bytes > 0 do
    local tlv = assert(first:decode(bytes))
    list[#list + 1], bytes = tlv, tlv.rest
  end
  return list
end

local function build(list)
  local parts = {}
  for i, tlv in ipairs(list) do
    parts[i] = first:encode { tag = tlv.tag, value = tlv.value, rest = "" }
  end
  return table.concat(parts)
end

---Only the result.
---@param bytes string
---@return string
function tlvs.without(bytes)
  for _, tlv in ipairs(parse(bytes)) do
    if tlv.tag == RESULT then
      return build { tlv }
    end
  end
  return ""
end

---The last one is longer than what is left of the message.
---@param bytes string
---@return string
function tlvs.too_long(bytes)
  local list = parse(bytes)
  local last = table.remove(list)
  if not last then
    return bytes
  end
  return build(list) .. header:encode { tag = last.tag, length = #last.value + 4 } .. last.value
end

---Each is there again, with all bits turned over.
---@param bytes string
---@return string
function tlvs.twice(bytes)
  local list = {}
  for _, tlv in ipairs(parse(bytes)) do
    local turned = tlv.value:gsub(".", function(c) return string.char(c:byte() ~ 0xff) end)
    list[#list + 1] = tlv
    list[#list + 1] = { tag = tlv.tag, value = turned }
  end
  return build(list)
end

---The last one comes first.
---@param bytes string
---@return string
function tlvs.backwards(bytes)
  local list = {}
  for _, tlv in ipairs(parse(bytes)) do
    table.insert(list, 1, tlv)
  end
  return build(list)
end

---A failure without anything that the answer must have.
---@return string
function tlvs.bare_failure()
  return build { { tag = RESULT, value = result:encode { status = 1, error = INTERNAL_ERROR } } }
end

return tlvs
