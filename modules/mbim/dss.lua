-- SPDX-License-Identifier: MIT
-- The device service stream of MBIM 1.0: a session for bytes of a service's own, such as positions.

local mbim = require "mbim.command"

local u32, uuid, enum = mbim.u32, mbim.uuid, mbim.enum

---@class mbim.dss
local dss, command = mbim.commands "dss"

command("connect", 1, "DSS Connect", function() return {
  set = {
    uuid "service",
    u32 "session",
    enum(u32, { deactivate = 0, activate = 1 }) "link_state",
  },
  response = {},
} end)

return dss
