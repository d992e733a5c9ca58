-- SPDX-License-Identifier: MIT
-- PDC, persistent device configuration: the carrier configurations (MCFG, MBN) that a modem has, as data.
--
-- The response to a request only says that it has arrived; what came of it is in an indication with the request's
-- token, to the client that has asked. Registering is for changes that others make.

local qmi = require "qmi.message"

local u8, u16, u32, u64 = qmi.u8, qmi.u16, qmi.u32, qmi.u64
local enum, bool, struct, list, lbytes, lstring = qmi.enum, qmi.bool, qmi.struct, qmi.list, qmi.lbytes, qmi.lstring

---@class qmi.pdc
local pdc, message = qmi.messages "pdc"

-- Platform configurations are the board's; those of carriers are software.
local function kind() return enum(u32, { platform = 0, software = 1 }) end
local function configuration() return struct { kind() "type", lbytes(u8) "id" } end

local token = u32 "token"
local outcome = u16 "error" -- QMI's number of it; 0: done

message("reset", 0x0000, "Reset", function() return { response = {} } end)

message("register", 0x0020, "Register", function() return {
  request = { [0x10] = bool(u8) "enable_reporting", [0x11] = bool(u8) "enable_refresh" },
  response = {},
} end)

message("config_change", 0x0021, "Config Change", function() return {
  request = { [0x01] = configuration() "configuration" },
  response = { [0x01] = configuration() "configuration" },
  indication = true,
} end)

message("get_selected_config", 0x0022, "Get Selected Config", function() return {
  request = { [0x01] = kind() "type", [0x10] = token },
  response = { [0x10] = token },
  indication = {
    [0x01] = outcome,
    [0x10] = token,
    [0x11] = lbytes(u8) "active_id",
    [0x12] = lbytes(u8) "pending_id", -- will be active from the next activation on
  },
} end)

message("set_selected_config", 0x0023, "Set Selected Config", function() return {
  request = { [0x01] = configuration() "configuration", [0x10] = token },
  response = { [0x10] = token },
  indication = { [0x01] = outcome, [0x10] = token },
} end)

message("list_configs", 0x0024, "List Configs", function() return {
  request = { [0x10] = token, [0x11] = kind() "type" },
  response = { [0x10] = token },
  indication = {
    [0x01] = outcome,
    [0x10] = token,
    [0x11] = list(u8, configuration()) "configurations",
  },
} end)

message("delete_config", 0x0025, "Delete Config", function() return {
  request = { [0x01] = kind() "type", [0x10] = token, [0x11] = lbytes(u8) "id" },
  response = { [0x10] = token },
} end)

message("load_config", 0x0026, "Load Config", function() return {
  request = {
    [0x01] = struct { kind() "type", lbytes(u8) "id", u32 "size", lbytes(u16) "chunk" } "part",
    [0x10] = token,
  },
  response = { [0x10] = token },
  indication = {
    [0x01] = outcome,
    [0x10] = token,
    [0x11] = u32 "received",
    [0x12] = u32 "bytes_left",
    [0x13] = bool(u8) "begin_again",
  },
} end)

message("activate_config", 0x0027, "Activate Config", function() return {
  request = { [0x01] = kind() "type", [0x10] = token },
  response = { [0x10] = token },
  indication = { [0x01] = outcome, [0x10] = token },
} end)

message("get_config_info", 0x0028, "Get Config Info", function() return {
  request = { [0x01] = configuration() "configuration", [0x10] = token },
  response = { [0x10] = token },
  indication = {
    [0x01] = outcome,
    [0x10] = token,
    [0x11] = u32 "size",
    [0x12] = lstring(u8) "description",
    [0x13] = u32 "version",
  },
} end)

message("get_config_limits", 0x0029, "Get Config Limits", function() return {
  request = { [0x01] = kind() "type", [0x10] = token },
  response = { [0x10] = token, [0x11] = u64 "maximum_size", [0x12] = u64 "current_size" },
} end)

message("get_default_config_info", 0x002a, "Get Default Config Info", function() return {
  request = { [0x01] = kind() "type", [0x10] = token },
  response = { [0x10] = token, [0x11] = u32 "version", [0x12] = u32 "size", [0x13] = qmi.string "description" },
} end)

message("deactivate_config", 0x002b, "Deactivate Config", function() return {
  request = { [0x01] = kind() "type", [0x10] = token },
  response = { [0x10] = token },
  indication = { [0x01] = outcome, [0x10] = token },
} end)

message("refresh", 0x002f, "Refresh", function() return {
  indication = {
    [0x01] = enum(u32, { start = 0, complete = 1, ["client-refresh"] = 2 }) "event",
    [0x10] = u32 "subscription",
    [0x11] = u32 "slot",
  },
} end)

return pdc
