-- SPDX-License-Identifier: MIT
-- The wireless messaging service: SMS to send, stored, and as they come in.

local qmi = require "qmi.message"
local types = require "qmi.types"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, bool, struct, list, optional = qmi.enum, qmi.bool, qmi.struct, qmi.list, qmi.optional
local pdu = qmi.secret(qmi.lbytes(u16)) -- a text is for whom it is written to

---@class qmi.wms
local wms, message = qmi.messages "wms"

message("reset", 0x0000, "Reset", function() return {
  response = {},
} end)

message("get_supported_messages", 0x001e, "Get Supported Messages", function() return {
  response = types.supported_messages,
} end)

local storage = enum(u8, { uim = 0, nv = 1, none = 0xff }) -- the card, the modem, or neither
local format = enum(u8, {
  ["cdma"] = 0, ["gsm-wcdma-point-to-point"] = 6, ["gsm-wcdma-broadcast"] = 7, ["mwi"] = 8,
})
local mode = enum(u8, { ["cdma"] = 0, ["gsm-wcdma"] = 1 })
-- mt: mobile terminated, received; mo: mobile originated, sent or to be sent.
local tag = enum(u8, { ["mt-read"] = 0, ["mt-not-read"] = 1, ["mo-sent"] = 2, ["mo-not-sent"] = 3 })
local protocol = enum(u8, { cdma = 0, wcdma = 1 })
local place = struct { storage "storage_type", u32 "memory_index" }

-- raw_data is an SMSC address and a TPDU of 3GPP TS 23.040, as AT+CMGS has them in PDU mode, but not in hex.
local raw_message = struct { format "format", pdu "raw_data" }

-- Events

message("set_event_report", 0x0001, "Set Event Report", function() return {
  request = { [0x10] = bool(u8) "new_mt_message_indicator" },
  response = {},
  indication = {
    [0x10] = place "mt_message",
    [0x11] = struct {
      enum(u8, { ["send"] = 0, ["do-not-send"] = 1 }) "ack_indicator",
      u32 "transaction_id", -- for send_ack
      format "format",
      pdu "raw_data",
    } "transfer_route_mt_message",
    [0x12] = mode "message_mode",
    [0x13] = struct {
      enum(u8, { ["primary"] = 0, ["secondary-gsm"] = 1, ["secondary-umts"] = 2 }) "notification_type",
      pdu "raw_data",
    } "etws_message",
    [0x14] = struct { u16 "mcc", u16 "mnc" } "etws_plmn_information",
    [0x15] = qmi.string "smsc_address",
    [0x16] = bool(u8) "sms_on_ims",
  },
} end)

message("memory_full", 0x003f, "Memory Full", function() return {
  indication = { [0x01] = struct { storage "storage_type", mode "message_mode" } "memory_full" },
} end)

-- Sending

local cdma_causes = {
  ["network-address-vacant"] = 0x00, ["network-address-translation-failure"] = 0x01,
  ["network-resource-shortage"] = 0x02, ["network-failure"] = 0x03, ["network-invalid-teleservice-id"] = 0x04,
  ["network-other"] = 0x05, ["destination-no-page-response"] = 0x20, ["destination-busy"] = 0x21,
  ["destination-no-ack"] = 0x22, ["destination-resource-shortage"] = 0x23,
  ["destination-sms-delivery-postponed"] = 0x24, ["destination-out-of-service"] = 0x25,
  ["destination-not-at-address"] = 0x26, ["destination-other"] = 0x27, ["radio-interface-resource-shortage"] = 0x40,
  ["radio-interface-incompatibility"] = 0x41, ["radio-interface-other"] = 0x42, ["general-encoding"] = 0x60,
  ["general-sms-origin-denied"] = 0x61, ["general-sms-destination-denied"] = 0x62,
  ["general-supplementary-service-not-supported"] = 0x63, ["general-sms-not-supported"] = 0x64,
  ["general-missing-expected-parameter"] = 0x65, ["general-missing-mandatory-parameter"] = 0x66,
  ["general-unrecognized-parameter-value"] = 0x67, ["general-unexpected-parameter-value"] = 0x68,
  ["general-user-data-size-error"] = 0x69, ["general-other"] = 0x6a,
}

local cdma_error_class = enum(u8, {
  ["temporary"] = 0, ["permanent"] = 1, ["temporary-device"] = 2, ["permanent-device"] = 3,
})

-- 3GPP TS 24.011, 8.2.5.4.
local rp_causes = {
  ["unassigned-number"] = 1, ["operator-determined-barring"] = 8, ["call-barred"] = 10, ["reserved"] = 11,
  ["sms-transfer-rejected"] = 21, ["memory-capacity-exceeded"] = 22, ["destination-out-of-order"] = 27,
  ["unidentified-subscriber"] = 28, ["facility-rejected"] = 29, ["unknown-subscriber"] = 30,
  ["network-out-of-order"] = 38, ["temporary-failure"] = 41, ["congestion"] = 42, ["resources-unavailable"] = 47,
  ["facility-not-subscribed"] = 50, ["facility-not-implemented"] = 69,
  ["invalid-sms-transfer-reference-value"] = 81, ["semantically-incorrect-message"] = 95,
  ["invalid-mandatory-info"] = 96, ["message-type-not-implemented"] = 97,
  ["message-not-compatible-with-sms"] = 98, ["information-element-not-implemented"] = 99,
  ["protocol-error"] = 111, ["interworking"] = 127,
}

---@type table<string, integer> their numbers
wms.rp_causes = rp_causes

-- 3GPP TS 23.040, 9.2.3.22.
local tp_cause = enum(u8, {
  ["tele-interworking-not-supported"] = 0x80, ["short-message-type-0-not-supported"] = 0x81,
  ["short-message-cannot-be-replaced"] = 0x82, ["unspecified-pid-error"] = 0x8f, ["dcs-not-supported"] = 0x90,
  ["message-class-not-supported"] = 0x91, ["unspecified-dcs-error"] = 0x9f, ["command-cannot-be-actioned"] = 0xa0,
  ["command-unsupported"] = 0xa1, ["unspecified-command-error"] = 0xaf, ["tpdu-not-supported"] = 0xb0,
  ["sc-busy"] = 0xc0, ["no-sc-subscription"] = 0xc1, ["sc-system-failure"] = 0xc2, ["invalid-sme-address"] = 0xc3,
  ["destination-sme-barred"] = 0xc4, ["sm-rejected-or-duplicate"] = 0xc5, ["vpf-not-supported"] = 0xc6,
  ["vp-not-supported"] = 0xc7, ["sim-sms-storage-full"] = 0xd0, ["no-sms-storage-capability-in-sim"] = 0xd1,
  ["ms-error"] = 0xd2, ["memory-capacity-exceeded"] = 0xd3, ["sim-application-toolkit-busy"] = 0xd4,
  ["sim-data-download-error"] = 0xd5, ["unspecified-error"] = 0xff,
})

local cdma_cause = enum(u16, cdma_causes) "cdma_cause_code"
local cdma_class = cdma_error_class "cdma_error_class"
local gsm_wcdma_cause = struct { enum(u16, rp_causes) "rp_cause", tp_cause "tp_cause" } "gsm_wcdma_cause_info"
local failure_type = enum(u8, { temporary = 0, permanent = 1 }) "message_delivery_failure_type"

message("raw_send", 0x0020, "Raw Send", function() return {
  request = {
    [0x01] = raw_message "raw_message_data",
    [0x10] = struct { bool(u8) "force", enum(u8, { auto = 0, ["6"] = 6, ["14"] = 14 }) "service_option" }
      "cdma_force_on_dc",
    [0x11] = bool(u8) "cdma_follow_on_dc",
    [0x12] = u8 "gsm_wcdma_link_timer", -- seconds
    [0x13] = bool(u8) "sms_on_ims",
  },
  response = {
    [0x01] = optional(u16) "message_id", -- TP-MR
    [0x10] = cdma_cause,
    [0x11] = cdma_class,
    [0x12] = gsm_wcdma_cause,
    [0x13] = failure_type,
  },
} end)

message("send_from_memory_storage", 0x0042, "Send From Memory Storage", function() return {
  request = {
    [0x01] = struct { storage "storage_type", u32 "memory_index", mode "message_mode" } "information",
    [0x10] = bool(u8) "sms_on_ims",
  },
  response = {
    [0x10] = u16 "message_id",
    [0x11] = cdma_cause,
    [0x12] = cdma_class,
    [0x13] = gsm_wcdma_cause,
    [0x14] = failure_type,
  },
} end)

message("send_ack", 0x0037, "Send Ack", function() return {
  request = {
    [0x01] = struct { u32 "transaction_id", protocol "message_protocol", bool(u8) "success" } "information",
    [0x10] = struct { cdma_error_class "error_class", enum(u8, cdma_causes) "cause_code" }
      "3gpp2_failure_information",
    [0x11] = struct { enum(u8, rp_causes) "rp_cause", tp_cause "tp_cause" } "3gpp_failure_information",
    [0x12] = bool(u8) "sms_on_ims",
  },
  response = {
    [0x10] = enum(u8, { ["no-network-response"] = 0, ["network-released-link"] = 1, ["not-sent"] = 2 })
      "failure_cause",
  },
} end)

-- Stored messages

message("raw_write", 0x0021, "Raw Write", function() return {
  request  = { [0x01] = struct { storage "storage_type", format "format", pdu "raw_data" } "raw_message_data" },
  response = { [0x01] = u32 "memory_index" },
} end)

message("raw_read", 0x0022, "Raw Read", function() return {
  request = {
    [0x01] = place "message_memory_storage_id",
    [0x10] = mode "message_mode", -- a modem with both radios requires it
    [0x11] = bool(u8) "sms_on_ims",
  },
  response = { [0x01] = struct { tag "message_tag", format "format", pdu "raw_data" } "raw_message_data" },
} end)

message("modify_tag", 0x0023, "Modify Tag", function() return {
  request = {
    [0x01] = struct { storage "storage_type", u32 "memory_index", tag "message_tag" } "message_tag",
    [0x10] = mode "message_mode",
  },
  response = {},
} end)

message("delete", 0x0024, "Delete", function() return {
  request = { -- one message, all with a tag, or all
    [0x01] = storage "memory_storage",
    [0x10] = u32 "memory_index",
    [0x11] = tag "message_tag",
    [0x12] = mode "message_mode",
  },
  response = {},
} end)

message("list_messages", 0x0031, "List Messages", function() return {
  request = {
    [0x01] = storage "storage_type",
    [0x11] = tag "message_tag",
    [0x12] = mode "message_mode",
  },
  response = { [0x01] = list(u32, struct { u32 "memory_index", tag "message_tag" }) "message_list" },
} end)

-- Where incoming messages go

message("get_message_protocol", 0x0030, "Get Message Protocol", function() return {
  response = { [0x01] = protocol "message_protocol" },
} end)

local routes = list(u16, struct {
  enum(u8, { ["point-to-point"] = 0 }) "message_type",
  enum(u8, {
    ["class-0"] = 0, ["class-1"] = 1, ["class-2"] = 2, ["class-3"] = 3, ["none"] = 4, ["cdma"] = 5,
  }) "message_class",
  storage "storage",
  enum(u8, {
    ["discard"] = 0, ["store-and-notify"] = 1, ["transfer-only"] = 2, ["transfer-and-ack"] = 3, ["unknown"] = 0xff,
  }) "receipt_action",
})
local transfer_indication = enum(u8, { client = 1 })

message("set_routes", 0x0032, "Set Routes", function() return {
  request  = { [0x01] = routes "route_list", [0x10] = transfer_indication "transfer_status_report" },
  response = {},
} end)

message("get_routes", 0x0033, "Get Routes", function() return {
  response = { [0x01] = routes "route_list", [0x10] = transfer_indication "transfer_status_report" },
} end)

-- The address of the SMS centre. type: "145" is international, "129" is not known.

local smsc_address = struct { qmi.chars(3) "type", qmi.lstring(u8) "digits" } "address"

message("get_smsc_address", 0x0034, "Get SMSC Address", function() return {
  response = { [0x01] = smsc_address },
} end)

message("set_smsc_address", 0x0035, "Set SMSC Address", function() return {
  request = {
    [0x01] = qmi.string "digits", -- a + first, when the type says that it is international
    [0x10] = qmi.string "type",
  },
  response = {},
} end)

message("smsc_address", 0x0046, "SMSC Address", function() return {
  indication = { [0x01] = smsc_address },
} end)

-- Cell broadcast

local channels = list(u16, struct { u16 "start", u16 "end", bool(u8) "selected" })

message("set_broadcast_activation", 0x003c, "Set Broadcast Activation", function() return {
  request  = { [0x01] = struct { mode "message_mode", bool(u8) "activate" } "activation" },
  response = {},
} end)

message("set_broadcast_config", 0x003d, "Set Broadcast Config", function() return {
  request  = { [0x01] = mode "message_mode", [0x10] = channels "channels" },
  response = {},
} end)

message("get_broadcast_config", 0x003e, "Get Broadcast Config", function() return {
  request  = { [0x01] = mode "message_mode" },
  response = { [0x10] = struct { bool(u8) "activated", channels "channels" } "config" },
} end)

-- Is the network ready to carry SMS?

local registration = enum(u8, {
  ["no-service"] = 0, ["in-process"] = 1, ["failure"] = 2, ["limited-service"] = 3, ["full-service"] = 4,
}) "registration_status"

message("indication_register", 0x0047, "Indication Register", function() return {
  request  = { [0x11] = bool(u8) "report_transport_network_registration_status" },
  response = {},
} end)

local TRANSPORT_STATUS = "Get Transport Network Registration Status"
message("get_transport_network_registration_status", 0x004a, TRANSPORT_STATUS, function() return {
  response = { [0x10] = registration },
} end)

message("transport_network_registration_status", 0x004b, "Transport Network Registration Status", function() return {
  indication = { [0x01] = registration },
} end)

return wms
