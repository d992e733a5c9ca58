-- SPDX-License-Identifier: MIT
-- The personality of a Sierra Wireless EM9191: a modem with 5G whose firmware speaks MBIMEx 2.0.
--
-- Source of its interfaces: what those who added it to the kernel's driver option have of usb-devices. There is no NMEA
-- among them, and where QMI would be is not known.

local em7565 = require "simulator.models.em7565"
local personality = require "simulator.models.personality"
local sprint = require "simulator.models.sprint"

return personality.join(em7565, {
  name = "em9191",

  usb = personality.join(em7565.usb, {
    product = 0x90d3, boot_product = 0x90d2, model = "EM9191", serial = "3bf60b0b",
    usual_type = 1, types = { { name = "Generic" } },
    offered = { "diag", "modem", "rmnet0", "mbim" },
  }),
  interfaces = {
    mbim  = { interface = 0 },
    modem = { interface = 3, subclass = 0x00, interrupt = 5, input = 4, output = 3 },
    diag  = { interface = 4, subclass = 0xff, protocol = 0x30, input = 1, output = 1 },
    qmi   = { interface = 8 },
  },

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
