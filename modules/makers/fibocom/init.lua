-- SPDX-License-Identifier: MIT
-- Fibocom: L and FM modules, some of them under the ids of the makers of their chips.
--
-- Sources of ids and ports: the kernel's drivers option and qmi_wwan; ModemManager's rules for port types.

local maker = require "maker"

return maker {
  name = "fibocom",

  usb = {
    ["2cb7"] = {
      only_modems = true,
      { "0007", ports = { [2] = "at", [4] = "other", [6] = "at" } },
      { "0104", ports = { [0] = "dm", [1] = "at", [2] = "at", [3] = "other" } },
      { "0106", ports = { [0] = "other", [1] = "at", [2] = "at" } },
      { "010a", ports = { [0] = "at", [1] = "at" } },
      { "0115", ports = { [2] = "other", [3] = "at", [4] = "other", [5] = "other" } },
      { "01a0", ports = { [2] = "at", [3] = "at", [4] = "other" } },
      { "01a2", ports = { [2] = "at", [3] = "other", [4] = "other", [5] = "other" } },
      { "01a4", ports = { [2] = "other", [3] = "at", [4] = "other", [5] = "other", [6] = "other" } },
      { "d00d", download = true },
    },
    -- NL668: ModemManager knows that its tunnel does not work.
    ["1508"] = { { "1001", ports = { [0] = "dm", [1] = "at", [2] = "at", [3] = "at" }, no_at_tunnel = true } },
    ["8087"] = { -- Intel's: L850-GL
      { "095a", ports = { [0] = "at", [2] = "other", [4] = "at" } },
      { "0716", download = true },
    },
  },

  pci = {
    ["14c3"] = { { "4d75", unlock_key = "\x3d\xf8\xc7\x19" } }, -- FM350-GL, as in Lenovo's laptops
  },

  unlock = {
    { "AT+GTFCCLOCKVER", function(modem, seconds) return require "makers.fibocom.unlock"(modem, seconds) end },
  },

  at = { secret = "+MGAUTH +XGAUTH", orders = { ["+GTDUALSIM"] = "change" } },
  messages = { mbim = "makers.fibocom.mbim" },
  at_tunnel = { "makers.fibocom.mbim" },

  -- FM160 and others: the application note of its GNSS, and what the author of fm160d has seen on one. The sentences
  -- are the answer to a command; no port has them.
  receivers = { {
    asks = "AT+GTGPSPOWER?", on = "%+GTGPSPOWER:%s*1", starts = { "AT+GTGPSPOWER=1" }, stops = { "AT+GTGPSPOWER=0" },
    position = { asks = "AT+GTGPS?", alone = true },
  } },

  settings = "makers.fibocom.settings",
  air = "makers.fibocom.air",
  data = "makers.fibocom.data",
  firmware = "makers.fibocom.firmware",
  slots = { asks = "AT+GTDUALSIM?", sets = "AT+GTDUALSIM=%d", numbers = { 0, 1 }, iccid = "AT+ICCID" },
}
