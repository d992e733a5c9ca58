-- SPDX-License-Identifier: MIT
-- AT&T's device service, which its modems had before Microsoft's extensions: signal and cell.
--
-- Source: libmbim's table of this service (1.34). Signal's numbers are those of AT+CESQ (3GPP TS 27.007, 8.69).

local basic = require "mbim.basic_connect"
local mbim = require "mbim.command"
local types = require "mbim.types"

local u32, enum, struct, refs = mbim.u32, mbim.enum, mbim.struct, mbim.refs

---@class mbim.atds
local atds, command = mbim.commands "atds"

command("signal", 1, "ATDS Signal", function() return {
  query = {},
  response = {
    u32 "rssi", u32 "error_rate", u32 "rscp", u32 "ecno", u32 "rsrq", u32 "rsrp", u32 "rssnr",
  },
} end)

command("location", 2, "ATDS Location", function() return {
  query = {},
  response = { u32 "lac", u32 "tac", u32 "cell_id" },
} end)

command("operators", 3, "ATDS Operators", function()
  local id, state, name = table.unpack(types.provider)
  return {
    query = {},
    response = {
      refs(struct {
        id, state, name,
        enum(u32, { gsm = 0, utran = 6, lte = 7 }) "technology", -- as in AT+COPS
        u32 "rssi",
        u32 "error_rate",
      }) "operators",
    },
  }
end)

local mode = enum(u32, { ["automatic"] = 0, ["2g-only"] = 1, ["3g-only"] = 2, ["4g-only"] = 3 }) "mode"

command("rat", 4, "ATDS RAT", function() return {
  query = {},
  set = { mode },
  response = { mode },
} end)

-- Basic Connect's, as MBIM 1.0 has it.
command("register_state", 9, "ATDS Register State", function() return {
  query = {},
  response = basic.register_state.declaration.response,
} end)

return atds
