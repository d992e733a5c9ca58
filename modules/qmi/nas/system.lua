-- SPDX-License-Identifier: MIT
-- NAS, network access: what the modem is registered with and how, as data.

local qmi = require "qmi.message"
local types = require "qmi.nas.types"

local u8, u16, u32, i8, i32 = qmi.u8, qmi.u16, qmi.u32, qmi.i8, qmi.i32
local enum, bool, struct, list, optional = qmi.enum, qmi.bool, qmi.struct, qmi.list, qmi.optional
local lbytes = qmi.lbytes
local yes_no = bool(u8)

---@class qmi.nas_system
local system, message = qmi.messages "nas"

local roaming_indicator = enum(u8, { on = 0, off = 1 }) -- on: roaming
local cdma_ids = struct { u16 "sid", u16 "nid" }
local attach_state = enum(u8, { unknown = 0, attached = 1, detached = 2 })

-- The response and the indication part ways from tag 0x1c on.
local serving_system = {
  [0x01] = struct {
    enum(u8, {
      ["not-registered"] = 0, ["registered"] = 1, ["not-registered-searching"] = 2, ["registration-denied"] = 3,
      ["unknown"] = 4,
    }) "registration_state",
    attach_state "cs_attach_state",
    attach_state "ps_attach_state",
    enum(u8, { ["unknown"] = 0, ["3gpp2"] = 1, ["3gpp"] = 2 }) "selected_network",
    list(u8, types.radio_interface) "radio_interfaces",
  } "serving_system",
  [0x10] = roaming_indicator "roaming_indicator",
  [0x11] = list(u8, enum(u8, {
    ["none"] = 0, ["gprs"] = 1, ["edge"] = 2, ["hsdpa"] = 3, ["hsupa"] = 4, ["wcdma"] = 5, ["cdma"] = 6,
    ["evdo-rev-0"] = 7, ["evdo-rev-a"] = 8, ["gsm"] = 9, ["evdo-rev-b"] = 10, ["lte"] = 11, ["hsdpa-plus"] = 12,
    ["dc-hsdpa-plus"] = 13,
  })) "data_service_capability",
  [0x12] = types.plmn "current_plmn",
  [0x13] = cdma_ids "cdma_system_id",
  [0x14] = struct {
    u16 "base_station_id",
    i32 "base_station_latitude", -- 0.25 seconds of arc, as is the longitude
    i32 "base_station_longitude",
  } "cdma_base_station_info",
  [0x15] = list(u8, struct {
    types.radio_interface "radio_interface",
    roaming_indicator "roaming_indicator",
  }) "roaming_indicator_list",
  [0x16] = roaming_indicator "default_roaming_indicator",
  [0x17] = struct {
    u8 "leap_seconds",
    i8 "local_time_offset", -- 30 minutes
    yes_no "daylight_saving_time",
  } "time_zone_3gpp2",
  [0x18] = u8 "cdma_p_rev",
  [0x1a] = i8 "time_zone_3gpp", -- 15 minutes
  [0x1b] = u8 "daylight_saving_time_adjustment_3gpp", -- hours
}

local lac, cid, lte_tac = u16 "lac_3gpp", u32 "cid_3gpp", u16 "lte_tac"
local concurrent_service, prl_indicator = yes_no "concurrent_service_info_3gpp2", yes_no "prl_indicator_3gpp2"
local dtm_support, scrambling_code = yes_no "dtm_support", u16 "umts_primary_scrambling_code"
local hdr_personality = types.hdr_personality "hdr_personality"
local cdma_system_info = struct { u16 "mcc", u8 "imsi_11_12" } "cdma_system_info"
local mnc_digits = types.plmn_digits "mnc_pcs_digit_include_status"
local name_source = types.network_name_source "network_name_source"
local detailed_status = struct {
  types.service_status "status",
  types.service_domain "capability",
  types.service_status "hdr_status",
  yes_no "hdr_hybrid",
  optional(yes_no) "forbidden", -- which Gobi modems of the first kinds leave out
} "detailed_service_status"

message("get_serving_system", 0x0024, "Get Serving System", function() return {
  response = qmi.join(serving_system, {
    [0x1c] = lac,
    [0x1d] = cid,
    [0x1e] = concurrent_service,
    [0x1f] = prl_indicator,
    [0x20] = dtm_support,
    [0x21] = detailed_status,
    [0x22] = cdma_system_info,
    [0x23] = hdr_personality,
    [0x24] = lte_tac,
    [0x25] = types.barring "call_barring_status",
    [0x26] = scrambling_code,
    [0x27] = mnc_digits,
    [0x29] = name_source,
  }),
  indication = qmi.join(serving_system, {
    [0x19] = yes_no "plmn_name_flag_3gpp",
    [0x1c] = struct {
      u16 "year", u8 "month", u8 "day", u8 "hour", u8 "minute", u8 "second",
      i8 "time_zone", -- 15 minutes
    } "universal_time_and_local_time_zone_3gpp",
    [0x1d] = lac,
    [0x1e] = cid,
    [0x1f] = concurrent_service,
    [0x20] = prl_indicator,
    [0x21] = dtm_support,
    [0x22] = detailed_status,
    [0x23] = cdma_system_info,
    [0x24] = hdr_personality,
    [0x25] = lte_tac,
    [0x26] = types.barring "call_barring_status",
    [0x27] = yes_no "plmn_not_changed_indication",
    [0x28] = scrambling_code,
    [0x29] = mnc_digits,
    [0x2b] = name_source,
  }),
} end)

message("get_home_network", 0x0025, "Get Home Network", function() return {
  response = {
    [0x01] = types.plmn "home_network",
    [0x10] = cdma_ids "home_system_id",
    [0x11] = struct {
      u16 "mcc",
      u16 "mnc",
      enum(u8, { no = 0, yes = 1, unknown = 0xff }) "display_description",
      types.name_encoding "description_encoding",
      lbytes(u8) "description",
    } "home_network_3gpp2_ext",
    [0x12] = struct { yes_no "is_3gpp", yes_no "includes_pcs_digit" } "home_network_3gpp_mnc",
    [0x13] = types.network_name_source "network_name_source",
  },
} end)

return system
