-- SPDX-License-Identifier: MIT
-- Telit: LE910, LM9x0, LN920, FN980 and FN990, and their kin.
--
-- Sources of ids and ports: the kernel's drivers option and qmi_wwan; ModemManager's rules for port types.

local maker = require "maker"

-- Telit numbers the same set of ports by what carries the data; one more interface in front for RNDIS, MBIM and ECM.
local rmnet = { [0] = "dm", [2] = "qmi", [3] = "other", [4] = "at", [5] = "at", [6] = "other" }
local mbim = { [0] = "dm", [2] = "mbim", [4] = "other", [5] = "at", [6] = "at", [7] = "other" }
local rmnet_gps = { [0] = "dm", [2] = "qmi", [3] = "nmea", [4] = "at", [5] = "at", [6] = "other" }
local mbim_gps = { [0] = "dm", [2] = "mbim", [4] = "nmea", [5] = "at", [6] = "at", [7] = "other" }

return maker {
  name = "telit",

  usb = {
    ["1bc7"] = {
      only_modems = true,
      { "1040 1050", ports = rmnet },                                     -- LE922 and LM9x0, FN980
      { "1041 1051", ports = mbim },
      { "1060 1070 1201", ports = rmnet_gps },                            -- LN920, FN990, LE910Cx
      { "1061 1071 1204", ports = mbim_gps },
      { "1031 1033 1101 110a", ports = { [0] = "dm", [1] = "at", [2] = "at" } },
      { "1003 1006", ports = { [0] = "at", [2] = "at" } },
      { "1004 1005", ports = { [0] = "at", [2] = "nmea", [3] = "at" } },
      { "10a0 10c0 3000", ports = { [1] = "nmea", [2] = "at", [3] = "dm" } }, -- FN920C04, FE910C04, FN912
      { "10a2 10c2", ports = { [2] = "nmea", [3] = "at", [4] = "dm" } },
      { "10a4 10c4", ports = { [1] = "at", [2] = "at", [3] = "dm" } },
      { "10a7 10c6", ports = { [2] = "at", [3] = "at", [4] = "dm" } },
      { "10a9 10c8 3001", ports = { [1] = "at", [2] = "dm" } },
      { "10aa 10c9", ports = { [2] = "at", [3] = "dm" } },
      { "10b0 10d0", ports = { [1] = "nmea", [2] = "at", [3] = "at", [4] = "other", [5] = "dm" } }, -- FE990B, FN990B
      { "10b1 10d1", ports = { [2] = "nmea", [3] = "at", [4] = "at", [5] = "other", [6] = "dm" } },
      { "7010 7011", ports = { [2] = "other", [3] = "at", [4] = "at" } },
      { "7020 7021", ports = { [2] = "at", [4] = "other", [6] = "at" } },
      { "900e 9010 9200 9201", download = true },
    },
  },

  at = {
    secret = "#PDPAUTH #SGACT #CPUK",
    urcs = "#QSS #PSNT #STN #ECAM",
    strands = { "#SHDN", "#SYSHALT" },
  },
}
