-- SPDX-License-Identifier: MIT
-- The personality of a Fibocom L860-GL, which is of Intel's XMM 7560: so there is no QMI inside its MBIM.

local l850 = require "simulator.models.l850"
local laptop = require "simulator.models.laptop"
local personality = require "simulator.models.personality"

return personality.join(laptop, {
  name = "l860",
  at = "fibocom", chips = "intel",
  at_tunnel = { module = "makers.intel.mbim" },

  usb = personality.join(laptop.usb, {
    vendor = 0x2cb7, product = 0x0007, boot_product = 0x0007, release = 0x0100,
    manufacturer = "Fibocom Wireless Inc.", model = "L860-GL",
    numbers = l850.usb.numbers, -- a user has both: 4IceG/luci-app-modemband#2
  }),

  lacks = l850.lacks,
  alters = l850.alters,

  imei = "868371050000039",
  firmware = "18601.5001.00.01.23.06",
  hardware = "L860-GL",
  sku = "L860-GL",
})
