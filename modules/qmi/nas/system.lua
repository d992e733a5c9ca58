-- SPDX-License-Identifier: MIT
-- NAS, network access: what the modem is registered with and how, as data.

local qmi = require "qmi.message"
local types = require "qmi.nas.types"

local u8, u16, u32, i8, i32 = qmi.u8, qmi.u16, qmi.u32, qmi.i8, qmi.i32
local enum, bool, struct, list = qmi.enum, qmi.bool, qmi.struct, qmi.list
local bytes, chars, lbytes = qmi.bytes, qmi.chars, qmi.lbytes
local yes_no = bool(u8)

---@class qmi.nas_system
local system, message = qmi.messages "nas"

local function join(one, other)
  local all = {}
  for tag, field in pairs(one) do
    all[tag] = field
  end
  for tag, field in pairs(other) do
    all[tag] = field
  end
  return all
end

message("register_indications", 0x0003, "Register Indications", function() return {
  request = {
    [0x10] = yes_no "system_selection_preference",
    [0x12] = yes_no "ddtm_events",
    [0x13] = yes_no "serving_system_events",
    [0x14] = yes_no "dual_standby_preference",
    [0x15] = yes_no "subscription_info",
    [0x17] = yes_no "network_time",
    [0x18] = yes_no "system_info",
    [0x19] = yes_no "signal_info",
    [0x1a] = yes_no "error_rate",
    [0x1b] = yes_no "hdr_new_uati_assigned",
    [0x1c] = yes_no "hdr_session_closed",
    [0x1d] = yes_no "managed_roaming",
    [0x1e] = yes_no "current_plmn_name",
    [0x1f] = yes_no "embms_status",
    [0x20] = yes_no "rf_band_information",
    [0x21] = struct {
      yes_no "enable_network_reject_indications",
      yes_no "suppress_system_info_indications",
    } "network_reject_information",
  },
  response = {},
} end)

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
local barring = struct { types.call_barring "cs_status", types.call_barring "ps_status" }
local mnc_digits = types.plmn_digits "mnc_pcs_digit_include_status"
local name_source = types.network_name_source "network_name_source"
local detailed_status = struct {
  types.service_status "status",
  types.service_domain "capability",
  types.service_status "hdr_status",
  yes_no "hdr_hybrid",
  yes_no "forbidden",
} "detailed_service_status"

message("get_serving_system", 0x0024, "Get Serving System", function() return {
  response = join(serving_system, {
    [0x1c] = lac,
    [0x1d] = cid,
    [0x1e] = concurrent_service,
    [0x1f] = prl_indicator,
    [0x20] = dtm_support,
    [0x21] = detailed_status,
    [0x22] = cdma_system_info,
    [0x23] = hdr_personality,
    [0x24] = lte_tac,
    [0x25] = barring "call_barring_status",
    [0x26] = scrambling_code,
    [0x27] = mnc_digits,
    [0x29] = name_source,
  }),
  indication = join(serving_system, {
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
    [0x26] = barring "call_barring_status",
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

-- A System Info structure says before each value whether it is valid. valid(u16 "lac") is the two fields
-- lac_valid and lac; valid("network_id", ...) is network_id_valid and the fields that follow it.
local function valid(first, ...)
  if type(first) == "string" then
    return { yes_no(first .. "_valid"), ... }
  end
  return { yes_no(first.name .. "_valid"), first }
end

local function structure(...)
  local fields = {}
  for _, group in ipairs { ... } do
    table.move(group, 1, #group, #fields + 1, fields)
  end
  return struct(fields)
end

local roaming_status = enum(u8, {
  ["off"] = 0, ["on"] = 1, ["blink"] = 2, ["out-of-neighborhood"] = 3, ["out-of-building"] = 4,
  ["preferred-system"] = 5, ["available-system"] = 6, ["alliance-partner"] = 7, ["premium-partner"] = 8,
  ["full-service"] = 9, ["partial-service"] = 10, ["banner-on"] = 11, ["banner-off"] = 12,
})
local hs_service = enum(u8, {
  ["hsdpa-hsupa-unsupported"] = 0, ["hsdpa-supported"] = 1, ["hsupa-supported"] = 2,
  ["hsdpa-hsupa-supported"] = 3, ["hsdpa-plus-supported"] = 4, ["hsdpa-plus-hsupa-supported"] = 5,
  ["dc-hsdpa-plus-supported"] = 6, ["dc-hsdpa-plus-hsupa-supported"] = 7,
})
local cell_broadcast = enum(u32, { unknown = 0, off = 1, on = 2 })

local domain = valid(types.service_domain "domain")
local capability = valid(types.service_domain "service_capability")
local roaming = valid(roaming_status "roaming_status")
local forbidden = valid(yes_no "forbidden")
local prl_match = valid(yes_no "prl_match")
local location = valid(u16 "lac")
local cell = valid(u32 "cid")
local reject = valid("registration_reject_info",
  types.service_domain "registration_reject_domain",
  u8 "registration_reject_cause") -- a cause of 3GPP: require("cause") has the words
local network = valid("network_id", chars(3) "mcc", chars(3) "mnc") -- an MNC of two digits ends in 0xff
local hs_call, hs = valid(hs_service "hs_call_status"), valid(hs_service "hs_service")
local tac = valid(u16 "tac")

local cdma_info = structure(domain, capability, roaming, forbidden, prl_match,
  valid(u8 "p_rev"), valid(u8 "base_station_p_rev"), valid(yes_no "concurrent_service_support"),
  valid("cdma_system_id", u16 "sid", u16 "nid"),
  valid("base_station_info", u16 "base_station_id", i32 "base_station_latitude", i32 "base_station_longitude"),
  valid(u16 "packet_zone"), network)
local hdr_info = structure(domain, capability, roaming, forbidden, prl_match,
  valid(types.hdr_personality "personality"),
  valid(enum(u8, { ["none"] = 0, ["rel-0"] = 1, ["rel-a"] = 2, ["rel-b"] = 3 }) "protocol_revision"),
  valid(bytes(16) "is_856_system_id"))
local gsm_info = structure(domain, capability, roaming, forbidden, location, cell, reject, network,
  valid(yes_no "egprs_support"), valid(yes_no "dtm_support"))
local wcdma_info = structure(domain, capability, roaming, forbidden, location, cell, reject, network,
  hs_call, hs, valid(u16 "primary_scrambling_code"))
local td_scdma_info = structure(domain, capability, roaming, forbidden, location, cell, reject, network,
  hs_call, hs, valid(u16 "cell_parameter_id"), valid(cell_broadcast "cell_broadcast_support"),
  valid(types.call_barring "cs_call_barring_status"), valid(types.call_barring "ps_call_barring_status"),
  valid(types.service_domain "cipher_domain"))
local lte_info = structure(domain, capability, roaming, forbidden, location, cell, reject, network, tac)

local status_3gpp2 = struct { types.service_status "service_status", yes_no "preferred_data_path" }
local status = struct {
  types.service_status "service_status",
  types.service_status "true_service_status",
  yes_no "preferred_data_path",
}

-- The response and the indication part ways from tag 0x24 on.
local system_info = {
  [0x10] = status_3gpp2 "cdma_service_status",
  [0x11] = status_3gpp2 "hdr_service_status",
  [0x12] = status "gsm_service_status",
  [0x13] = status "wcdma_service_status",
  [0x14] = status "lte_service_status",
  [0x15] = cdma_info "cdma_system_info",
  [0x16] = hdr_info "hdr_system_info",
  [0x17] = gsm_info "gsm_system_info",
  [0x18] = wcdma_info "wcdma_system_info",
  [0x19] = lte_info "lte_system_info",
  [0x1a] = struct { u16 "geo_system_index", u16 "registration_period" } "additional_cdma_system_info",
  [0x1b] = struct { u16 "geo_system_index" } "additional_hdr_system_info",
  [0x1c] = struct { u16 "geo_system_index", cell_broadcast "cell_broadcast_support" } "additional_gsm_system_info",
  [0x1d] = struct { u16 "geo_system_index", cell_broadcast "cell_broadcast_support" } "additional_wcdma_system_info",
  [0x1e] = struct { u16 "geo_system_index" } "additional_lte_system_info",
  [0x1f] = barring "gsm_call_barring_status",
  [0x20] = barring "wcdma_call_barring_status",
  [0x21] = yes_no "lte_voice_support",
  [0x22] = types.service_domain "gsm_cipher_domain",
  [0x23] = types.service_domain "wcdma_cipher_domain",
}

local td_scdma_status, nr5g_status = status "td_scdma_service_status", status "nr5g_service_status"
local td_scdma, nr5g = td_scdma_info "td_scdma_system_info", lte_info "nr5g_system_info"
local embms_coverage = yes_no "lte_embms_coverage_info_support"
local sim_reject = enum(u32, {
  ["unavailable"] = 0, ["available"] = 1, ["cs-invalid"] = 2, ["ps-invalid"] = 3, ["cs-ps-invalid"] = 4,
}) "sim_reject_info"
local nr5g_availability = yes_no "eutra_with_nr5g_availability"
local dcnr_restriction = yes_no "dcnr_restriction_info"
local nr5g_tac = bytes(3) "nr5g_tracking_area_code" -- most significant byte first

message("get_system_info", 0x004d, "Get System Info", function() return {
  response = join(system_info, {
    [0x24] = td_scdma_status,
    [0x25] = td_scdma,
    [0x26] = embms_coverage,
    [0x27] = sim_reject,
    [0x29] = yes_no "ims_voice_support",
    [0x2a] = enum(u32, { ["none"] = 0, ["ims"] = 1, ["1x"] = 2, ["3gpp"] = 3 }) "lte_voice_domain",
    [0x2b] = u16 "cdma_registration_zone_id",
    [0x2c] = u8 "gsm_routing_area_code",
    [0x2d] = u8 "wcdma_routing_area_code",
    [0x2e] = u16 "cdma_resolved_mcc",
    [0x2f] = types.registration_restriction "network_selection_registration_restriction",
    [0x31] = enum(u32, {
      ["not-applicable"] = 0, ["cs-only"] = 1, ["ps-only"] = 2, ["cs-ps"] = 3, ["limited-service"] = 4,
    }) "lte_registration_domain",
    [0x34] = u16 "lte_embms_coverage_info_trace_id",
    [0x44] = enum(u32, {
      ["normal-only"] = 0, ["emergency-only"] = 1, ["no-calls"] = 2, ["all-calls"] = 3, ["unknown"] = 0xff,
    }) "lte_cell_access_status",
    [0x4a] = nr5g_status,
    [0x4b] = nr5g,
    [0x4e] = nr5g_availability,
    [0x4f] = dcnr_restriction,
    [0x50] = nr5g_tac,
  }),
} end)

message("system_info", 0x004e, "System Info", function() return {
  indication = join(system_info, {
    [0x24] = yes_no "plmn_not_changed_indication",
    [0x25] = td_scdma_status,
    [0x26] = td_scdma,
    [0x27] = embms_coverage,
    [0x28] = sim_reject,
    [0x4c] = nr5g_status,
    [0x4d] = nr5g,
    [0x50] = nr5g_availability,
    [0x51] = dcnr_restriction,
    [0x52] = nr5g_tac,
  }),
} end)

message("network_reject", 0x0068, "Network Reject", function() return {
  indication = {
    [0x01] = types.radio_interface "radio_interface",
    [0x02] = types.service_domain "service_domain",
    [0x03] = u8 "reject_cause", -- a cause of 3GPP: require("cause") has the words
    [0x10] = types.plmn_digits "plmn",
    [0x11] = u32 "closed_subscriber_group",
  },
} end)

return system
