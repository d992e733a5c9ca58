-- SPDX-License-Identifier: MIT
-- ASR Microelectronics: the boot loader of its chips, in modems of other makers.
--
-- Source: QuecPython's table of download ports (EC600S), and what users of an EC600N write of AT+QDOWNLOAD.

local maker = require "maker"

return maker {
  name = "asrmicro",
  brands = {}, -- a module is its maker's

  usb = { ["2ecc"] = { { "3004 3017", download = true } } },
}
