-- SPDX-License-Identifier: MIT
-- What Quectel added to MBIM.

local mbim = require "mbim"

local enum, u32 = mbim.enum, mbim.u32

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

return quectel
