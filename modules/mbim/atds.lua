-- SPDX-License-Identifier: MIT
-- AT&T's device service, which its modems had before Microsoft's extensions: signal and cell.
--
-- Source: libmbim's table of this service (1.34). Signal's numbers are those of AT+CESQ (3GPP TS 27.007, 8.69).

local mbim = require "mbim.command"

local u32 = mbim.u32

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

return atds
