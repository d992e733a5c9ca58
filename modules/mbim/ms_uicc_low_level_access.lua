-- SPDX-License-Identifier: MIT
-- Microsoft's UICC Low Level Access: logical channels to the card's applications, and bare commands to them; and, as
-- ModemManager asks them since 1.20, its applications and files.

local mbim = require "mbim.command"
local types = require "mbim.types"

local u8, u16, u32, enum, struct = mbim.u8, mbim.u16, mbim.u32, mbim.enum, mbim.struct
local refs, rest, secret, sized_data = mbim.refs, mbim.rest, mbim.secret, mbim.sized_data
local count, data, text = mbim.count, mbim.data, mbim.text

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

-- ---- applications and files ----

command("application_list", 7, "UICC Application List", function() return {
  query = {},
  response = {
    u32 "version",
    count "application_count",
    u32 "active_index",
    u32 "size",
    refs(struct {
      enum(u32, { unknown = 0, mf = 1, sim = 2, ruim = 3, usim = 4, csim = 5, isim = 6 }) "type",
      data "aid",
      data "label", -- UTF-8
      u32 "pin_reference_count",
      data "pin_references",
    }, "application_count") "applications",
  },
} end)

-- `file_path` is of file ids, from the application on.
local function file() return u32 "version", data "aid", data "file_path" end

command("file_status", 8, "UICC File Status", function() return {
  query = { file() },
  response = {
    u32 "version", u32 "sw1", u32 "sw2",
    enum(u32, { unknown = 0, ["not-shareable"] = 1, shareable = 2 }) "accessibility",
    enum(u32, { unknown = 0, ["working-ef"] = 1, ["internal-ef"] = 2, ["df-or-adf"] = 3 }) "type",
    enum(u32, { unknown = 0, transparent = 1, cyclic = 2, linear = 3, ["ber-tlv"] = 4 }) "structure",
    u32 "item_count", u32 "item_size",
    types.pin_type "access_read", types.pin_type "access_update", types.pin_type "access_activate",
    types.pin_type "access_deactivate",
  },
} end)

-- What a file has in it may be a person's.
local function contents() return u32 "version", u32 "sw1", u32 "sw2", secret(data) "data" end

local function query(...)
  local fields = { file() }
  for _, field in ipairs { ... } do fields[#fields + 1] = field end
  fields[#fields + 1], fields[#fields + 2] = secret(text) "local_pin", secret(data) "data"
  return fields
end

command("read_binary", 9, "UICC Read Binary", function() return {
  query = query(u32 "read_offset", u32 "read_size"),
  response = { contents() },
} end)

command("read_record", 10, "UICC Read Record", function() return {
  query = query(u32 "record_number"),
  response = { contents() },
} end)

return uicc
