-- SPDX-License-Identifier: MIT
-- NAS, network access: searching networks, registering, names and time, as data.

local qmi = require "qmi.message"
local types = require "qmi.nas.types"

local u8, u16, u32, i8 = qmi.u8, qmi.u16, qmi.u32, qmi.i8
local enum, flags, bool, struct, list = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list
local string, digits, lstring, lbytes = qmi.string, qmi.digits, qmi.lstring, qmi.lbytes
local yes_no = bool(u8)

---@class qmi.nas_registration
local nas, message = qmi.messages "nas"

message("reset", 0x0000, "Reset", function() return { response = {} } end)

message("abort", 0x0001, "Abort", function() return {
  request = { [0x01] = u16 "transaction_id" },
  response = {},
} end)

message("get_supported_messages", 0x001e, "Get Supported Messages", function() return {
  response = require("qmi.types").supported_messages,
} end)

-- Searching and registering.

local function network_type() return flags(u8, {
  ["gsm"] = 1 << 0, ["umts"] = 1 << 1, ["lte"] = 1 << 2, ["td-scdma"] = 1 << 3, ["5gnr"] = 1 << 4,
}) end
local function network_status() return flags(u8, {
  ["current-serving"] = 1 << 0, ["available"] = 1 << 1, ["home"] = 1 << 2, ["roaming"] = 1 << 3,
  ["forbidden"] = 1 << 4, ["not-forbidden"] = 1 << 5, ["preferred"] = 1 << 6, ["not-preferred"] = 1 << 7,
}) end

message("network_scan", 0x0021, "Network Scan", function() return { -- takes minutes
  request = { [0x10] = network_type() "network_type" },
  response = {
    [0x10] = list(u16, struct {
      u16 "mcc",
      u16 "mnc",
      network_status() "network_status",
      lstring(u8) "description",
    }) "network_information",
    [0x11] = list(u16, struct {
      u16 "mcc",
      u16 "mnc",
      types.radio_interface "radio_interface",
    }) "radio_access_technology",
    [0x12] = list(u16, types.plmn_digits) "mnc_pcs_digit_include_status",
    [0x13] = enum(u32, { ["success"] = 0, ["abort"] = 1, ["radio-link-failure"] = 2 }) "network_scan_result",
  },
} end)

-- Networks come as they are found, in indications.
message("incremental_network_scan", 0x0085, "Incremental Network Scan", function() return {
  request = { [0x10] = network_type() "network_type" },
  response = {},
  indication = {
    [0x01] = enum(u32, { complete = 0, partial = 1, aborted = 2 }) "status",
    [0x10] = list(u16, struct {
      u16 "mcc",
      u16 "mnc",
      network_status() "network_status",
      types.radio_interface "radio_interface",
      yes_no "includes_pcs_digit",
      lstring(u8) "description",
    }) "network_information",
  },
} end)

message("initiate_network_register", 0x0022, "Initiate Network Register", function() return {
  request = {
    [0x01] = enum(u8, { automatic = 1, manual = 2 }) "action",
    [0x10] = struct {
      u16 "mcc",
      u16 "mnc",
      types.radio_interface "radio_interface", -- 0xff ("unknown") leaves it as it is
    } "manual_registration_info_3gpp",
    [0x11] = types.change_duration "change_duration",
    [0x12] = yes_no "mnc_pcs_digit_include_status", -- true: the MNC has 3 digits
  },
  response = {},
} end)

message("attach_detach", 0x0023, "Attach Detach", function() return {
  request = { [0x10] = enum(u8, { attach = 1, detach = 2 }) "action" },
  response = {},
} end)

message("force_network_search", 0x0067, "Force Network Search", function() return { response = {} } end)

-- Names.

local function initials() return enum(u8, { ["do-not-add"] = 0, ["add"] = 1, ["unspecified"] = 0xff }) end
local function plmn_name() return struct {
  enum(u8, { gsm = 0, ucs2le = 1 }) "name_encoding", -- gsm: 7 bits a letter, packed
  initials() "short_country_initials",
  u8 "long_name_spare_bits", -- 0: unknown; 1 to 7: how many bits at the end of the name are padding
  u8 "short_name_spare_bits",
  lbytes(u8) "long_name",
  lbytes(u8) "short_name",
} end
local function operator_name() return {
  [0x10] = struct {
    flags(u8, {
      ["registered-plmn-if-known-network"] = 1 << 0, ["spn-not-required-if-unknown-network"] = 1 << 1,
    }) "name_display_condition",
    lstring(u8) "name",
  } "service_provider_name",
  [0x11] = list(u16, struct {
    digits(3) "mcc",
    digits(3) "mnc",
    u16 "lac1",
    u16 "lac2",
    u8 "plmn_name_record_identifier",
  }) "operator_plmn_list",
  [0x12] = list(u8, plmn_name()) "operator_plmn_name",
  [0x13] = string "operator_string_name",
  [0x14] = plmn_name() "nitz_information",
} end

message("get_operator_name", 0x0039, "Get Operator Name", function() return { response = operator_name() } end)

message("operator_name", 0x003a, "Operator Name", function() return { indication = operator_name() } end)

local function tri_state() return enum(u32, { ["false"] = 0, ["true"] = 1, ["unknown"] = 2 }) end

message("get_plmn_name", 0x0044, "Get PLMN Name", function() return {
  request = {
    [0x01] = struct { u16 "mcc", u16 "mnc" } "plmn",
    [0x10] = yes_no "suppress_sim_error",
    [0x11] = yes_no "mnc_pcs_digit_include_status",
    [0x12] = yes_no "always_send_plmn_name",
    [0x13] = yes_no "use_static_table_only",
    [0x14] = u32 "csg_id",
    [0x15] = types.radio_interface "radio_access_technology",
    [0x16] = yes_no "send_all_information",
  },
  response = {
    [0x10] = struct {
      types.name_encoding "service_provider_name_encoding",
      lbytes(u8) "service_provider_name",
      types.name_encoding "short_name_encoding",
      initials() "short_name_country_initials",
      u8 "short_name_spare_bits",
      lbytes(u8) "short_name",
      types.name_encoding "long_name_encoding",
      initials() "long_name_country_initials",
      u8 "long_name_spare_bits",
      lbytes(u8) "long_name",
    } "eons_plmn_name_3gpp",
    [0x11] = struct { tri_state() "service_provider_name_set", tri_state() "plmn_name_set" } "display_bit_information",
    [0x12] = tri_state() "network_information", -- whether this is the home network
    [0x13] = list(u8, struct {
      list(u8, u16) "long_name", -- UTF-16, as are the others here
      list(u8, u16) "short_name",
      enum(u32, { ["unknown"] = 0, ["zh-trad"] = 1, ["zh-simp"] = 2 }) "language_id",
    }) "plmn_name_with_language_id",
    [0x14] = list(u8, u16) "additional_information",
    [0x15] = types.network_name_source "network_name_source",
  },
} end)

-- Time.

local function universal_time() return struct {
  u16 "year", u8 "month", u8 "day", u8 "hour", u8 "minute", u8 "second",
  enum(u8, {
    monday = 0, tuesday = 1, wednesday = 2, thursday = 3, friday = 4, saturday = 5, sunday = 6,
  }) "day_of_week",
} end
local timezone_offset = i8 "timezone_offset" -- 15 minutes
local daylight_savings = u8 "daylight_savings_adjustment" -- hours

message("network_time", 0x004c, "Network Time", function() return {
  indication = {
    [0x01] = universal_time() "universal_time",
    [0x10] = timezone_offset,
    [0x11] = daylight_savings,
    [0x12] = types.radio_interface "radio_interface",
  },
} end)

local function network_time() return struct {
  universal_time() "universal_time",
  timezone_offset,
  daylight_savings,
  types.radio_interface "radio_interface",
} end

message("get_network_time", 0x007d, "Get Network Time", function() return {
  response = {
    [0x10] = network_time() "time_3gpp2",
    [0x11] = network_time() "time_3gpp",
  },
} end)

-- The rest.

message("get_drx", 0x0089, "Get DRX", function() return {
  response = {
    [0x10] = enum(u32, {
      ["unknown"] = 0, ["cn6-t32"] = 6, ["cn7-t64"] = 7, ["cn8-t128"] = 8, ["cn9-t256"] = 9,
    }) "info",
  },
} end)

message("get_endc_config", 0x00e8, "Get ENDC Config", function() return {
  response = {
    [0x10] = yes_no "enabled",
    [0x11] = yes_no "immediate_scg_release",
  },
} end)

return nas
