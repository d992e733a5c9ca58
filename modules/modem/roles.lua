-- SPDX-License-Identifier: MIT
-- Which port of a modem is for what: by USB vendor, product and interface number. A table, and nothing else.
--
-- "at": commands; "at-ppp": commands, and PPP when dialled; "ppp": PPP alone; "nmea": GPS sentences; "dm": Qualcomm
-- diagnostics; "qmi" and "mbim": the control port; "other": known to be nothing for us. What the table does not name is
-- "unknown", and may be probed with AT. Devices under `download` wait for firmware: nothing may be sent to them at all.
--
-- Sources: the drivers qcserial, option and qmi_wwan of the kernel, and ModemManager's rules for port types.

-- Sierra Wireless, MC73xx and later, under any maker's name.
local swi = { [0] = "dm", [2] = "nmea", [3] = "at", [8] = "qmi", [10] = "qmi", [12] = "mbim" }
local em919x = { [0] = "mbim", [3] = "at", [4] = "dm" }
local mbim_alone = { [0] = "mbim" }

local quectel = { [0] = "dm", [1] = "nmea", [2] = "at", [3] = "at-ppp", [4] = "qmi" }

-- Telit numbers the same set of ports by what carries the data; one more interface in front for RNDIS, MBIM and ECM.
local telit_qmi = { [0] = "dm", [2] = "qmi", [3] = "other", [4] = "at", [5] = "at", [6] = "other" }
local telit_mbim = { [0] = "dm", [2] = "mbim", [4] = "other", [5] = "at", [6] = "at", [7] = "other" }
local telit_qmi_gps = { [0] = "dm", [2] = "qmi", [3] = "nmea", [4] = "at", [5] = "at", [6] = "other" }
local telit_mbim_gps = { [0] = "dm", [2] = "mbim", [4] = "nmea", [5] = "at", [6] = "at", [7] = "other" }
local telit_small = { [0] = "dm", [1] = "at", [2] = "at" }

local t77w968 = { [2] = "at", [3] = "at", [4] = "nmea", [5] = "dm" }

local function all(products, roles, into)
  into = into or {}
  for _, product in ipairs(products) do into[product] = roles end
  return into
end

local sierra = all({
  "68a2", "68c0", "901c", "901f", "9041", "9051", "9053", "9054", "9055", "9056", "9061", "9063", "9071", "9079",
  "907b", "9091",
}, swi)
all({ "68b1", "9068", "90b1" }, mbim_alone, sierra)
all({ "90d3", "90e3" }, em919x, sierra)
sierra["c001"] = { [0] = "at", [2] = "at-ppp", [4] = "nmea" } -- HL78xx

local dell = all({ "81a2", "81a3", "81a4", "81a8", "81a9", "81b1", "81b3", "81b6", "81cc" }, swi)
all({ "81d7", "81e0" }, t77w968, dell)

local telit = all({ "1040" }, telit_qmi)
all({ "1041" }, telit_mbim, telit)
all({ "1050" }, telit_qmi, telit)
all({ "1051" }, telit_mbim, telit)
all({ "1060", "1070", "1201" }, telit_qmi_gps, telit)
all({ "1061", "1071", "1204" }, telit_mbim_gps, telit)
all({ "1031", "1033", "1101", "110a" }, telit_small, telit)
all({ "1003", "1006" }, { [0] = "at", [2] = "at" }, telit)
all({ "1004", "1005" }, { [0] = "at", [2] = "nmea", [3] = "at" }, telit)
all({ "10a0", "10c0", "3000" }, { [1] = "nmea", [2] = "at", [3] = "dm" }, telit)
all({ "10a2", "10c2" }, { [2] = "nmea", [3] = "at", [4] = "dm" }, telit)
all({ "10a4", "10c4" }, { [1] = "at", [2] = "at", [3] = "dm" }, telit)
all({ "10a7", "10c6" }, { [2] = "at", [3] = "at", [4] = "dm" }, telit)
all({ "10a9", "10c8", "3001" }, { [1] = "at", [2] = "dm" }, telit)
all({ "10aa", "10c9" }, { [2] = "at", [3] = "dm" }, telit)
all({ "10b0", "10d0" }, { [1] = "nmea", [2] = "at", [3] = "at", [4] = "other", [5] = "dm" }, telit)
all({ "10b1", "10d1" }, { [2] = "nmea", [3] = "at", [4] = "at", [5] = "other", [6] = "dm" }, telit)
all({ "7010", "7011" }, { [2] = "other", [3] = "at", [4] = "at" }, telit)
all({ "7020", "7021" }, { [2] = "at", [4] = "other", [6] = "at" }, telit)

---@class modem.roles
local roles = {
  ---What a port is for: vendor, then product, then the number of the interface.
  ---@type table<string, table<string, table<integer, string>>>
  usb = {
    ["1199"] = sierra,
    ["0f3d"] = all({ "68a2" }, swi), ["114f"] = all({ "68a2" }, swi), -- AirPrime, Digi
    ["03f0"] = { ["4e1d"] = swi, ["9d1d"] = swi },                    -- HP lt4111, lt4120
    ["413c"] = dell,
    ["0489"] = all({ "e0b4", "e0b5" }, t77w968),                      -- Foxconn
    ["2c7c"] = all({
      "0121", "0125", "0191", "0195", "0296", "0306", "0512", "0800", "0801",
    }, quectel, { ["0128"] = { [3] = "dm", [4] = "nmea", [5] = "at" } }),
    ["1bc7"] = telit,
    ["2cb7"] = { -- Fibocom
      ["0007"] = { [2] = "at", [4] = "other", [6] = "at" },
      ["0104"] = { [0] = "dm", [1] = "at", [2] = "at", [3] = "other" },
      ["0106"] = { [0] = "other", [1] = "at", [2] = "at" },
      ["010a"] = { [0] = "at", [1] = "at" },
      ["0115"] = { [2] = "other", [3] = "at", [4] = "other", [5] = "other" },
      ["01a0"] = { [2] = "at", [3] = "at", [4] = "other" },
      ["01a2"] = { [2] = "at", [3] = "other", [4] = "other", [5] = "other" },
      ["01a4"] = { [2] = "other", [3] = "at", [4] = "other", [5] = "other", [6] = "other" },
    },
    ["1508"] = { ["1001"] = { [0] = "dm", [1] = "at", [2] = "at", [3] = "at" } },                  -- Fibocom NL668
    ["8087"] = { ["095a"] = { [0] = "at", [2] = "other", [4] = "at" } },                           -- Fibocom L850-GL
    ["1e0e"] = { -- SIMCom
      ["9001"] = { [0] = "dm", [1] = "nmea", [2] = "at", [3] = "at-ppp", [4] = "other", [5] = "qmi" },
      ["9011"] = { [2] = "other", [4] = "at", [5] = "at-ppp" },
      ["9100"] = { [1] = "at", [3] = "at" },
      ["9200"] = { [1] = "at", [3] = "at" },
      ["9205"] = { [0] = "dm", [1] = "nmea", [2] = "at", [3] = "at-ppp" },
      ["9206"] = { [0] = "dm", [1] = "nmea", [2] = "at", [3] = "other", [4] = "other", [5] = "at-ppp" },
    },
  },

  ---Vendors that number interfaces as they like, and tell what one is by its class, subclass and protocol.
  ---@type table<string, table<string, string>>
  classes = {
    ["12d1"] = { -- Huawei
      ["ff:01:01"] = "at-ppp", ["ff:01:02"] = "at", ["ff:01:03"] = "dm", ["ff:01:05"] = "nmea", ["ff:01:14"] = "nmea",
      ["ff:02:01"] = "at-ppp", ["ff:02:02"] = "at", ["ff:02:03"] = "dm", ["ff:06:14"] = "nmea",
      ["ff:01:07"] = "qmi", ["ff:01:09"] = "qmi", ["ff:01:11"] = "qmi", ["ff:01:37"] = "qmi", ["ff:01:39"] = "qmi",
      ["ff:01:67"] = "qmi", ["ff:01:69"] = "qmi",
    },
    -- USB's own: an abstract control model that takes AT commands, whoever made it.
    any = { ["02:02:01"] = "at" },
  },

  ---The `type` of a port of the kernel's WWAN subsystem, which is how PCIe modems appear.
  wwan = {
    AT = "at", QCDM = "dm", QMI = "qmi", MBIM = "mbim", NMEA = "nmea",
    XMMRPC = "other", ADB = "other", MIPC = "other", FIREHOSE = "download", FASTBOOT = "download",
  },

  ---Products that wait for firmware.
  ---@type table<string, table<string, true>>
  download = {
    ["1199"] = all({
      "68a4", "68a8", "9000", "9010", "9012", "9014", "9018", "9070", "9078", "907a", "9090", "90b0", "90d2",
    }, true),
    ["413c"] = all({ "8171", "8185", "8193", "81a6", "81b5", "81cb" }, true),
    ["03f0"] = all({ "201d", "241d", "371d" }, true),
    ["05c6"] = all({ -- Qualcomm's own ids, which modems of every maker fall back to
      "9008", "900e", "9201", "9204", "9208", "920c", "9211", "9214", "9221", "9224", "9231", "9234", "9244", "9264",
      "9274",
    }, true),
    ["1bc7"] = all({ "900e", "9010", "9200", "9201" }, true),
    ["8087"] = all({ "0716" }, true),
  },
}

return roles
