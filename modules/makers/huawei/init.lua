-- SPDX-License-Identifier: MIT
-- Huawei: its modems number USB interfaces as it comes, and say by class what each is for.
--
-- Sources: the kernel's drivers option and qmi_wwan; for sticks that are routers, usb_modeswitch's data (12d1:1f01,
-- which HuaweiNewMode makes 14db or 14dc) and what users of an E3372h-320 and an E3372-325 write of HuaweiAltMode,
-- which gives AT and NCM.

local maker = require "maker"

return maker {
  name = "huawei",

  usb = {
    ["12d1"] = { { "14db 14dc", router = {
      page = "192.168.8.1",
      way_out = "`HuaweiAltMode=1` in place of HuaweiNewMode in /etc/usb_modeswitch.d/12d1:1f01, and plug it in again: "
        .. "most of them are modems with AT and NCM then",
    } } },
    ["3566"] = { { "2001", router = { -- Brovi's E3372-325
      page = "192.168.8.1", way_out = "`usb_modeswitch -v 3566 -p 2001 -X` makes it a modem with AT and NCM",
    } } },
  },

  usb_classes = {
    ["12d1"] = {
      ["ff:01:01"] = "at-ppp", ["ff:01:02"] = "at", ["ff:01:03"] = "dm", ["ff:01:05"] = "nmea", ["ff:01:14"] = "nmea",
      ["ff:02:01"] = "at-ppp", ["ff:02:02"] = "at", ["ff:02:03"] = "dm", ["ff:02:12"] = "at", ["ff:06:14"] = "nmea",
      ["ff:01:07"] = "qmi", ["ff:01:09"] = "qmi", ["ff:01:11"] = "qmi", ["ff:01:37"] = "qmi", ["ff:01:39"] = "qmi",
      ["ff:01:67"] = "qmi", ["ff:01:69"] = "qmi",
    },
  },

  at = {
    secret = "^AUTHDATA ^CPIN ^CARDLOCK ^NDISDUP",
    pins = { "%^CPIN=", "%^CARDLOCK" },
    urcs = [[
      ^RSSI ^HCSQ ^HRSSILVL ^CSNR ^ANLEVEL ^RSSILVL ^MODE ^SRVST ^SIMST ^BOOT ^DSFLOWRPT ^DSDORMANT ^NDISSTAT ^DCONN
      ^DEND ^STIN ^THERM ^ORIG ^CONF ^CONN ^CEND ^NWTIME ^EARST ^LTERSRP ^ANTENNALEVEL ^MSISDN ^DATACONNECT ^DHCPREQ
    ]],
    finals = {
      ["COMMAND NOT SUPPORT"] = "command-not-supported", ["COMMAND NOT SUPPORTED"] = "command-not-supported",
      ["TOO MANY PARAMETERS"] = "error",
    },
    start_lines = { "^SYSSTART" },
    news = { ["^SIMST"] = "sim", ["^RSSI"] = "signal", ["^HCSQ"] = "signal", ["^SRVST"] = "registration" },
    strands = { "%^GODLOAD" },
    resets = { "AT^RESET" },
    orders = { ["^RESET"] = "restart", ["^SYSCFGEX"] = "change", ["^SETMODE"] = "change" },
  },

  -- ModemManager's plugin huawei: by itself (0), until it is ended (1), once a second. No command tells
  -- whether it is on, or where the modem is.
  receivers = { {
    asks = "AT^WPDOM?", starts = { "AT^WPDOM=0", "AT^WPDST=1", "AT^WPDFR=65535,1", "AT^WPDGP" },
    stops = { "AT^WPEND" },
  } },

  settings = "makers.huawei.settings",
  air = "makers.huawei.air",
  data = "makers.huawei.data",
}
