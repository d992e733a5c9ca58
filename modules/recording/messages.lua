-- SPDX-License-Identifier: MIT
-- Whole messages of MBIM and QMI, with all replaced that is not known to be harmless.
--
-- A message is decoded by its declaration, its values are replaced, and it is encoded again. Where that would not give
-- the same bytes with the values that it had, so that something in it is not declared, nothing of its body is left.

local core_mbim = require "core.mbim"
local core_qmi = require "core.qmi"
local mbim = require "mbim"
local pseudonyms = require "recording.pseudonyms"
local qmi = require "qmi"
local schema = require "schema"
local split = require "qmi.split"
local versions = require "mbim.versions"

require "mbim.messages"
require "mbim.ext_qmux"
require "qmi.messages"

local M = {}

local function set(words)
  local all = {}
  for word in words:gmatch "%S+" do all[word] = true end
  return all
end

-- Fields of text, or of bytes, that say what a modem, a card or a network is, and not whose.
local HARMLESS = set [[
  aid application_id apn apn_name atr atr_value capabilities file_path list path select_response type device
  amss_version boot_version build_id config_version custom_data_class firmware hardware imei_software_version
  manufacturer model package_id pri_info pri_version revision sku sku_id unique_id version
  carrier carrier_id description domain_name_list id long_name mcc mnc name operator_string_name plmn profile_name
  provider_id provider_name roaming_text service_provider_name short_name
]]
-- Numbers that say where the modem is.
local PLACE = set [[
  base_station_id cdma_registration_zone_id cell_id cid_3gpp closed_subscriber_group csg_id global_cell_id
  gsm_routing_area_code lac lac1 lac2 lac_3gpp lte_tac network_id nid nr5g_tracking_area_code serving_cell_id sid
  system_id tac tracking_area_code umts_cell_id wcdma_routing_area_code
]]
-- Which satellites stand where tells a place, too.
local POSITION = set [[
  altitude altitude_from_ellipsoid altitude_from_sealevel azimuth_degrees base_station_latitude base_station_longitude
  elevation_degrees latitude longitude
]]
local IDENTITY = set [[ modem_id ]] -- numbers that say whose
local KINDS = { imsi = "imsi", imei = "imei", device_id = "imei", iccid = "iccid" }

---@class recording.messages
---@field private others recording.pseudonyms
---@field private keeps_cells boolean?
local Messages = {}
Messages.__index = Messages

---What stands for a number that may say where the modem is, or whose.
---@param others recording.pseudonyms
---@param value number
---@param name string what it is called
---@param keeps_cells boolean?
---@return number
function M.number(others, value, name, keeps_cells)
  if POSITION[name] then
    return math.type(value) == "float" and 0.0 or 0
  elseif (IDENTITY[name] or PLACE[name] and not keeps_cells) and math.type(value) == "integer" then
    return others:number(value)
  end
  return value
end

local lists = { array = true, refs = true, list = true }
local binary = { bytes = true, data = true, rest = true }

local replace

local function replace_text(self, value, t, name, is_secret)
  if is_secret then
    return binary[t.kind] and ("\0"):rep(#value) or pseudonyms.blank(value)
  elseif HARMLESS[name] or PLACE[name] and self.keeps_cells then
    return value
  end
  return binary[t.kind] and self.others:bytes(value) or self.others:text(value, KINDS[name])
end

local function replace_number(self, value, t, name)
  local is_unknown = t.kind == "uint" and value == (1 << 8 * t.size) - 1
  return (t.style or is_unknown) and value or M.number(self.others, value, name, self.keeps_cells)
end

---@param secrets table<string, true>
local function replace_fields(self, values, fields, secrets)
  local others = {}
  for key, value in pairs(values) do others[key] = value end
  for _, field in pairs(fields) do
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
    return is_secret and 0 or replace_number(self, value, t, name)
  end
  return value
end

-- The same of what a codec reads, if it reads, and writes, all of it.
local function replace_body(self, bytes, codec, fields, secrets)
  local values = codec:decode(bytes)
  if values and codec:encode(values) == bytes then
    return codec:encode(replace_fields(self, values, fields, secrets))
  end
end

local function fields_of(declared, part)
  local declaration = declared.declaration
  local fields = declaration[part]
  return part == "indication" and fields == true and declaration.response or fields or {}
end

local function blank(bytes) return ("\0"):rep(#bytes) end

-- ---- QMI ----

-- TLV by TLV, so that one that is not declared takes no other with it.
local function replace_tlvs(self, bytes, message, part)
  local fields = message and fields_of(message, part) or {}
  local list, _, rest = split(bytes)
  for i, tlv in ipairs(list) do
    local field, other = fields[tlv.tag], tlv.head .. blank(tlv.bytes)
    if part == "response" and tlv.tag == 0x02 then
      other = tlv.head .. tlv.bytes -- the result
    elseif field then
      local alone = { [tlv.tag] = { name = field.name, type = schema.optional(field.type) } }
      other = replace_body(self, tlv.head .. tlv.bytes, schema.compile_tlvs("", alone), alone, message.secrets) or other
    end
    list[i] = other
  end
  return table.concat(list) .. blank(rest)
end

---@param bytes string a QMUX frame
---@return string? other nil: it is none
function Messages:qmi(bytes)
  local message = core_qmi.parse(bytes)
  if not message then
    return nil
  end
  local declared = qmi.lookup(message.service, message.id)
  message.tlvs = replace_tlvs(self, message.tlvs, declared, message.type)
  return core_qmi.build(message)
end

-- ---- MBIM ----

local parts = { ["command-done"] = "response", indication = "indication" }

local function replace_info(self, message)
  local info = message.info
  local command = mbim.lookup(message.service, message.cid)
  if mbim.services[message.service] == "ext-qmux" then
    return self:qmi(info) or blank(info)
  elseif not command or #info == 0 then
    return blank(info)
  end
  local part = parts[message.type] or message.set and "set" or "query"
  local layout = command[part] and versions.of(command, part, info)
  local codec = layout and layout[part]
  return codec and replace_body(self, info, codec, fields_of(layout, part), command.secrets) or blank(info)
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
  return setmetatable({ others = others, keeps_cells = options.keep_cells }, Messages)
end

return M
