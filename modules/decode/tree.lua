-- SPDX-License-Identifier: MIT
-- Decoded values as a tree to print: in the order of their declaration, with what is secret left out.
--
-- A node is a number, a boolean, a string, an object (a list of { name, node }), a list of nodes, or a scalar whose
-- text for people is not its value for programs.

local basic_connect = require "mbim.basic_connect"
local services = require "mbim.services"

local M = {}

local Object, List, Scalar, Bytes = {}, {}, {}, {}

---Names and nodes, in order: object:add(name, node).
---@return table
function M.object() return setmetatable({}, Object) end
Object.__index = Object
function Object:add(name, node)
  if node ~= nil then
    self[#self + 1] = { name, node }
  end
  return self
end

---@return table
function M.list(nodes) return setmetatable(nodes or {}, List) end

---A value that people read as something else.
---@param value any for programs
---@param text string for people
function M.scalar(value, text) return setmetatable({ value = value, text = text }, Scalar) end

---Bytes without a meaning: shown in hex.
---@param bytes string
function M.bytes(bytes) return setmetatable({ bytes = bytes }, Bytes) end

---The placeholder of a secret.
M.hidden = M.scalar("(hidden)", "(hidden)")

local kinds = { [Object] = "object", [List] = "list", [Scalar] = "scalar", [Bytes] = "bytes" }

---@return "object"|"list"|"scalar"|"bytes"|nil kind nil: a plain number, boolean or string
function M.kind(node) return kinds[getmetatable(node)] end

-- Does a field have a secret in it, at any depth?
---@param field schema.field
---@param secrets table<string, true>
function M.has_secret(field, secrets)
  local function within(t)
    if t.secret or t.of and within(t.of) then
      return true
    end
    for _, inner in ipairs(t.fields or {}) do
      if M.has_secret(inner, secrets) then
        return true
      end
    end
    return false
  end
  return secrets[field.name] or within(field.type)
end

local function text_node(text)
  return utf8.len(text) and text or M.bytes(text)
end

-- Of a set of flags: their names, from the lowest bit; one without a name in hex.
local function flags_node(values, bits)
  local list = M.list()
  for flag in pairs(values) do list[#list + 1] = flag end
  table.sort(list, function(a, b) return math.ult(bits[a] or a, bits[b] or b) end)
  for i, flag in ipairs(list) do
    list[i] = math.type(flag) and ("0x%x"):format(flag) or flag
  end
  return list
end

local function uuid_node(uuid)
  local name = services[uuid] or basic_connect.context_types[uuid]
  return name and M.scalar(uuid, ("%s (%s)"):format(name, uuid)) or uuid
end

local function integer_node(value)
  -- Unsigned ones beyond 63 bits: mostly "unknown", all bits set.
  return value < 0 and M.scalar(value, ("0x%x"):format(value)) or value
end

local raw = { bytes = true, data = true, rest = true }
local lists = { array = true, refs = true, list = true }

---@param value any as a codec decoded it
---@param t schema.type
---@param secrets table<string, true>
---@return any node
function M.value(value, t, secrets)
  local shown = t.shown and not t.secret and t.shown(value)
  if t.secret then
    return M.hidden
  elseif shown then
    return shown
  elseif t.kind == "struct" then
    return M.fields(value, t.fields, secrets)
  elseif t.kind == "ref" or t.kind == "pointer" then
    return M.value(value, t.of, secrets)
  elseif lists[t.kind] then
    local list = M.list()
    for i, element in ipairs(value) do list[i] = M.value(element, t.of, secrets) end
    return list
  elseif t.style == "flags" then
    return flags_node(value, t.values)
  elseif t.kind == "uuid" then
    return uuid_node(value)
  elseif raw[t.kind] then
    return M.bytes(value)
  elseif t.kind == "uint" and math.type(value) == "integer" then
    return integer_node(value)
  end
  return type(value) == "string" and text_node(value) or value
end

---@param values table as a codec decoded them
---@param fields schema.field[] their declaration
---@param secrets table<string, true>
---@return table object
function M.fields(values, fields, secrets)
  local object = M.object()
  for _, field in ipairs(fields) do
    local value = values[field.name]
    if value ~= nil then
      object:add(field.name, secrets[field.name] and M.hidden or M.value(value, field.type, secrets))
    end
  end
  return object
end

return M
