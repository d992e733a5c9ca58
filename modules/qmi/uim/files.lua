-- SPDX-License-Identifier: MIT
-- The files of the card, logical channels to its applications, and bare commands to it: the rest of UIM.

local qmi = require "qmi.message"
local types = require "qmi.card_types"

local u8, u16, u32 = qmi.u8, qmi.u16, qmi.u32
local enum, flags, bool, struct, list = qmi.enum, qmi.flags, qmi.bool, qmi.struct, qmi.list
local lbytes, secret = qmi.lbytes, qmi.secret

---@class qmi.uim_files
local uim_files, message = qmi.messages "uim"

-- The path is the numbers of the folders from 0x3f00 down, each little-endian: "\x00\x3f\xff\x7f" is the USIM's.
local function file() return struct { u16 "file_id", lbytes(u8) "file_path" } end
-- With a token, the answer says only that the card has been asked, and an indication brings the result.
local token = u32 "response_in_indication_token"

message("read_transparent", 0x0020, "Read Transparent", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = file() "file",
    [0x03] = struct { u16 "offset", u16 "length" } "read_information", -- length 0: to the end
    [0x10] = token,
    [0x11] = bool(u8) "encrypt_data",
  },
  response = {
    [0x10] = types.card_result "card_result",
    [0x11] = lbytes(u16) "read_result",
    [0x12] = token,
    [0x13] = bool(u8) "encrypted_data",
  },
} end)

message("read_record", 0x0021, "Read Record", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = file() "file",
    [0x03] = struct { u16 "record_number", u16 "record_length" } "record", -- numbers count from 1; length 0: all
    [0x10] = u16 "last_record",
    [0x11] = token,
  },
  response = {
    [0x10] = types.card_result "card_result",
    [0x11] = lbytes(u16) "read_result",
    [0x12] = lbytes(u16) "additional_read_result",
    [0x13] = token,
  },
} end)

message("write_record", 0x0023, "Write Record", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = file() "file",
    [0x03] = struct { u16 "record_number", lbytes(u16) "record" } "write_record",
    [0x10] = token,
  },
  response = {
    [0x10] = types.card_result "card_result",
    [0x11] = token,
  },
} end)

local function security_logic() return enum(u8, { always = 0, never = 1, ["and"] = 2, ["or"] = 3, single = 4 }) end
local function security() return flags(u16, { pin1 = 1, pin2 = 2, upin = 4, adm = 8 }) end

message("get_file_attributes", 0x0024, "Get File Attributes", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = file() "file",
    [0x10] = token,
  },
  response = {
    [0x10] = types.card_result "card_result",
    [0x11] = struct {
      u16 "file_size",
      u16 "file_id",
      enum(u8, {
        ["transparent"] = 0, ["cyclic"] = 1, ["linear-fixed"] = 2, ["dedicated-file"] = 3, ["master-file"] = 4,
      }) "file_type",
      u16 "record_size",
      u16 "record_count",
      security_logic() "read_security_attributes_logic",
      security() "read_security_attributes",
      security_logic() "write_security_attributes_logic",
      security() "write_security_attributes",
      security_logic() "increase_security_attributes_logic",
      security() "increase_security_attributes",
      security_logic() "deactivate_security_attributes_logic",
      security() "deactivate_security_attributes",
      security_logic() "activate_security_attributes_logic",
      security() "activate_security_attributes",
      lbytes(u16) "raw_data", -- the card's own words: FCP or FCI
    } "file_attributes",
    [0x12] = token,
  },
} end)

-- Refresh: the card says that its files have changed.

local function files() return list(u16, struct { u16 "file_id", lbytes(u8) "path" }) end

message("refresh_register", 0x002a, "Refresh Register", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = struct { bool(u8) "register_flag", bool(u8) "vote_for_init", files() "files" } "info",
  },
  response = {},
} end)

message("refresh_complete", 0x002c, "Refresh Complete", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = bool(u8) "refresh_success",
  },
  response = {},
} end)

message("refresh", 0x0033, "Refresh", function() return {
  indication = {
    [0x10] = struct {
      enum(u8, { ["wait-for-ok"] = 0, ["start"] = 1, ["end-with-success"] = 2, ["end-with-failure"] = 3 }) "stage",
      enum(u8, {
        ["reset"] = 0, ["init"] = 1, ["init-fcn"] = 2, ["fcn"] = 3, ["init-full-fcn"] = 4, ["app-reset"] = 5,
        ["3g-reset"] = 6,
      }) "mode",
      types.session_type "session_type",
      lbytes(u8) "application_id",
      files() "files",
    } "event",
  },
} end)

message("refresh_register_all", 0x0044, "Refresh Register All", function() return {
  request = {
    [0x01] = types.session "session",
    [0x02] = bool(u8) "register_flag",
  },
  response = {},
} end)

-- Logical channels and APDUs, for an eSIM's profiles and a SIM's authentication

local function file_control_information() return enum(u8, {
  ["no-data"] = 0, ["fcp"] = 1, ["fci"] = 2, ["fci-with-interfaces"] = 3, ["fmd"] = 4,
}) end

local function channel() return {
  [0x10] = u8 "channel_id",
  [0x11] = types.card_result "card_result",
  [0x12] = lbytes(u8) "select_response",
} end

message("open_logical_channel", 0x0042, "Open Logical Channel", function() return {
  request = {
    [0x01] = u8 "slot",
    [0x10] = lbytes(u8) "aid",
    [0x11] = file_control_information() "file_control_information",
  },
  response = channel(),
} end)

-- Closes a channel when it is given the channel's id, opens one when it is given an AID.
message("logical_channel", 0x003f, "Logical Channel", function() return {
  request = {
    [0x01] = u8 "slot",
    [0x10] = lbytes(u8) "aid",
    [0x11] = u8 "channel_id",
    [0x12] = file_control_information() "file_control_information",
    [0x13] = u8 "terminate_application",
  },
  response = channel(),
} end)

message("send_apdu", 0x003b, "Send APDU", function() return {
  request = {
    [0x01] = u8 "slot",
    [0x02] = secret(lbytes(u16)) "apdu", -- it may hold a PIN
    [0x10] = u8 "channel_id",
    [0x11] = u8 "procedure_bytes",
  },
  response = { [0x10] = lbytes(u16) "apdu_response" },
} end)

return uim_files
