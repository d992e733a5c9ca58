-- SPDX-License-Identifier: MIT
-- The personality of a Huawei E3372h as a stick: a network card by NCM and one AT port.
--
-- Source: the interfaces, from 4IceG/luci-app-3ginfo-lite#1.

local personality = require "simulator.models.personality"
local sprint = require "simulator.models.sprint"

local LEASE = 7200 -- seconds: packets are passed on, and the network's address is lent by DHCP

return personality.join(sprint, require "simulator.models.ec25", {
  name = "e3372",
  at = false, -- no command of its own
  protocol = "ncm",
  factory = { protocol = "ncm", apn = "broadband", pdp_type = "ipv4" },
  connects_by = "ndisdup",

  router = false,
  addresses = function(...)
    local ipv4, ipv6 = sprint.addresses(...)
    ipv4.lease = LEASE
    return ipv4, ipv6
  end,

  usb = {
    vendor = 0x12d1, product = 0x1506, boot_product = 0x1506, release = 0x0102,
    manufacturer = "HUAWEI_MOBILE", model = "HUAWEI_MOBILE", serial = "0000",
    usual_type = 1,
    types = { { name = "Huawei" } },
    offered = { "modem", "ncm" },
  },
  interfaces = {
    modem = { interface = 0, subclass = 0x02, protocol = 0x12, input = 2, output = 2, always = true },
    ncm = {
      interface = 1, is_merged = true, subclass = 0x02, protocol = 0x16, notification = 4, input = 3, output = 3,
      mac = "001E101F0000", unplugs = true,
    },
  },

  imei = "861821030000013",
  firmware = "22.315.01.00.00",
  hardware = "E3372h",
  sku = "E3372h",
})
