-- SPDX-License-Identifier: MIT
-- PDS, position determination: the receiver for GPS, as modems before LOC have it.

local qmi = require "qmi.message"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, bool, struct, secret = qmi.enum, qmi.bool, qmi.struct, qmi.secret

---@class qmi.pds
local pds, message = qmi.messages "pds"

message("reset", 0x0000, "Reset", function() return { response = {} } end)

message("set_event_report", 0x0001, "Set Event Report", function() return {
  request = {
    [0x10] = bool(u8) "nmea_positions",
    [0x11] = bool(u8) "extended_nmea_positions",
    [0x12] = bool(u8) "parsed_positions",
    [0x13] = bool(u8) "external_xtra_data_requests",
    [0x14] = bool(u8) "external_time_injection_requests",
    [0x15] = bool(u8) "external_wifi_position_requests",
    [0x16] = bool(u8) "satellite_information",
    [0x17] = bool(u8) "vx_network_initiated_requests",
    [0x18] = bool(u8) "supl_network_initiated_prompts",
    [0x19] = bool(u8) "umts_cp_network_initiated_prompts",
    [0x1a] = bool(u8) "communication_events",
    [0x1b] = bool(u8) "accelerometer_data_streaming_ready",
    [0x1c] = bool(u8) "gyro_data_streaming_ready",
    [0x1d] = bool(u8) "time_sync_requests",
    [0x1e] = bool(u8) "position_reliability_indicators",
    [0x1f] = bool(u8) "sensor_data_usage_indicators",
    [0x20] = bool(u8) "time_source_information",
    [0x21] = bool(u8) "heading_uncertainty",
    [0x22] = bool(u8) "nmea_debug_strings",
    [0x23] = bool(u8) "extended_external_xtra_data_requests",
  },
  response = {},
  indication = {
    [0x10] = secret(qmi.string) "nmea_string",
    [0x11] = struct {
      enum(u8, { ["unknown"] = 0xff, ["standalone"] = 0, ["ms-based"] = 1, ["ms-assisted"] = 2 }) "operation_mode",
      secret(qmi.lstring(u16)) "nmea_string",
    } "extended_nmea_position",
    [0x12] = enum(u8, {
      ["success"] = 0, ["in-progress"] = 1, ["general-failure"] = 2, ["timeout"] = 3, ["user-ended-session"] = 4,
      ["bad-parameter"] = 5, ["phone-offline"] = 6, ["engine-locked"] = 7, ["e911-session-in-progress"] = 8,
    }) "position_session_status",
  },
} end)

message("get_gps_service_state", 0x0020, "Get GPS Service State", function() return {
  response = {
    [0x01] = struct {
      bool(u8) "enabled",
      enum(u8, { unknown = 0, inactive = 1, active = 2 }) "tracking_session_state",
    } "gps_service",
  },
} end)

local switch = struct { bool(u8) "enabled" }

message("set_gps_service_state", 0x0021, "Set GPS Service State", function() return {
  request = { [0x01] = switch "gps_service" },
  response = {},
} end)

local tracking_session = struct {
  enum(u8, { ["standalone"] = 0, ["ms-based"] = 1, ["ms-assisted"] = 2 }) "operation",
  u8 "position_timeout",
  u32 "interval",
  u32 "accuracy_threshold",
} "tracking_session"

message("get_default_tracking_session", 0x0029, "Get Default Tracking Session", function() return {
  response = { [0x01] = tracking_session },
} end)

message("set_default_tracking_session", 0x002a, "Set Default Tracking Session", function() return {
  request = { [0x01] = tracking_session },
  response = {},
} end)

local network = enum(u8, { umts = 0, cdma = 1 }) "network"
local servers = {
  [0x10] = struct { qmi.ipv4 "ipv4", u32 "ipv4_port" } "server",
  [0x11] = qmi.lstring(u8) "server_url",
}

message("get_agps_config", 0x002e, "Get AGPS Config", function() return {
  request = { [0x12] = network },
  response = servers,
} end)

message("set_agps_config", 0x002f, "Set AGPS Config", function() return {
  request = qmi.join(servers, { [0x14] = network }),
  response = {},
} end)

message("get_auto_tracking_state", 0x0030, "Get Auto Tracking State", function() return {
  response = { [0x01] = switch "auto_tracking" },
} end)

message("set_auto_tracking_state", 0x0031, "Set Auto Tracking State", function() return {
  request = { [0x01] = switch "auto_tracking" },
  response = {},
} end)

message("gps_ready", 0x0060, "GPS Ready", function() return { indication = {} } end)

return pds
