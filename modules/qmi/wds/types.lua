-- SPDX-License-Identifier: MIT
-- Types that several messages of WDS, wireless data, share.

local parts = require "schema.message"
local qmi = require "qmi.message"

local u8, u16, u32, i16 = qmi.u8, qmi.u16, qmi.u32, qmi.i16
local enum, flags, struct = qmi.enum, qmi.flags, qmi.struct

---@class qmi.wds_types
local declared = {}
local types = parts.types(declared)

function declared.ip_family() return enum(u8, { unknown = 0, ipv4 = 4, ipv6 = 6, unspecified = 8, ethernet = 12 }) end

function declared.authentication() return flags(u8, { pap = 1 << 0, chap = 1 << 1 }) end

function declared.pdp_type() return enum(u8, {
  ["ipv4"] = 0, ["ppp"] = 1, ["ipv6"] = 2, ["ipv4-or-ipv6"] = 3, ["non-ip"] = 4,
}) end

function declared.profile_type() return enum(u8, { ["3gpp"] = 0, ["3gpp2"] = 1, ["epc"] = 2, ["all"] = 255 }) end

function declared.profile_identifier() return struct { types.profile_type "profile_type", u8 "profile_index" } end

function declared.extended_technology() return enum(u16, {
  ["cdma"] = 32769, ["umts"] = 32772, ["epc"] = 34944, ["embms"] = 34946, ["modem-link-local"] = 34952,
}) end

-- qmi.call_end has the words for both kinds of reasons.
function declared.call_end_reason() return u16 end
function declared.verbose_call_end_reason() return struct {
  enum(u16, {
    mip = 1, internal = 2, cm = 3, ["3gpp"] = 6, ppp = 7, ehrpd = 8, ipv6 = 9, handoff = 12,
  }) "type",
  i16 "reason",
} end

function declared.settings_mask() return flags(u32, {
  ["profile-id"] = 1 << 0, ["profile-name"] = 1 << 1, ["pdp-type"] = 1 << 2, ["apn-name"] = 1 << 3,
  ["dns-address"] = 1 << 4, ["granted-qos"] = 1 << 5, ["username"] = 1 << 6, ["auth-protocol"] = 1 << 7,
  ["ip-address"] = 1 << 8, ["gateway-info"] = 1 << 9, ["pcscf-address"] = 1 << 10,
  ["pcscf-server-address-list"] = 1 << 11, ["pcscf-domain-name-list"] = 1 << 12, ["mtu"] = 1 << 13,
  ["domain-name-list"] = 1 << 14, ["ip-family"] = 1 << 15, ["imcn-flag"] = 1 << 16,
  ["extended-technology"] = 1 << 17, ["operator-reserved-pco"] = 1 << 18,
}) end

function declared.umts_qos() return struct {
  enum(u8, { subscribed = 0, conversational = 1, streaming = 2, interactive = 3, background = 4 }) "traffic_class",
  u32 "max_uplink_bitrate", -- bit/s, as are the next three
  u32 "max_downlink_bitrate",
  u32 "guaranteed_uplink_bitrate",
  u32 "guaranteed_downlink_bitrate",
  enum(u8, { subscribe = 0, on = 1, off = 2 }) "qos_delivery_order",
  u32 "maximum_sdu_size",
  enum(u8, {
    ["subscribe"] = 0, ["1e-2"] = 1, ["7e-3"] = 2, ["1e-3"] = 3, ["1e-4"] = 4, ["1e-5"] = 5, ["1e-6"] = 6,
    ["1e-1"] = 7,
  }) "sdu_error_ratio",
  enum(u8, {
    ["subscribe"] = 0, ["5e-2"] = 1, ["1e-2"] = 2, ["5e-3"] = 3, ["4e-3"] = 4, ["1e-3"] = 5, ["1e-4"] = 6,
    ["1e-5"] = 7, ["1e-6"] = 8, ["6e-8"] = 9,
  }) "residual_bit_error_ratio",
  enum(u8, {
    ["subscribe"] = 0, ["no-detection"] = 1, ["enabled"] = 2, ["disabled"] = 3,
  }) "delivery_erroneous_sdu",
  u32 "transfer_delay", -- ms
  u32 "traffic_handling_priority",
} end

function declared.gprs_qos() return struct {
  u32 "precedence_class",
  u32 "delay_class",
  u32 "reliability_class",
  u32 "peak_throughput_class",
  u32 "mean_throughput_class",
} end

return types
