-- SPDX-License-Identifier: MIT
-- The personality of a Telit LN920A12: each of its USB compositions has a product id of its own.

return require("simulator.models.personality").join(require "simulator.models.sprint", {
  name = "ln920",
  at = "telit",

  usb = {
    vendor = 0x1bc7, product = 0x1060, boot_product = 0x9010, release = 0x0414,
    products = { qmi = 0x1060, mbim = 0x1061, rndis = 0x1062, ecm = 0x1063 },
    manufacturer = "Telit Wireless Solutions",
    model = "LN920",
    serial = "8d0b1f7b",
    usual_type = 1,
    types = { { name = "Telit" } },
    numbers = { [0] = "rndis", "qmi", "mbim", "ecm" }, -- of #USBCFG
    offered = { "diag", "nmea", "modem", "rmnet0", "mbim" },
  },
  -- "ppp" is its second port for commands.
  interfaces = {
    diag  = { interface = 0, numbers = { rndis = 2 }, subclass = 0xff, protocol = 0x30, input = 1, output = 1 },
    qmi   = { interface = 2 },
    mbim  = { interface = 2 },
    ecm   = { interface = 2, notification = 7, input = 6, output = 4, mac = "0250F3000001" },
    rndis = { interface = 0, notification = 7, input = 6, output = 4, mac = "0250F3000001" },
    nmea  = { interface = 3, subclass = 0x00, behind_data = true, interrupt = 3, input = 2, output = 2 },
    modem = { interface = 4, subclass = 0x00, behind_data = true, interrupt = 5, input = 4, output = 3 },
    ppp   = { interface = 5, subclass = 0x00, behind_data = true, interrupt = 9, input = 8, output = 5, always = true },
  },

  max_sessions = 8,
  max_control = 4096,
  latency = 0.005,
  search_time = 0.2,
  boot_time = 1,
  factory = { protocol = "qmi", apn = "broadband", pdp_type = "ipv4" },

  imei = "353080090000014",
  firmware = "M0H.010203",
  hardware = "LN920A12-WW",
  sku = "LN920A12-WW",
  image = { pri = "", carrier = "", version = "M0H.010203" },
  data_classes = { "umts", "hsdpa", "hsupa", "lte" },
  modes = { "umts", "lte" },
  ws46 = { "22", "28", "31" },

  lte_bands = { 1, 2, 3, 4, 5, 7, 8, 12, 13, 14, 17, 18, 19, 20, 25, 26, 28, 29, 30, 38, 39, 40, 41, 66, 71 },
  umts_bands = {
    "wcdma-2100", "wcdma-pcs-1900", "wcdma-1700-us", "wcdma-850-us", "wcdma-900",
  },
  uplink_speed = 150000000,
  downlink_speed = 600000000,
})
