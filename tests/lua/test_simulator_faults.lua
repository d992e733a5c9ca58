-- SPDX-License-Identifier: MIT
-- The simulated modem's faults: what each does to its answers, and when.

local basic = require "mbim.basic_connect"
local ctl = require "qmi.ctl"
local faults = require "simulator.faults"
local fs = require "core.fs"
local lu = require "luaunit"
local mbim_client = require "support.mbim_client"
local nas = require "qmi.nas"
local program = require "core.program"
local qmi_client = require "support.qmi_client"
local wds = require "qmi.wds"

local T = {}

local function opened()
  local host = mbim_client.new()
  assert(host:open())
  return host
end

local function apply(host, text)
  local fault = assert(faults.parse(text))
  assert(faults.apply(host.modem, fault.name, fault.arguments, fault.after))
end

-- The transfers that answer one query.
local function ask(host)
  host.transfers = {}
  host:send_command(basic.device_caps, "query")
  return #host.transfers
end

function T.test_parse()
  lu.assertEquals(faults.parse("hang@5"), { name = "hang", arguments = {}, after = 5 })
  lu.assertEquals(faults.parse("silent=3@5"), { name = "silent", arguments = { "3" }, after = 5 })
  lu.assertEquals(faults.parse("network-drop=0.5").arguments, { "0.5" })
  for _, text in ipairs { "", "@", "hang@", "a b", "=3" } do
    local fault, err = faults.parse(text)
    lu.assertNil(fault, text)
    lu.assertEquals(err.code, "invalid")
  end
end

function T.test_mistakes_are_reported()
  local host = opened()
  for _, case in ipairs {
    { "nonsense" }, { "latency", "fast" }, { "latency" }, { "silent", "x" }, { "hang", "3" }, { "deny", "999" },
    { "downgrade", "ipx" }, { "flood" }, { "network-drop", "-1" }, { "nat64", "64:ff9b::/95" },
  } do
    local ok, err = faults.apply(host.modem, case[1], { case[2] })
    lu.assertNil(ok, case[1])
    lu.assertEquals(err.code, "invalid", case[1])
  end
end

-- Each can be started as the help says, without an argument where that is optional, and is over after "none".
function T.test_each_fault_starts_and_ends()
  local readme = assert(fs.read(program.home .. "/modules/simulator/README.md"))
  local needed = { SECONDS = "0.01", COUNT = "2", TEXT = "hello", HABIT = "fetches", ["APN [USER]"] = "internet",
    REVISION = "X_2" }
  for _, fault in ipairs(faults.list) do
    local host = opened()
    lu.assertTrue(faults.apply(host.modem, fault.name, { needed[fault.arguments] }), fault.name)
    assert(faults.apply(host.modem, "none"))
    assert(faults.apply(host.modem, "sim-insert"))
    host.transfers = {}
    lu.assertTrue(host:open(), fault.name)
    lu.assertEquals(host:query(basic.device_caps).hardware, "MC7455", fault.name)
    lu.assertEquals(host:query(basic.register_state).state, "home", fault.name)
    lu.assertStrContains(faults.help(), fault.name)
    lu.assertStrContains(readme, "`" .. fault.name)
  end
end

function T.test_begins_at_a_command()
  local host = opened()
  ask(host)
  apply(host, "hang@3")
  lu.assertEquals({ ask(host), ask(host), ask(host), ask(host) }, { 1, 1, 0, 0 })
end

function T.test_lasts_for_some_answers()
  local host = opened()
  apply(host, "silent=2")
  lu.assertEquals({ ask(host), ask(host), ask(host) }, { 0, 0, 1 })
end

function T.test_hang_ends_with_a_reset()
  local host = opened()
  apply(host, "hang")
  lu.assertEquals(ask(host), 0)
  host.modem:set_signal(3)
  lu.assertEquals(#host.transfers, 0)
  host.modem:bus_reset()
  lu.assertTrue(host:open())
end

function T.test_open_dead()
  local host = mbim_client.new()
  apply(host, "open-dead")
  lu.assertNil(host:open())
  host.modem:restart()
  lu.assertTrue(host:open())
  host.modem:restart()
  apply(host, "open-dead=2")
  lu.assertEquals({ host:open() or false, host:open() or false, host:open() }, { false, false, true })
end

function T.test_forget()
  local host = opened()
  apply(host, "forget")
  host:send_command(basic.device_caps, "query")
  lu.assertEquals(host:answers()[1].type, "function-error")
end

function T.test_busy()
  local host = opened()
  apply(host, "busy=1")
  lu.assertEquals(select(2, host:query(basic.device_caps)), 1)
  lu.assertEquals(select(2, host:query(basic.device_caps)), 0)
end

function T.test_duplicate_and_wrong_id()
  local host = opened()
  apply(host, "duplicate=1")
  lu.assertEquals(ask(host), 2)
  host:answers()
  apply(host, "wrong-id=1")
  local transaction = host:send_command(basic.device_caps, "query")
  lu.assertNotEquals(host:answers()[1].transaction, transaction)
end

function T.test_broken_answers()
  for _, name in ipairs { "garbage", "truncate", "out-of-order" } do
    local host = opened()
    apply(host, name .. "=1")
    ask(host)
    local answer = host:answers()[1]
    lu.assertNotEquals(answer and answer.type, "command-done", name)
    lu.assertEquals(host:query(basic.device_caps).hardware, "MC7455", name)
  end
end

function T.test_fragments()
  local host = opened()
  apply(host, "fragments")
  lu.assertTrue(ask(host) > 3)
  lu.assertEquals(host:answers()[1].type, "command-done")
end

function T.test_refuse_attach()
  local host = opened()
  apply(host, "refuse-attach")
  local packet = host:query(basic.packet_service)
  lu.assertEquals({ packet.state, packet.nw_error }, { "detached", 7 })
  lu.assertEquals(host:query(basic.register_state).state, "home")
  apply(host, "none")
  lu.assertEquals(host:query(basic.packet_service).nw_error, 0)
end

function T.test_sim_dead()
  local host = opened()
  apply(host, "sim-dead")
  lu.assertEquals(host:query(basic.subscriber_ready_status).state, "bad-sim")
end

-- QMI ---------------------------------------------------------------------------------------------------------------

-- The answer to a request whose TLVs are well known.
local function qmi_answer(host)
  host:send(nas.get_signal_info.service_id, host.ids.nas, nas.get_signal_info.id, "")
  local answers = host:answers()
  return answers[1], #answers
end

local function qmi_host()
  local host = qmi_client.new()
  host:ask(nas.get_signal_info)
  return host
end

function T.test_qmi_on_the_wire()
  local host = qmi_host()
  apply(host, "silent=1")
  lu.assertEquals(select(2, qmi_answer(host)), 0)
  apply(host, "duplicate=1")
  lu.assertEquals(select(2, qmi_answer(host)), 2)
  apply(host, "wrong-id=1")
  lu.assertNotEquals(qmi_answer(host).transaction, host.transaction)
  apply(host, "garbage=1")
  lu.assertEquals(qmi_answer(host).code, "malformed")
  apply(host, "truncate=1")
  lu.assertEquals(qmi_answer(host).code, "malformed")
  apply(host, "busy=1")
  lu.assertEquals(select(2, host:ask(nas.get_signal_info)), "device-not-ready")
  lu.assertEquals(host:ask(nas.get_signal_info).lte.rssi, -71)
  apply(host, "hang")
  lu.assertEquals(select(2, qmi_answer(host)), 0)
end

function T.test_qmi_tlvs()
  local host = qmi_host()
  local function decode(name)
    apply(host, name .. "=1")
    return nas.get_signal_info.response:decode(qmi_answer(host).tlvs)
  end
  lu.assertNil(decode("tlv-missing").lte)
  local _, err = decode "tlv-long"
  lu.assertEquals(err.code, "malformed")
  lu.assertEquals(decode("tlv-twice").lte.rssi, -71)
  lu.assertEquals(decode("tlv-shuffled").lte.rssi, -71)
  lu.assertEquals(decode("bare-failure").result, { status = 1, error = 3 })
  lu.assertEquals(host:ask(nas.get_signal_info).lte.rssi, -71)
end

function T.test_qmi_clients_get_lost()
  local host = qmi_host()
  host:ask(wds.start_network, { apn = "r.ispsn" })
  apply(host, "lose-client")
  lu.assertEquals(select(2, host:ask(wds.get_current_settings)), "invalid-client-id")
  lu.assertEquals(host.modem.sessions, {})
  lu.assertEquals(host:ask(nas.get_signal_info).lte.rssi, -71)
  apply(host, "qmi-sync")
  lu.assertEquals(#host:indicated(ctl.sync), 1)
  lu.assertEquals(select(2, host:ask(nas.get_signal_info)), "invalid-client-id")
  apply(host, "forget")
  lu.assertEquals(#host:indicated(ctl.sync), 0)
end

function T.test_faults_of_mbim_alone()
  local host = qmi_host()
  for _, name in ipairs { "fragments", "out-of-order" } do
    local ok, err = faults.apply(host.modem, name)
    lu.assertNil(ok)
    lu.assertStrContains(err.message, "MBIM")
  end
end

function T.test_flood()
  local host = opened()
  apply(host, "flood=1000")
  lu.assertEquals(#host:indicated(basic.signal_state), 1000)
end

return T
