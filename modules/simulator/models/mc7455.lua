-- SPDX-License-Identifier: MIT
-- The personality of a Sierra Wireless MC7455 on Sprint's network: what it calls itself, knows and is given.

local personality = require "simulator.models.personality"
local sierra = require "simulator.models.sierra"
local sprint = require "simulator.models.sprint"

local ALL_GW, ALL_LTE = 0x0002000007c00000, 0x00000100130818df

return personality.join(sprint, sierra, {
  name = "mc7455",

  usb = {
    vendor = 0x1199, product = 0x9071, boot_product = 0x9070, release = 0x0006,
    manufacturer = "Sierra Wireless, Incorporated",
    model = "Sierra Wireless MC7455 Qualcomm® Snapdragon™ X7 LTE-A",
    serial = "LQ54510003041005",
    -- Of AT!USBCOMP: what the second argument means, and which interfaces there are.
    usual_type = 1,
    types = {
      { name = "Generic" },
      { name = "USBIF-MBIM", products = { [0x68b1] = true, [0x9068] = true } },
      { name = "RNDIS", products = { [0x68b1] = true, [0x9068] = true } },
    },
    type_help = {
      "                        config type 2/3 should only be used for specific Sierra PIDs: 68B1, 9068",
      "                        customized VID/PID should use config type 1",
    },
    offered = { "diag", "nmea", "modem", "rmnet0", "rmnet1", "mbim" },
  },

  imei = "359072060000011",
  firmware = "SWI9X30C_02.24.05.06",
  firmware_build = "r7040 CARMD-EV-FRMWR2 2017/05/19 06:23:09",
  hardware = "MC7455",
  hardware_revision = "0.5",
  sku = "1102476",
  firmware_id = "4e967e0b-1f9c-4a0d-9f2d-5e1a5c8a9071",
  image = { pri = "002.026_000", carrier = "SPRINT", version = "02.24.05.06" },
  pri = { part = "9904609", revision = "002.026", customer = "Generic-M2M", carriers = {
    "9999999_9904609_SWI9X30C_02.24.05.06_00_SPRINT_002.026_000",
  } },
  data_classes = { "umts", "hsdpa", "hsupa", "lte" },
  modes = { "umts", "lte" },

  lte_bands = { 1, 2, 3, 4, 5, 7, 8, 12, 13, 20, 25, 26, 29, 41 },
  umts_bands = {
    "wcdma-2100", "wcdma-pcs-1900", "wcdma-dcs-1800", "wcdma-1700-us", "wcdma-850-us", "wcdma-900",
  },
  -- Of AT!BAND: its columns, and what is in them for each preset.
  band_columns = { "GW", "L1", "TDS" },
  band_presets = {
    [0x00] = { name = "All bands", GW = ALL_GW, L1 = ALL_LTE },
    [0x01] = { name = "Europe 3G", GW = 0x0002000000400000 },
    [0x02] = { name = "North America 3G", GW = 0x0000000004800000 },
    [0x06] = { name = "Europe", GW = 0x0002000000400000, L1 = 0x00000000000800c5 },
    [0x07] = { name = "North America", GW = 0x0000000004800000, L1 = 0x000000000300185a },
    [0x08] = { name = "WCDMA ALL", GW = ALL_GW },
    [0x09] = { name = "LTE ALL", L1 = ALL_LTE },
  },
  uplink_speed = 50000000,
  downlink_speed = 300000000,
})
