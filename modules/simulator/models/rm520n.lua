-- SPDX-License-Identifier: MIT
-- The personality of a Quectel RM520N-GL: a modem with 5G, beside LTE (NSA) and alone (SA).
--
-- Source of its interfaces: the commit that added it to the kernel's driver option.

local ec25 = require "simulator.models.ec25"
local personality = require "simulator.models.personality"
local sprint = require "simulator.models.sprint"

return personality.join(sprint, ec25, {
  name = "rm520n",
  connects_by = false, -- it has 3GPP's AT+CGACT alone
  lacks = false,
  aggregations = false, -- all

  usb = personality.join(ec25.usb, { product = 0x0801, release = 0x0504, model = "RM520N-GL", serial = "6a3c5ec2" }),
  interfaces = personality.join(ec25.interfaces, {
    diag  = personality.join(ec25.interfaces.diag, { protocol = 0x30 }),
    nmea  = personality.join(ec25.interfaces.nmea, { protocol = 0x40 }),
  }),

  imei = "868371050000013",
  firmware = "RM520NGLAAR03A03M4G",
  hardware = "RM520N-GL",
  sku = "RM520NGLAA-M20-SGASA",
  mbimex = 0x0300,
  -- Beside the one that `card` is in.
  more_slots = {
    { card = {
      imsi = "310120000000456", iccid = "89011200000123456864", number = "15550100456", pin = "4321", puk = "87654321",
    } },
  },
  image = { pri = "", carrier = "", version = "RM520NGLAAR03A03M4G" },
  configurations = {
    { name = "ROW_Generic_3GPP", version = "0A010809" },
    { name = "Sprint-VoLTE", version = "0A010205", plmn = "310120" },
    { name = "Commercial-TMO_VoLTE", version = "0A010505" },
  },
  data_classes = { "umts", "hsdpa", "hsupa", "lte", "5g-nsa", "5g-sa" },
  modes = { "umts", "lte", "5gnr" },

  cell = sprint.cell,
  lte_bands = {
    1, 2, 3, 4, 5, 7, 8, 12, 13, 14, 17, 18, 19, 20, 25, 26, 28, 29, 30, 32, 34, 38, 39, 40, 41, 42, 43, 46, 48, 66, 71,
  },
  nr_bands = {
    1, 2, 3, 5, 7, 8, 12, 13, 14, 18, 20, 25, 26, 28, 29, 30, 38, 40, 41, 48, 66, 70, 71, 75, 76, 77, 78, 79,
  },
  uplink_speed = 900000000,
  downlink_speed = 3400000000,
})
