-- SPDX-License-Identifier: MIT
-- The personality of a Huawei ME906s-158: three USB configurations, of which the host chooses one. It is a network card
-- by NCM or ECM, with AT, or MBIM, with no AT port beside it.
--
-- Sources: lists of usb-devices that users have pasted, with all three configurations; the AT guide of ME909s. That
-- nothing else is inside its MBIM is taken for granted: it is not of Qualcomm's chips.

local ec25 = require "simulator.models.ec25"
local me909 = require "simulator.models.me909"
local personality = require "simulator.models.personality"
local sprint = require "simulator.models.sprint"

return personality.join(sprint, ec25, {
  name = "me906",
  at = "huawei",
  connects_by = "ndisdup",
  router = false,
  lacks = { mbim = { "ext-qmux", "ms-firmware-id" } },
  subscriber_first = false,
  idle_pin = false,
  configurations = false,

  usb = personality.join(me909.usb, {
    product = 0x15c1, boot_product = 0x15c1, serial = "0123456789ABCDEF", configurations = { "ncm", "ecm", "mbim" },
    offered = { "modem", "nmea", "mbim" },
  }),
  -- Their classes, not their numbers, say what they are.
  interfaces = {
    modem = { interface = 0, subclass = 0x02, protocol = 0x02, input = 1, output = 1, always = true, never = "mbim" },
    nmea  = { interface = 1, numbers = { mbim = 2 }, subclass = 0x06, protocol = 0x14, input = 2, output = 2 },
    ncm   = { interface = 2, is_merged = true, subclass = 0x02, protocol = 0x16, notification = 4, input = 3,
      output = 3, mac = "001E101F0000" },
    ecm   = { interface = 2, notification = 4, input = 3, output = 3, mac = "001E101F0000" },
    mbim  = { interface = 0 },
  },

  imei = "867223020000018",
  firmware = "11.617.00.00.00",
  hardware = "ME906s-158",
  sku = "ME906s-158",
  lte_bands = { 1, 2, 3, 5, 7, 8, 20, 41 },
})
