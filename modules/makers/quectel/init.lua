-- SPDX-License-Identifier: MIT
-- Quectel: EC and EG of LTE, RM and RG of 5G.
--
-- Sources of ids and ports: the kernel's drivers option, qmi_wwan and mhi_pci_generic; ModemManager's rules for port
-- types.

local maker = require "maker"

return maker {
  name = "quectel",

  usb = {
    ["2c7c"] = {
      only_modems = true,
      -- Its firmware leaves the bus when a card refreshes: commaai/openpilot#37779.
      { "0125", restarts_at_refresh = true,
        ports = { [0] = "dm", [1] = "nmea", [2] = "at", [3] = "at-ppp", [4] = "qmi" } },
      { "0121 0191 0195 0296 0306 0512 0800 0801",
        ports = { [0] = "dm", [1] = "nmea", [2] = "at", [3] = "at-ppp", [4] = "qmi" } },
      { "0128", ports = { [3] = "dm", [4] = "nmea", [5] = "at" } },
    },
  },

  pci = { ["1eac"] = { { "1001 1002 1004 1007 100d 2001" } } },

  at = {
    secret = "+QICSGP",
    urcs = "+QIND +QURC +QIURC +QUSIM +QSIMSTAT +QNETDEVSTATUS +QUSBURC +QCSQ +QNWLOCK +QPCMV",
    start_lines = { "RDY", "APP RDY" },
    news = { ["+QUSIM"] = "sim", ["+QSIMSTAT"] = "sim", ["+QCSQ"] = "signal", ["+QIND"] = "signal" },
    reports = { signal = 'AT+QINDCFG="csq",1' },
    strands = { "%+QPOWD", "%+QDOWNLOAD", "%+QFASTBOOT" },
    orders = { ["+QPOWD"] = "restart", ["+QUIMSLOT"] = "change" },
  },

  unlock = {
    { "MBIM, Quectel Radio State", function(modem, seconds)
      if modem.mbim then
        return modem.mbim:set(require("makers.quectel.mbim").radio_state, { state = "on" }, seconds)
      end
    end },
  },

  settings = "makers.quectel.settings",
  air = "makers.quectel.air",
  firmware = "makers.quectel.firmware",
  slots = { asks = "AT+QUIMSLOT?", sets = "AT+QUIMSLOT=%d", numbers = { 1, 2 }, iccid = "AT+QCCID" },
  -- Quectel's AT manual; answers of real modems are in tests/lua/test_carrier_configurations.lua.
  carrier_configurations = {
    lists = 'AT+QMBNCFG="List"', prefix = "+QMBNCFG", asks_automatic = 'AT+QMBNCFG="AutoSel"',
    selects = { 'AT+QMBNCFG="AutoSel",0', 'AT+QMBNCFG="Deactivate"', 'AT+QMBNCFG="Select","%s"' },
    selects_automatically = { 'AT+QMBNCFG="AutoSel",1' },
  },
  counters = { { "AT+QGDCNT?", "sent", "received" }, { "AT+QGDNRCNT?", "sent", "received" } }, -- LTE and older; 5G

  data = "makers.quectel.data",

  -- Quectel's GNSS manuals of EC2x and RM5xx; answers of real modems are in tests/lua/test_at_position.lua.
  receivers = { {
    asks = "AT+QGPS?", on = "%+QGPS:%s*1", starts = { "AT+QGPS=1" }, stops = { "AT+QGPSEND" },
    position = { asks = "AT+QGPSLOC=2", prefix = "+QGPSLOC",
      order = "time_of_day latitude longitude hdop altitude fix heading kmh - day satellites" },
  } },

  messages = { mbim = "makers.quectel.mbim" },
  at_tunnel = { "makers.quectel.mbim", is_shared = true },
}
