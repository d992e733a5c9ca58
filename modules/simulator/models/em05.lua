-- SPDX-License-Identifier: MIT
-- The personality of a Quectel EM05-G, whose answers begin with what was asked.

local laptop = require "simulator.models.laptop"
local personality = require "simulator.models.personality"

return personality.join(laptop, {
  name = "em05",
  at = "quectel",
  at_tunnel = { module = "makers.quectel.mbim", echo = true },

  usb = personality.join(laptop.usb, {
    vendor = 0x2c7c, product = 0x030a, boot_product = 0x030a, release = 0x0100,
    manufacturer = "Quectel", model = "EM05-G",
  }),

  imei = "868371050000054",
  firmware = "EM05GFAR07A07M1G",
  hardware = "EM05-G",
  sku = "EM05-G",
})
