-- SPDX-License-Identifier: MIT
-- DSD, data system determination: which radio technologies carry data now, as data. It alone tells whether 5G is used
-- beside LTE; libqmi's data files have it since 1.32.

local qmi = require "qmi.message"

local u8, u32, u64 = qmi.u8, qmi.u32, qmi.u64
local enum, flags, bool, struct, list = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list

---@class qmi.dsd
local dsd, message = qmi.messages "dsd"

-- The preferred one comes first.
local function systems() return {
  [0x10] = list(u8, struct {
    enum(u32, { ["3gpp"] = 0, ["3gpp2"] = 1, ["wlan"] = 2 }) "network_type",
    enum(u32, {
      ["unknown"] = 0, ["umts"] = 1, ["gsm"] = 2, ["lte"] = 3, ["td-scdma"] = 4, ["3gpp-wlan"] = 5, ["5gnr"] = 6,
      ["cdma-1x"] = 101, ["hrpd"] = 102, ["ehrpd"] = 103, ["3gpp2-wlan"] = 104,
    }) "technology",
    flags(u64, {
      ["umts"] = 1 << 0, ["hsdpa"] = 1 << 1, ["hsupa"] = 1 << 2, ["hsdpa-plus"] = 1 << 3, ["dc-hsdpa-plus"] = 1 << 4,
      ["64-qam"] = 1 << 5, ["hspa"] = 1 << 6, ["gprs"] = 1 << 7, ["edge"] = 1 << 8, ["gsm"] = 1 << 9,
      ["s2b"] = 1 << 10, ["lte-limited"] = 1 << 11, ["lte-fdd"] = 1 << 12, ["lte-tdd"] = 1 << 13,
      ["td-scdma"] = 1 << 14, ["dc-hsupa"] = 1 << 15, ["lte-ca-downlink"] = 1 << 16, ["lte-ca-uplink"] = 1 << 17,
      ["s2b-limited"] = 1 << 18, ["4.5g"] = 1 << 19, ["4.5g-plus"] = 1 << 20,
      ["5g-tdd"] = 1 << 40, ["5g-sub-6-ghz"] = 1 << 41, ["5g-mmwave"] = 1 << 42, ["5g-nsa"] = 1 << 43,
      ["5g-sa"] = 1 << 44,
    }) "service_options",
  }) "available_systems",
} end

message("get_system_status", 0x0024, "Get System Status", function() return { response = systems() } end)

message("system_status_change", 0x0025, "System Status Change", function() return {
  request = { [0x11] = bool(u8) "system_status" },
  response = {},
} end)

message("system_status", 0x0026, "System Status", function() return { indication = systems() } end)

message("get_apn_info", 0x0033, "Get APN Info", function() return {
  request = {
    [0x01] = enum(u32, {
      ["default"] = 0, ["ims"] = 1, ["mms"] = 2, ["tethering"] = 3, ["supl"] = 4, ["high-priority"] = 5, ["fota"] = 6,
      ["cbs"] = 7, ["initial-attach"] = 8, ["emergency"] = 9,
    }) "apn_type",
  },
  response = { [0x10] = qmi.string "apn_name" },
} end)

local apn_types = flags(u64, {
  ["default"] = 1 << 0, ["ims"] = 1 << 1, ["mms"] = 1 << 2, ["tethering"] = 1 << 3, ["supl"] = 1 << 4,
  ["high-priority"] = 1 << 5, ["fota"] = 1 << 6, ["cbs"] = 1 << 7, ["initial-attach"] = 1 << 8,
  ["emergency"] = 1 << 9,
})

message("set_apn_type", 0x0051, "Set APN Type", function() return {
  request = {
    [0x01] = struct { qmi.lstring(u8) "apn_name", apn_types "types" } "apn",
    [0x10] = apn_types "preferred_types",
  },
  response = {},
} end)

return dsd
