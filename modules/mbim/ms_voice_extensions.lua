-- SPDX-License-Identifier: MIT
-- Microsoft's voice extensions, of which modems without voice have the network's time: NITZ, of 3GPP TS 22.042.

local mbim = require "mbim.command"
local types = require "mbim.types"

local u32, i32 = mbim.u32, mbim.i32

---@class mbim.ms_voice_extensions
local voice, command = mbim.commands "ms-voice-extensions"

-- Universal time. An offset of 0xffffffff is not known.
command("nitz", 10, "NITZ", function() return {
  query = {},
  response = {
    u32 "year", u32 "month", u32 "day", u32 "hour", u32 "minute", u32 "second",
    i32 "time_zone_minutes",
    i32 "daylight_saving_minutes",
    types.data_class "data_class",
  },
  indication = true,
} end)

return voice
