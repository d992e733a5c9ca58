-- SPDX-License-Identifier: MIT
-- NAS, network access: the older message about signal strength, as data.

local qmi = require "qmi.message"
local types = require "qmi.nas.types"

local u8, u16, i8, i16, i32 = qmi.u8, qmi.u16, qmi.i8, qmi.i16, qmi.i32
local flags, struct, list = qmi.flags, qmi.struct, qmi.list

---@class qmi.nas_signal_strength
local signal, message = qmi.messages "nas"

-- The level, 0 to 8, of HDR's signal to interference and noise: -9, -6, -4.5, -3, -2, 1, 3, 6 and 9 dB.
local sinr_level = u8

-- One value for each radio technology.
local function each(...)
  return list(u16, struct { ..., types.radio_interface "radio_interface" })
end

message("get_signal_strength", 0x0020, "Get Signal Strength", function() return {
  request = {
    [0x10] = flags(u16, {
      ["rssi"] = 1 << 0, ["ecio"] = 1 << 1, ["io"] = 1 << 2, ["sinr"] = 1 << 3, ["error-rate"] = 1 << 4,
      ["rsrq"] = 1 << 5, ["lte-snr"] = 1 << 6, ["lte-rsrp"] = 1 << 7,
    }) "request_mask",
  },
  response = {
    [0x01] = struct { i8 "strength", types.radio_interface "radio_interface" } "signal_strength", -- dBm
    [0x10] = each(i8 "strength") "strength_list",
    [0x11] = each(u8 "rssi") "rssi_list", -- -dBm
    [0x12] = each(u8 "ecio") "ecio_list", -- -0.5 dB
    [0x13] = i32 "io", -- dBm
    [0x14] = sinr_level "sinr",
    [0x15] = each(u16 "rate") "error_rate_list", -- GSM and WCDMA: 0 to 7; CDMA: 0.01 %; 0xffff: unknown
    [0x16] = struct { i8 "rsrq", types.radio_interface "radio_interface" } "rsrq", -- dB
    [0x17] = i16 "lte_snr", -- 0.1 dB
    [0x18] = i16 "lte_rsrp", -- dBm
  },
} end)

return signal
