-- SPDX-License-Identifier: MIT
-- Whole messages of MBIM and QMI, with all replaced that is not known to be harmless.
--
-- A message is decoded by its declaration, its values are replaced, and it is encoded again. Where that would not give
-- the same bytes with the values that it had, so that something in it is not declared, nothing of its body is left.

local at_lines = require "recording.at_lines"
local card_messages = require "recording.card_messages"
local core_mbim = require "core.mbim"
local core_qmi = require "core.qmi"
local fields = require "recording.fields"
local maker = require "maker"
local mbim = require "mbim"
local qmi = require "qmi"
local schema = require "schema"
local split = require "qmi.split"
local versions = require "mbim.versions"

require "mbim.messages"
require "mbim.ext_qmux"
require "qmi.messages"

local M = {}

---@class recording.messages
---@field private others recording.pseudonyms
---@field private keeps_cells boolean?
---@field private lines recording.at_lines those that MBIM carries
---@field private card recording.card_messages
---@field private of_card recording.of_card what is put in place of fields of this message
local Messages = {}
Messages.__index = Messages

local lists = { array = true, refs = true, list = true }
local binary = { bytes = true, data = true, rest = true }

local replace

local function replace_text(self, value, t, name, is_secret)
  if self.of_card[name] then
    return self.of_card[name](value)
  elseif is_secret then
    return binary[t.kind] and self.others:zeros(value) or self.others:blank(value)
  elseif fields.keeps_text(name, self.keeps_cells) then
    return value
  end
  return binary[t.kind] and self.others:bytes(value) or self.others:text(value, fields.kind(name))
end

local function replace_number(self, value, t, name)
  local is_unknown = t.kind == "uint" and value == (1 << 8 * t.size) - 1
  return (t.style or is_unknown) and value or fields.number(self.others, value, name, self.keeps_cells)
end

---@param secrets table<string, true>
local function replace_fields(self, values, declared, secrets)
  local others = {}
  for key, value in pairs(values) do others[key] = value end
  for _, field in pairs(declared) do
    local value = values[field.name]
    if value ~= nil then
      others[field.name] = replace(self, value, field.type, field.name, secrets, secrets[field.name])
    end
  end
  return others
end

function replace(self, value, t, name, secrets, is_secret)
  is_secret = is_secret or t.secret
  if t.kind == "struct" then
    return replace_fields(self, value, t.fields, secrets)
  elseif lists[t.kind] then
    local others = {}
    for i, element in ipairs(value) do others[i] = replace(self, element, t.of, name, secrets, is_secret) end
    return others
  elseif t.of then
    return replace(self, value, t.of, name, secrets, is_secret)
  elseif type(value) == "string" and t.kind ~= "uuid" and t.kind ~= "ipv4" and t.kind ~= "ipv6" and not t.style then
    return replace_text(self, value, t, name, is_secret)
  elseif type(value) == "number" then
    return is_secret and self.others:zero(value) or replace_number(self, value, t, name)
  end
  return value
end

-- The same of what a codec reads, if it reads, and writes, all of it. What it cannot read, the host could not, either:
-- a codec of TLVs keeps the bytes of such a one as they are.
local function replace_body(self, head, bytes, codec, declared, secrets)
  local values = codec:decode(head .. bytes)
  if not values or values.malformed then
    return head .. self.others:nonsense(bytes)
  elseif codec:encode(values) == head .. bytes then
    return codec:encode(replace_fields(self, values, declared, secrets))
  end
end

local function fields_of(declared, part)
  local declaration = declared.declaration
  local list = declaration[part]
  return part == "indication" and list == true and declaration.response or list or {}
end

-- ---- QMI ----

-- TLV by TLV, so that one that is not declared takes no other with it.
local function replace_tlvs(self, bytes, message, part)
  local by_tag = message and fields_of(message, part) or {}
  local list, _, rest = split(bytes)
  for i, tlv in ipairs(list) do
    local field, other = by_tag[tlv.tag], nil
    if part == "response" and tlv.tag == 0x02 then
      other = tlv.head .. tlv.bytes -- the result
    elseif field then
      local alone = { [tlv.tag] = { name = field.name, type = schema.optional(field.type) } }
      other = replace_body(self, tlv.head, tlv.bytes, schema.compile_tlvs("", alone), alone, message.secrets)
    end
    list[i] = other or tlv.head .. self.others:zeros(tlv.bytes)
  end
  return table.concat(list) .. self.others:zeros(rest)
end

---@param bytes string a QMUX frame
---@return string? other nil: it is none
function Messages:qmi(bytes)
  local message = core_qmi.parse(bytes)
  if not message then
    return nil
  end
  local declared = qmi.lookup(message.service, message.id)
  self.of_card = self.card:of_qmi(message, declared)
  message.tlvs = replace_tlvs(self, message.tlvs, declared, message.type)
  return core_qmi.build(message)
end

-- ---- MBIM ----

-- By service and number: those that carry AT commands, of all makers.
local tunnels

local function is_tunnel(command)
  if not tunnels then
    tunnels = {}
    for declared in maker.each "at_tunnel" do tunnels[require(declared[1]).at_command] = true end
  end
  return tunnels[command]
end

local function replace_tunnel(self, info, codec, is_sent)
  local values = codec:decode(info)
  if not values or codec:encode(values) ~= info then
    return nil
  end
  local is_at = values.kind == nil or values.kind == "at"
  values.bytes = is_at and self.lines:replace_bytes(values.bytes, is_sent) or self.others:zeros(values.bytes)
  return codec:encode(values)
end

local parts = { ["command-done"] = "response", indication = "indication" }

local function replace_info(self, message)
  local info = message.info
  local command = mbim.lookup(message.service, message.cid)
  if mbim.services[message.service] == "ext-qmux" then
    return self:qmi(info) or self.others:zeros(info)
  elseif not command or #info == 0 then
    return self.others:zeros(info)
  end
  local part = parts[message.type] or message.set and "set" or "query"
  local layout = command[part] and versions.of(command, part, info)
  local codec = layout and layout[part]
  if codec and is_tunnel(command) then
    return replace_tunnel(self, info, codec, message.type == "command") or self.others:zeros(info)
  end
  self.of_card = self.card:of_mbim(message, command)
  return codec and replace_body(self, "", info, codec, fields_of(layout, part), command.secrets)
    or self.others:zeros(info)
end

---@param bytes string a whole message
---@return string? other nil: it is none
function Messages:mbim(bytes)
  local message = core_mbim.parse(bytes)
  if not message then
    return nil
  elseif message.info then
    message.info = replace_info(self, message)
  end
  return core_mbim.build(message)
end

---@param others recording.pseudonyms
---@param options { keep_cells: boolean? }
---@return recording.messages
function M.new(others, options)
  return setmetatable({
    others = others, keeps_cells = options.keep_cells, lines = at_lines.new(others, options),
    card = card_messages.new(others), of_card = {},
  }, Messages)
end

return M
