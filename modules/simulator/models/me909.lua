-- SPDX-License-Identifier: MIT
-- The personality of a Huawei ME909u: two USB configurations, QMI in the first, MBIM in the second. The host chooses:
-- there is no AT command for that.

local ec25 = require "simulator.models.ec25"
local personality = require "simulator.models.personality"
local sprint = require "simulator.models.sprint"

return personality.join(sprint, ec25, {
  name = "me909",
  at = false, -- no command of its own
  -- Its firmware is of 2013: none of Microsoft's extensions, nor QMI's newer services.
  lacks = {
    mbim = { "ms-basic-connect-extensions", "ms-uicc-low-level-access", "ms-firmware-id" },
    qmi = { "uim 0x46 invalid-qmi-command", "uim 0x47 invalid-qmi-command", "dsd", "pdc" },
  },

  usb = {
    vendor = 0x12d1, product = 0x1573, boot_product = 0x1573, release = 0x0102,
    manufacturer = "Huawei Technologies Co., Ltd.",
    model = "HUAWEI Mobile",
    serial = "0000",
    configurations = { "qmi", "mbim" },
    usual_type = 1,
    types = { { name = "Huawei" } },
    offered = { "modem", "rmnet0", "mbim" },
  },
  -- Their classes, not their numbers, say what they are.
  interfaces = {
    modem = { interface = 0, subclass = 0x02, protocol = 0x02, input = 1, output = 1, always = true },
    qmi   = { interface = 1, subclass = 0x01, protocol = 0x07, always_listens = true },
    mbim  = { interface = 1 },
  },

  imei = "866948010000015",
  firmware = "12.636.11.01.00",
  hardware = "ME909u-521",
  sku = "ME909u-521",
})
