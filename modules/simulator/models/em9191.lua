-- SPDX-License-Identifier: MIT
-- The personality of a Sierra Wireless EM9191: a modem with 5G whose firmware speaks MBIMEx 2.0.

local em7565 = require "simulator.models.em7565"
local personality = require "simulator.models.personality"
local sprint = require "simulator.models.sprint"

return personality.join(em7565, {
  name = "em9191",

  usb = personality.join(em7565.usb, {
    product = 0x90d3, boot_product = 0x90d2, model = "EM9191", serial = "3bf60b0b",
  }),

  imei = "353533110000016",
  firmware = "SWIX55C_03.09.11.00",
  hardware = "EM9191",
  sku = "1104520",
  mbimex = 0x0200,
  more_slots = { {} }, -- which is empty
  data_classes = { "umts", "hsdpa", "hsupa", "lte", "5g-nsa", "5g-sa" },
  modes = { "umts", "lte", "5gnr" },

  cell = sprint.cell,
  lte_bands = { 1, 2, 3, 4, 5, 7, 8, 12, 13, 14, 17, 18, 19, 20, 25, 26, 28, 29, 30, 32, 38, 39, 40, 41, 42, 66, 71 },
  nr_bands = { 1, 2, 3, 5, 28, 41, 66, 71, 77, 78, 79 },
  uplink_speed = 900000000,
  downlink_speed = 4000000000,
})
