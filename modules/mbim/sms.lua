-- SPDX-License-Identifier: MIT
-- The SMS service of MBIM 1.0, for messages as PDUs: what a GSM, UMTS, LTE or 5G modem has.

local mbim = require "mbim.command"

local u32, text, data, enum, flags = mbim.u32, mbim.text, mbim.data, mbim.enum, mbim.flags
local struct, refs, secret = mbim.struct, mbim.refs, mbim.secret

---@class mbim.sms
local sms, command = mbim.commands "sms"

local function format() return enum(u32, { pdu = 0, cdma = 1 }) end

-- index goes with the flag "index".
local function chosen()
  return enum(u32, { all = 0, index = 1, new = 2, old = 3, sent = 4, draft = 5 })
end

command("configuration", 1, "SMS Configuration", function() return {
  query = {},
  set = {
    format() "format",
    text "centre_address",
  },
  response = {
    enum(u32, { ["not-initialized"] = 0, ["initialized"] = 1 }) "storage_state",
    format() "format",
    u32 "max_messages",
    u32 "cdma_max_length",
    text "centre_address",
  },
  indication = true,
} end)

command("read", 2, "SMS Read", function() return {
  query = {
    format() "format",
    chosen() "flag",
    u32 "index",
  },
  response = {
    format() "format",
    refs(struct {
      u32 "index",
      enum(u32, { new = 0, old = 1, draft = 2, sent = 3 }) "status",
      secret(data) "pdu",
    }) "messages",
  },
  indication = true, -- of messages that are to be shown at once, and are not stored
} end)

command("send", 3, "SMS Send", function() return {
  set = {
    format() "format",
    struct { secret(data) "pdu" } "message",
  },
  response = { u32 "reference" },
} end)

command("delete", 4, "SMS Delete", function() return {
  set = {
    chosen() "flag",
    u32 "index",
  },
  response = {},
} end)

command("store_status", 5, "SMS Message Store Status", function() return {
  query = {},
  response = {
    flags(u32, { ["full"] = 1, ["new"] = 2 }) "flags",
    u32 "index", -- of the new message
  },
  indication = true,
} end)

return sms
