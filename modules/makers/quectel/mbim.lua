-- SPDX-License-Identifier: MIT
-- What Quectel added to MBIM.

local mbim = require "mbim"

local enum, rest, secret, u16, u32 = mbim.enum, mbim.rest, mbim.secret, mbim.u16, mbim.u32

mbim.service { name = "quectel", uuid = "11223344-5566-7788-99aa-bbccddeeff11" }

---@class makers.quectel.mbim
local quectel = {}

-- Laptops have modems whose radio stays off until this switch is turned on, after each start.
local switch = enum(u32, { off = 0, on = 1 }) "state"

quectel.radio_state = mbim.command {
  service = "quectel", cid = 1, name = "Quectel Radio State",
  query = {},
  set = { switch },
  response = { switch },
}

-- In a service that updates firmware, which others have without this command. Source: libmbim's table of it (1.32).
quectel.at_command = mbim.command {
  service = "qdu", cid = 8, name = "Quectel Command",
  set = { enum(u32, { at = 0, system = 1 }) "kind", secret(rest) "bytes" },
  response = { enum(u32, { ok = 0, fail = 1 }) "status", secret(rest) "bytes" },
  indication = true,
}

quectel.reboot = mbim.command {
  service = "qdu", cid = 4, name = "Quectel Reboot",
  set = { enum(u16, { ["emergency-download"] = 17 }) "kind" },
  response = {},
}

quectel.read_version = mbim.command {
  service = "qdu", cid = 7, name = "Quectel Read Version",
  set = { enum(u16, { ["firmware-build"] = 256 }) "kind" },
  response = { u32 "kind", mbim.text "version" },
}

return quectel
