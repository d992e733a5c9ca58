-- SPDX-License-Identifier: MIT
-- Microsoft's SAR service: how far the modem lowers its power beside a person's body.

local mbim = require "mbim.command"

local u32, enum, struct, refs = mbim.u32, mbim.enum, mbim.struct, mbim.refs

---@class mbim.ms_sar
local sar, command = mbim.commands "ms-sar"

local function mode() return enum(u32, { device = 0, os = 1 }) "mode" end
local function backoff() return enum(u32, { disabled = 0, enabled = 1 }) "backoff" end
local function states() return refs(struct { u32 "antenna", u32 "backoff_index" }) "states" end

command("config", 1, "SAR Config", function() return {
  query = {},
  set = { mode(), backoff(), states() },
  response = {
    mode(), backoff(),
    u32 "wifi_integration", -- tables of it contradict each other
    states(),
  },
} end)

local function notification() return enum(u32, { disabled = 0, enabled = 1 }) "notification" end

-- Told when the state has lasted for the hysteresis, seconds.
command("transmission_status", 2, "SAR Transmission Status", function() return {
  query = {},
  set = { notification(), u32 "hysteresis" },
  response = {
    notification(),
    enum(u32, { inactive = 0, active = 1 }) "transmission",
    u32 "hysteresis",
  },
  indication = true,
} end)

return sar
