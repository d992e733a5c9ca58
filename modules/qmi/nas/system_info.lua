-- SPDX-License-Identifier: MIT
-- NAS, network access: what each radio technology has to offer where the modem is, as data.

local qmi = require "qmi.message"
local types = require "qmi.nas.types"

local u8, u16, u32, i32 = qmi.u8, qmi.u16, qmi.u32, qmi.i32
local enum, bool, struct = qmi.enum, qmi.bool, qmi.struct
local bytes, digits = qmi.bytes, qmi.digits
local yes_no = bool(u8)

---@class qmi.nas_system_info
local info, message = qmi.messages "nas"

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
local cell = valid(u32 "cell_id")
local reject = valid("registration_reject_info",
  types.service_domain "registration_reject_domain",
  u8 "registration_reject_cause") -- a cause of 3GPP: require("cause") has the words
local network = valid("network_id", digits(3) "mcc", digits(3) "mnc")
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
  [0x1f] = types.barring "gsm_call_barring_status",
  [0x20] = types.barring "wcdma_call_barring_status",
  [0x21] = yes_no "lte_voice_support",
  [0x22] = types.service_domain "gsm_cipher_domain",
  [0x23] = types.service_domain "wcdma_cipher_domain",
}

local carrier_domain = enum(u32, { ["none"] = 0, ["ims"] = 1, ["1x"] = 2, ["3gpp"] = 3 }) -- of calls, or of SMS
local no_yes = enum(u32, { no = 0, yes = 1 })
local registration_domain = enum(u32, {
  ["not-applicable"] = 0, ["cs-only"] = 1, ["ps-only"] = 2, ["cs-ps"] = 3, ["limited-service"] = 4,
})

-- From tag 0x24 on, an indication has them at other tags: the next one, or that after it from 0x4a on.
local since_td_scdma = {
  [0x24] = status "td_scdma_service_status",
  [0x25] = td_scdma_info "td_scdma_system_info",
  [0x26] = yes_no "lte_embms_coverage_info_support",
  [0x27] = enum(u32, {
    ["unavailable"] = 0, ["available"] = 1, ["cs-invalid"] = 2, ["ps-invalid"] = 3, ["cs-ps-invalid"] = 4,
  }) "sim_reject_info",
  [0x29] = yes_no "ims_voice_support",
  [0x2a] = carrier_domain "lte_voice_domain",
  [0x2b] = u16 "cdma_registration_zone_id",
  [0x2c] = u8 "gsm_routing_area_code",
  [0x2d] = u8 "wcdma_routing_area_code",
  [0x2e] = u16 "cdma_resolved_mcc",
  [0x2f] = types.registration_restriction "network_selection_registration_restriction",
  [0x31] = registration_domain "lte_registration_domain",
  [0x34] = u16 "lte_embms_coverage_info_trace_id",
  [0x36] = carrier_domain "hdr_voice_domain",
  [0x37] = carrier_domain "hdr_sms_domain",
  [0x38] = carrier_domain "lte_sms_domain",
  [0x39] = no_yes "lte_emergency_bearer_support",
  [0x3a] = carrier_domain "gsm_voice_domain",
  [0x3b] = carrier_domain "gsm_sms_domain",
  [0x3c] = carrier_domain "wcdma_voice_domain",
  [0x3d] = carrier_domain "wcdma_sms_domain",
  [0x3e] = no_yes "lte_emergency_access_barred",
  [0x3f] = carrier_domain "cdma_voice_domain",
  [0x40] = carrier_domain "cdma_sms_domain",
  [0x41] = carrier_domain "td_scdma_voice_domain",
  [0x42] = carrier_domain "td_scdma_sms_domain",
  [0x44] = enum(u32, {
    ["normal-only"] = 0, ["emergency-only"] = 1, ["no-calls"] = 2, ["all-calls"] = 3, ["unknown"] = 0xff,
  }) "lte_cell_access_status",
  [0x4a] = status "nr5g_service_status",
  [0x4b] = lte_info "nr5g_system_info",
  [0x4d] = enum(u32, {
    ["unavailable"] = 0, ["temporary-failure"] = 1, ["available"] = 2,
  }) "control_plane_sms_service_status",
  [0x4e] = yes_no "eutra_with_nr5g_availability",
  [0x4f] = yes_no "dcnr_restriction_info",
  [0x50] = types.packed_area "nr5g_tracking_area_code",
  [0x51] = yes_no "tracking_area_restricted",
  [0x52] = yes_no "nr5g_sms_registered",
  [0x54] = u16 "nr5g_physical_cell_id",
  [0x56] = carrier_domain "nr5g_voice_domain",
  [0x57] = carrier_domain "nr5g_sms_domain",
  [0x58] = yes_no "nr5g_voice_support",
  [0x59] = yes_no "nr5g_ims_voice_support",
}

local function of_indication(fields)
  local moved = {}
  for tag, field in pairs(fields) do moved[tag + (tag < 0x4a and 1 or 2)] = field end
  return moved
end

message("get_system_info", 0x004d, "Get System Info", function() return {
  response = qmi.join(system_info, since_td_scdma),
} end)

message("system_info", 0x004e, "System Info", function() return {
  indication = qmi.join(system_info, { [0x24] = yes_no "plmn_not_changed_indication" }, of_indication(since_td_scdma)),
} end)

return info
