-- SPDX-License-Identifier: MIT
-- Simulated modems of more makers: what each command says on them, and what it says that they have not.

local lu = require "luaunit"
local settings = require "settings"
local simulated = require "support.simulated"
local world = require "support.world"

local T = {}

-- What everybody asks of a modem; each line of output has its command in front.
local SCRIPT = [[
show() { "$@" 2>&1 | sed "s|^|$2: |"; }
moontower up --no-dns --apn r.ispsn >/run/test/up 2>&1; sed 's/^/up: /' /run/test/up
for command in devices status signal cells usbcomp firmware technology bands lock slot; do show moontower $command; done
show moontower setup --plan calyx-sprint
show moontower at ATI
moontower down >/dev/null 2>&1
show moontower reset
]]

local function run(model, composition, script)
  local options = { "--modem", model }
  if composition ~= "" then table.move({ "--composition", composition }, 1, 2, 3, options) end
  return world.run("moontower simulate set reset_time=0.1\n" .. (script or SCRIPT), nil, nil, options)
end

-- By model, and what it speaks where it has several: words of the output, blanks in any number.
local models = {
  l850 = {
    "up: online 8.8.8.8 answers", "devices: /run/moontower/simulator/mbim MBIM wwan0 2cb7:0007",
    "devices: AT /run/moontower/simulator/at", "signal: LTE -98 dBm -10 dB 12.5 dB -71 dBm",
    "cells: primary LTE B41 EARFCN 40072 2538.2 MHz 20 MHz -98 -10 12.5 PCI 301", "cells: neighbour LTE",
    "cells: secondary LTE B41", "usbcomp: 0 at+ncm moontower usbcomp 0", "usbcomp: * 7 at+mbim now",
    "firmware: modem 18500.5001.00.05.27.30_5001", "technology: may use UMTS, LTE",
    "technology: can be gsm, gsm+lte, gsm+umts, gsm+umts+lte, lte, umts, umts+lte", "bands: bands B1+B2+B3+B4",
    "lock: locked to nothing: this modem offers no way to do that", "slot: moontower: the modem has one SIM slot",
    "setup: Radio access umts+lte lte AT+XACT=2,,", "setup: USB composition at+mbim", "at: L850-GL",
    "reset: reset /run/moontower/simulator/mbim restarts, by AT", "MBIM (2cb7:0007)",
  },
  ["fm150 qmi"] = {
    "up: online 8.8.8.8 answers", "devices: /run/moontower/simulator/qmi QMI wwan0 2cb7:0104",
    "signal: LTE -98 dBm -10 dB 12.4 dB -71 dBm", "usbcomp: 18 dm+at+ecm+adb", "usbcomp: * 32 dm+at+qmi now",
    "usbcomp: 30 dm+at+mbim moontower usbcomp 30", "technology: may use UMTS, LTE, 5G SA, 5G NSA",
    "lock: can be one cell or channel, of LTE or 5G, from the next restart on", "slot: 2 empty",
    "setup: Radio access umts+lte+nr lte AT+GTACT=2", "firmware: modem 89602.1000.00.04.07.20_A12", "by AT",
  },
  fm350 = {
    "up: modem FM350-GL, firmware 81600", "up: online 8.8.8.8 answers", "devices: /dev/wwan0mbim0 MBIM wwan0 14c3:4d75",
    "devices: AT /dev/wwan0at0", "usbcomp: * at+mbim now", "setup: USB composition at+mbim at+mbim as it is",
    "signal: LTE -98 dBm -10 dB 12.5 dB", "technology: may use UMTS, LTE, 5G SA, 5G NSA", "slot: 2 empty",
    "lock: can be one cell or channel, of LTE or 5G", "reset: reset /dev/wwan0mbim0 restarts, by AT",
  },
  fm350_usb = {
    "up: wwan0 184.250.142.38/30", "up: online 8.8.8.8 answers", "devices: AT /run/moontower/simulator/at, wwan0",
    "usbcomp: * 41 dm+at+rndis+adb now", "signal: LTE -98 dBm -10 dB 12.5 dB", "AT (0e8d:7127)",
    "setup: moontower: setup: USB composition: this modem has no composition with at+mbim",
  },
  ["me906 mbim"] = {
    "up: online 8.8.8.8 answers", "devices: /run/moontower/simulator/mbim MBIM wwan0 12d1:15c1",
    "usbcomp: moontower: this modem offers no way to set composition", "no AT port",
    "technology: moontower: this modem offers no way to set rat",
    "reset: reset /run/moontower/simulator/mbim restarts, by MBIM", "back as /run/moontower/simulator/mbim, MBIM",
  },
  ["sim7600 qmi"] = {
    "up: online 8.8.8.8 answers", "devices: /run/moontower/simulator/qmi QMI wwan0 1e0e:9001",
    "usbcomp: * 9001 dm+nmea+at+qmi now", "usbcomp: 9011 dm+nmea+at+rndis moontower usbcomp 9011",
    "firmware: modem B04V03", "slot: moontower: the modem tells nothing of SIM slots", "bands: bands B1+B2+B3",
    "setup: moontower: setup: USB composition: this modem has no composition with at+mbim",
    "lock: can be one cell of LTE", "at: Revision: LE20B04SIM7600G22",
    "reset: back as /run/moontower/simulator/qmi, QMI (1e0e:9001)",
  },
  ["sim7600 rndis"] = {
    "up: online 8.8.8.8 answers", "up: wwan0 192.168.225.27/24", "devices: AT /run/moontower/simulator/at, wwan0",
    "signal: LTE -98 dBm -10 dB 12 dB -71 dBm", "usbcomp: * 9011 dm+nmea+at+rndis now", "AT (1e0e:9011)",
  },
  ["sim8200 qmi"] = {
    "up: online 8.8.8.8 answers", "usbcomp: 9003 dm+nmea+at+mbim moontower usbcomp 9003", "+n77+n78+n79",
    "slot: 2 empty", "setup: USB composition dm+nmea+at+qmi at+mbim AT+CUSBCFG=USBID,1E0E,9003",
    "reset: reset /run/moontower/simulator/qmi restarts, by AT",
  },
  ["eg25 qmi"] = {
    "up: online 8.8.8.8 answers", "devices: /run/moontower/simulator/qmi QMI wwan0 2c7c:0125",
    "signal: LTE -98 dBm -10 dB 12.4 dB -71 dBm", "usbcomp: * 0 dm+nmea+at+qmi now",
    "slot: moontower: the modem tells nothing of SIM slots", 'setup: Radio access auto lte AT+QCFG="nwscanmode",3,1',
    'AT+QCFG="usbnet",2', "at: Revision: EG25GGBR07A08M2G",
    "reset: reset /run/moontower/simulator/qmi restarts, by AT", "QMI (2c7c:0125)",
  },
  ["rm502q qmi"] = {
    "up: online 8.8.8.8 answers", "devices: /run/moontower/simulator/qmi QMI wwan0 2c7c:0800",
    "technology: can be auto, or any of umts, lte, nr; sa or nsa beside lte",
    'setup: Radio access auto lte AT+QNWPREFCFG="mode_pref",LTE',
    "slot: 2 a card", "usbcomp: 2 dm+nmea+at+mbim moontower usbcomp 2", "by AT", "QMI (2c7c:0800)",
  },
  rm520n_pcie = {
    "up: online 8.8.8.8 answers", "devices: /dev/wwan0mbim0 MBIM wwan0 17cb:0308", "devices: AT /dev/wwan0at0",
    "signal: LTE -98 dBm -10 dB 12.5 dB", "at: Revision: RM520NGLAAR03A03M4G", "slot: 2 a card",
    "reset: reset /dev/wwan0mbim0 restarts, by AT", "back as /dev/wwan0mbim0, MBIM (17cb:0308)",
  },
  t99w175 = {
    "up: online 8.8.8.8 answers", "devices: /dev/wwan0mbim0 MBIM wwan0 105b:e0ab", "devices: AT /dev/wwan0at0",
    "signal: LTE -98 dBm -10 dB 12.5 dB", "at: Model: T99W175", "slot: 2 empty",
    "setup: Radio access umts+lte+nr lte AT^SLMODE=1,2", "bands: bands B1+B2",
    "firmware: Its images: the modem tells nothing of firmware images", "lock: locked to nothing",
    "reset: reset /dev/wwan0mbim0 restarts, by AT", "MBIM (105b:e0ab)",
  },
  ["fm150 mbim"] = { "devices: /run/moontower/simulator/mbim MBIM wwan0 2cb7:0111", "up: online", "usbcomp: * 30" },
}

local function squeezed(text) return (text:gsub("[ \t]+", " ")) end

for name, words in pairs(models) do
  T["test_" .. name:gsub("%W", "_")] = function()
    local result = run(name:match "^(%S+)%s*(%S*)$")
    world.assert_success(result)
    local out = squeezed(result.out)
    for _, text in ipairs(words) do lu.assertStrContains(out, text) end
    for _, bad in ipairs { "traceback", "malformed" } do lu.assertNotStrContains(result.out .. result.err, bad) end
    lu.assertEquals(result.after, result.before)
  end
end

-- ---- to another composition and back ----

function T.test_an_fm150_changes_its_composition()
  local result = run("fm150", "", [[moontower usbcomp at+mbim --reset && moontower up --apn r.ispsn --no-dns &&
    moontower down && moontower usbcomp 24 --reset && moontower up --apn r.ispsn --no-dns && moontower down &&
    moontower usbcomp 32 --reset; moontower usbcomp at; echo "at: $?"]])
  for _, words in ipairs {
    "dm+at+qmi -> dm+at+mbim, by AT+GTUSBMODE=30", "by AT+GTUSBMODE=32", "mbim, MBIM\n", "qmi, QMI\n",
    "dm+at+mbim -> dm+at+rndis+adb, by AT+GTUSBMODE=24", "note      Then it is a network card, which moontower conn",
  } do
    lu.assertStrContains(result.out, words)
  end
  lu.assertStrContains(result.out, "at: 1")
  lu.assertStrContains(result.err, "the modem could only dial by PPP")
end

function T.test_an_fm150_is_locked_to_a_cell()
  local result = run("fm150", "", [[moontower lock lte-8665/87 && moontower up --no-dns && moontower cells]])
  world.assert_success(result)
  lu.assertStrMatches(squeezed(result.out), ".*primary LTE B25 EARFCN 8665 .* PCI 87.*")
end

-- Of each of its compositions the modem is found again, and is connected.
function T.test_a_sim8200_in_all_its_compositions()
  local result = run("sim8200", "", [[for number in 9003 9011 9018 9001; do
      moontower usbcomp $number --force --reset && moontower up --apn r.ispsn --no-dns && moontower signal
      moontower down; done; moontower lock lte-8665/87; moontower lock; moontower bands B25+B41+n78; moontower bands]])
  world.assert_success(result)
  local _, online = result.out:gsub("8%.8%.8%.8 answers", "")
  lu.assertEquals(online, 4)
  for _, words in ipairs {
    "simulator/mbim, MBIM\n", "simulator/at, AT\n", "simulator/qmi, QMI\n", "locked to lte-8665/87", "B25+B41+n78\n",
  } do
    lu.assertStrContains(result.out, words)
  end
end

-- A lock that its laptop's maker has put on it goes, and its MBIM cannot be taken away.
function T.test_an_fm350_is_unlocked()
  local result = world.run([[moontower unlock && moontower up --no-dns && moontower down
    moontower usbcomp at+qmi; echo "at+qmi: $?"]], { "fcc-lock" }, nil, { "--modem", "fm350" })
  for _, words in ipairs { "The radio is unlocked, and on (AT+GTFCCLOCKVER)", "8.8.8.8 answers", "at+qmi: 1" } do
    lu.assertStrContains(result.out, words)
  end
  lu.assertStrContains(result.err, "it is not on USB, and its ports are those that its driver makes")
end

-- An ME906s that is a network card: its words are Huawei's, and its bands a mask with all bits.
function T.test_an_me906_by_at()
  simulated.with_modem({ composition = "ncm", model = require "simulator.models.me906" }, function(modem)
    simulated.await_home(modem)
    local list = settings.for_modem(modem, { rat = "lte", bands = "B41" })
    for name, steps in pairs {
      rat = { "auto", "umts+lte", 'AT^SYSCFGEX="0302",40000000,2,4,40000000,,', "umts+lte" },
      bands = { "all", "B3+B41", 'AT^SYSCFGEX="99",40000000,2,4,10000000004,,', "B3+B41" },
    } do
      local setting = list[name]
      local now = assert(setting:read(modem))
      local wanted = assert(setting:normalise(steps[2]))
      lu.assertEquals({ setting:show(now), setting:how(now, wanted) }, { steps[1], steps[3] })
      assert(setting:set(modem, wanted, now))
      lu.assertEquals(setting:show(setting:read(modem)), steps[4])
    end
    lu.assertEquals(modem.at:command("AT^HCSQ?").lines, { '^HCSQ: "LTE",50,43,163,20' })
  end)
end

-- ---- an L850's ways over MBIM ----

-- Its transfers are short, its levels numbers of steps, and QMI is not inside.
function T.test_an_l850_over_mbim()
  simulated.with_modem({ composition = "mbim", model = require "simulator.models.l850" }, function(modem)
    simulated.await_home(modem)
    local cells = assert(modem:cells "protocol")
    lu.assertEquals({ cells.serving[1].rsrp, cells.serving[1].rsrq, #cells.neighbours }, { -98, -10, 0 })
    lu.assertEquals({ modem:images() }, { { {
      kind = "modem", version = "18500.5001.00.05.27.30_5001.0000.00.001.020_C81", is_active = true } } })
    local id, err = modem.qmi:request(require("qmi.dms").get_ids)
    lu.assertEquals({ id, err.code, err.message },
      { nil, "unsupported", "Allocate CID: the modem has no QMI inside MBIM" })
  end)
end

-- A lock that Foxconn's message undoes, and no other; and a bus without a port to reset.
function T.test_a_t99w175_is_unlocked()
  local result = run("t99w175", "", [[moontower simulate fault fcc-lock; moontower unlock && moontower up --no-dns
    moontower at AT^SWITCH_SLOT?; moontower reset --usb
    moontower down; moontower bands B25+n41 && moontower at AT^BAND_PREF_EXT?]])
  for _, words in ipairs {
    "LTE,Enable Bands :25,\n", "NR5G_SA,Enable Bands :41,\n",
    "Foxconn Set FCC Authentication", "8.8.8.8 answers in", "SIM1 ENABLE" } do
    lu.assertStrContains(result.out, words)
  end
  lu.assertStrContains(result.err, "/dev/wwan0mbim0 is not on USB")
  lu.assertStrContains(result.err, "echo 1 >/sys/bus/pci/devices/0000:01:00.0/remove")
end

return T
