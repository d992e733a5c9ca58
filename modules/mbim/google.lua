-- SPDX-License-Identifier: MIT
-- The device service of Chromebooks: whether the modem is locked to an operator. Source: libmbim's table of it (1.30).

local mbim = require "mbim.command"

local u32, enum = mbim.u32, mbim.enum

---@class mbim.google
local google, command = mbim.commands "google"

command("carrier_lock", 1, "Carrier Lock", function() return {
  query = {},
  set = { mbim.secret(mbim.rest) "data" }, -- its length, and what the lock's server has signed
  response = {
    enum(u32, { ["not-applied"] = 0, ["applied"] = 1 }) "lock",
    enum(u32, { ["deregistered"] = 0, ["deregistering"] = 1, ["registering"] = 2, ["registered"] = 3 }) "state",
    enum(u32, { ["not-applicable"] = 0, ["mismatch"] = 1, ["match"] = 2 }) "cause",
  },
  indication = true,
} end)

return google
