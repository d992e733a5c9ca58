-- SPDX-License-Identifier: MIT
-- `moontower signal`, `cells` and `scan`, and what `status` shows of the air, over QMI.

local json = require "dkjson"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local function run(command, preparation)
  return world.run(command, nil, preparation, { "--composition", "qmi", "--modem", "rm520n" })
end

local function has(text, ...)
  for _, words in ipairs { ... } do lu.assertStrContains(text, words) end
end

function T.test_signal()
  local result = run "moontower simulate set offer=nsa && moontower signal"
  world.assert_success(result)
  has(result.out, "RSRP", "LTE             -98 dBm   -10 dB  12.4 dB  -71 dBm\n", "\n5G              -95 dBm",
    "\n5G, antenna 2   -98 dBm")
end

function T.test_a_tone_without_a_view()
  local result = run "moontower signal --beep"
  eq({ result.status, result.out }, { 2, "" })
  has(result.err, "--beep goes with --watch")
end

function T.test_cells()
  local result = run "moontower simulate set offer=nsa && moontower cells"
  world.assert_success(result)
  has(result.out, "primary              LTE  B25   EARFCN 8665      1992.5 MHz",
    "PCI 214, cell 171650049 (eNB 670508, sector 1), TAC 12033\n", "secondary, inactive  LTE  B41   EARFCN 40072",
    "5G   n41   NR-ARFCN 520110  2600.55 MHz  100 MHz    -95   -11   17.5  PCI 625\n",
    "\nneighbour            LTE  B25   EARFCN 8665")
end

function T.test_for_programs()
  local result = run [[moontower simulate set offer=nsa; moontower signal --json; echo ---; moontower cells --json;
    echo ---; moontower scan --json; echo ---; moontower status --json; true]]
  world.assert_success(result)
  local told = {}
  for part in (result.out .. "---\n"):gmatch "(.-)%-%-%-\n" do told[#told + 1] = json.decode(part) end
  local signal, cells, networks, status = table.unpack(told)
  eq(signal.lte, { rssi = -71, rsrp = -98, rsrq = -10, sinr = 12.4 })
  eq(signal.nr, { rsrp = -95, rsrq = -11, sinr = 17.5 })
  eq({ #cells.serving, cells.serving[1].pci, #cells.neighbours }, { 3, 214, 2 })
  eq({ #networks, networks[1].id, networks[1].technologies }, { 3, "310120", { "LTE" } })
  eq({ status.network.technology, status.signal.nr, status.cells.serving[3].band }, { "5G NSA", signal.nr, "n41" })
end

function T.test_scan()
  local result = run "moontower scan"
  world.assert_success(result)
  has(result.out, "310120   Sprint   current    LTE\n", "311480   Verizon  forbidden  LTE\n")
end

function T.test_status()
  local result = run "moontower simulate set offer=nsa; moontower status; true"
  world.assert_success(result)
  has(result.out, "registered at home on Sprint, 5G NSA, -71 dBm\n",
    "\nsignal    5G RSRP -95 dBm, RSRQ -11 dB, SINR 17.5 dB; LTE RSRP -98 dBm",
    "\ncell      LTE B25+B41 and 5G n41, PCI 214")
end

-- The radio is off: there is nothing to show, and a way out.
function T.test_nothing_is_received()
  local result = run [[moontower radio off; moontower signal; echo "signal $?"; moontower cells; echo "cells $?"
    moontower cells --json]]
  has(result.out, "signal 5\n", "cells 5\n", '"not-registered"')
  has(result.err, "the modem measures no signal", "the modem hears no cell", "`moontower radio`")
end

-- A line for each change, where no terminal shows it.
function T.test_watching()
  local result = run [[: >/run/test/lines; moontower signal --watch >/run/test/lines 2>/dev/null & watching=$!
    until grep -q "SINR 12.4" /run/test/lines; do sleep 0.05; done
    moontower simulate set rsrp=-107
    until grep -q "RSRP -107" /run/test/lines; do sleep 0.05; done
    kill $watching]]
  world.assert_success(result)
end

function T.test_without_a_modem()
  local result = run [[moontower simulate fault unplug; moontower signal; echo "signal $?"
    moontower scan; echo "scan $?"]]
  has(result.out, "signal 3\n", "scan 3\n")
end

return T
