-- SPDX-License-Identifier: MIT
-- Calls: made, answered and told of, and the services beside them. None is made here: telephones and programs for them
-- do that, and a trace of theirs shows it.

local qmi = require "qmi.message"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, flags, bool, struct, list, secret = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list, qmi.secret
local lstring = qmi.lstring

---@class qmi.voice_calls
local calls, message = qmi.messages "voice"

local call_id = u8 "call_id"
local of_call = { request = { [0x01] = call_id }, response = { [0x10] = call_id } }

-- ---- one call ----

message("dial_call", 0x0020, "Dial Call", function() return {
  request = { [0x01] = secret(qmi.string) "number" },
  response = { [0x10] = call_id },
} end)

message("end_call", 0x0021, "End Call", function() return of_call end)

message("answer_call", 0x0022, "Answer Call", function() return of_call end)

-- Keys may be those of a voice mailbox's PIN.
message("burst_dtmf", 0x0028, "Burst DTMF", function() return {
  request = { [0x01] = struct { call_id, secret(lstring(u8)) "digits" } "tones" },
  response = { [0x10] = call_id },
} end)

message("start_continuous_dtmf", 0x0029, "Start Continuous DTMF", function() return {
  request = { [0x01] = struct { call_id, secret(u8) "digit" } "tone" },
  response = { [0x10] = call_id },
} end)

message("stop_continuous_dtmf", 0x002a, "Stop Continuous DTMF", function() return of_call end)

-- ---- all calls ----

local function call_information() return list(u8, struct {
  call_id,
  enum(u8, {
    ["unknown"] = 0, ["origination"] = 1, ["incoming"] = 2, ["conversation"] = 3, ["in-progress"] = 4,
    ["alerting"] = 5, ["hold"] = 6, ["waiting"] = 7, ["disconnecting"] = 8, ["end"] = 9, ["setup"] = 10,
  }) "state",
  enum(u8, {
    ["voice"] = 0, ["voice-ip"] = 2, ["otapa"] = 6, ["non-standard-otasp"] = 8, ["emergency"] = 9,
    ["supplementary-service"] = 10,
  }) "call_type",
  enum(u8, { ["unknown"] = 0, ["outgoing"] = 1, ["incoming"] = 2 }) "direction",
  enum(u8, { ["unknown"] = 0, ["cdma"] = 1, ["gsm"] = 2, ["umts"] = 3, ["lte"] = 4 }) "mode",
  bool(u8) "in_multiparty",
  enum(u8, { ["line-1"] = 0, ["line-2"] = 1 }) "line",
}) "calls" end

local function remote_numbers() return list(u8, struct {
  call_id,
  enum(u8, { ["allowed"] = 0, ["restricted"] = 1, ["unavailable"] = 2, ["payphone"] = 4 }) "presentation",
  secret(lstring(u8)) "number",
}) "remote_party_numbers" end

local function alerting() return list(u8, struct {
  call_id,
  enum(u8, { ["network"] = 0, ["device"] = 1 }) "plays_tone",
}) "alerting" end

message("all_call_status", 0x002e, "All Call Status", function() return {
  indication = { [0x01] = call_information(), [0x10] = remote_numbers(), [0x12] = alerting() },
} end)

message("get_all_call_info", 0x002f, "Get All Call Info", function() return {
  response = { [0x10] = call_information(), [0x11] = remote_numbers(), [0x13] = alerting() },
} end)

message("manage_calls", 0x0031, "Manage Calls", function() return {
  request = {
    [0x01] = enum(u8, {
      ["release-held-or-waiting"] = 1, ["release-active-accept-held-or-waiting"] = 2,
      ["hold-active-accept-waiting-or-held"] = 3, ["hold-all-but-one"] = 4, ["make-conference"] = 5,
      ["explicit-call-transfer"] = 6, ["ccbs-activation"] = 7, ["end-all"] = 8, ["release-one"] = 9,
      ["local-hold"] = 10, ["local-unhold"] = 11,
    }) "action",
    [0x10] = call_id,
  },
  response = {},
} end)

-- ---- services beside them ----

message("supplementary_service", 0x0032, "Supplementary Service", function() return {
  indication = {
    [0x01] = struct {
      call_id,
      enum(u8, {
        ["outgoing-call-is-forwarded"] = 1, ["outgoing-call-is-waiting"] = 2, ["outgoing-cug-call"] = 3,
        ["outgoing-calls-barred"] = 4, ["outgoing-call-is-deflected"] = 5, ["incoming-cug-call"] = 6,
        ["incoming-calls-barred"] = 7, ["incoming-forwarded-call"] = 8, ["incoming-deflected-call"] = 9,
        ["incoming-call-is-forwarded"] = 10, ["unconditional-forwarding-active"] = 11,
        ["conditional-forwarding-active"] = 12, ["clir-suppression-rejected"] = 13, ["call-is-on-hold"] = 14,
        ["call-is-retrieved"] = 15, ["call-is-in-multiparty"] = 16, ["incoming-call-is-ect"] = 17,
      }) "notification",
    } "info",
  },
} end)

message("set_supplementary_service", 0x0033, "Set Supplementary Service", function() return {
  request = {
    [0x01] = struct {
      enum(u8, { activate = 1, deactivate = 2, register = 3, erase = 4 }) "action",
      enum(u8, {
        ["forward-unconditional"] = 1, ["forward-busy"] = 2, ["forward-no-reply"] = 3, ["forward-unreachable"] = 4,
        ["forward-all"] = 5, ["forward-all-conditional"] = 6, ["bar-outgoing"] = 7, ["bar-outgoing-international"] = 8,
        ["bar-outgoing-international-but-home"] = 9, ["bar-incoming"] = 10, ["bar-incoming-roaming"] = 11,
        ["bar-all"] = 12, ["bar-all-outgoing"] = 13, ["bar-all-incoming"] = 14, ["call-waiting"] = 15,
      }) "service",
    } "supplementary_service",
  },
  response = { [0x15] = struct { bool(u8) "active", bool(u8) "provisioned" } "service_status" },
} end)

message("get_call_waiting", 0x0034, "Get Call Waiting", function() return {
  request = { [0x10] = u8 "service_class" },
  response = { [0x10] = u8 "service_class" },
} end)

local function service_option() return enum(u16, {
  ["wild"] = 0, ["is-96a"] = 1, ["evrc"] = 3, ["13k-is733"] = 17, ["selectable-mode-vocoder"] = 56,
  ["4gv-narrow-band"] = 68, ["4gv-wide-band"] = 70, ["13k"] = 0x8000, ["is-96"] = 0x8001, ["wvrc"] = 0x8023,
}) end

message("get_config", 0x0041, "Get Config", function() return {
  request = {
    [0x10] = bool(u8) "auto_answer",
    [0x11] = bool(u8) "air_timer",
    [0x12] = bool(u8) "roam_timer",
    [0x13] = bool(u8) "tty_mode",
    [0x14] = bool(u8) "preferred_voice_service_option",
    [0x15] = bool(u8) "amr_status",
    [0x16] = bool(u8) "preferred_voice_privacy",
    [0x17] = bool(u8) "nam_index",
    [0x18] = bool(u8) "voice_domain_preference",
  },
  response = {
    [0x10] = bool(u8) "auto_answer",
    [0x11] = struct { u8 "nam_id", u32 "timer" } "air_timer",
    [0x12] = struct { u8 "nam_id", u32 "timer" } "roam_timer",
    [0x13] = enum(u8, { full = 0, ["voice-carry-over"] = 1, ["hearing-carry-over"] = 2, off = 3 }) "tty_mode",
    [0x14] = struct {
      u8 "nam_id",
      bool(u8) "evrc_capable",
      service_option() "home_page",
      service_option() "home_origination",
      service_option() "roaming_origination",
    } "preferred_voice_service_option",
    [0x15] = struct {
      bool(u8) "gsm",
      flags(u8, {
        ["not-supported"] = 1 << 0, ["wcdma-amr-wb"] = 1 << 1, ["gsm-hr-amr"] = 1 << 2, ["gsm-amr-wb"] = 1 << 3,
        ["gsm-amr-nb"] = 1 << 4,
      }) "wcdma",
    } "amr_status",
    [0x16] = enum(u8, { standard = 0, enhanced = 1 }) "voice_privacy_preference",
    [0x17] = enum(u8, {
      ["cs-only"] = 0, ["ps-only"] = 1, ["cs-preferred"] = 2, ["ps-preferred"] = 3,
    }) "voice_domain_preference",
  },
} end)

return calls
