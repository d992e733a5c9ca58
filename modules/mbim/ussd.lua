-- SPDX-License-Identifier: MIT
-- The USSD service of MBIM 1.0: a dialogue with the network, such as the balance of a prepaid card.

local mbim = require "mbim.command"

local u32, data, enum, secret = mbim.u32, mbim.data, mbim.enum, mbim.secret

---@class mbim.ussd
local ussd, command = mbim.commands "ussd"

command("ussd", 1, "USSD", function() return {
  set = {
    enum(u32, { initiate = 0, continue = 1, cancel = 2 }) "action",
    u32 "scheme", -- of 3GPP TS 23.038, 5
    secret(data) "payload",
  },
  response = {
    enum(u32, {
      ["no-action-required"] = 0, ["action-required"] = 1, ["terminated"] = 2, ["other-local-client"] = 3,
      ["operation-not-supported"] = 4, ["network-timeout"] = 5,
    }) "response",
    enum(u32, { new = 0, existing = 1 }) "session_state",
    u32 "scheme",
    secret(data) "payload",
  },
  indication = true,
} end)

return ussd
