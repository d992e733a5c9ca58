-- SPDX-License-Identifier: MIT
-- The personality of a Fibocom FM150-AE, with Qualcomm's X55: QMI, MBIM, ECM or RNDIS as AT+GTUSBMODE says, each under
-- an id of its own.
--
-- Sources: Fibocom's dial-up guide for Linux (V1.0), table 1, for ids, interfaces and numbers; a user's log in
-- 4IceG/luci-app-3ginfo-lite#32 for what it calls itself; QModem for the numbers that are in use.

local ec25 = require "simulator.models.ec25"
local personality = require "simulator.models.personality"
local rm520n = require "simulator.models.rm520n"
local sprint = require "simulator.models.sprint"

return personality.join(sprint, ec25, {
  name = "fm150",
  at = "fibocom",
  protocol = "qmi",
  lacks = false,
  connects_by = "gtrndis",
  reset_function = "15", -- of AT+CFUN

  usb = personality.join(ec25.usb, {
    vendor = 0x2cb7, product = 0x0104, release = 0x0414,
    products = { qmi = 0x0104, ecm = 0x0105, rndis = 0x010b, mbim = 0x0111 },
    numbers = { [18] = "ecm", [24] = "rndis", [30] = "mbim", [32] = "qmi" }, -- of +GTUSBMODE
    manufacturer = "Fibocom", model = "Fibocom Modem_SN:854F0000", serial = "854f0000",
    offered = { "diag", "modem", "rmnet0", "mbim" },
  }),
  interfaces = {
    diag  = { interface = 0, numbers = { mbim = 3, rndis = 3 }, subclass = 0xff, protocol = 0x30, input = 1,
      output = 1 },
    ppp   = { interface = 1, numbers = { mbim = 2, rndis = 2 }, subclass = 0x00, interrupt = 3, input = 2, output = 2,
      always = true },
    modem = { interface = 2, numbers = { mbim = 4, rndis = 4 }, subclass = 0x00, interrupt = 5, input = 4, output = 3 },
    qmi   = { interface = 4 },
    mbim  = { interface = 0 },
    ecm   = { interface = 4, notification = 7, input = 6, output = 4, mac = "0250F3000001" },
    rndis = { interface = 0, notification = 7, input = 6, output = 4, mac = "0250F3000001" },
  },

  imei = "863109050000015",
  firmware = "89602.1000.00.04.07.20",
  package = "89602.1000.00.04.07.20_A12",
  hardware = "FM150-AE",
  sku = "FM150-AE-00",
  configurations = false, -- it tells of none by AT
  more_slots = { {} }, -- which is empty
  data_classes = rm520n.data_classes,
  modes = rm520n.modes,

  cell = sprint.cell,
  lte_bands = { 1, 2, 3, 4, 5, 7, 8, 12, 13, 17, 18, 19, 20, 25, 26, 28, 30, 34, 38, 39, 40, 41, 42, 43, 48, 66 },
  nr_bands = { 1, 3, 5, 7, 8, 20, 28, 38, 40, 41, 66, 77, 78, 79 },
  uplink_speed = 900000000,
  downlink_speed = 3100000000,
})
