-- SPDX-License-Identifier: MIT
-- ZTE: sticks that are routers.
--
-- Sources: usb_modeswitch's data, by which a MF668, MF70, MF730 or MF823 becomes 19d2:1405; what users of a MF79U and
-- MF910 write of their pages, which have other modes for debugging alone.

local maker = require "maker"

return maker {
  name = "zte",
  brands = {}, -- of its modems, nothing is known here that the standards do not say

  usb = { ["19d2"] = { { "1405", router = { page = "192.168.0.1" } } } },
}
