-- SPDX-License-Identifier: MIT
-- The personality of a Sierra Wireless EM7565: a family later than the MC7455, with other numbers for the same things.

local personality = require "simulator.models.personality"
local sierra = require "simulator.models.sierra"
local sprint = require "simulator.models.sprint"

local ALL_GW, ALL_LTE, MORE_LTE = 0x100600000fc00000, 0x00000100ba0e19df, 0x0000000000000002

return personality.join(sprint, sierra, {
  name = "em7565",

  usb = {
    vendor = 0x1199, product = 0x9091, boot_product = 0x9090, release = 0x0006,
    manufacturer = "Sierra Wireless, Incorporated",
    model = "EM7565",
    serial = "2af40a0a",
    -- A type that has ids gives them to the modem.
    usual_type = 3,
    types = {
      { name = "MBIM USBIF", product = 0x90b1, boot_product = 0x90b0 },
      { name = "PCIE USBIF", product = 0x90c3, boot_product = 0x90c2 },
      { name = "Legacy-Generic", product = 0x9091, boot_product = 0x9090 },
      { name = "RNDIS" },
    },
    offered = { "diag", "nmea", "modem", "rmnet0", "rmnet1", "mbim" },
  },

  imei = "353533100000018",
  firmware = "SWI9X50C_01.09.04.00",
  firmware_build = "ccd14c jenkins 2019/04/17 22:02:21",
  hardware = "EM7565",
  hardware_revision = "1.0",
  sku = "1103520",
  image = {
    pri = "002.019_000", carrier = "SPRINT", carriers = { "GENERIC", "SPRINT", "VERIZON" }, version = "01.09.04.00",
  },
  pri = { part = "9907344", revision = "002.001", customer = "Generic-M2M", carriers = {
    "9999999_9907258_SWI9X50C_01.07.02.00_00_ATT_002.008_004",
    "9999999_9907259_SWI9X50C_01.09.04.00_00_SPRINT_002.019_000",
  } },
  data_classes = { "umts", "hsdpa", "hsupa", "lte" },
  modes = { "umts", "lte" },

  -- It has no band 25, so Sprint serves it in another one.
  cell = {
    id = 0x0a3b2c05, tac = 0x2f01, pci = 187, band = 26, earfcn = 8763, bandwidth = 5,
    rsrp = -98, rsrq = -10, snr = 124,
    neighbour = { id = 0x0a3b2d05, pci = 87, rsrp = -106, rsrq = -14 },
    secondary = { pci = 301, band = 41, earfcn = 40072, bandwidth = 20 },
  },
  lte_bands = { 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 18, 19, 20, 26, 28, 29, 30, 32, 41, 66 },
  umts_bands = {
    "wcdma-2100", "wcdma-pcs-1900", "wcdma-dcs-1800", "wcdma-1700-us", "wcdma-850-us", "wcdma-800", "wcdma-900",
    "wcdma-1700-japan", "wcdma-850-japan",
  },
  band_columns = { "GW", "L1", "L2", "TDS", "L3", "L4" },
  band_presets = {
    [0x00] = { name = "All bands", GW = ALL_GW, L1 = ALL_LTE, L2 = MORE_LTE },
    [0x01] = { name = "Europe 3G", GW = 0x0002000000400000 },
    [0x02] = { name = "North America 3G", GW = 0x0000000004800000 },
    [0x06] = { name = "Europe", GW = 0x0002000000400000, L1 = 0x00000000000801c5 },
    [0x07] = { name = "North America", GW = 0x0000000004800000, L1 = 0x000001000200185a, L2 = MORE_LTE },
    [0x08] = { name = "WCDMA ALL", GW = ALL_GW },
    [0x09] = { name = "LTE ALL", L1 = ALL_LTE, L2 = MORE_LTE },
  },
  uplink_speed = 150000000,
  downlink_speed = 600000000,
})
