-- SPDX-License-Identifier: MIT
-- Alcatel, whose devices TCL makes: sticks that are routers.
--
-- Source: usb_modeswitch's data: an L100V, L800 or Yota W8 becomes 1bbb:0195, with RNDIS alone.

local maker = require "maker"

return maker {
  name = "alcatel",
  brands = {}, -- of its modems, nothing is known here that the standards do not say

  usb = { ["1bbb"] = { { "0195", router = {} } } },
}
