-- SPDX-License-Identifier: MIT
-- Intel: the XMM chips, in modules of others, whose own words are in their makers' files.
--
-- Source of ids: the kernel's driver usb-serial-simple (flashloader); 058b is Infineon's, who made them first.

local maker = require "maker"

return maker {
  name = "intel",
  brands = {}, -- a module is its maker's

  usb = {
    ["8087"] = { { "0716 0801", download = true } },
    ["058b"] = { { "0041", download = true } },
  },

  messages = { mbim = "makers.intel.mbim" },
  at_tunnel = { "makers.intel.mbim" },
  data = "makers.intel.data",
}
