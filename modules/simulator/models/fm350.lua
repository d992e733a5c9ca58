-- SPDX-License-Identifier: MIT
-- The personality of a Fibocom FM350-GL, as in laptops: MediaTek's T700 on PCIe, MBIM (MBIMEx 3.0) and AT as wwan
-- ports. It comes with a lock of its radio, where the laptop's maker has set one (the fault fcc-lock).
--
-- Sources: the kernel's driver t7xx for ids and ports; bench logs of FM350-GL for what it calls itself, and for its
-- firmware; ModemManager, which knows that it has no packet statistics.

local laptop = require "simulator.models.laptop"
local personality = require "simulator.models.personality"
local rm520n = require "simulator.models.rm520n"

return personality.join(laptop, {
  name = "fm350",
  at = "fibocom", chips = "mediatek",
  at_tunnel = false,
  protocol = "mbim",
  mbimex = 0x0300,
  lacks = { mbim = { "ext-qmux", "basic-connect 20" } },

  pcie = {
    vendor = 0x14c3, product = 0x4d75, driver = "mtk_t7xx",
    types = { mbim = "MBIM", modem = "AT" }, nets = { mbim = "wwan%d" },
  },
  usb = personality.join(laptop.usb, { manufacturer = "Fibocom Wireless Inc.", model = "FM350-GL" }),
  interfaces = { mbim = { interface = 0 }, modem = { interface = 1, always = true } },

  imei = "863701040000018",
  firmware = "81600.0000.00.29.23.06",
  package = "81600.0000.00.29.23.06_5001.0000.030.000.026_B77",
  hardware = "FM350-GL",
  sku = "FM350-GL",
  more_slots = { {} }, -- which is empty
  data_classes = rm520n.data_classes,
  modes = rm520n.modes,
  lte_bands = {
    1, 2, 3, 4, 5, 7, 8, 12, 13, 14, 17, 18, 19, 20, 25, 26, 28, 29, 30, 32, 34, 38, 39, 40, 41, 42, 43, 46, 48, 66, 71,
  },
  nr_bands = { 1, 2, 3, 5, 7, 8, 20, 25, 28, 30, 38, 40, 41, 48, 66, 71, 77, 78, 79 },
  uplink_speed = 1250000000,
  downlink_speed = 4670000000,
})
