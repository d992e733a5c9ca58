-- SPDX-License-Identifier: MIT
-- Fibocom: L and FM modules, some of them under the ids of the makers of their chips.
--
-- Sources of ids and ports: the kernel's drivers option and qmi_wwan; ModemManager's rules for port types; Fibocom's
-- dial-up guide for Linux (V1.0), and for the FM350 what the commits to option say of its interfaces.

local maker = require "maker"

return maker {
  name = "fibocom",

  -- `family` is whose chips it has: the numbers of AT+GTUSBMODE are theirs.
  usb = {
    ["2cb7"] = {
      only_modems = true,
      { "0007", family = "intel", ports = { [2] = "at", [4] = "other", [6] = "at" } }, -- L850-GL
      -- FM150, FM160 and their kin. Which of the two ports takes commands differs, so the one for them goes first.
      { "0104", family = "qualcomm",
        ports = { [0] = "dm", [1] = "at-ppp", [2] = "at", [3] = "other", [4] = "qmi", [5] = "other" } },
      { "0105", family = "qualcomm",
        ports = { [0] = "dm", [1] = "at-ppp", [2] = "at", [3] = "other", [4] = "ecm", [6] = "other" } },
      { "0106", ports = { [0] = "other", [1] = "at", [2] = "at" } },
      { "0108", family = "qualcomm", ports = { [0] = "at-ppp", [1] = "at" } },
      { "0109", family = "qualcomm", ports = { [0] = "at-ppp", [1] = "at", [2] = "qmi" } },
      { "010a", ports = { [0] = "at", [1] = "at" } },
      { "010b", family = "qualcomm", ports = { [0] = "rndis", [2] = "at-ppp", [3] = "dm", [4] = "other" } },
      { "0110", family = "qualcomm", ports = { [0] = "mbim", [2] = "at", [3] = "dm" } },
      { "0111", family = "qualcomm", ports = { [0] = "mbim", [2] = "at-ppp", [3] = "dm", [4] = "at" } },
      { "0115", ports = { [2] = "other", [3] = "at", [4] = "other", [5] = "other" } },
      -- NL668-AM: ModemManager knows that its tunnel does not work.
      { "01a0", ports = { [2] = "at", [3] = "at", [4] = "other" }, no_at_tunnel = true },
      { "01a2", ports = { [2] = "at", [3] = "other", [4] = "other", [5] = "other" } },
      { "01a4", ports = { [2] = "other", [3] = "at", [4] = "other", [5] = "other", [6] = "other" } },
      { "0a04 0a05 0a06 0a07", family = "unisoc", ports = {} }, -- FM650: which one takes commands is not known
      { "d00d", download = true },
    },
    ["0e8d"] = { -- MediaTek's: FM350-GL
      { "7126", family = "mediatek", ports = { [0] = "rndis", [2] = "other", [4] = "at", [5] = "other", [6] = "other",
        [7] = "other" } },
      { "7127", family = "mediatek", ports = { [0] = "rndis", [2] = "other", [3] = "other", [4] = "other", [6] = "at",
        [7] = "other", [8] = "other", [9] = "dm" } },
      { "7129", ports = { [0] = "mbim", [2] = "other", [3] = "other", [4] = "other", [6] = "at", [7] = "other",
        [8] = "other", [9] = "dm" } },
    },
    ["413c"] = { -- Dell's: L850-GL as DW5820e
      { "81d9", family = "intel", ports = { [2] = "at", [4] = "other", [6] = "at" } },
    },
    -- NL668: ModemManager knows that its tunnel does not work.
    ["1508"] = { { "1001", ports = { [0] = "dm", [1] = "at", [2] = "at", [3] = "at" }, no_at_tunnel = true } },
    ["8087"] = { -- Intel's: L850-GL
      { "095a", family = "intel", ports = { [0] = "at", [2] = "other", [4] = "at" } },
    },
  },

  pci = {
    ["14c3"] = { { "4d75", unlock_key = "\x3d\xf8\xc7\x19" } }, -- FM350-GL, as in Lenovo's laptops
  },

  unlock = {
    { "AT+GTFCCLOCKVER", function(modem, seconds) return require "makers.fibocom.unlock"(modem, seconds) end },
  },

  at = {
    secret = "+MGAUTH +XGAUTH",
    resets = { "AT+CFUN=15" },
    -- Some compositions have no port for commands: there is no way back then.
    strands = { "%+CPWROFF", "%+GTUSBMODE=20%f[%D]", "%+GTUSBMODE=28%f[%D]" },
    orders = { ["+GTDUALSIM"] = "change", ["+GTUSBMODE"] = "change", ["+CPWROFF"] = "restart" },
  },
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
