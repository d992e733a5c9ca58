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

  mbim_services = {
    ["intel-firmware-update"]       = "0ed374cb-f835-4474-bc11-3b3fd76f5641",
    ["intel-tools"]                 = "4ada4962-b988-46c3-87a7-97f20f994abb",
  },
  messages = { mbim = "makers.intel.mbim" },
  at_tunnel = { "makers.intel.mbim" },
  data = "makers.intel.data",
}
