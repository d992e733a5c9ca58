-- SPDX-License-Identifier: MIT
-- Foxconn: the T77W968, also under Dell's name (DW5821e).
--
-- Sources of ids and ports: the kernel's drivers option and qmi_wwan; ModemManager's rules for port types. Its later
-- modems are unlocked by a challenge, which ModemManager's program 105b answers.

local maker = require "maker"

local t77w968 = { [2] = "at", [3] = "at", [4] = "nmea", [5] = "dm" }

return maker {
  name = "foxconn",

  usb = {
    ["0489"] = { { "e0b4 e0b5", ports = t77w968 }, { "e0b7 e0b8", download = true } },
    ["413c"] = { { "81d7 81e0", ports = t77w968 }, { "81d6 81e1", download = true } },
  },

  unlock = {
    { "QMI DMS 0x5571 (Foxconn Set FCC Authentication)", function(modem, seconds)
      if modem.qmi then
        return modem.qmi:request(require("makers.foxconn.qmi").set_fcc_authentication, { value = 0 }, seconds)
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

  settings = "makers.foxconn.settings",
  firmware = "makers.foxconn.firmware",
  messages = { qmi = "makers.foxconn.qmi" },
}
