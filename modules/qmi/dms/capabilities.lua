-- SPDX-License-Identifier: MIT
-- Messages of the device management service about what the modem is and can do.

local qmi = require "qmi.message"
local bands = require "qmi.band_types"
local types = require "qmi.types"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, struct, list, lbytes = qmi.enum, qmi.struct, qmi.list, qmi.lbytes

---@class qmi.dms_capabilities
local dms, message = qmi.messages "dms"

message("get_supported_messages", 0x001e, "Get Supported Messages", function() return {
  response = types.supported_messages,
} end)

message("get_capabilities", 0x0020, "Get Capabilities", function() return {
  response = {
    [0x01] = struct {
      u32 "max_tx_channel_rate", -- bit/s, as is the next
      u32 "max_rx_channel_rate",
      enum(u8, {
        none = 0, cs = 1, ps = 2, ["simultaneous-cs-ps"] = 3, ["non-simultaneous-cs-ps"] = 4,
      }) "data_service_capability",
      enum(u8, { ["not-supported"] = 1, supported = 2 }) "sim_capability",
      list(u8, enum(u8, {
        cdma20001x = 1, evdo = 2, gsm = 4, umts = 5, lte = 8, tds = 9, ["5gnr"] = 10,
      })) "radio_interface_list",
    } "info",
  },
} end)

message("get_manufacturer", 0x0021, "Get Manufacturer", function() return {
  response = { [0x01] = qmi.string "manufacturer" },
} end)

message("get_msisdn", 0x0024, "Get MSISDN", function() return {
  response = { [0x01] = qmi.string "msisdn" },
} end)

message("get_hardware_revision", 0x002c, "Get Hardware Revision", function() return {
  response = { [0x01] = qmi.string "revision" },
} end)

message("get_factory_sku", 0x0046, "Get Factory SKU", function() return {
  response = { [0x01] = qmi.string "sku" },
} end)

message("get_software_version", 0x0051, "Get Software Version", function() return {
  response = { [0x01] = qmi.string "version" },
} end)

message("get_band_capabilities", 0x0045, "Get Band Capabilities", function() return {
  response = {
    [0x01] = bands.bands "band_capability",
    [0x10] = bands.lte_bands "lte_band_capability",
    [0x12] = list(u16, u16) "extended_lte_band_capability", -- the bands' numbers, all of them
    [0x13] = list(u16, u16) "nr5g_band_capability",
  },
} end)

message("get_mac_address", 0x005c, "Get MAC Address", function() return {
  request  = { [0x01] = enum(u32, { wlan = 0, bt = 1 }) "device" },
  response = { [0x10] = lbytes(u8) "mac_address" },
} end)

return dms
