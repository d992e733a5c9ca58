-- SPDX-License-Identifier: MIT
-- ZTE, and Gosuncn, which has its modules today: modems, and sticks that are routers.
--
-- Sources: usb_modeswitch's data, by which a MF668, MF70, MF730 or MF823 becomes 19d2:1405; what users of a MF79U and
-- MF910 write of their pages, which have other modes for debugging alone; the kernel's option.c, for the ME3630 in its
-- modes RNDIS and ECM.

local maker = require "maker"

return maker {
  name = "zte",
  brands = { "zte", "gosuncn" },

  usb = { ["19d2"] = {
    { "1405", router = { page = "192.168.0.1" } },
    { "0601 1476", ports = {} }, -- its ports are asked
  } },

  at = { urcs = "+ZDONR +ZPASR +ZUSIMR +ZCONSTAT +ZURDY +ZSTR +ZEND +ZPSTM" },

  data = "makers.zte.data",
}
