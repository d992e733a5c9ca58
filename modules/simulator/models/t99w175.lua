-- SPDX-License-Identifier: MIT
-- The personality of a Foxconn T99W175, Dell's DW5930e, with Qualcomm's X55, on PCIe: MBIM, AT and diagnostics as wwan
-- ports, two SIM slots. It comes with a lock of its radio, where the laptop's maker has set one (the fault fcc-lock):
-- Foxconn's message undoes it, the usual one does not.
--
-- Sources: the kernel's mhi_pci_generic for ids and channels (105b:e0ab; MBIM, DUN, no QMI); 4IceG/luci-app-3ginfo-lite
-- #55 for the ports that there are; users' notes for what ATI, AT^DEBUG and AT^SWITCH_SLOT answer; ModemManager's
-- program 105b for the lock.

local laptop = require "simulator.models.laptop"
local personality = require "simulator.models.personality"
local rm520n = require "simulator.models.rm520n"
local sprint = require "simulator.models.sprint"

return personality.join(laptop, {
  name = "t99w175",
  at = "foxconn",
  at_tunnel = false,
  mbimex = 0x0200,
  lacks = { qmi = { "dms 0x555f invalid-qmi-command", "pdc" } },
  configurations = false,

  pcie = {
    vendor = 0x105b, product = 0xe0ab, driver = "mhi-pci-generic",
    types = { mbim = "MBIM", modem = "AT" }, nets = { mbim = "wwan%d" },
  },
  usb = personality.join(laptop.usb, { manufacturer = "Foxconn", model = "T99W175" }),
  interfaces = { mbim = { interface = 0 }, modem = { interface = 1, always = true } },

  imei = "015768000000017",
  firmware = "T99W175.F0.1.0.0.9.DF.015",
  hardware = "T99W175",
  sku = "T99W175",
  more_slots = { {} }, -- which is empty
  data_classes = rm520n.data_classes,
  modes = rm520n.modes,
  cell = sprint.cell,
  lte_bands = {
    1, 2, 3, 4, 5, 7, 8, 12, 13, 14, 17, 18, 19, 20, 25, 26, 28, 29, 30, 32, 34, 38, 39, 40, 41, 42, 43, 46, 48, 66, 71,
  },
  nr_bands = { 1, 2, 3, 5, 7, 8, 12, 20, 25, 28, 38, 40, 41, 48, 66, 71, 77, 78, 79 },
  uplink_speed = 900000000,
  downlink_speed = 4100000000,
})
