-- SPDX-License-Identifier: MIT
-- The personality of a Compal RXM-G1.

local laptop = require "simulator.models.laptop"
local personality = require "simulator.models.personality"

return personality.join(laptop, {
  name = "rxm_g1",
  at_tunnel = { module = "makers.compal.mbim" },

  usb = personality.join(laptop.usb, {
    vendor = 0x05c6, product = 0x90d5, boot_product = 0x90d5, release = 0x0100,
    manufacturer = "Compal", model = "RXM-G1",
  }),

  imei = "868371050000047",
  firmware = "RXMG1.R1.8",
  hardware = "RXM-G1",
  sku = "RXM-G1",
})
