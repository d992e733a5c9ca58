-- SPDX-License-Identifier: MIT
-- SIMCom: SIM7xxx and SIM8xxx.
--
-- Sources of ids and ports: the kernel's drivers option and qmi_wwan; ModemManager's rules for port types. For
-- commands: AT manuals of SIM7500/SIM7600 (V1.12) and SIM82xx (V1.01).

local maker = require "maker"

return maker {
  name = "simcom",

  usb = {
    ["1e0e"] = {
      only_modems = true,
      { "9001", ports = { [0] = "dm", [1] = "nmea", [2] = "at", [3] = "at-ppp", [4] = "other", [5] = "qmi" } },
      { "9003", ports = { [0] = "dm", [1] = "nmea", [2] = "at", [3] = "at-ppp", [5] = "mbim" } },
      { "9011", ports = { [0] = "rndis", [2] = "other", [4] = "at", [5] = "at-ppp" } },
      { "9100 9200", ports = { [1] = "at", [3] = "at" } },
      { "9205", ports = { [0] = "dm", [1] = "nmea", [2] = "at", [3] = "at-ppp" } },
      { "9206", ports = { [0] = "dm", [1] = "nmea", [2] = "at", [3] = "other", [4] = "other", [5] = "at-ppp" } },
    },
  },

  at = {
    urc_lines = { "PB DONE", "SMS DONE", "SMS READY", "Call Ready", "SMS Ready" },
    resets = { "AT+CRESET" },
    -- Some compositions have no port for commands: there is no way back then.
    strands = { "%+CPOF", "%+CUSBPIDSWITCH=901[eE]", "%+CUSBCFG=.*901[eE]" },
    orders = {
      ["+CPOF"] = "restart", ["+CRESET"] = "restart", ["+CUSBPIDSWITCH"] = "restart", ["+CUSBCFG"] = "change",
      ["+SMSIMCFG"] = "change",
    },
  },

  -- SIM7xxx and SIM82xx: AT+CGPS, as ModemManager has it. A76xx: AT+CGNSSPWR, as SIMCom's manual and users have it.
  receivers = {
    { asks = "AT+CGPS?", on = "%+CGPS:%s*1", starts = { "AT+CGPS=1,1" }, stops = { "AT+CGPS=0" },
      position = { asks = "AT+CGPSINFO", prefix = "+CGPSINFO",
        order = "latitude ns longitude ew day time_of_day altitude knots heading" } },
    { asks = "AT+CGNSSPWR?", on = "%+CGNSSPWR:%s*1", starts = { "AT+CGNSSPWR=1" }, stops = { "AT+CGNSSPWR=0" },
      position = { asks = "AT+CGNSSINFO", prefix = "+CGNSSINFO",
        order = "fix satellites satellites satellites satellites latitude ns longitude ew day time_of_day altitude "
          .. "knots heading - hdop" } },
  },

  settings = "makers.simcom.settings",
  air = "makers.simcom.air",
  firmware = "makers.simcom.firmware",
  data = "makers.simcom.data",
}
