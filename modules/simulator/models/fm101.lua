-- SPDX-License-Identifier: MIT
-- The personality of a Fibocom FM101-GL.

local laptop = require "simulator.models.laptop"
local personality = require "simulator.models.personality"

return personality.join(laptop, {
  name = "fm101",
  at = "fibocom",
  at_tunnel = { module = "makers.fibocom.mbim" },

  usb = personality.join(laptop.usb, {
    vendor = 0x2cb7, product = 0x01a3, boot_product = 0x01a3, release = 0x0100,
    manufacturer = "Fibocom Wireless Inc.", model = "Fibocom FM101-GL Module",
  }),

  imei = "868371050000021",
  firmware = "19500.0000.00.01.01.80",
  hardware = "FM101-GL",
  sku = "FM101-GL",
})
