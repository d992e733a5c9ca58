-- SPDX-License-Identifier: MIT
-- Commands of mbim-proxy's clients to mbim-proxy; they never reach a modem.

local mbim = require "mbim.command"
local u16, u32, text = mbim.u16, mbim.u32, mbim.text

return {
  -- Which modem is meant. The proxy opens it, if it has not yet.
  configuration = mbim.command {
    service = "proxy-control", cid = 1, name = "Proxy Control Configuration",
    set = { text "device", u32 "timeout" }, -- seconds
    response = {},
  },
  -- The MBIMEx version that another program has agreed on with the modem: sent before the answer to the configuration.
  version = mbim.command {
    service = "proxy-control", cid = 2, name = "Proxy Control Version",
    indication = { u16 "mbim", u16 "mbimex" }, -- in BCD: 0x0100 is 1.0
  },
}
