-- SPDX-License-Identifier: MIT
-- What a modem tells of the air over MBIM, in each version of MBIMEx; when one is agreed on, and how long it holds.

local basic = require "mbim.basic_connect"
local faults = require "simulator.faults"
local find = require("modem").find
local lu = require "luaunit"
local mbim = require "mbim"
local models = "simulator.models."
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

require("modem.cell_news").quiet = 0

local eq = lu.assertEquals

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

-- Calls fn(sim, open) with a simulated modem; open() opens it as a run of ours does.
local function with_modem(name, offer, fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  state.remove("channels", "simulated")
  local group <close> = task.group()
  local sim = new_simulated(require(models .. name), group)
  sim:compose "mbim"
  sim.latency, sim.search_time = 0, 0.02
  sim:set_offer(offer)
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function() sim:unplug() end)
  fn(sim, function()
    local modem = assert(find())
    modem.at, modem.lacks_qmi = false, true -- which would tell what MBIM does not
    return modem
  end)
end

local function lte(more)
  local values = { rsrp = -98, rsrq = -10 }
  for key, value in pairs(more or {}) do values[key] = value end
  return values
end

local nr = { rsrp = -95, rsrq = -11, sinr = 17.5 }

-- How many commands it takes.
local function asked(sim, fn)
  local before = sim.commands
  local value = fn()
  return sim.commands - before, value
end

-- ---- signal ----

function T.test_signal()
  for _, case in ipairs {
    { "mc7455", "lte", { dbm = -71, lte = lte { rssi = -71 } } },
    { "em9191", "lte", { dbm = -98, lte = lte { sinr = 12.5 } } },
    { "em9191", "nsa", { dbm = -98, lte = lte { sinr = 12.5 }, nr = { rsrp = -95, sinr = 17.5 } } },
    { "em9191", "sa", { dbm = -95, nr = { rsrp = -95, sinr = 17.5 } } },
    { "rm520n", "lte", { dbm = -98, lte = lte { sinr = 12.5 } } },
    { "rm520n", "nsa", { dbm = -98, lte = lte { sinr = 12.5 }, nr = nr } },
    { "rm520n", "sa", { dbm = -95, nr = nr } },
  } do
    with_modem(case[1], case[2], function(sim, open)
      local modem <close> = open()
      eq(modem:signal(), case[3], case[1] .. " " .. case[2])
      sim:set_signal(99)
      eq(modem:signal().dbm, nil)
    end)
  end
end

-- What has no value has none here, whichever number says so.
function T.test_numbers_for_unknown()
  local air = require "modem.mbim.air"
  local function read(rssi, entries)
    return require("modem.mbim.signal").of { rssi = rssi, rsrp_snr = entries and { signals = entries } }
  end
  eq(read(99), {})
  eq(read(31), { dbm = -51 })
  eq(read(0), { dbm = -113 })
  eq(read(99, { { rsrp = 127, snr = 128, system_type = { lte = true } } }), {})
  eq(read(99, { { rsrp = 0xffffffff, snr = 0xffffffff, system_type = { ["5g"] = true } } }), {})
  eq(read(99, { { rsrp = 126, snr = 127, system_type = { ["5g-nsa"] = true } } }),
    { dbm = -31, nr = { rsrp = -31, sinr = 40 } })
  eq(read(99, { { rsrp = 1, snr = 1, system_type = { umts = true } } }), {})
  local cells = air.cells_of {
    lte_serving = { provider_id = "", cell_id = 0xffffffff, earfcn = 0xffffffff, pci = 0xffffffff, tac = 0xffffffff,
      rsrp = -1, rsrq = -1, timing_advance = 0xffffffff },
    nr_serving = { cells = { { provider_id = "", cell_id = -1, nrarfcn = 0xffffffff, pci = 0xffffffff, tac = 0xffffffff,
      rsrp = 0xffffffff, rsrq = 0xffffffff, sinr = 0xffffffff, timing_advance = -1 } } },
    nr_neighbours = { cells = { { cell_id = "", rsrp = 127 }, { cell_id = "1a2b3c4", pci = 5, rsrp = 126 } } },
    umts_serving = { rscp = 0, ecno = 1, uarfcn = 10700 }, gsm_serving = { rx_level = 63, timing_advance = 1 },
    umts_neighbours = { cells = { { rscp = -1, ecno = -5 } } },
  }
  eq(cells.serving, {
    { technology = "LTE", role = "primary" }, { technology = "5G", role = "secondary" },
    { technology = "UMTS", role = "secondary", channel = 10700, band = "B1", frequency = 2140 },
    { technology = "GSM", role = "secondary", rssi = -47, timing_advance = 48 / 13 },
  })
  eq(cells.neighbours, {
    { technology = "5G" }, { technology = "5G", cell_id = 0x1a2b3c4, pci = 5, rsrp = -30 },
    { technology = "UMTS", ecio = -5 },
  })
end

-- ---- cells ----

local anchor = {
  technology = "LTE", role = "primary", plmn = "310120", cell_id = 0x0a3b2c01, enb = 0x0a3b2c, sector = 1, tac = 0x2f01,
  pci = 214, band = "B25", channel = 8665, frequency = 1992.5, rsrp = -98, rsrq = -10, sinr = 12.5,
}
local around = {
  { technology = "LTE", plmn = "310120", pci = 87, band = "B25", channel = 8665, frequency = 1992.5, rsrp = -106,
    rsrq = -14 },
  { technology = "LTE", plmn = "310120", pci = 302, band = "B41", channel = 40072, frequency = 2538.2, rsrp = -112,
    rsrq = -15 },
}

function T.test_cells()
  local second = {
    technology = "5G", role = "secondary", plmn = "310120", pci = 625, channel = 520110, frequency = 2600.55,
    rsrp = -95, rsrq = -11, sinr = 17.5,
  }
  local alone = {
    technology = "5G", role = "primary", plmn = "310120", cell_id = 0x37fb2c041, tac = 0x60aa00, pci = 625,
    channel = 520110, frequency = 2600.55, rsrp = -95, rsrq = -11, sinr = 17.5,
  }
  for _, case in ipairs {
    { "em9191", "nsa", { serving = { anchor }, neighbours = around } },
    { "em9191", "sa", { serving = {}, neighbours = {} } },
    { "rm520n", "lte", { serving = { anchor }, neighbours = around } },
    { "rm520n", "nsa", { serving = { anchor, second }, neighbours = around } },
    { "rm520n", "sa", { serving = { alone }, neighbours = {
      { technology = "5G", plmn = "310120", pci = 626, rsrp = -103, rsrq = -14 },
    } } },
  } do
    with_modem(case[1], case[2], function(_, open)
      local modem <close> = open()
      eq(modem:cells(), case[3], case[1] .. " " .. case[2])
    end)
  end
end

-- Before 3.0, QMI inside MBIM tells the rest, where a modem has it.
function T.test_qmi_inside_mbim_tells_the_rest()
  for offer, expected in pairs {
    lte = { { rssi = -71, rsrp = -98, rsrq = -10, sinr = 12.4 } }, nsa = { lte { sinr = 12.5 }, nr }, sa = { nil, nr },
  } do
    with_modem(offer == "lte" and "mc7455" or "em9191", offer, function(sim, open)
      local modem <close> = open()
      modem.lacks_qmi = nil
      local signal, cells = modem:signal(), modem:cells()
      eq({ (signal.lte or {}).rsrp, (signal.lte or {}).rsrq, (signal.lte or {}).sinr },
        expected[1] and { expected[1].rsrp, expected[1].rsrq, expected[1].sinr } or {}, offer)
      eq({ (signal.nr or {}).rsrp, (signal.nr or {}).rsrq }, expected[2] and { -95, -11 } or {}, offer)
      eq(cells.serving[1].technology, offer == "sa" and "5G" or "LTE")
      eq(cells.serving[1].bandwidth, offer == "sa" and 100 or 10)
      eq(modem.lacks_qmi, nil)
      local clients = {}
      sim:emit("clients", clients)
      eq(clients, {}) -- no id is left
    end)
  end
  with_modem("rm520n", "lte", function(sim, open)
    local modem <close> = open()
    modem.lacks_qmi = nil
    eq(asked(sim, function() return modem:cells() end), 4) -- 3.0 needs none
  end)
end

-- ---- what it is on ----

function T.test_registration_says_what_is_used()
  for _, name in ipairs { "em9191", "rm520n" } do
    for offer, technology in pairs { lte = "LTE", nsa = "5G NSA", sa = "5G SA" } do
      with_modem(name, offer, function(_, open)
        local modem <close> = open()
        local registration = modem:registration()
        eq({ registration.state, registration.technology }, { "home", technology }, name)
        eq(modem:packet_service().technology, technology)
        eq(registration.tac, name == "rm520n" and offer ~= "lte" and (offer == "sa" and 0x60aa00 or 0x2f01) or nil)
      end)
    end
  end
end

-- A cell that offers NR, and a modem that does not use it.
function T.test_what_the_cell_offers_is_not_what_is_used()
  local technology = require "modem.mbim.technology"
  local offered = { state = "home", available_data_classes = { lte = true, ["5g-nsa"] = true }, nw_error = 0 }
  local function used(class, subclass)
    return technology.registration_of(offered, technology.packet_of {
      state = class and "attached" or "detached", highest_data_class = class and { [class] = true } or {}, nw_error = 0,
      data_subclass = subclass and { [subclass] = true } or nil,
    }).technology
  end
  eq({ used "lte", used "5g-nsa", used(nil), used("5g", "endc"), used("5g", "nr"), used("5g", "elte") },
    { "LTE", "5G NSA", "LTE", "5G NSA", "5G SA", "5G" })
  eq(technology.registration_of(offered).technology, "5G NSA") -- as far as one answer tells
end

function T.test_scan()
  with_modem("rm520n", "lte", function(_, open)
    local modem <close> = open()
    eq(modem:scan(), {
      { id = "310120", name = "Sprint", state = "current", technologies = {} },
      { id = "311480", name = "Verizon", state = "forbidden", technologies = {} },
      { id = "310410", name = "AT&T", state = "forbidden", technologies = {} },
    })
  end)
end

-- ---- events ----

function T.test_the_signal_comes_by_itself()
  with_modem("rm520n", "nsa", function(sim, open)
    local modem <close> = open()
    assert(modem:signal())
    local events <close> = modem:events "signal"
    sim:set_rsrp(-108)
    local event = assert(task.timeout(60, events.next, events))
    eq({ event.name, event.value }, { "signal", {
      dbm = -108, lte = { rsrp = -108, sinr = 12.5 }, nr = { rsrp = -105, sinr = 17.5 },
    } })
    eq(modem:signal().lte.rsrp, -108) -- and the thresholds have arrived by now
    eq(sim.signal_report, { interval = 5, rssi_threshold = 1 })
  end)
end

function T.test_cells_come_by_themselves()
  with_modem("rm520n", "lte", function(sim, open)
    local modem <close> = open()
    local events <close> = modem:events "cell"
    local function next_cells()
      local serving = assert(task.timeout(60, events.next, events)).value.serving
      return { serving[1].pci, #serving }
    end
    sim:hand_over(2)
    eq(next_cells(), { 87, 1 })
    sim:set_offer "nsa"
    eq(next_cells(), { 87, 2 })
    sim.preference.modes["5gnr"] = false -- 5G goes, and the cell stays
    sim:emit "packet"
    eq(next_cells(), { 87, 1 })
  end)
end

-- ---- the agreement ----

function T.test_a_version_is_agreed_on_once()
  with_modem("rm520n", "nsa", function(sim, open)
    do
      local modem <close> = open()
      assert(modem:network())
      eq({ sim.mbimex, modem.mbim.version }, { 0x0100, nil }) -- which none of this needs
      eq(asked(sim, function() return modem:cells() end), 4)
      eq({ sim.mbimex, modem.mbim.version }, { 0x0300, 0x0300 })
      eq(asked(sim, function() return modem:cells() end), 2)
    end
    eq(state.load("channels", "simulated").mbimex, 0x0300)
    do
      local modem <close> = open() -- another run
      eq(asked(sim, function() return modem:signal() end), 2)
      assert(modem:connect { apn = "r.ispsn", user = "u", password = "p" })
      eq({ sim.sessions[0].apn, modem:session(0).state }, { "r.ispsn", "activated" })
      -- Another program opens it, so that the version is forgotten.
      faults.apply(sim, "forget", {})
      assert(modem:session(0))
      assert(modem:ensure_started())
      eq({ sim.mbimex, modem.mbim.version }, { 0x0300, 0x0300 })
      assert(modem:connect { apn = "r.ispsn" })
    end
  end)
end

-- The record of an earlier run is wrong where another program has opened the modem since: the order to connect that
-- comes in the wrong layout is repeated.
function T.test_a_version_that_another_program_has_changed()
  for now, agreed in pairs { [0x0100] = 0x0300, [0x0200] = 0x0300 } do
    with_modem("rm520n", "nsa", function(sim, open)
      do
        local modem <close> = open()
        assert(modem:cells())
      end
      sim.mbimex = now
      local modem <close> = open()
      eq(modem:sim().imsi, sim.card.imsi)
      assert(modem:connect { apn = "r.ispsn" })
      eq({ sim.sessions[0].apn, sim.mbimex, modem.mbim.version }, { "r.ispsn", agreed, agreed })
    end)
  end
end

-- A modem that knows none, one that refuses, and one that refuses what it does not know.
function T.test_modems_that_do_not_speak_it()
  local extensions = require "mbim.ms_basic_connect_extensions"
  local handlers = require "simulator.mbim.extensions"
  local original = handlers[extensions.version.cid]
  local _ <close> = task.finally(function() handlers[extensions.version.cid] = original end)
  for _, case in ipairs {
    { version = 0x0100, commands = 3, handler = nil },
    { version = 0x0100, commands = 5, handler = { query = function() return nil, "no-device-support" end } },
    { version = 0x0200, commands = 5, handler = { query = function(modem, values)
      if values.mbimex > 0x0200 then
        return nil, "invalid-parameters"
      end
      modem.mbimex = 0x0200
      return { mbim = 0x0100, mbimex = 0x0200 }
    end } },
    { version = 0x0300, commands = 4, handler = { query = function(modem)
      modem.mbimex = 0x0300
      return { mbim = 0x0100, mbimex = 0x0400 } -- it names its own, not the one that holds
    end } },
  } do
    handlers[extensions.version.cid] = case.handler
    with_modem("rm520n", "lte", function(sim, open)
      local modem <close> = open()
      eq(asked(sim, function() return modem:signal() end), case.commands)
      eq(modem.mbim.version, case.version)
      eq(asked(sim, function() return modem:signal() end), 2) -- it is not asked again
      assert(modem:connect { apn = "r.ispsn" })
    end)
  end
end

-- Signal State of 1.0 says nothing while a modem is on 5G alone.
function T.test_a_level_that_only_a_newer_version_tells()
  with_modem("rm520n", "sa", function(sim, open)
    local modem <close> = open()
    eq(modem:signal("protocol").dbm, -95)
    eq(sim.mbimex, 0x0300)
  end)
  with_modem("mc7455", "lte", function(sim, open)
    local modem <close> = open()
    eq(asked(sim, function() return modem:signal("protocol") end), 1)
    eq(modem.mbim.version, nil)
  end)
end

-- Tasks that need a version at the same time agree on it once, and no order is laid out for another one.
function T.test_all_at_the_same_time()
  with_modem("rm520n", "nsa", function(sim, open)
    sim.latency = 0.005
    local modem <close> = open()
    local count = asked(sim, function()
      return task.all(
        function() return modem:cells() end, function() return modem:signal() end,
        function() return modem:registration() end, function() return modem:connect { apn = "r.ispsn" } end,
        function() return modem:sim() end, function() return modem:packet_service() end)
    end)
    lu.assertTrue(count < 16, tostring(count))
    eq({ sim.mbimex, sim.sessions[0].apn }, { 0x0300, "r.ispsn" })
    eq(modem.mbim:query(basic.register_state).available_data_classes, { lte = true, ["5g"] = true })
    eq(mbim.version_text(modem.mbim.version), "3.0")
  end)
end

return T
