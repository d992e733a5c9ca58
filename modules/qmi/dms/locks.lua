-- SPDX-License-Identifier: MIT
-- The device management service: the modem's time, its locks, factory defaults and the user's data.

local qmi = require "qmi.message"

local u8, u16, u32, u64, uint = qmi.u8, qmi.u16, qmi.u32, qmi.u64, qmi.uint
local enum, bool, struct = qmi.enum, qmi.bool, qmi.struct
local chars, lbytes, secret = qmi.chars, qmi.lbytes, qmi.secret

---@class qmi.dms_locks
local dms_locks, message = qmi.messages "dms"

message("get_time", 0x002f, "Get Time", function() return {
  response = { -- all three since 6 January 1980, the first day of GPS
    [0x01] = struct {
      uint(6) "time_count", -- 1.25 ms
      enum(u16, { device = 0, ["cdma-network"] = 1, ["hdr-network"] = 2 }) "time_source",
    } "device_time",
    [0x10] = u64 "system_time", -- ms, as is the next
    [0x11] = u64 "user_time",
  },
} end)

message("set_time", 0x004b, "Set Time", function() return {
  request = {
    [0x01] = u64 "time_value", -- ms since 6 January 1980
    [0x10] = enum(u32, { user = 0 }) "time_reference_type",
  },
  response = {},
} end)

message("get_alt_net_config", 0x004d, "Get Alt Net Config", function() return {
  response = { [0x01] = bool(u8) "config" },
} end)

message("set_alt_net_config", 0x004e, "Set Alt Net Config", function() return {
  request  = { [0x01] = bool(u8) "config" },
  response = {},
} end)

-- Asks the modem to turn its radio on although a laptop's maker has locked it.
message("set_fcc_authentication", 0x555f, "Set FCC Authentication", function() return {
  response = {},
} end)

-- Locks, factory defaults and the user's data

local code6 = secret(chars(6)) -- the service programming code, often "000000"
local code4 = secret(chars(4))

message("restore_factory_defaults", 0x003a, "Restore Factory Defaults", function() return {
  request  = { [0x01] = code6 "service_programming_code" },
  response = {},
} end)

message("validate_service_programming_code", 0x003b, "Validate Service Programming Code", function() return {
  request  = { [0x01] = code6 "service_programming_code" },
  response = {},
} end)

message("set_service_programming_code", 0x0052, "Set Service Programming Code", function() return {
  request  = { [0x01] = code6 "current_code", [0x02] = code6 "new_code" },
  response = {},
} end)

message("get_user_lock_state", 0x0034, "Get User Lock State", function() return {
  response = { [0x01] = bool(u8) "enabled" },
} end)

message("set_user_lock_state", 0x0035, "Set User Lock State", function() return {
  request  = { [0x01] = struct { bool(u8) "enabled", code4 "lock_code" } "info" },
  response = {},
} end)

message("set_user_lock_code", 0x0036, "Set User Lock Code", function() return {
  request  = { [0x01] = struct { code4 "old_code", code4 "new_code" } "info" },
  response = {},
} end)

message("read_user_data", 0x0037, "Read User Data", function() return {
  response = { [0x01] = lbytes(u16) "user_data" },
} end)

message("write_user_data", 0x0038, "Write User Data", function() return {
  request  = { [0x01] = lbytes(u16) "user_data" },
  response = {},
} end)

return dms_locks
