-- SPDX-License-Identifier: MIT
-- The personality of a Telit LE910C4-EU: other numbers of #USBCFG than the LN920's, and a name on USB that is not its
-- maker's.

local ln920 = require "simulator.models.ln920"
local personality = require "simulator.models.personality"

return personality.join(ln920, {
  name = "le910c4",

  usb = {
    vendor = 0x1bc7, product = 0x1201, boot_product = 0x9010, release = 0x0318,
    products = { qmi = 0x1201, rndis = 0x1203, mbim = 0x1204, ecm = 0x1206 },
    manufacturer = "Android",
    model = "LE910C4-EU",
    serial = "0123456789ABCDEF",
    usual_type = 1,
    types = { { name = "Telit" } },
    numbers = { [0] = "qmi", [1] = "rndis", [2] = "mbim", [4] = "ecm" }, -- of #USBCFG
    offered = { "diag", "nmea", "modem", "rmnet0", "mbim" },
  },

  imei = "353080091000013",
  firmware = "M0F.603003",
  hardware = "LE910C4-EU",
  sku = "LE910C4-EU",
  image = { pri = "", carrier = "", version = "M0F.603003" },
  data_classes = { "gprs", "edge", "umts", "hsdpa", "hsupa", "lte" },
  modes = { "gsm", "umts", "lte" },
  ws46 = { "12", "22", "25", "28", "29", "30", "31" },

  -- It has no band 25, so Sprint serves it in another one.
  cell = {
    id = 0x0a3b2c21, tac = 0x2f01, pci = 301, band = 26, earfcn = 8763, bandwidth = 5,
    rsrp = -98, rsrq = -10, snr = 124,
    neighbour = { pci = 87, rsrp = -106, rsrq = -14 },
    secondary = { pci = 301, band = 26, earfcn = 8763, bandwidth = 5 },
  },
  lte_bands = { 1, 3, 7, 8, 20, 26, 28 },
  umts_bands = { "wcdma-2100", "wcdma-dcs-1800", "wcdma-900" },
  uplink_speed = 50000000,
  downlink_speed = 150000000,
})
