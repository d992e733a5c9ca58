-- SPDX-License-Identifier: MIT
-- The personality of a SIMCom SIM8200EA-M2, of Qualcomm's X55: 5G alone and beside LTE; QMI, or MBIM, or a network
-- card by RNDIS, each under an id of its own.
--
-- Sources: the AT manual of SIM82xx (V1.01), Waveshare's guides for its boards, QModem. The numbers of its interfaces
-- are taken to be those of SIM7600, which the kernel's drivers have under the same id; its name on USB is not known.

local personality = require "simulator.models.personality"
local rm520n = require "simulator.models.rm520n"
local sim7600 = require "simulator.models.sim7600"

return personality.join(sim7600, {
  name = "sim8200",
  lacks = false,

  usb = personality.join(sim7600.usb, {
    products = { qmi = 0x9001, mbim = 0x9003, rndis = 0x9011, ecm = 0x9018 },
    numbers = { [9001] = "qmi", [9003] = "mbim", [9011] = "rndis", [9018] = "ecm" }, -- of +CUSBCFG
    release = 0x0414, manufacturer = "SIMCOM", model = "SDXPRAIRIE-MTP _SN:5C2F0001", serial = "5c2f0001",
    offered = { "diag", "nmea", "modem", "rmnet0", "mbim" },
  }),
  interfaces = personality.join(sim7600.interfaces, { mbim = { interface = 5, notification = 11 } }),

  imei = "863305040000010",
  firmware = "SIM8200_V1.3.8",
  package = "SIM8200EA-M2_B03V06",
  hardware = "SIMCOM_SIM8200EA-M2",
  sku = "SIM8200EA-M2",
  image = { pri = "", carrier = "", version = "SIM8200_V1.3.8" },
  more_slots = { {} }, -- which is empty
  data_classes = rm520n.data_classes,
  modes = rm520n.modes,

  cell = require("simulator.models.sprint").cell,
  lte_bands = { 1, 2, 3, 4, 5, 7, 8, 12, 13, 14, 17, 18, 19, 20, 25, 26, 28, 34, 38, 39, 40, 41, 42, 48, 66, 71 },
  nr_bands = { 1, 3, 5, 7, 8, 20, 28, 38, 40, 41, 77, 78, 79 },
  uplink_speed = 500000000,
  downlink_speed = 2400000000,
})
