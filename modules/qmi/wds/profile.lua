-- SPDX-License-Identifier: MIT
-- WDS, wireless data: profiles (what a modem stores about an APN) and which of them it attaches with, as data.

local qmi = require "qmi.message"
local types = require "qmi.wds.types"

local u8, u16, u32, u64, i8 = qmi.u8, qmi.u16, qmi.u32, qmi.u64, qmi.i8
local enum, flags, bool, struct, list = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list
local string, lstring, secret, ipv4, ipv6 = qmi.string, qmi.lstring, qmi.secret, qmi.le.ipv4, qmi.ipv6
local yes_no = bool(u8)

---@class qmi.wds_profile
local profile, message = qmi.messages "wds"

local identifier = types.profile_identifier "profile_identifier"

-- Why a profile could not be read or written, beside the QMI error "extended-internal".
local extended_error = {
  [0xe0] = enum(u16, {
    ["unknown"] = 0, ["fail"] = 1, ["invalid-handle"] = 2, ["invalid-operation"] = 3,
    ["invalid-profile-type"] = 4, ["invalid-profile-number"] = 5, ["invalid-profile-id"] = 6,
    ["invalid-argument"] = 7, ["registry-not-initialized"] = 8, ["invalid-parameter-length"] = 9,
    ["list-end"] = 10, ["invalid-subscription-id"] = 11, ["invalid-profile-family"] = 12,
    ["3gpp-invalid-profile-family"] = 1001, ["3gpp-access-error"] = 1002, ["3gpp-context-not-defined"] = 1003,
    ["3gpp-valid-flag-not-set"] = 1004, ["3gpp-read-only-flag-set"] = 1005, ["3gpp-out-of-profiles"] = 1006,
    ["3gpp2-invalid-profile-id"] = 1101,
  }) "extended_error_code",
}

-- With the flag the structure has one byte more.
local function umts_qos(with_signaling_indication)
  local fields = {}
  for i, field in ipairs(types.umts_qos.fields) do
    fields[i] = field
  end
  fields[#fields + 1] = with_signaling_indication and i8 "signaling_indication" or nil
  return struct(fields)
end

-- The fields of a profile, in the requests that write it and the responses that read it.
local settings = {
  [0x10] = string "profile_name",
  [0x11] = types.pdp_type "pdp_type",
  [0x12] = enum(u8, {
    ["off"] = 0, ["manufacturer-preferred"] = 1, ["rfc1144"] = 2, ["rfc2507"] = 3, ["rfc3095"] = 4,
  }) "pdp_header_compression_type",
  [0x13] = enum(u8, {
    ["off"] = 0, ["manufacturer-preferred"] = 1, ["v42bis"] = 2, ["v44"] = 3,
  }) "pdp_data_compression_type",
  [0x14] = string "apn_name",
  [0x15] = ipv4 "primary_ipv4_dns_address",
  [0x16] = ipv4 "secondary_ipv4_dns_address",
  [0x17] = umts_qos(false) "umts_requested_qos",
  [0x18] = umts_qos(false) "umts_minimum_qos",
  [0x19] = types.gprs_qos "gprs_requested_qos",
  [0x1a] = types.gprs_qos "gprs_minimum_qos",
  [0x1b] = string "username",
  [0x1c] = secret(string) "password",
  [0x1d] = types.authentication "authentication",
  [0x1e] = ipv4 "ipv4_address_preference",
  [0x1f] = yes_no "pcscf_address_using_pco",
  [0x20] = enum(u8, { none = 0, reject = 1, permission = 2 }) "pdp_access_control",
  [0x21] = yes_no "pcscf_address_using_dhcp",
  [0x22] = yes_no "imcn_flag",
  [0x25] = u8 "pdp_context_number", -- the cid of AT+CGDCONT
  [0x26] = yes_no "pdp_context_secondary_flag",
  [0x27] = u8 "pdp_context_primary_id",
  [0x28] = ipv6 "ipv6_address_preference",
  [0x29] = umts_qos(true) "umts_requested_qos_with_signaling_indication_flag",
  [0x2a] = umts_qos(true) "umts_minimum_qos_with_signaling_indication_flag",
  [0x2b] = ipv6 "ipv6_primary_dns_address_preference",
  [0x2c] = ipv6 "ipv6_secondary_dns_address_preference",
  [0x2d] = enum(u8, { nas = 0, dhcp = 1 }) "address_allocation_preference",
  [0x2e] = struct {
    u8 "qos_class_identifier", -- 0: as the network likes; 1 to 4 have a guaranteed rate, 5 to 8 have none
    u32 "guaranteed_downlink_bitrate", -- bit/s, as are the others
    u32 "max_downlink_bitrate",
    u32 "guaranteed_uplink_bitrate",
    u32 "max_uplink_bitrate",
  } "lte_qos_parameters",
  [0x2f] = yes_no "apn_disabled_flag",
  [0x50] = struct { u16 "vlan_id_range_start", u16 "vlan_id_range_end" } "vlan_id_type",
}

local writable = qmi.join(settings, {
  [0x3e] = yes_no "roaming_disallowed_flag",
  [0xdd] = flags(u64, {
    ["default"] = 1 << 0, ["ims"] = 1 << 1, ["mms"] = 1 << 2, ["dun"] = 1 << 3, ["supl"] = 1 << 4,
    ["hipri"] = 1 << 5, ["fota"] = 1 << 6, ["cbs"] = 1 << 7, ["ia"] = 1 << 8, ["emergency"] = 1 << 9,
    ["ut"] = 1 << 10, ["mcx"] = 1 << 11,
  }) "apn_type_mask",
})

local later = {
  [0xde] = yes_no "clat_enabled",
  [0xdf] = yes_no "ipv6_prefix_delegation",
}

message("create_profile", 0x0027, "Create Profile", function() return {
  request = qmi.join(writable, { [0x01] = types.profile_type "profile_type" }),
  response = qmi.join(extended_error, { [0x01] = identifier }),
} end)

message("modify_profile", 0x0028, "Modify Profile", function() return {
  request = qmi.join(writable, later, { [0x01] = identifier }),
  response = extended_error,
} end)

message("delete_profile", 0x0029, "Delete Profile", function() return {
  request = { [0x01] = identifier },
  response = extended_error,
} end)

message("get_profile_list", 0x002a, "Get Profile List", function() return {
  request = { [0x10] = types.profile_type "profile_type" },
  response = qmi.join(extended_error, {
    [0x01] = list(u8, struct {
      types.profile_type "profile_type",
      u8 "profile_index",
      lstring(u8) "profile_name",
    }) "profile_list",
  }),
} end)

message("get_profile_settings", 0x002b, "Get Profile Settings", function() return {
  request = { [0x01] = identifier },
  response = qmi.join(writable, later, extended_error),
} end)

message("get_default_settings", 0x002c, "Get Default Settings", function() return {
  request = { [0x01] = types.profile_type "profile_type" },
  response = qmi.join(settings, extended_error),
} end)

local family = enum(u8, { embedded = 0, tethered = 1 })

message("get_default_profile_number", 0x0049, "Get Default Profile Number", function() return {
  request = { [0x01] = struct { types.profile_type "type", family "family" } "profile_type" },
  response = qmi.join(extended_error, { [0x01] = u8 "index" }),
} end)

message("set_default_profile_number", 0x004a, "Set Default Profile Number", function() return {
  request = { [0x01] = struct { types.profile_type "type", family "family", u8 "index" } "profile_identifier" },
  response = extended_error,
} end)

message("get_lte_attach_parameters", 0x0085, "Get LTE Attach Parameters", function() return {
  response = {
    [0x10] = string "apn",
    [0x11] = enum(u8, { ipv4 = 0, ipv6 = 1, ipv4v6 = 2 }) "ip_support_type",
    [0x12] = yes_no "ota_attach_performed",
  },
} end)

message("get_max_lte_attach_pdn_number", 0x0092, "Get Max LTE Attach PDN Number", function() return {
  response = { [0x10] = u8 "info" },
} end)

message("set_lte_attach_pdn_list", 0x0093, "Set LTE Attach PDN List", function() return {
  request = {
    [0x01] = list(u8, u16) "list", -- 3GPP profile numbers, the likeliest first
    [0x10] = enum(u32, { ["none"] = 1, ["detach-or-pdn-disconnect"] = 2 }) "action",
  },
  response = {},
  indication = { [0x01] = yes_no "action_result" },
} end)

message("get_lte_attach_pdn_list", 0x0094, "Get LTE Attach PDN List", function() return {
  response = {
    [0x10] = list(u8, u16) "current_list",
    [0x11] = list(u8, u16) "pending_list",
  },
} end)

message("configure_profile_event_list", 0x00a7, "Configure Profile Event List", function() return {
  request = { [0x10] = list(u8, types.profile_identifier) "register" },
  response = {},
} end)

message("profile_changed", 0x00a8, "Profile Changed", function() return {
  indication = {
    [0x10] = struct {
      types.profile_type "profile_type",
      u8 "profile_index",
      enum(u8, {
        ["create-event"] = 1, ["delete-event"] = 2, ["modify-event"] = 3, ["subscription-change-event"] = 4,
      }) "change_event",
    } "profile_event",
  },
} end)

---The fields of a profile, for makers that have their own messages about profiles.
profile.profile_fields = { identifier = identifier, settings = settings, writable = writable }

return profile
