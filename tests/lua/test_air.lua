-- SPDX-License-Identifier: MIT
-- The air of simulated modems, as MBIM, QMI and AT tell it: each agrees with what the modem hears, and so with the
-- others.

local at_only = require "modem.at_only"
local find = require("modem").find
local lu = require "luaunit"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

local function with_modem(model, composition, offer, run)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(require("simulator.models." .. model), group)
  sim:compose(composition)
  sim.latency, sim.search_time = 0, 0.02
  if offer then sim:set_offer(offer) end
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("qmi", "simulated")
  end)
  local modem <close> = assert(find())
  local registration = modem:wait_for("registration", function() return modem:registration() end,
    function(value) return value.state == "home" end, 30)
  eq(registration and registration.state, "home")
  run(modem, sim)
end

-- ---- what is told must be so ----

local TOLERANCE = 1 -- dB: some answers are whole numbers or steps

local band_names = { LTE = "B%d", ["5G"] = "n%d" }

local function find_cell(list, wanted)
  for _, cell in ipairs(list) do
    if cell.technology == wanted.technology and cell.channel == wanted.channel and cell.pci == wanted.pci then
      return cell
    end
  end
end

local function is_close(told, real, what)
  lu.assertTrue(told == nil or real ~= nil and math.abs(told - real) <= TOLERANCE,
    ("%s is told as %s, and is %s"):format(what, told, real))
end

local function check_cell(told, real, title)
  eq(told.band, band_names[real.technology]:format(real.band), title)
  for _, name in ipairs { "bandwidth", "tac" } do
    lu.assertTrue(told[name] == nil or told[name] == real[name], ("%s: %s is %s"):format(title, name, told[name]))
  end
  lu.assertTrue(told.cell_id == nil or told.cell_id == real.id, title)
  for _, name in ipairs { "rsrp", "rsrq", "sinr" } do is_close(told[name], real[name], title .. ": " .. name) end
end

-- All cells that serve are told, and none that does not; neighbours are ones that there are.
local function check_cells(told, sim, title)
  local real = sim:cells()
  local expected = {}
  for i, cell in ipairs(real.serving) do
    local found = find_cell(told.serving, cell)
    lu.assertNotNil(found, ("%s lacks %s %d: %s"):format(title, cell.technology, cell.channel, lu.prettystr(told)))
    eq(found.role, cell.role, title)
    check_cell(found, cell, ("%s, serving %d"):format(title, i))
    expected[#expected + 1] = found
  end
  eq(#told.serving, #real.serving, title)
  eq(told.serving[1], expected[1], title .. ": the primary one is first")
  eq({ told.serving[1].plmn, told.serving[1].cell_id, told.serving[1].tac },
    { "310120", real.serving[1].id, real.serving[1].tac }, title)
  for _, cell in ipairs(told.neighbours) do
    lu.assertNotNil(find_cell(real.neighbours, cell), title .. ": no such neighbour: " .. lu.prettystr(cell))
  end
end

local function check_signal(told, sim, title)
  for _, cell in ipairs(sim:cells().serving) do
    local part = told[cell.technology == "5G" and "nr" or "lte"]
    if cell.role == "primary" or cell.technology == "5G" then
      lu.assertNotNil(part and part.rsrp, ("%s: %s: %s"):format(title, cell.technology, lu.prettystr(told)))
      for _, name in ipairs { "rsrp", "rsrq", "sinr" } do is_close(part[name], cell[name], title .. ": " .. name) end
    end
  end
end

-- ---- the modems ----

local models = {
  { "mc7455", antennas = 2 }, { "em7565", antennas = 2 }, { "ec25", antennas = 0 }, { "rm520n", antennas = 2 },
  { "rm520n", "nsa", antennas = 4 }, { "rm520n", "sa", antennas = 2 }, { "ln920", antennas = 0 },
}
-- What AT cannot tell of a simulated modem: its carriers.
local has_no_carriers = { ln920 = true, em7565 = true }

local on = { nsa = "5G NSA", sa = "5G SA" }

for _, model in ipairs(models) do
  local name, offer = model[1], model[2]
  for _, composition in ipairs { "mbim", "qmi" } do
    T[("test_%s_%s_over_%s_and_at"):format(name, offer or "lte", composition)] = function()
      with_modem(name, composition, offer, function(modem, sim)
        assert(sim:connect(0, { apn = "r.ispsn", ip_type = "ipv4v6" })) -- some tell of carriers only then
        local by_at = assert(at_only.cells(modem))
        if has_no_carriers[name] then
          check_cell(by_at.serving[1], sim:cells().serving[1], "AT")
        else
          check_cells(by_at, sim, "AT")
        end
        if composition == "qmi" then check_cells(assert(require("modem.qmi").cells(modem)), sim, "QMI") end
        if composition == "qmi" or not has_no_carriers[name] then
          check_cells(assert(modem:cells()), sim, composition .. " and AT")
        end
        local signal = assert(at_only.signal(modem))
        check_signal(signal, sim, "AT")
        eq(#(signal.antennas or {}), model.antennas)
        check_signal(assert(modem:signal()), sim, composition:upper())

        local registration = assert(at_only.registration(modem))
        eq({ registration.state, registration.technology, registration.provider },
          { "home", on[offer] or "LTE", { id = "310120", name = "Sprint" } })
        local primary = sim:cells().serving[1]
        eq({ registration.cell_id, registration.tac }, { primary.id, primary.tac })
      end)
    end
  end
end

-- ---- changes ----

function T.test_a_signal_that_gets_worse_and_goes()
  with_modem("ec25", "qmi", nil, function(modem, sim)
    for _, rsrp in ipairs { -120, -80 } do
      sim:set_rsrp(rsrp)
      eq(assert(at_only.signal(modem)).lte.rsrp, rsrp)
    end
    sim.network.present = false
    sim:settle()
    eq(assert(at_only.signal(modem)), {})
    eq(assert(at_only.cells(modem)), { serving = {}, neighbours = {} })
    local registration = assert(at_only.registration(modem))
    eq({ registration.state, registration.technology }, { "searching", nil })
  end)
end

function T.test_networks_in_reach_by_at()
  with_modem("mc7455", "mbim", nil, function(modem)
    eq(assert(at_only.scan(modem))[1], { id = "310120", name = "Sprint", state = "current", technologies = { "LTE" } })
  end)
end

-- In another mode, a modem has its AT port alone: that is enough for commands about the air.
function T.test_commands_of_a_modem_with_an_at_port_alone()
  local result = world.run([[
    moontower at 'AT+QCFG="usbnet",1' && moontower reset && moontower cells && moontower signal --json && moontower scan
    moontower signal --watch | { read -r first; echo "$first"; moontower simulate set rsrp=-110 >/dev/null
      read -r second; echo "$second"; }
  ]], nil, nil, { "--modem", "ec25" })
  for _, words in ipairs {
    "primary              LTE  B41   EARFCN 40072", "secondary, inactive  LTE  B41   EARFCN 40270", '"rsrp":-98,',
    "310120   Sprint   current    LTE", "RSRP -98 dBm, RSRQ -10 dB, SINR 12 dB", "RSRP -110 dBm",
  } do
    lu.assertStrContains(result.out, words, false, result.err)
  end
end

-- `up` and `status` need nothing of the AT port.
function T.test_the_at_port_is_opened_only_for_what_is_asked()
  with_modem("mc7455", "mbim", nil, function(modem)
    assert(modem:signal "protocol")
    assert(modem:registration())
    lu.assertNil(rawget(modem, "at"))
    assert(modem:signal())
    lu.assertNotNil(rawget(modem, "at"))
  end)
end

return T
