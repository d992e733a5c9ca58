-- SPDX-License-Identifier: MIT
-- NAS, network access: which indications the modem sends, and that of a refusal, as data.

local qmi = require "qmi.message"
local types = require "qmi.nas.types"

local u8, u32, struct = qmi.u8, qmi.u32, qmi.struct
local yes_no = qmi.bool(u8)

---@class qmi.nas_events
local events, message = qmi.messages "nas"

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

message("network_reject", 0x0068, "Network Reject", function() return {
  indication = {
    [0x01] = types.radio_interface "radio_interface",
    [0x02] = types.service_domain "service_domain",
    [0x03] = u8 "reject_cause", -- a cause of 3GPP: require("cause") has the words
    [0x10] = types.plmn_digits "plmn",
    [0x11] = u32 "closed_subscriber_group",
  },
} end)

return events
