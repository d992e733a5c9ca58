-- SPDX-License-Identifier: MIT
-- Sierra Wireless: MC73xx, MC74xx, EM74xx, EM75xx, EM91xx and HL78xx, also under the names of those that sell them.
--
-- Sources of ids and ports: the kernel's drivers qcserial, option and qmi_wwan; ModemManager's rules for port types.

local maker = require "maker"

-- The MC73xx and later.
local swi = { [0] = "dm", [2] = "nmea", [3] = "at", [8] = "qmi", [10] = "qmi", [12] = "mbim" }

return maker {
  name = "sierra",

  usb = {
    ["1199"] = {
      only_modems = true,
      { "68a2 68c0 901c 901f 9041 9051 9053 9054 9055 9056 9061 9063 9071 9079 907b 9091 c081", ports = swi },
      { "68b1 9068 90b1", ports = { [0] = "mbim" } },
      { "90d3 90e3", ports = { [0] = "mbim", [3] = "at", [4] = "dm" } }, -- EM919x, EM929x
      { "c001", ports = { [0] = "at", [2] = "at-ppp", [4] = "nmea" } },  -- HL78xx
      { "68a4 68a8 9000 9010 9012 9014 9018 901e 9062 9070 9078 907a 9090", download = true },
      { "90b0 90c0 90c2 90d2 90d8 90e0 90e2 90e4 c080", download = true },
    },
    ["0f3d"] = { { "68a2", ports = swi } }, -- AirPrime
    ["114f"] = { { "68a2", ports = swi } }, -- Digi
    ["03f0"] = {                            -- HP lt4111, lt4120
      { "4e1d 9d1d", ports = swi },
      { "201d 241d 371d", download = true },
    },
    ["413c"] = { -- Dell
      { "81a2 81a3 81a4 81a8 81a9 81b1 81b3 81b6 81cc 81ea 8217", ports = swi },
      { "8171 8185 8193 81a6 81b5 81cb 81eb 8218", download = true },
    },
  },

  at = {
    secret = "!ENTERCND !SETCND !OPENLOCK !SCPROF !MIPPASS !UNLOCK",
    resets = { "AT!RESET" },
    strands = { "!BOOTHOLD", "!POWERDOWN" },
    orders = { ["!RESET"] = "restart", ["!USBCOMP"] = "change", ["!UIMS"] = "change", ["!SCACT"] = "context" },
  },

  settings = "makers.sierra.settings",
  air = "makers.sierra.air",
  firmware = "makers.sierra.firmware",
  slots = { asks = "AT!UIMS?", sets = "AT!UIMS=%d", numbers = { 0, 1 }, iccid = "AT!ICCID?" },
  -- AT command references 2130617 and 4117727. $GPS_START: the kernel's qcserial.c.
  receivers = { {
    asks = "AT!GPSSTATUS?", on = "Fix Session Status%s*=%s*ACTIVE",
    starts = { "AT!GPSTRACK=1,255,100,1000,1" }, stops = { "AT!GPSEND=0" }, -- 1000 fixes mean without end
    port_start = "$GPS_START", port_stop = "$GPS_STOP",
    position = { asks = "AT!GPSLOC?", words = {
      latitude = "Lat:%s*(%d+ Deg %d+ Min [%d.]+ Sec %u)", longitude = "Lon:%s*(%d+ Deg %d+ Min [%d.]+ Sec %u)",
      time = "Time:%s*(%d+ %d+ %d+ %d+ %d+:%d+:%d+[^\n]*)", accuracy = "HEPE:%s*([%d.]+)", fix = "([23])D Fix",
      altitude = "Altitude:%s*([-%d.]+)", heading = "Heading:%s*([%d.]+)", speed = "VelHoriz:%s*([%d.]+)",
    } },
  } },

  composition_by_qmi = function(modem, options)
    return require("makers.sierra.composition").by_qmi(modem, options)
  end,

  messages = { qmi = "makers.sierra.qmi" },

  create_profile = function(modem, values)
    return modem.qmi:request(require("makers.sierra.qmi").create_profile_indexed, values)
  end,
}
