-- SPDX-License-Identifier: MIT
-- The personality of a Quectel RM502Q-AE: 5G beside LTE and alone; over QMI, bare IP packets and no Ethernet frames.
--
-- Sources: option and qmi_wwan in the kernel (2c7c:0800; interface 4 wants DTR, and raw IP); Quectel's AT manual of
-- RG50xQ and RM5xxQ; answers of its kin in 4IceG/luci-app-3ginfo-lite#56 and #57 (RG500Q-EA: NSA as a second line of
-- AT+QENG, AT+QUIMSLOT, SA without RSSI).

local ec25 = require "simulator.models.ec25"
local personality = require "simulator.models.personality"
local rm520n = require "simulator.models.rm520n"

return personality.join(rm520n, {
  name = "rm502q",

  usb = personality.join(ec25.usb, { product = 0x0800, release = 0x0414, model = "RM502Q-AE", serial = "40968bce" }),

  imei = "863305040000017",
  firmware = "RM502QAEAAR11A02M4G",
  hardware = "RM502Q-AE",
  sku = "RM502QAEAA-M20-SGASA",
  image = { pri = "", carrier = "", version = "RM502QAEAAR11A02M4G" },
  mbimex = false,
  raw_ip_only = true,
  aggregations = { "qmap", "qmapv4" },

  lte_bands = {
    1, 2, 3, 4, 5, 7, 8, 12, 13, 14, 17, 18, 19, 20, 25, 26, 28, 29, 30, 32, 34, 38, 39, 40, 41, 42, 46, 48, 66, 71,
  },
  nr_bands = { 1, 2, 3, 5, 7, 8, 12, 20, 25, 28, 38, 40, 41, 48, 66, 71, 77, 78, 79 },
  uplink_speed = 900000000,
  downlink_speed = 4200000000,
})
