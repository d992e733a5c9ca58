-- SPDX-License-Identifier: MIT
-- Foxconn: the T77W968, also under Dell's name (DW5821e), and the T99W of 5G (DW5930e and others).
--
-- Sources of ids and ports: the kernel's drivers option, qmi_wwan and mhi_pci_generic; ModemManager's rules for port
-- types. Newer firmware is unlocked by a challenge, which ModemManager's program 105b answers; before that, it tries
-- what is here, too.

local maker = require "maker"

local t77w968 = { [2] = "at", [3] = "at", [4] = "nmea", [5] = "dm" }

return maker {
  name = "foxconn",
  brands = { "foxconn", "t77w968", "t99w" }, -- a T99W calls itself QUALCOMM, and then by its model

  usb = {
    ["0489"] = { { "e0b4 e0b5", ports = t77w968 }, { "e0b7 e0b8", download = true } },
    ["413c"] = { { "81d7 81e0", ports = t77w968 }, { "81d6 81e1", download = true } },
  },

  pci = { ["105b"] = { { "e0ab e0b0 e0b1 e0bf e0c3 e0d8 e0d9" } } },

  unlock = {
    { "QMI DMS 0x5571 (Foxconn Set FCC Authentication)", function(modem, seconds)
      if modem.qmi then
        return modem.qmi:request(require("makers.foxconn.qmi").set_fcc_authentication, { value = "\0" }, seconds)
      end
    end },
  },

  at = {
    resets = { "AT^RESET" },
    orders = {
      ["^RESET"] = "restart", ["^SLMODE"] = "change", ["^BAND_PREF_EXT"] = "change", ["^USBSWITCH"] = "change",
      ["^SWITCH_SLOT"] = "change",
    },
  },

  air = "makers.foxconn.air",
  settings = "makers.foxconn.settings",
  firmware = "makers.foxconn.firmware",
  messages = { qmi = "makers.foxconn.qmi" },
}
