-- SPDX-License-Identifier: MIT
-- QDU, Qualcomm's device update: firmware through MBIM. What makers have added to it is theirs. Source: libmbim's table
-- of it (1.26).

local mbim = require "mbim.command"

local u32, enum = mbim.u32, mbim.enum

---@class mbim.qdu
local qdu, command = mbim.commands "qdu"

local function session(name) return enum(u32, { none = 0, le = 1 }) (name) end

command("update_session", 1, "QDU Update Session", function() return {
  query = {},
  set = { enum(u32, { start = 0, stop = 1 }) "action", session "session_type" },
  response = {
    session "session_type",
    enum(u32, { ["inactive"] = 0, ["file-transfer"] = 1, ["apply-update"] = 2 }) "status",
    session "last_session_type",
    enum(u32, { success = 0, failure = 1 }) "last_result",
    u32 "error_offset",
    u32 "error_size",
  },
} end)

command("file_open", 2, "QDU File Open", function() return {
  query = {},
  set = { enum(u32, { ["little-endian-package"] = 0 }) "file_type", u32 "size" },
  response = { u32 "transfer_size", u32 "window_size" }, -- at most
} end)

command("file_write", 3, "QDU File Write", function() return {
  set = { mbim.rest "data" },
  response = {},
} end)

return qdu
