-- SPDX-License-Identifier: MIT
-- MeiG Smart.
--
-- Source: the kernel's option.c, for the vendor id.

local maker = require "maker"

return maker {
  name = "meig",

  usb = { ["2dee"] = { only_modems = true } },

  data = "makers.meig.data",
}
