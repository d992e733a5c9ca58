-- SPDX-License-Identifier: MIT
-- Unisoc, once Spreadtrum: the boot ROM of its chips, in modems of other makers.
--
-- Source: the programs that write firmware to it (spd_dump and its kin), which look for these ids.

local maker = require "maker"

return maker {
  name = "unisoc",
  brands = {}, -- a module is its maker's

  usb = { ["1782"] = { { "4d00", download = true } } },
}
