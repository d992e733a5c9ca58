-- SPDX-License-Identifier: MIT
-- Microsoft's UICC Low Level Access: logical channels to the card's applications, and bare commands to them.

local mbim = require "mbim.command"

local u8, u16, u32, enum, struct = mbim.u8, mbim.u16, mbim.u32, mbim.enum, mbim.struct
local refs, rest, secret, sized_data = mbim.refs, mbim.rest, mbim.secret, mbim.sized_data

---@class mbim.ms_uicc_low_level_access
local uicc, command = mbim.commands "ms-uicc-low-level-access"

-- What the card itself has said: 90 00 or 91 XX is success (ETSI TS 102 221). It comes with the statuses
-- "no-logical-channels" and "select-failed", too.
local function status() return struct { u8 "sw1", u8 "sw2", u16 "unused" } "status" end

command("atr", 1, "UICC ATR", function() return {
  query = {},
  response = { sized_data "atr" },
} end)

-- `select_p2` is SELECT's P2; all channels of a `group`, a number of the host's, can be closed at once.
command("open_channel", 2, "UICC Open Channel", function() return {
  set = {
    sized_data "aid",
    u32 "select_p2",
    u32 "group",
  },
  response = {
    status(),
    u32 "channel", -- 1 to 19
    sized_data "response",
  },
} end)

command("close_channel", 3, "UICC Close Channel", function() return {
  set = {
    u32 "channel", -- 0: those of the group
    u32 "group",
  },
  response = { status() },
} end)

-- At most 261 bytes. The modem replaces the class byte by what `class`, `secure_messaging` and `channel` say.
command("apdu", 4, "UICC APDU", function() return {
  set = {
    u32 "channel",
    enum(u32, { ["none"] = 0, ["no-header-authentication"] = 1 }) "secure_messaging",
    enum(u32, { ["interindustry"] = 0, ["extended"] = 1 }) "class", -- ISO/IEC 7816-4: 0X, 4X; ETSI TS 102 221: 8X, CX
    secret(sized_data) "command", -- it may hold a PIN
  },
  response = {
    status(),
    secret(sized_data) "response",
  },
} end)

-- Told to the card after its next reset, before an application is selected (ETSI TS 102 221, 11.1.19).
local function capabilities() return refs(rest) "capabilities" end

command("terminal_capability", 5, "UICC Terminal Capability", function() return {
  query = {},
  set = { capabilities() },
  response = { capabilities() },
} end)

-- With pass-through, the modem sends the card only what the host asks for, and needs no files of a SIM on it.
command("reset", 6, "UICC Reset", function() return {
  query = {},
  set = { enum(u32, { disable = 0, enable = 1 }) "pass_through" },
  response = { enum(u32, { disabled = 0, enabled = 1 }) "pass_through" },
} end)

return uicc
