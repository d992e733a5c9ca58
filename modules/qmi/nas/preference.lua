-- SPDX-License-Identifier: MIT
-- NAS, network access: which networks, technologies and bands the modem is to use, as data.

local qmi = require "qmi.message"
local types = require "qmi.nas.types"

local u8, u16, u32, u64 = qmi.u8, qmi.u16, qmi.u32, qmi.u64
local enum, flags, bool, struct, list, times = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list, qmi.times
local yes_no = bool(u8)

---@class qmi.nas_preference
local preference, message = qmi.messages "nas"

local access_technology = flags(u16, {
  ["gsm-compact"] = 1 << 6, ["gsm"] = 1 << 7, ["ngran"] = 1 << 11, ["eutran"] = 1 << 14, ["utran"] = 1 << 15,
})
local preferred = list(u16, struct { u16 "mcc", u16 "mnc", access_technology "radio_access_technology" })
local digits = list(u8, types.plmn_digits)

message("get_preferred_networks", 0x0026, "Get Preferred Networks", function() return {
  response = {
    [0x10] = preferred "preferred_networks",
    [0x11] = preferred "static_preferred_networks",
    [0x12] = digits "mnc_pcs_digit_include_status",
    [0x13] = digits "static_mnc_pcs_digit_include_status",
  },
} end)

message("set_preferred_networks", 0x0027, "Set Preferred Networks", function() return {
  request = {
    [0x10] = preferred "preferred_networks",
    [0x11] = digits "mnc_pcs_digit_include_status",
    [0x12] = yes_no "clear_previous_preferred_networks",
  },
  response = {},
} end)

local technology = flags(u16, {
  ["3gpp2"] = 1 << 0, ["3gpp"] = 1 << 1, ["amps-or-gsm"] = 1 << 2, ["cdma-or-wcdma"] = 1 << 3, ["hdr"] = 1 << 4,
  ["lte"] = 1 << 5,
})
local technology_preference = struct {
  technology "technology_preference", -- none: automatic
  enum(u8, {
    ["permanent"] = 0, ["power-cycle"] = 1, ["one-call"] = 2, ["one-call-or-time"] = 3,
    ["internal-one-call-1"] = 4, ["internal-one-call-2"] = 5, ["internal-one-call-3"] = 6,
  }) "technology_preference_duration",
}

message("set_technology_preference", 0x002a, "Set Technology Preference", function() return {
  request = { [0x01] = technology_preference "current" },
  response = {},
} end)

message("get_technology_preference", 0x002b, "Get Technology Preference", function() return {
  response = {
    [0x01] = technology_preference "active",
    [0x10] = technology "persistent",
  },
} end)

local selection = enum(u8, { automatic = 0, manual = 1 })

local emergency = yes_no "emergency_mode"
local mode = types.mode_preference "mode_preference"
local band = require("qmi.band_types").bands "band_preference"
local cdma_prl = enum(u16, {
  ["a-side-only"] = 1, ["b-side-only"] = 2, ["any"] = 0x3fff,
}) "cdma_prl_preference"
local roaming = enum(u16, {
  ["off"] = 1, ["not-off"] = 2, ["not-flashing"] = 3, ["any"] = 0xff, -- off: only where the indicator is off
}) "roaming_preference"
local lte_band = u64 "lte_band_preference" -- bit 0 is band 1
local service_domain = enum(u32, {
  ["cs-only"] = 0, ["ps-only"] = 1, ["cs-ps"] = 2, ["ps-attach"] = 3, ["ps-detach"] = 4,
}) "service_domain_preference"
local gsm_wcdma_order = enum(u32, {
  automatic = 0, gsm = 1, wcdma = 2,
}) "gsm_wcdma_acquisition_order_preference"
local td_scdma_band = flags(u64, {
  a = 1 << 0, b = 1 << 1, c = 1 << 2, d = 1 << 3, e = 1 << 4, f = 1 << 5,
}) "td_scdma_band_preference"
local order = list(u8, types.radio_interface) "acquisition_order_preference"
local restriction = types.registration_restriction "network_selection_registration_restriction"
local usage = enum(u32, { ["unknown"] = 0, ["voice-centric"] = 1, ["data-centric"] = 2 }) "usage_preference"
local voice_domain = enum(u32, {
  ["cs-only"] = 0, ["ps-only"] = 1, ["cs-preferred"] = 2, ["ps-preferred"] = 3,
}) "voice_domain_preference"
local extended_lte_band = times(4, u64) "extended_lte_band_preference" -- bands 1 to 64, 65 to 128 and so on
local nr5g_sa_band = times(8, u64) "nr5g_sa_band_preference"
local nr5g_nsa_band = times(8, u64) "nr5g_nsa_band_preference"

message("set_system_selection_preference", 0x0033, "Set System Selection Preference", function() return {
  request = {
    [0x10] = emergency,
    [0x11] = mode,
    [0x12] = band,
    [0x13] = cdma_prl,
    [0x14] = roaming,
    [0x15] = lte_band,
    [0x16] = struct { selection "mode", u16 "mcc", u16 "mnc" } "network_selection_preference",
    [0x17] = types.change_duration "change_duration",
    [0x18] = service_domain,
    [0x19] = gsm_wcdma_order,
    [0x1a] = yes_no "mnc_pcs_digit_include_status", -- true: the MNC has 3 digits
    [0x1d] = td_scdma_band,
    [0x1e] = order,
    [0x1f] = restriction,
    [0x21] = usage,
    [0x23] = voice_domain,
    [0x24] = extended_lte_band,
    [0x2f] = nr5g_sa_band,
    [0x30] = nr5g_nsa_band,
  },
  response = {},
} end)

message("get_system_selection_preference", 0x0034, "Get System Selection Preference", function() return {
  response = {
    [0x10] = emergency,
    [0x11] = mode,
    [0x12] = band,
    [0x13] = cdma_prl,
    [0x14] = roaming,
    [0x15] = lte_band,
    [0x16] = selection "network_selection_preference",
    [0x18] = service_domain,
    [0x19] = gsm_wcdma_order,
    [0x1a] = td_scdma_band,
    [0x1b] = types.plmn_digits "manual_network_selection",
    [0x1c] = order,
    [0x1d] = restriction,
    [0x1f] = usage,
    [0x20] = voice_domain,
    [0x22] = types.mode_preference "disabled_modes",
    [0x23] = extended_lte_band,
    [0x2c] = nr5g_sa_band,
    [0x2d] = nr5g_nsa_band,
  },
} end)

---The bands in masks as a preference has them: { 2 } is { 2 }, and { 0, 1 } is { 65 }.
---@param masks integer[]
---@return integer[]
function preference.bands(masks)
  local bands = {}
  for i, mask in ipairs(masks) do
    for bit = 0, 63 do
      if mask >> bit & 1 == 1 then
        bands[#bands + 1] = (i - 1) * 64 + bit + 1
      end
    end
  end
  return bands
end

---The other way round.
---@param bands integer[]
---@param count integer how many masks: 1 for lte_band_preference, 4 for its extension, 8 for NR
---@return integer[]
function preference.band_masks(bands, count)
  local masks = {}
  for i = 1, count do
    masks[i] = 0
  end
  for _, number in ipairs(bands) do
    local i = (number - 1) // 64 + 1
    if not masks[i] then
      error(("there is no room for band %s in %d masks"):format(number, count), 2)
    end
    masks[i] = masks[i] | 1 << (number - 1) % 64
  end
  return masks
end

return preference
