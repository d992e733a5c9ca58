-- SPDX-License-Identifier: MIT
-- The notation messages are declared in: it builds the plain tables that core.schema compiles.
--
-- A type is a table that can be called; calling it with a string makes a field. So `u32 "session"` is a field,
-- and a structure is a list of fields. Nothing here touches a byte.

local core = require "core.schema"

---@class schema.type
---@field kind string
---@overload fun(name: string): schema.field

---@class schema.field
---@field name string
---@field type schema.type

---A structure's fields in order, or a message's TLVs by tag.
---@alias schema.fields schema.field[]|table<integer, schema.field>

---@class schema.codec
---@field encode fun(self: schema.codec, values: table?): string?, table?
---@field decode fun(self: schema.codec, bytes: string, lenient: boolean?): table?, table? lenient: what lacks is nil

local schema = { compile = core.compile, compile_tlvs = core.compile_tlvs }

local Type = {}

function Type.__call(self, name)
  if type(name) ~= "string" then
    error("a type is followed by its field's name, as in u32 \"session\"", 2)
  end
  return { name = name, type = self }
end

local function make(raw)
  return setmetatable(raw, Type)
end

local function check(value, notation)
  if getmetatable(value) ~= Type then
    error(notation .. " wants a type, not " .. type(value), 3)
  end
  return value
end

local function check_number(n, notation)
  if math.type(n) ~= "integer" then
    error(notation .. " wants a whole number, not " .. tostring(n), 3)
  end
  return n
end

local function copy(t)
  local raw = {}
  for key, value in pairs(t) do
    raw[key] = value
  end
  return make(raw)
end

for size, bits in pairs { [1] = "8", [2] = "16", [4] = "32", [8] = "64" } do
  schema["u" .. bits] = make { kind = "uint", size = size }
  schema["i" .. bits] = make { kind = "int", size = size }
end

-- Network byte order, for the few protocols that use it inside a little-endian one.
schema.be = {
  u16 = make { kind = "uint", size = 2, big = true },
  u32 = make { kind = "uint", size = 4, big = true },
  u64 = make { kind = "uint", size = 8, big = true },
}

-- And the other way around: an address as a little-endian number, as QMI sends some.
schema.le = { ipv4 = make { kind = "ipv4", little = true } }

-- What `data` is, but with the size before the offset: Microsoft's UICC service has it so.
schema.sized_data = make { kind = "data", sized = true }

schema.float = make { kind = "float", size = 4 }
schema.double = make { kind = "float", size = 8 }

for _, kind in ipairs { "uuid", "ipv4", "ipv6", "string", "rest", "text", "data", "count", "utf16" } do
  schema[kind] = make { kind = kind }
end

local function styled(base, style, values)
  if check(base, style).kind ~= "uint" or base.style then
    error(style .. " wants a plain unsigned type such as u32", 3)
  end
  local styled_type = { kind = "uint", size = base.size, style = style, values = values }
  styled_type.big, styled_type.optional, styled_type.secret = base.big, base.optional, base.secret
  return make(styled_type)
end

---An integer whose values have names: `enum(u32, { off = 0, on = 1 })`.
---@param base schema.type
---@param values table<string, integer>
---@return schema.type
function schema.enum(base, values) return styled(base, "enum", values) end

---An integer whose bits have names: `flags(u32, { lte = 0x20 })`.
---@param base schema.type
---@param values table<string, integer>
---@return schema.type
function schema.flags(base, values) return styled(base, "flags", values) end

---An integer that is true or false: `bool(u32)`.
---@param base schema.type
---@return schema.type
function schema.bool(base) return styled(base, "bool") end

---An unsigned integer of n bytes, where u8, u16, u32 and u64 don't fit: `uint(3)`.
---@param n integer
---@return schema.type
function schema.uint(n) return make { kind = "uint", size = check_number(n, "uint") } end

---Exactly n bytes, as a string.
---@param n integer
---@return schema.type
function schema.bytes(n) return make { kind = "bytes", size = check_number(n, "bytes") } end

---Text in exactly n bytes, filled up with NULs.
---@param n integer
---@return schema.type
function schema.chars(n) return make { kind = "string", size = check_number(n, "chars") } end

---Text in exactly n bytes, filled up with 0xff, as networks' codes are: "02" in three.
---@param n integer
---@return schema.type
function schema.digits(n) return make { kind = "string", size = check_number(n, "digits"), filled = true } end

-- A count or length in front of something: a type, or the name of one, "u8".
local function find_prefix(prefix)
  local t = type(prefix) == "string" and schema[prefix] or prefix
  return getmetatable(t) == Type and t or nil
end

local function prefixed(prefix, kind, notation)
  local t = find_prefix(prefix)
  if not t then
    error(notation .. " wants the type of its length, such as u8, not " .. tostring(prefix), 3)
  end
  return make { kind = kind, prefix = t }
end

---Text with its length in front: `lstring(u8)`.
---@param prefix schema.type|string the length's own type, or its name, "u8"
---@return schema.type
function schema.lstring(prefix) return prefixed(prefix, "string", "lstring") end

---Raw bytes with their length in front: `lbytes(u16)`.
---@param prefix schema.type|string the length's own type, or its name, "u16"
---@return schema.type
function schema.lbytes(prefix) return prefixed(prefix, "bytes", "lbytes") end

---Fields in place.
---@param fields schema.field[]
---@return schema.type
function schema.struct(fields) return make { kind = "struct", fields = fields } end

---An (offset, size) pair that points at a structure.
---@param t schema.type
---@return schema.type
function schema.ref(t) return make { kind = "ref", of = check(t, "ref") } end

---A bare offset that points at a value of fixed size.
---@param t schema.type
---@return schema.type
function schema.pointer(t) return make { kind = "pointer", of = check(t, "pointer") } end

---A (count, offset) pair that points at values of fixed size, one after another.
---@param t schema.type
---@return schema.type
function schema.array(t) return make { kind = "array", of = check(t, "array") } end

---A count and that many (offset, size) pairs, each pointing at a structure, a utf16 or bytes.
---@param t schema.type
---@param count string? the name of an earlier `count` field; none: the count comes right before the pairs
---@return schema.type
function schema.refs(t, count) return make { kind = "refs", of = check(t, "refs"), count = count } end

---A count and that many values in place: `list(u32, u32)`, or `list("cells", cell)` after `count "cells"`.
---@param count schema.type|string the count's own type (or its name, "u8"), or the name of an earlier `count` field
---@param t schema.type
---@return schema.type
function schema.list(count, t)
  local prefix = find_prefix(count)
  if prefix then
    return make { kind = "list", prefix = prefix, of = check(t, "list") }
  elseif type(count) ~= "string" then
    error("list wants the type of its count, or the name of a count field, not " .. type(count), 2)
  end
  return make { kind = "list", count = count, of = check(t, "list") }
end

---Exactly n values in place, without a count.
---@param n integer
---@param t schema.type
---@return schema.type
function schema.times(n, t)
  return make { kind = "list", size = check_number(n, "times"), of = check(t, "times") }
end

---As many values in place as there is room for: at the end of a structure, or all of a tlv.
---@param t schema.type
---@return schema.type
function schema.all(t) return make { kind = "list", all = true, of = check(t, "all") } end

---A value behind its type, the length of its padding and its length, as MBIMEx 3.0 has some: `tlv(10, utf16)`.
---@param number integer
---@param t schema.type
---@return schema.type
function schema.tlv(number, t)
  return make { kind = "tlv", size = check_number(number, "tlv"), of = check(t, "tlv") }
end

---A value that may be missing: at the end of its structure, with all that follows it; or as a TLV of its own.
---@param t schema.type
---@return schema.type
function schema.optional(t)
  local optional = copy(check(t, "optional"))
  optional.optional = true
  return optional
end

---A value that people read as something else: `shown(bytes(3), digits_of)`. Scripts have it as it is.
---@param t schema.type
---@param read fun(value: any): string|number|nil nil: it stays as it is
---@return schema.type
function schema.shown(t, read)
  local shown = copy(check(t, "shown"))
  shown.shown = read
  return shown
end

---A value that a trace must hide: `secret(text) "password"`.
---@param t schema.type
---@return schema.type
function schema.secret(t)
  local secret = copy(check(t, "secret"))
  secret.secret = true
  return secret
end

return schema
