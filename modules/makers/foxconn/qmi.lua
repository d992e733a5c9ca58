-- SPDX-License-Identifier: MIT
-- What Foxconn added to QMI in its modems: messages of DMS, and those of 5G modems, in the service FOX. Sources:
-- libqmi's data/qmi-service-dms.json and qmi-service-fox.json.

local qmi = require "qmi"

local u8 = qmi.u8

local function firmware_version(service, name) return qmi.message {
  service = service, id = 0x555e, name = name,
  request = { [0x01] = qmi.enum(u8, { ["firmware-mcfg"] = 0, ["firmware-mcfg-apps"] = 1, ["apps"] = 2 }) "kind" },
  response = { [0x01] = qmi.string "version" },
} end

return {
  ---Asks the modem to turn its radio on although a laptop's maker has locked it.
  set_fcc_authentication = qmi.message {
    service = "dms", id = 0x5571, name = "Foxconn Set FCC Authentication",
    -- one byte alone, or a word and a number
    request = { [0x01] = qmi.rest "value", [0x02] = qmi.optional(u8) "number" },
    response = {},
  },

  ---The same of a 5G modem.
  set_fcc_authentication_of_fox = qmi.message {
    service = "fox", id = 0x5571, name = "Foxconn FOX Set FCC Authentication",
    request = { [0x01] = qmi.string "magic", [0x02] = qmi.optional(u8) "number" },
    response = {},
  },

  get_firmware_version = firmware_version("dms", "Foxconn Get Firmware Version"),
  get_firmware_version_of_fox = firmware_version("fox", "Foxconn FOX Get Firmware Version"),

  change_device_mode = qmi.message {
    service = "dms", id = 0x5562, name = "Foxconn Change Device Mode",
    request = { [0x01] = qmi.enum(u8, { ["fastboot-online"] = 5, ["fastboot-ota"] = 10 }) "mode" },
    response = {},
  },
}
