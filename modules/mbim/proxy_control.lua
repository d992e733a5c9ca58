-- SPDX-License-Identifier: MIT
-- What mbim-proxy's clients say to it, and what no modem ever hears.

local mbim = require "mbim"
local u32, text = mbim.u32, mbim.text

return {
  -- Which modem is meant. The proxy opens it, if nobody has before.
  configuration = mbim.command {
    service = "proxy-control", cid = 1, name = "Proxy Control Configuration",
    set = { text "device", u32 "timeout" }, -- seconds
    response = {},
  },
}
