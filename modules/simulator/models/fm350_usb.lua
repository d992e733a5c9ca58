-- SPDX-License-Identifier: MIT
-- The personality of a Fibocom FM350-GL on an adapter for USB: a network card by RNDIS, and serial ports, under
-- MediaTek's ids.
--
-- Sources: the commits that added these ids to the kernel's driver option, with their interfaces; users' reports
-- of AT+GTUSBMODE in OpenWrt's forum. It passes packets on, and tells the addresses by AT.

local ec25 = require "simulator.models.ec25"
local fm350 = require "simulator.models.fm350"
local personality = require "simulator.models.personality"

return personality.join(fm350, {
  name = "fm350_usb",
  pcie = false,
  protocol = "rndis",
  factory = { protocol = "rndis", apn = "broadband", pdp_type = "ipv4" },
  connects_by = false, -- 3GPP's commands
  router = false,

  usb = personality.join(ec25.usb, {
    vendor = 0x0e8d, product = 0x7127, release = 0x0001,
    numbers = { [41] = "rndis" }, -- of +GTUSBMODE
    manufacturer = "Fibocom Wireless Inc.", model = "FM350-GL", serial = "0123456789ABCDEF",
    types = { { name = "Fibocom" } },
    offered = { "modem", "rndis" },
  }),
  interfaces = {
    rndis = { interface = 0, class = 0xe0, subclass = 0x01, protocol = 0x03, notification = 2, input = 1, output = 1,
      mac = "000011121314" },
    modem = { interface = 6, subclass = 0x00, interrupt = 4, input = 3, output = 2, always = true },
  },
})
