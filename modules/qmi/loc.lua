-- SPDX-License-Identifier: MIT
-- LOC, location: positions from GNSS and what the engine needs for them, as data.
--
-- LOC answers twice: the response only says that the request has arrived; what came of it is in an indication with
-- the request's id, and its status.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u16, u32, u64 = qmi.u8, qmi.u16, qmi.u32, qmi.u64
local enum, flags, bool, struct, list, times = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list, qmi.times
local string, lstring, lbytes, secret = qmi.string, qmi.lstring, qmi.lbytes, qmi.secret
local float, double = qmi.float, qmi.double
local yes_no = bool(u8)

-- Where the modem is concerns its owner alone: no trace shows it.
local degrees, metres, sentence = secret(double), secret(float), secret(string)

---@class qmi.loc
local loc, message = qmi.messages "loc"

local status = enum(u32, {
  ["success"] = 0, ["general-failure"] = 1, ["unsupported"] = 2, ["invalid-parameter"] = 3, ["engine-busy"] = 4,
  ["phone-offline"] = 5, ["timeout"] = 6,
}) "indication_status"

-- A message whose indication has the status and, if that is success, the fields given.
local function answered(key, id, name, declare)
  message(key, id, name, function()
    local declaration = declare()
    declaration.response = {}
    declaration.indication = declaration.indication or {}
    declaration.indication[0x01] = status
    return declaration
  end)
end

message("get_supported_messages", 0x001e, "Get Supported Messages", function() return {
  response = types.supported_messages,
} end)

message("register_events", 0x0021, "Register Events", function() return {
  request = {
    [0x01] = flags(u64, {
      ["position-report"] = 1 << 0, ["gnss-satellite-info"] = 1 << 1, ["nmea"] = 1 << 2,
      ["ni-notify-verify-request"] = 1 << 3, ["inject-time-request"] = 1 << 4,
      ["inject-predicted-orbits-request"] = 1 << 5, ["inject-position-request"] = 1 << 6,
      ["engine-state"] = 1 << 7, ["fix-session-state"] = 1 << 8, ["wifi-request"] = 1 << 9,
      ["sensor-streaming-ready-status"] = 1 << 10, ["time-sync-request"] = 1 << 11,
      ["set-spi-streaming-report"] = 1 << 12, ["location-server-connection-request"] = 1 << 13,
      ["ni-geofence-notification"] = 1 << 14, ["geofence-general-alert"] = 1 << 15,
      ["geofence-breach-notification"] = 1 << 16, ["pedometer-control"] = 1 << 17,
      ["motion-data-control"] = 1 << 18,
    }) "event_registration_mask",
  },
  response = {},
} end)

local fix_recurrence = enum(u32, { ["periodic-fixes"] = 1, ["single-fix"] = 2 })

message("start", 0x0022, "Start", function() return {
  request = {
    [0x01] = u8 "session_id",
    [0x10] = fix_recurrence "fix_recurrence_type",
    [0x12] = enum(u32, { unknown = 0, enable = 1, disable = 2 }) "intermediate_report_state",
    [0x13] = u32 "minimum_interval_between_position_reports", -- ms
  },
  response = {},
} end)

message("stop", 0x0023, "Stop", function() return {
  request = { [0x01] = u8 "session_id" },
  response = {},
} end)

local reliability = enum(u32, { ["not-set"] = 0, ["very-low"] = 1, ["low"] = 2, ["medium"] = 3, ["high"] = 4 })
local gps_time = struct { u16 "gps_weeks", u32 "gps_time_of_week_milliseconds" }

-- Degrees, metres and metres a second; uncertainties are in the unit of what they belong to, confidences in %.
message("position_report", 0x0024, "Position Report", function() return {
  indication = {
    [0x01] = enum(u32, {
      ["success"] = 0, ["in-progress"] = 1, ["general-failure"] = 2, ["timeout"] = 3, ["user-ended"] = 4,
      ["bad-parameter"] = 5, ["phone-offline"] = 6, ["engine-locked"] = 7,
    }) "session_status",
    [0x02] = u8 "session_id",
    [0x10] = degrees "latitude",
    [0x11] = degrees "longitude",
    [0x12] = float "horizontal_uncertainty_circular",
    [0x13] = float "horizontal_uncertainty_elliptical_minor",
    [0x14] = float "horizontal_uncertainty_elliptical_major",
    [0x15] = float "horizontal_uncertainty_elliptical_azimuth", -- from north
    [0x16] = u8 "horizontal_confidence",
    [0x17] = reliability "horizontal_reliability",
    [0x18] = float "horizontal_speed",
    [0x19] = float "speed_uncertainty",
    [0x1a] = metres "altitude_from_ellipsoid",
    [0x1b] = metres "altitude_from_sealevel",
    [0x1c] = float "vertical_uncertainty",
    [0x1d] = u8 "vertical_confidence",
    [0x1e] = reliability "vertical_reliability",
    [0x1f] = float "vertical_speed",
    [0x20] = float "heading",
    [0x21] = float "heading_uncertainty",
    [0x22] = float "magnetic_deviation",
    [0x23] = flags(u32, {
      ["satellite"] = 1 << 0, ["cellular"] = 1 << 1, ["wifi"] = 1 << 2, ["sensors"] = 1 << 3,
      ["reference-location"] = 1 << 4, ["injected-position"] = 1 << 5, ["aflt"] = 1 << 6, ["hybrid"] = 1 << 7,
    }) "technology_used",
    [0x24] = struct { float "pdop", float "hdop", float "vdop" } "dop",
    [0x25] = u64 "utc_timestamp", -- ms since 1970
    [0x26] = u8 "leap_seconds",
    [0x27] = gps_time "gps_date_time",
    [0x28] = float "time_uncertainty", -- ms
    [0x29] = enum(u32, {
      ["invalid"] = 0, ["network-time-transfer"] = 1, ["network-time-tagging"] = 2, ["external-input"] = 3,
      ["tow-decode"] = 4, ["tow-confirmed"] = 5, ["tow-and-week-confirmed"] = 6, ["navigation-solution"] = 7,
      ["solve-for-time"] = 8, ["glo-tow-decode"] = 9, ["time-transform"] = 10, ["wcdma-sleep-time-tag"] = 11,
      ["gsm-sleep-time-tag"] = 12, ["unknown"] = 13, ["system-timetick"] = 14, ["qzss-tow-decode"] = 15,
      ["bds-tow-decode"] = 16,
    }) "time_source",
    [0x2a] = flags(u64, {
      ["accelerometer-used"] = 1 << 0, ["gyro-used"] = 1 << 1, ["aided-heading"] = 1 << 32,
      ["aided-speed"] = 1 << 33, ["aided-position"] = 1 << 34, ["aided-velocity"] = 1 << 35,
    }) "sensor_data_usage",
    [0x2b] = u32 "session_fix_count",
    [0x2c] = list(u8, u16) "satellites_used",
    [0x2d] = yes_no "altitude_assumed",
  },
} end)

local satellite_system = enum(u32, { gps = 1, galileo = 2, sbas = 3, compass = 4, glonass = 5 })

message("gnss_sv_info", 0x0025, "GNSS SV Info", function() return {
  indication = {
    [0x01] = yes_no "altitude_assumed",
    [0x10] = list(u8, struct {
      flags(u32, {
        ["system"] = 1 << 0, ["gnss-satellite-id"] = 1 << 1, ["health-status"] = 1 << 2,
        ["process-status"] = 1 << 3, ["satellite-info-mask"] = 1 << 4, ["elevation"] = 1 << 5,
        ["azimuth"] = 1 << 6, ["signal-to-noise-ratio"] = 1 << 7,
      }) "valid_information",
      satellite_system "system",
      u16 "gnss_satellite_id",
      enum(u8, { unhealthy = 0, healthy = 1 }) "health_status",
      enum(u32, { idle = 1, searching = 2, tracking = 3 }) "satellite_status",
      flags(u8, { ephemeris = 1 << 0, almanac = 1 << 1 }) "navigation_data",
      float "elevation_degrees",
      float "azimuth_degrees",
      float "signal_to_noise_ratio_bhz", -- dB-Hz
    }) "list",
  },
} end)

message("nmea", 0x0026, "NMEA", function() return {
  indication = { [0x01] = sentence "nmea_string" }, -- a sentence with its CR LF
} end)

-- Requests of the engine, to clients that have registered for them.

message("inject_time_request", 0x0028, "Inject Time Request", function() return {
  indication = {
    [0x10] = struct { u32 "delay_threshold", list(u8, lstring(u8)) "time_server_list" } "time_server_info",
  },
} end)

local sizes = struct { u32 "max_file_size", u32 "max_part_size" } "allowed_sizes"
local servers = list(u8, lstring(u8)) "server_list"

message("inject_predicted_orbits_request", 0x0029, "Inject Predicted Orbits Request", function() return {
  indication = {
    [0x01] = sizes,
    [0x10] = servers,
    [0x11] = flags(u64, {
      ["inject-request"] = 1 << 0, ["server-update"] = 1 << 1, ["refresh-update-rate"] = 1 << 2,
    }) "server_update_mask",
    [0x12] = enum(u32, { ["injected-orbit-rate-update"] = 1, ["integrity-rate-update"] = 2 }) "update_type",
    [0x13] = u32 "update_period_seconds",
    [0x14] = struct { enum(u32, { xtra = 1, navic = 2 }) "file_type", u32 "download_interval_minutes" } "file_info",
  },
} end)

message("inject_position_request", 0x002a, "Inject Position Request", function() return {
  indication = {
    [0x01] = degrees "latitude",
    [0x02] = degrees "longitude",
    [0x03] = float "horizontal_uncertainty_circular",
    [0x04] = u64 "utc_timestamp",
  },
} end)

message("engine_state", 0x002b, "Engine State", function() return {
  indication = { [0x01] = enum(u32, { on = 1, off = 2 }) "engine_state" },
} end)

message("fix_recurrence_type", 0x002c, "Fix Recurrence Type", function() return {
  indication = { [0x10] = fix_recurrence "fix_recurrence_type" },
} end)

-- The answers to them.

answered("inject_predicted_orbits_data", 0x0035, "Inject Predicted Orbits Data", function() return {
  request = {
    [0x01] = u32 "total_size",
    [0x02] = u16 "total_parts",
    [0x03] = u16 "part_number", -- from 1
    [0x04] = lbytes(u16) "part_data",
    [0x10] = enum(u32, { xtra = 0 }) "format_type",
  },
  indication = { [0x10] = u16 "part_number" },
} end)

answered("get_predicted_orbits_data_source", 0x0036, "Get Predicted Orbits Data Source", function() return {
  indication = { [0x10] = sizes, [0x11] = servers },
} end)

answered("get_predicted_orbits_data_validity", 0x0037, "Get Predicted Orbits Data Validity", function() return {
  indication = { [0x10] = struct { u64 "start_utc_timestamp", u16 "duration_hours" } "validity_info" },
} end)

answered("inject_utc_time", 0x0038, "Inject UTC Time", function() return {
  request = {
    [0x01] = u64 "utc_time", -- ms since 1970
    [0x02] = u32 "time_uncertainty", -- ms
    [0x10] = enum(u32, { unknown = 0, ap = 1, ntp = 2, nts = 3 }) "time_source",
  },
} end)

answered("inject_position", 0x0039, "Inject Position", function() return {
  request = {
    [0x10] = degrees "latitude",
    [0x11] = degrees "longitude",
    [0x12] = float "horizontal_uncertainty_circular",
    [0x13] = u8 "horizontal_confidence",
    [0x14] = reliability "horizontal_reliability",
    [0x15] = metres "altitude_from_ellipsoid",
    [0x16] = metres "altitude_from_sealevel",
    [0x17] = float "vertical_uncertainty",
    [0x18] = u8 "vertical_confidence",
    [0x19] = reliability "vertical_reliability",
    [0x1a] = struct {
      enum(u32, {
        ["unknown"] = 0, ["gps"] = 1, ["cell-id"] = 2, ["enhanced-cell-id"] = 3, ["wifi"] = 4,
        ["terrestrial"] = 5, ["terrestrial-hybrid"] = 6, ["altitude-database"] = 7,
        ["barometric-altimeter"] = 8, ["other"] = 9,
      }) "altitude_source",
      enum(u32, {
        ["unknown"] = 0, ["fully-interdependent"] = 1, ["on-lat-lon"] = 2, ["fully-independent"] = 3,
      }) "altitude_dependency",
      enum(u32, { unknown = 0, point = 1, full = 2 }) "altitude_uncertainty",
    } "altitude_source",
    [0x1b] = u64 "utc_timestamp",
    [0x1c] = u32 "timestamp_age", -- ms
    [0x1d] = enum(u32, {
      ["gnss"] = 0, ["cell-id"] = 1, ["enhanced-cell-id"] = 2, ["wifi"] = 3, ["terrestrial"] = 4,
      ["gnss-terrestrial-hybrid"] = 5, ["other"] = 6, ["dre"] = 7, ["flp"] = 8, ["nlp"] = 9, ["flp-ale"] = 10,
    }) "position_source",
    [0x1e] = float "raw_horizontal_uncertainty_circular",
    [0x1f] = u8 "raw_horizontal_confidence",
    [0x20] = yes_no "requested_position_injection",
    [0x21] = enum(u32, { external = 0, internal = 1 }) "position_source_provider",
    [0x22] = gps_time "gps_date_time",
    [0x23] = float "time_uncertainty",
    [0x24] = times(3, float) "speed_east_north_up",
    [0x25] = times(3, float) "speed_uncertainty_east_north_up",
    [0x26] = list(u32, u16) "satellites_used",
    [0x27] = u8 "number_satellites_in_fix",
  },
} end)

answered("inject_xtra_data", 0x00a7, "Inject Xtra Data", function() return {
  request = {
    [0x01] = u32 "total_size",
    [0x02] = u16 "total_parts",
    [0x03] = u16 "part_number", -- from 1
    [0x04] = lbytes(u16) "part_data",
  },
  indication = { [0x10] = u16 "part_number" },
} end)

answered("delete_assistance_data", 0x0044, "Delete Assistance Data", function() return {
  request = {
    [0x01] = yes_no "delete_all",
    [0x10] = list(u8, struct {
      u16 "gnss_sv_id",
      satellite_system "system",
      flags(u8, { ephemeris = 1 << 0, almanac = 1 << 1 }) "delete_sv_info_mask",
    }) "delete_sv_info",
    [0x11] = flags(u64, {
      ["gps-svdir"] = 1 << 0, ["gps-svsteer"] = 1 << 1, ["gps-time"] = 1 << 2, ["gps-alm-corr"] = 1 << 3,
      ["glo-svdir"] = 1 << 4, ["glo-svsteer"] = 1 << 5, ["glo-time"] = 1 << 6, ["glo-alm-corr"] = 1 << 7,
      ["sbas-svdir"] = 1 << 8, ["sbas-svsteer"] = 1 << 9, ["position"] = 1 << 10, ["time"] = 1 << 11,
      ["iono"] = 1 << 12, ["utc"] = 1 << 13, ["health"] = 1 << 14, ["sadata"] = 1 << 15, ["rti"] = 1 << 16,
      ["sv-no-exist"] = 1 << 17, ["freq-bias-est"] = 1 << 18,
    }) "delete_gnss_data_mask",
    [0x12] = flags(u32, {
      ["pos"] = 1 << 0, ["latest-gps-pos"] = 1 << 1, ["ota-pos"] = 1 << 2, ["ext-ref-pos"] = 1 << 3,
      ["timetag"] = 1 << 4, ["cellid"] = 1 << 5, ["cached-cellid"] = 1 << 6, ["last-srv-cell"] = 1 << 7,
      ["cur-srv-cell"] = 1 << 8, ["neighbor-info"] = 1 << 9,
    }) "delete_cell_database_mask",
    [0x13] = flags(u32, {
      ["time-est"] = 1 << 0, ["freq-est"] = 1 << 1, ["week-number"] = 1 << 2, ["rtc-time"] = 1 << 3,
      ["time-transfer"] = 1 << 4, ["gps-time-est"] = 1 << 5, ["glo-time-est"] = 1 << 6,
      ["glo-day-number"] = 1 << 7, ["glo-year-number"] = 1 << 8, ["glo-rf-grp-delay"] = 1 << 9,
      ["disable-tt"] = 1 << 10,
    }) "delete_clock_info_mask",
  },
} end)

-- How it works.

local lock_type = enum(u32, { none = 1, mi = 2, mt = 3, all = 4 }) "lock_type" -- mobile-initiated, -terminated

answered("set_engine_lock", 0x003a, "Set Engine Lock", function() return { request = { [0x01] = lock_type } } end)

answered("get_engine_lock", 0x003b, "Get Engine Lock", function() return { indication = { [0x10] = lock_type } } end)

local nmea_types = flags(u32, {
  gga = 1 << 0, rmc = 1 << 1, gsv = 1 << 2, gsa = 1 << 3, vtg = 1 << 4, pqxfi = 1 << 5, pstis = 1 << 6,
}) "nmea_types"

answered("set_nmea_types", 0x003e, "Set NMEA Types", function() return { request = { [0x01] = nmea_types } } end)

answered("get_nmea_types", 0x003f, "Get NMEA Types", function() return { indication = { [0x10] = nmea_types } } end)

local server_type = enum(u32, {
  ["unknown"] = 0, ["cdma-pde"] = 1, ["cdma-mpc"] = 2, ["umts-slp"] = 3, ["custom-pde"] = 4,
}) "server_type"
local server_ipv4 = struct { qmi.ipv4 "ipv4_address", u16 "ipv4_port" } "ipv4"
local server_ipv6 = struct { qmi.ipv6 "ipv6_address", u32 "ipv6_port" } "ipv6"
local server_url = string "url"

answered("set_server", 0x0042, "Set Server", function() return {
  request = { [0x01] = server_type, [0x10] = server_ipv4, [0x11] = server_ipv6, [0x12] = server_url },
} end)

answered("get_server", 0x0043, "Get Server", function() return {
  request = {
    [0x01] = server_type,
    [0x10] = flags(u8, { ipv4 = 1 << 0, ipv6 = 1 << 1, url = 1 << 2 }) "server_address_type",
  },
  indication = { [0x02] = server_type, [0x10] = server_ipv4, [0x11] = server_ipv6, [0x12] = server_url },
} end)

-- msb and msa: with the help of a network's server, which leaves the modem or the server to compute the position.
local operation_mode = enum(u32, {
  default = 1, msb = 2, msa = 3, standalone = 4, cellid = 5, wwan = 6,
}) "operation_mode"

answered("set_operation_mode", 0x004a, "Set Operation Mode", function() return {
  request = { [0x01] = operation_mode },
} end)

answered("get_operation_mode", 0x004b, "Get Operation Mode", function() return {
  indication = { [0x10] = operation_mode },
} end)

return loc
