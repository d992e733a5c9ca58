-- SPDX-License-Identifier: MIT
-- What Sierra Wireless added to the device management service of its modems: MC74xx, EM74xx, EM75xx and others.

local qmi = require "qmi"

local u8, list = qmi.u8, qmi.list

---@class qmi.sierra
local sierra = {}

local function message(key, declaration)
  declaration.service = "dms"
  sierra[key] = qmi.message(declaration)
end

message("get_current_firmware", {
  id = 0x5556, name = "Sierra Get Current Firmware",
  response = {
    [0x10] = qmi.string "model",
    [0x11] = qmi.string "boot_version",
    [0x12] = qmi.string "amss_version",
    [0x13] = qmi.string "sku_id",
    [0x14] = qmi.string "package_id",
    [0x15] = qmi.string "carrier_id",
    [0x16] = qmi.string "pri_version",
    [0x17] = qmi.string "carrier",
    [0x18] = qmi.string "config_version",
  },
})

-- A USB composition is the set of interfaces that the modem shows the host: sierra.compositions has them by number.
message("get_usb_composition", {
  id = 0x555b, name = "Sierra Get USB Composition",
  response = {
    [0x10] = u8 "current",
    [0x11] = list(u8, u8) "supported",
  },
})

message("set_usb_composition", {
  id = 0x555c, name = "Sierra Set USB Composition",
  request  = { [0x01] = u8 "current" }, -- holds from the next reset on
  response = {},
})

-- dm: diagnostics; hip: the host interface protocol of older modems; ms: mass storage.
---@type table<integer, string[]>
sierra.compositions = {
  [0] = { "hip", "dm", "nmea", "at", "mdm1", "mdm2", "mdm3", "ms" },
  { "hip", "dm", "nmea", "at", "mdm1", "ms" },
  { "hip", "dm", "nmea", "at", "nic1", "ms" },
  { "hip", "dm", "nmea", "at", "mdm1", "nic1", "ms" },
  { "hip", "dm", "nmea", "at", "nic1", "nic2", "nic3", "ms" },
  { "hip", "dm", "nmea", "at", "ecm1", "ms" },
  { "dm", "nmea", "at", "qmi" },
  { "dm", "nmea", "at", "rmnet1", "rmnet2", "rmnet3" },
  { "dm", "nmea", "at", "mbim" },
  { "mbim" },
  { "nmea", "mbim" },
  { "dm", "mbim" },
  { "dm", "nmea", "mbim" },
}

-- These have two USB configurations, each with a composition from the list above; the host picks one.
---@type table<integer, integer[]>
sierra.dual_compositions = {
  [13] = { 6, 8 }, [14] = { 6, 9 }, [15] = { 6, 10 }, [16] = { 6, 11 }, [17] = { 6, 12 },
  [18] = { 7, 8 }, [19] = { 7, 9 }, [20] = { 7, 10 }, [21] = { 7, 11 }, [22] = { 7, 12 },
}

return sierra
