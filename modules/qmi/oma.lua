-- SPDX-License-Identifier: MIT
-- OMA, device management over the air: sessions in which the network sets a modem up.

local qmi = require "qmi.message"

local u8, u16 = qmi.u8, qmi.u16
local enum, bool, struct = qmi.enum, qmi.bool, qmi.struct

---@class qmi.oma
local oma, message = qmi.messages "oma"

local session_type = enum(u8, {
  ["client-device-configure"] = 0, ["client-prl-update"] = 1, ["client-hands-free-activation"] = 2,
  ["device-hands-free-activation"] = 3, ["network-prl-update"] = 4, ["network-device-configure"] = 5,
  ["device-prl-update"] = 6,
})
local session_state = enum(u8, {
  ["complete"] = 0, ["complete-nothing-new"] = 1, ["failed"] = 2, ["retrying"] = 3, ["connecting"] = 4,
  ["connected"] = 5, ["authenticated"] = 6, ["mdn-downloaded"] = 7, ["msid-downloaded"] = 8, ["prl-downloaded"] = 9,
  ["mip-profile-downloaded"] = 10,
})
local failure = enum(u8, {
  ["unknown"] = 0, ["network-unavailable"] = 1, ["server-unavailable"] = 2, ["authentication-failed"] = 3,
  ["max-retry-exceeded"] = 4, ["session-cancelled"] = 5,
}) "failure"
local alert = struct { session_type "session_type", u16 "session_id" } "network_initiated_alert"

local function features() return {
  [0x10] = bool(u8) "device_provisioning_enabled",
  [0x11] = bool(u8) "prl_update_enabled",
  [0x12] = bool(u8) "hands_free_activation_enabled",
} end

message("reset", 0x0000, "Reset", function() return { response = {} } end)

message("set_event_report", 0x0001, "Set Event Report", function() return {
  request = { [0x10] = bool(u8) "network_initiated_alerts", [0x11] = bool(u8) "session_states" },
  response = {},
  indication = { [0x10] = alert, [0x11] = session_state "session_state", [0x12] = failure },
} end)

message("start_session", 0x0020, "Start Session", function() return {
  request = { [0x10] = session_type "session_type" },
  response = {},
} end)

message("cancel_session", 0x0021, "Cancel Session", function() return { response = {} } end)

message("get_session_info", 0x0022, "Get Session Info", function() return {
  response = {
    [0x10] = struct { session_state "session_state", session_type "session_type" } "session",
    [0x11] = failure,
    [0x12] = struct { u8 "retries", u16 "pause_timer", u16 "pause_timer_left" } "retrying",
    [0x13] = alert,
  },
} end)

message("send_selection", 0x0023, "Send Selection", function() return {
  request = { [0x10] = struct { bool(u8) "accepted", u16 "session_id" } "network_initiated_alert" },
  response = {},
} end)

message("get_feature_setting", 0x0024, "Get Feature Setting", function() return {
  response = qmi.join(features(), {
    [0x13] = enum(u8, { none = 0, succeeded = 1, failed = 2 }) "hands_free_activation_state",
  }),
} end)

message("set_feature_setting", 0x0025, "Set Feature Setting", function() return {
  request = features(),
  response = {},
} end)

return oma
