-- SPDX-License-Identifier: MIT
-- The SIM toolkit service of MBIM 1.0: proactive commands of the card, what the host answers them, and envelopes. The
-- bytes are BER-TLVs of ETSI TS 102 223.

local mbim = require "mbim.command"

local u32, data, enum, rest, secret = mbim.u32, mbim.data, mbim.enum, mbim.rest, mbim.secret

---@class mbim.stk
local stk, command = mbim.commands "stk"

-- A proactive command's number is the place of its bit, or of its byte.
command("pac", 1, "STK PAC", function() return {
  query = {},
  set = { mbim.bytes(32) "host_control" },
  response = { mbim.bytes(256) "support" },
  indication = {
    enum(u32, { ["proactive-command"] = 0, ["notification"] = 1 }) "type",
    secret(rest) "command", -- it may show a text to a person
  },
} end)

command("terminal_response", 2, "STK Terminal Response", function() return {
  set = {
    u32 "length",
    secret(rest) "bytes", -- it may hold what a person has typed
  },
  response = {
    secret(data) "result",
    u32 "status_words",
  },
} end)

command("envelope", 3, "STK Envelope", function() return {
  query = {},
  set = { secret(rest) "bytes" },
  response = { mbim.bytes(32) "support" },
} end)

return stk
