-- SPDX-License-Identifier: MIT
-- The personality of a SIMCom SIM7600G-H, of Qualcomm's MDM9x07: QMI with five serial ports, or a network card by RNDIS
-- or ECM, each under an id of its own.
--
-- Sources: the kernel's drivers option and qmi_wwan, the AT manual of SIM7500/SIM7600 (V1.12), and what a SIM7600G-H of
-- our own capture calls itself on USB. That UIM knows no slots: ModemManager's notes on MDM9x07.

local ec25 = require "simulator.models.ec25"
local personality = require "simulator.models.personality"
local sprint = require "simulator.models.sprint"

return personality.join(sprint, ec25, {
  name = "sim7600",
  at = "simcom",
  protocol = "qmi",
  lacks = { qmi = { "uim 0x46", "uim 0x47" } },
  connects_by = "qcrmcall",
  router = personality.join(ec25.router, { address = "192.168.225.27" }),

  usb = personality.join(ec25.usb, {
    vendor = 0x1e0e, product = 0x9001, products = { qmi = 0x9001, rndis = 0x9011, ecm = 0x9018 },
    numbers = { [9001] = "qmi", [9011] = "rndis", [9018] = "ecm" }, -- of +CUSBPIDSWITCH
    manufacturer = "SimTech, Incorporated", model = "SimTech, Incorporated", serial = "0123456789ABCDEF",
    types = { { name = "SIMCom" } },
    offered = { "diag", "nmea", "modem", "rmnet0" },
  }),
  interfaces = {
    diag  = { interface = 0, numbers = { rndis = 2 }, subclass = 0xff, input = 1, output = 1 },
    nmea  = { interface = 1, numbers = { rndis = 3 }, subclass = 0x00, interrupt = 3, input = 2, output = 2 },
    modem = { interface = 2, numbers = { rndis = 4 }, subclass = 0x00, interrupt = 5, input = 4, output = 3 },
    ppp   = { interface = 3, numbers = { rndis = 5 }, subclass = 0x00, interrupt = 7, input = 6, output = 4,
      always = true },
    qmi   = { interface = 5, notification = 11, input = 10, output = 6 },
    rndis = { interface = 0, notification = 10, input = 9, output = 6, mac = "0250F3000001" },
    ecm   = { interface = 5, notification = 10, input = 9, output = 6, mac = "0250F3000001" },
  },

  imei = "868822040000011",
  firmware = "LE20B04SIM7600G22",
  package = "B04V03",
  hardware = "SIMCOM_SIM7600G-H",
  sku = "SIM7600G-H",
  image = { pri = "", carrier = "", version = "LE20B04SIM7600G22" },
  configurations = false, -- it tells of none by AT
  lte_bands = { 1, 2, 3, 4, 5, 7, 8, 12, 13, 18, 19, 20, 25, 26, 28, 34, 38, 39, 40, 41, 66 },
})
