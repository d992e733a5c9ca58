-- SPDX-License-Identifier: MIT
-- What mbim-proxy's clients say to it, and what no modem ever hears.

local mbim = require "mbim.command"
local u16, u32, text = mbim.u16, mbim.u32, mbim.text

return {
  -- Which modem is meant. The proxy opens it, if it has not yet.
  configuration = mbim.command {
    service = "proxy-control", cid = 1, name = "Proxy Control Configuration",
    set = { text "device", u32 "timeout" }, -- seconds
    response = {},
  },
  -- Which MBIMEx version another program has agreed on with the modem: told before the configuration is answered.
  version = mbim.command {
    service = "proxy-control", cid = 2, name = "Proxy Control Version",
    indication = { u16 "mbim", u16 "mbimex" }, -- in BCD: 0x0100 is 1.0
  },
}
