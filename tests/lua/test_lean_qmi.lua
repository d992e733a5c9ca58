-- SPDX-License-Identifier: MIT
-- Modems over QMI that lack messages which others have, or leave values out of them.

local faults = require "simulator.faults"
local lu = require "luaunit"
local nas = require "qmi.nas"
local network = require "modem.qmi.network"
local serving = require "modem.qmi.serving_system"
local simulated = require "support.simulated"
local system_info = require "modem.qmi.system_info"

local T = {}

local eq = lu.assertEquals

-- The MC7455, with differences.
local function over_qmi(differences)
  return {
    composition = "qmi", model = setmetatable(differences, { __index = require "simulator.models.mc7455" }),
  }
end

local NO_SERVING_SYSTEM = { qmi = { "nas 0x24 invalid-qmi-command" } }

-- It tells of its network by System Info alone: what it says, and what it tells by itself.
function T.test_a_modem_without_serving_system()
  simulated.with_modem(over_qmi { lacks = NO_SERVING_SYSTEM }, function(modem, sim)
    local events <close> = modem:events("registration", "packet")
    local registration = assert(modem:registration())
    eq({ registration.state, registration.provider, registration.technology, registration.tac },
      { "home", { id = sim:operator().provider.id, name = "" }, "LTE", sim:primary_cell().tac })
    eq(modem:packet_service(), { state = "attached", technology = "LTE" })
    sim.network.denied = 15
    sim:settle()
    local seen = {}
    while not seen.registration or not seen.packet do
      local event = assert(events:next())
      local is_over = event.value.state == "denied" or event.value.state == "detached"
      seen[event.name] = is_over and event.value or nil
    end
    eq({ seen.registration.nw_error, seen.packet.state }, { 15, "detached" })
  end)
end

-- It knows the message, and leaves out what it is for; then System Info may be no better.
function T.test_a_serving_system_without_a_state()
  local told = {}
  local modem = setmetatable({
    qmi = { request = function(_, message) return told[message] end },
  }, { __index = network })
  told[nas.get_serving_system], told[nas.get_system_info] = {}, {}
  local now, err = modem:network()
  eq({ now, err.code }, { nil, "malformed" })
  told[nas.get_system_info] = { lte_service_status = { service_status = "limited" } }
  eq({ modem:network().registration.state, modem.lacks_serving_system }, { "searching" })
end

-- The other technologies, and what their parts leave out.
function T.test_system_info_read_as_serving_system()
  local available, none = { service_status = "available" }, { service_status = "none" }
  local function read(reply)
    local values = system_info.as_serving_system(reply)
    local registration = values and serving.registration(values)
    return registration and { registration.state, registration.technology, registration.provider.id,
      serving.packet(values).state }
  end
  for _, case in ipairs {
    { {}, nil },
    { { lte_service_status = none }, { "searching", nil, "", "detached" } },
    { { lte_service_status = none, lte_system_info = {
      registration_reject_info_valid = true, registration_reject_cause = 11 } }, { "denied", nil, "", "detached" } },
    { { lte_service_status = available }, { "home", "LTE", "", "unknown" } },
    { { lte_service_status = available, nr5g_service_status = available, lte_system_info = {
      domain_valid = true, domain = "ps", network_id_valid = true, mcc = "262", mnc = "01\xff" } },
      { "home", "5G NSA", "26201", "attached" } },
    { { nr5g_service_status = available, nr5g_system_info = { network_id_valid = true, mcc = "460", mnc = "00" } },
      { "home", "5G SA", "46000", "unknown" } },
    { { wcdma_service_status = available, wcdma_system_info = {
      domain_valid = true, domain = "cs", roaming_status_valid = true, roaming_status = "on",
      hs_call_status_valid = true, hs_call_status = "hsdpa-supported" } }, { "roaming", "HSPA", "", "detached" } },
    { { gsm_service_status = available, gsm_system_info = {
      roaming_status_valid = true, roaming_status = "off", egprs_support_valid = true, egprs_support = true,
      network_id_valid = true, mcc = "\xff\xff\xff", mnc = "\xff\xff\xff" } }, { "home", "EDGE", "", "unknown" } },
  } do
    eq(read(case[1]), case[2])
  end
end

-- Signal Info says nothing, or what stands for nothing: the older message says the rest.
function T.test_a_signal_info_that_says_nothing()
  local older = { [nas.get_signal_strength] = function()
    return {
      signal_strength = { strength = -65, radio_interface = "lte" }, lte_rsrp = -97, lte_snr = 85,
      rsrq = { rsrq = -11, radio_interface = "lte" },
    }
  end }
  for _, empty in ipairs { {}, { lte = { rssi = -128, rsrq = -128, rsrp = -32768, snr = -32768 } } } do
    older[nas.get_signal_info] = function() return empty end
    simulated.with_modem(over_qmi { alters = older }, function(modem)
      eq(modem:signal "protocol", { dbm = -65, lte = { rssi = -65, rsrp = -97, rsrq = -11, sinr = 8.5 } })
    end)
  end
end

-- A modem that has no message for its cells names the one that it is registered at.
function T.test_a_cell_by_the_registration()
  simulated.with_modem(over_qmi { lacks = { qmi = { "nas 0x43", "nas 0xac", "nas 0x31" } } }, function(modem, sim)
    local here = sim:primary_cell()
    local cells = assert(modem:cells "protocol")
    eq(#cells.neighbours, 0)
    local cell = cells.serving[1]
    eq({ #cells.serving, cell.technology, cell.role, cell.plmn, cell.cell_id, cell.enb, cell.tac, cell.rsrp },
      { 1, "LTE", "primary", sim:operator().provider.id, here.id, here.id >> 8, here.tac, modem:signal().lte.rsrp })
  end)
end

-- Modems from before UIM, of which the oldest tell the state of PIN1 alone.
function T.test_a_card_by_its_pin()
  local lacks = { qmi = { "uim", "dms 0x44 invalid-qmi-command" } }
  for _, case in ipairs {
    { "none", "ready", "initialized" }, { "pin-lock", "locked", "device-locked" }, { "puk", "locked", "device-locked" },
    { "sim-dead", "failure", "blocked" },
  } do
    simulated.with_modem(over_qmi { lacks = lacks }, function(modem, sim)
      if case[1] ~= "none" then
        assert(faults.apply(sim, case[1], {}))
      end
      local state = assert(modem:sim())
      eq({ case[1], state.state, state.reason }, case)
      if case[1] == "none" then
        local link <close> = assert(modem:up())
        eq(#link.addresses, 2)
      end
    end)
  end
end

return T
