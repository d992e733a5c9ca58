-- SPDX-License-Identifier: MIT
-- Signal, cells, technology and networks over QMI, as the simulated modem has them, and as odd modems tell them.

local errors = require "errors"
local find = require("modem").find
local lu = require "luaunit"
local nas = require "qmi.nas"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

local eq = lu.assertEquals

require("modem.cell_news").quiet = 0
require("modem.qmi.service_events").signal_pause = 0
local PATIENCE = 60

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

-- fn(modem, sim), with a modem as a script has it.
local function with_modem(model, fn)
  lu.skipIf(not entered, "no world of our own here: " .. tostring(refused))
  local group <close> = task.group()
  local sim = new_simulated(require("simulator.models." .. model), group)
  sim:compose "qmi"
  sim.latency, sim.search_time = 0, 0.02
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("qmi", "simulated")
  end)
  local modem <close> = assert(find())
  fn(modem, sim)
end

-- What QMI tells of them: the AT port is not asked for more.
local function told_cells(modem) return assert(modem:cells "protocol") end

-- ---- the simulated modem ----

local lte_primary = {
  technology = "LTE", role = "primary", plmn = "310120", cell_id = 0x0a3b2c01, enb = 0x0a3b2c, sector = 1,
  tac = 0x2f01, pci = 214, band = "B25", channel = 8665, frequency = 1992.5, bandwidth = 10, rsrp = -98, rsrq = -10,
  rssi = -71, sinr = 12.4,
}
local lte_secondary = {
  technology = "LTE", role = "secondary", state = "inactive", pci = 301, band = "B41", channel = 40072,
  frequency = 2538.2, bandwidth = 20,
}
local neighbours = {
  { technology = "LTE", pci = 87, band = "B25", channel = 8665, frequency = 1992.5, rsrp = -106, rsrq = -14,
    rssi = -79 },
  { technology = "LTE", pci = 302, band = "B41", channel = 40072, frequency = 2538.2, rsrp = -112, rsrq = -15,
    rssi = -83 },
}
local nr_secondary = {
  technology = "5G", role = "secondary", pci = 625, band = "n41", channel = 520110, frequency = 2600.55,
  bandwidth = 100, rsrp = -95, rsrq = -11, sinr = 17.5,
}

function T.test_lte_with_an_aggregated_carrier()
  with_modem("mc7455", function(modem, sim)
    eq(modem:signal "protocol", { dbm = -71, lte = { rssi = -71, rsrp = -98, rsrq = -10, sinr = 12.4 } })
    eq(told_cells(modem), { serving = { lte_primary, lte_secondary }, neighbours = neighbours })
    assert(modem:connect { apn = "r.ispsn", ip = "ipv4" })
    eq(told_cells(modem).serving[2].state, "active")
    local registration = modem:registration()
    eq({ registration.technology, registration.tac, registration.cell_id }, { "LTE", 0x2f01, 0x0a3b2c01 })
    sim:set_signal(99)
    eq(modem:signal "protocol", {})
  end)
end

function T.test_antennas()
  with_modem("mc7455", function(modem)
    eq(modem:signal().antennas, {
      { port = 1, technology = "LTE", rssi = -71, rsrp = -98 },
      { port = 2, technology = "LTE", rssi = -74, rsrp = -101 },
    })
  end)
end

-- A modem that knows 5G is on LTE until 5G is used, whatever the cell has to offer.
function T.test_5g_beside_lte()
  with_modem("rm520n", function(modem, sim)
    eq(modem:registration().technology, "LTE")
    eq(modem:signal "protocol".nr, nil)
    eq(#told_cells(modem).serving, 2)
    sim:set_offer "nsa"
    eq(modem:registration().technology, "5G NSA")
    eq(modem:signal "protocol", {
      dbm = -71, lte = { rssi = -71, rsrp = -98, rsrq = -10, sinr = 12.4 },
      nr = { rsrp = -95, rsrq = -11, sinr = 17.5 },
    })
    eq(told_cells(modem).serving, { lte_primary, lte_secondary, nr_secondary })
    sim.preference.nr_nsa_bands = { 78 } -- it has been told not to use that band
    eq(modem:registration().technology, "LTE")
    eq(#told_cells(modem).serving, 2)
  end)
end

function T.test_5g_alone()
  with_modem("rm520n", function(modem, sim)
    sim:set_offer "sa"
    eq(modem:signal "protocol", { dbm = -95, nr = { rsrp = -95, rsrq = -11, sinr = 17.5 } })
    eq(told_cells(modem), { neighbours = {}, serving = { {
      technology = "5G", role = "primary", plmn = "310120", cell_id = 0x37fb2c041, tac = 0x60aa00, pci = 625,
      band = "n41", channel = 520110, frequency = 2600.55, bandwidth = 100, rsrp = -95, rsrq = -11, sinr = 17.5,
    } } })
    local registration = modem:registration()
    eq({ registration.technology, registration.tac, registration.cell_id }, { "5G SA", 0x60aa00, 0x37fb2c041 })
  end)
end

function T.test_nothing_is_received()
  with_modem("rm520n", function(modem, sim)
    sim:set_radio("software", "off")
    eq(told_cells(modem), { serving = {}, neighbours = {} })
    eq(modem:signal "protocol", {})
  end)
end

function T.test_scan()
  with_modem("mc7455", function(modem, sim)
    eq(modem:scan(), {
      { id = "310120", name = "Sprint", state = "current", technologies = { "LTE" } },
      { id = "311480", name = "Verizon", state = "forbidden", technologies = { "LTE" } },
      { id = "310410", name = "AT&T", state = "forbidden", technologies = { "LTE" } },
    })
    sim.network.present = false
    sim:settle()
    eq(modem:scan(), {})
  end)
end

-- ---- events ----

local function next_event(events)
  local event, err = task.timeout(PATIENCE, events.next, events)
  lu.assertNotNil(event, tostring(err))
  return event
end

function T.test_a_cell_event_for_each_cell()
  with_modem("rm520n", function(modem, sim)
    local events <close> = modem:events "cell"
    sim:hand_over(2)
    local cells = next_event(events).value
    eq({ cells.serving[1].pci, cells.serving[1].cell_id, cells.neighbours[1].pci }, { 87, 0x0a3b2d01, 214 })
    sim:set_offer "nsa"
    eq(next_event(events).value.serving[3].technology, "5G")
    sim:emit "registration" -- which is no news
    sim:set_offer "sa"
    cells = next_event(events).value
    eq({ #cells.serving, cells.serving[1].technology }, { 1, "5G" })
    sim.network.present = false
    sim:settle()
    eq(next_event(events).value, { serving = {}, neighbours = {} })
  end)
end

-- The modem is told by how much the signal has to change; it says nothing of less.
function T.test_a_signal_event_for_some_decibels()
  with_modem("rm520n", function(modem, sim)
    local events <close> = modem:events "signal"
    local client = modem.qmi:shared_client "nas"
    assert(task.timeout(PATIENCE, function()
      while not client:is_set_up(nas.config_signal_info_v2) do task.sleep(0.01) end
      return true
    end))
    local before = sim.notifications
    sim:set_rsrp(-99)
    eq(sim.notifications, before)
    sim:set_rsrp(-100)
    eq(next_event(events).value.lte.rsrp, -100)
  end)
end

function T.test_each_decibel_while_it_is_watched_closely()
  with_modem("rm520n", function(modem, sim)
    local events <close> = modem:events "signal"
    do
      local _ <close> = modem:watch_signal_closely()
      sim:set_rsrp(-99)
      eq(next_event(events).value.lte.rsrp, -99)
    end
    local before = sim.notifications
    sim:set_rsrp(-100)
    eq(sim.notifications, before)
  end)
end

function T.test_watching_closely_that_is_cancelled_before_it_begins()
  with_modem("rm520n", function(modem)
    eq(task.timeout(0, modem.watch_signal_closely, modem), nil)
    eq(modem.signal_waits, {})
  end)
end

-- Less than the usual change is told where it passes a limit; what gets better again in time does not count.
function T.test_a_signal_below_a_limit()
  with_modem("rm520n", function(modem, sim)
    local events <close> = modem:events "signal"
    local before = sim.commands
    local group <close> = task.group()
    local waiting = group:spawn(modem.signal_below, modem, { rsrp = -98.5, seconds = 0.3 })
    assert(task.timeout(PATIENCE, function()
      while sim.commands < before + 2 do task.sleep(0.01) end -- it has its limit, and was asked
      return true
    end))
    sim:set_rsrp(-99)
    eq(next_event(events).value.lte.rsrp, -99)
    sim:set_rsrp(-98)
    eq(next_event(events).value.lte.rsrp, -98)
    local since = task.now()
    sim:set_rsrp(-99)
    local ok, signal = waiting:join()
    eq({ ok, signal.lte.rsrp, modem.signal_waits }, { true, -99, {} })
    lu.assertTrue(task.now() - since >= 0.3)
  end)
end

function T.test_a_signal_below_needs_a_limit()
  with_modem("rm520n", function(modem)
    lu.assertErrorMsgContains("needs a limit", modem.signal_below, modem, { seconds = 1 })
  end)
end

-- ---- odd answers ----

-- A modem that answers from a table, by the names of messages.
local function scripted(replies)
  local modem = { qmi = { request = function(_, message)
    local reply = replies[message.name]
    if reply then
      return reply
    end
    return errors.fail { code = "unsupported", source = "qmi", message = message.name .. " is not known" }
  end } }
  return setmetatable(modem, { __index = function(_, verb)
    for _, file in ipairs { "signal", "cells", "scan", "technology" } do
      local found = require("modem.qmi." .. file)[verb]
      if found then
        return found
      end
    end
  end })
end

function T.test_what_stands_for_unknown_is_no_number()
  for _, reply in ipairs {
    {}, { lte = { rssi = -125, rsrq = -128, rsrp = -32768, snr = -32768 }, nr5g = { rsrp = -32768, snr = -32768 },
      nr5g_rsrq = -32768 },
    { gsm = -125, wcdma = { rssi = -125, ecio = 0 }, lte = { rssi = 0, rsrq = 0, rsrp = 0, snr = 0 } }, { lte = {} },
    { nr5g = {} },
  } do
    eq(scripted { [nas.get_signal_info.name] = reply }:signal "protocol", {})
  end
  local weak = { lte = { rssi = -125, rsrq = -12, rsrp = -118, snr = -32768 } }
  eq(scripted { [nas.get_signal_info.name] = weak }:signal "protocol",
    { dbm = -118, lte = { rsrp = -118, rsrq = -12 } })
end

function T.test_older_technologies()
  local umts = { wcdma = { rssi = -75, ecio = 11 }, wcdma_rscp = -81 }
  eq(scripted { [nas.get_signal_info.name] = umts }:signal "protocol",
    { dbm = -75, umts = { rssi = -75, rscp = -81, ecio = -5.5 } })
  eq(scripted { [nas.get_signal_info.name] = { gsm = -83 } }:signal "protocol", { dbm = -83, gsm = { rssi = -83 } })
  eq(scripted { [nas.get_signal_strength.name] = {
    signal_strength = { strength = -83, radio_interface = "gsm" },
  } }:signal "protocol", { dbm = -83, gsm = { rssi = -83 } })
  local value, err = scripted {}:signal "protocol"
  eq({ value, err.code }, { nil, "unsupported" })
end

-- A channel that does not fit into 16 bits, in B66; an area and an id that are not known; a carrier that is gone.
function T.test_cells_of_a_modem_that_tells_little()
  local modem = scripted {
    [nas.get_cell_location_info.name] = {
      intrafrequency_lte_info = {
        plmn = "\x62\xf2\x10", tracking_area_code = 0xffff, global_cell_id = 0xffffffff,
        eutra_absolute_rf_channel_number = 66786 & 0xffff, serving_cell_id = 1,
        cell = { { physical_cell_id = 1, rsrq = -32768, rsrp = -1043, rssi = -32768 } },
      },
      lte_info_timing_advance = 0xffffffff,
      nr5g_arfcn = 0,
      nr5g_cell_information = { rsrp = -32768, rsrq = -32768, snr = -32768, physical_cell_id = 0 },
    },
    [nas.get_rf_band_information.name] = {
      list = { { radio_interface = "lte", active_band_class = "lte-66", active_channel = 1250 } },
    },
    [nas.get_lte_cphy_ca_info.name] = {
      phy_ca_agg_pcell_info = { dl_bandwidth = "1.4" },
      phy_ca_agg_scell_info = { physical_cell_id = 0, rx_channel = 0, state = "deconfigured", lte_band = "lte-1" },
    },
  }
  eq(told_cells(modem), { neighbours = {}, serving = { {
    technology = "LTE", role = "primary", plmn = "26201", pci = 1, band = "B66", channel = 66786, frequency = 2145,
    bandwidth = 1.4, rsrp = -104.3,
  } } })
end

-- Of an EM9291 on 310-260, as qmicli has printed it in a public capture; its channel is 66786 in B66, not one of B3.
function T.test_a_published_answer()
  eq(scripted {
    [nas.get_cell_location_info.name] = {
      intrafrequency_lte_info = {
        ue_in_idle = true, plmn = "\x13\x00\x62", tracking_area_code = 11544, global_cell_id = 21579779,
        eutra_absolute_rf_channel_number = 1250, serving_cell_id = 242,
        cell = { { physical_cell_id = 242, rsrq = -150, rsrp = -1082, rssi = -710, cell_selection_rx_level = 15 } },
      },
      interfrequency_lte_info = { ue_in_idle = true, frequency = { {
        eutra_absolute_rf_channel_number = 900, cell_reselection_priority = 5, cell = {},
      } } },
      lte_info_timing_advance = 0xffffffff,
    },
    [nas.get_signal_info.name] = { lte = { rssi = -74, rsrq = -16, rsrp = -109, snr = 34 } },
    [nas.get_rf_band_information.name] = {
      list = { { radio_interface = "lte", active_band_class = "lte-66", active_channel = 1250 } },
    },
  }:cells(), { neighbours = {}, serving = { {
    technology = "LTE", role = "primary", plmn = "310260", cell_id = 21579779, enb = 84296, sector = 3, tac = 11544,
    pci = 242, band = "B66", channel = 66786, frequency = 2145, rsrp = -108.2, rsrq = -15, rssi = -71, sinr = 3.4,
  } } })
end

function T.test_cells_of_umts_and_gsm()
  eq(scripted { [nas.get_cell_location_info.name] = {
    umts_info = {
      cell_id = 0xffff, plmn = "\x62\xf2\x20", lac = 0x1234, utra_absolute_rf_channel_number = 10700,
      primary_scrambling_code = 42, rscp = -91, ecio = -7,
      cell = { { utra_absolute_rf_channel_number = 10700, primary_scrambling_code = 43, rscp = -99, ecio = -12 } },
    },
    umts_cell_id = 0x0123abcd,
  } }:cells(), {
    serving = { {
      technology = "UMTS", role = "primary", plmn = "26202", cell_id = 0x0123abcd, lac = 0x1234, psc = 42, band = "B1",
      channel = 10700, frequency = 2140, rscp = -91, ecio = -7,
    } },
    neighbours = { {
      technology = "UMTS", psc = 43, band = "B1", channel = 10700, frequency = 2140, rscp = -99, ecio = -12,
    } },
  })
  eq(scripted { [nas.get_cell_location_info.name] = { geran_info = {
    cell_id = 0x1a2b, plmn = "\x62\xf2\x20", lac = 0x1234, geran_absolute_rf_channel_number = 20, rx_level = 40,
    cell = { { cell_id = 0xffffffff, plmn = "\xff\xff\xff", lac = 0xffff, geran_absolute_rf_channel_number = 600,
      rx_level = 20 } },
  } } }:cells(), {
    serving = { {
      technology = "GSM", role = "primary", plmn = "26202", cell_id = 0x1a2b, lac = 0x1234, band = "GSM 900",
      channel = 20, frequency = 939, rssi = -71,
    } },
    neighbours = { { technology = "GSM", channel = 600, rssi = -91 } },
  })
end

-- Without DSD, the signal tells whether 5G is used.
function T.test_5g_of_a_modem_without_dsd()
  local capabilities = { ["Get Capabilities"] = { info = { radio_interface_list = { "lte", "5gnr" } } } }
  for rsrp, technology in pairs { [-32768] = "LTE", [-101] = "5G NSA" } do
    capabilities[nas.get_signal_info.name] = { lte = { rssi = -60, rsrp = -90 }, nr5g = { rsrp = rsrp, snr = 10 } }
    eq(scripted(capabilities):with_nr { technology = "LTE" }.technology, technology)
  end
end

return T
