-- SPDX-License-Identifier: MIT
-- NAS, network access: signal strength, as data. An older message is in signal_strength.lua.

local qmi = require "qmi.message"

local u8, i8, i16, i32 = qmi.u8, qmi.i8, qmi.i16, qmi.i32
local struct = qmi.struct

---@class qmi.nas_signal
local signal, message = qmi.messages "nas"

-- The level, 0 to 8, of HDR's signal to interference and noise: -9, -6, -4.5, -3, -2, 1, 3, 6 and 9 dB.
local sinr_level = u8

-- A technology is there when the modem uses it.
-- RSSI, RSRP and RSCP in dBm, RSRQ in dB, SNR in 0.1 dB, Ec/Io in -0.5 dB. -32768 is unknown.
local function signal_info() return {
  [0x10] = struct { i8 "rssi", i16 "ecio" } "cdma",
  [0x11] = struct { i8 "rssi", i16 "ecio", sinr_level "sinr", i32 "io" } "hdr",
  [0x12] = i8 "gsm", -- RSSI
  [0x13] = struct { i8 "rssi", i16 "ecio" } "wcdma",
  [0x14] = struct { i8 "rssi", i8 "rsrq", i16 "rsrp", i16 "snr" } "lte",
  [0x15] = i8 "tdma", -- TD-SCDMA's RSCP
  [0x17] = struct { i16 "rsrp", i16 "snr" } "nr5g",
  [0x18] = i16 "nr5g_rsrq",
  [0x19] = i16 "wcdma_rscp",
} end

message("get_signal_info", 0x004f, "Get Signal Info", function() return {
  response = qmi.join(signal_info(), {
    [0x16] = struct { i32 "rssi", i32 "rscp", i32 "ecio", i32 "sinr" } "tdma_extended",
  }),
} end)

message("signal_info", 0x0051, "Signal Info", function() return { indication = signal_info() } end)

return signal
