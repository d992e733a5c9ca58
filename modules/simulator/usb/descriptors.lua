-- SPDX-License-Identifier: MIT
-- USB descriptors: how a device tells what it is (USB 2.0 chapter 9, CDC 1.2 with its subclasses
-- PSTN, ECM and NCM, MBIM 1.0).

local schema = require "schema"
local u8, u16, u32, enum = schema.u8, schema.u16, schema.u32, schema.enum

local prefix = schema.compile("descriptor", {
  u8 "length",
  u8 "type",
})
local prefix_size = 2

-- Makes a function that encodes a descriptor with its length and type before its fields.
local function kind(type, name, fields)
  local codec = schema.compile(name, fields)
  return function(values)
    local body = assert(codec:encode(values))
    return prefix:encode { length = prefix_size + #body, type = type } .. body
  end
end

local descriptors = {}

---The types that a host asks for with GET_DESCRIPTOR.
descriptors.types = { [0x01] = "device", [0x02] = "configuration", [0x03] = "string", [0x0f] = "bos" }

descriptors.device = kind(0x01, "device descriptor", {
  u16 "usb_version",
  u8 "class",
  u8 "subclass",
  u8 "protocol",
  u8 "packet_size",
  u16 "vendor",
  u16 "product",
  u16 "version",
  u8 "manufacturer_string",
  u8 "product_string",
  u8 "serial_string",
  u8 "configurations",
})

descriptors.interface = kind(0x04, "interface descriptor", {
  u8 "number",
  u8 "alternate",
  u8 "endpoints",
  u8 "class",
  u8 "subclass",
  u8 "protocol",
  u8 "string",
})

descriptors.endpoint = kind(0x05, "endpoint descriptor", {
  u8 "address",
  enum(u8, { bulk = 2, interrupt = 3 }) "transfer",
  u16 "packet_size",
  u8 "interval",
})

---Interfaces that are one function together.
descriptors.association = kind(0x0b, "interface association descriptor", {
  u8 "first_interface",
  u8 "interfaces",
  u8 "class",
  u8 "subclass",
  u8 "protocol",
  u8 "string",
})

-- Class-specific interface descriptors: the first field is their subtype.

descriptors.cdc_header = kind(0x24, "CDC header descriptor", {
  enum(u8, { header = 0x00 }) "subtype",
  u16 "version",
})

descriptors.cdc_union = kind(0x24, "CDC union descriptor", {
  enum(u8, { union = 0x06 }) "subtype",
  u8 "control_interface",
  u8 "data_interface",
})

descriptors.call_management = kind(0x24, "CDC call management descriptor", {
  enum(u8, { call_management = 0x01 }) "subtype",
  u8 "capabilities",
  u8 "data_interface",
})

descriptors.acm = kind(0x24, "CDC ACM descriptor", {
  enum(u8, { acm = 0x02 }) "subtype",
  u8 "capabilities",
})

descriptors.ethernet = kind(0x24, "CDC Ethernet descriptor", {
  enum(u8, { ethernet = 0x0f }) "subtype",
  u8 "mac_string", -- the host's address, as a string of twelve hexadecimal digits
  u32 "statistics",
  u16 "max_segment_size",
  u16 "multicast_filters",
  u8 "power_filters",
})

descriptors.ncm = kind(0x24, "NCM descriptor", {
  enum(u8, { ncm = 0x1a }) "subtype",
  u16 "version",
  u8 "network_capabilities",
})

descriptors.mbim = kind(0x24, "MBIM descriptor", {
  enum(u8, { mbim = 0x1b }) "subtype",
  u16 "version",
  u16 "max_control_message",
  u8 "filters",
  u8 "max_filter_size",
  u16 "max_segment_size",
  u8 "network_capabilities",
})

descriptors.mbim_extended = kind(0x24, "MBIM extended descriptor", {
  enum(u8, { mbim_extended = 0x1c }) "subtype",
  u16 "version",
  u8 "max_outstanding_commands",
  u16 "mtu",
})

local configuration = schema.compile("configuration descriptor", {
  u8 "length",
  u8 "type",
  u16 "total_length",
  u8 "interfaces",
  u8 "value",
  u8 "string",
  u8 "attributes",
  u8 "max_power",
})
local configuration_size = 9

---A configuration, with the descriptors of everything in it.
---@param values table interfaces, value, attributes, max_power
---@param functions string the descriptors of its functions
---@return string
function descriptors.configuration(values, functions)
  return assert(configuration:encode {
    length = configuration_size, type = 0x02, total_length = configuration_size + #functions,
    interfaces = values.interfaces, value = values.value,
    attributes = values.attributes, max_power = values.max_power,
  }) .. functions
end

local unit = schema.compile("UTF-16 code unit", { u16 "value" })

---A string, which has to be of the Basic Multilingual Plane.
---@param text string UTF-8
---@return string
function descriptors.string(text)
  local units = {}
  for _, codepoint in utf8.codes(text) do
    table.insert(units, assert(unit:encode { value = codepoint }))
  end
  return prefix:encode { length = prefix_size + 2 * #units, type = 0x03 } .. table.concat(units)
end

---The languages that strings come in: only American English.
---@return string
function descriptors.languages()
  return prefix:encode { length = prefix_size + 2, type = 0x03 } .. unit:encode { value = 0x0409 }
end

local bos = kind(0x0f, "BOS descriptor", {
  u16 "total_length",
  u8 "capabilities",
})
local bos_size = 5

local usb2_extension = kind(0x10, "USB 2.0 extension descriptor", {
  enum(u8, { usb2_extension = 0x02 }) "capability",
  u32 "attributes",
})

---What a device of USB 2.1 can do beyond 2.0. This one: nothing, not even link power management.
---@return string
function descriptors.bos()
  local extension = usb2_extension { capability = "usb2_extension" }
  return bos { total_length = bos_size + #extension, capabilities = 1 } .. extension
end

return descriptors
