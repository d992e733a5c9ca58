-- SPDX-License-Identifier: MIT
-- The daemon as mbim-proxy and qmi-proxy: real clients at the same time, and hostile ones, which disturb no other.

local basic = require "mbim.basic_connect"
local core_mbim = require "core.mbim"
local core_qmi = require "core.qmi"
local ctl = require "qmi.ctl"
local daemon = require "support.daemon"
local dms = require "qmi.dms"
local ext_qmux = require "mbim.ext_qmux"
local faults = require "simulator.faults"
local lu = require "luaunit"
local ports = require "core.port"
local programs = require "support.programs"
local proxy_control = require "mbim.proxy_control"
local sim_mbim = require "simulator.mbim"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

local shell, wait_until, with_daemon = daemon.shell, daemon.wait_until, daemon.beside
local INVALID_CLIENT_ID = 7 -- an error of QMI's
local STATUS_INVALID_PARAMETERS = 21 -- of MBIM's
local CONTROL = { mbim = tier1.sockets.mbim, qmi = tier1.sockets.qmi }

-- ---- clients of our own, which may do what they like ----

local function connect(protocol)
  local port
  wait_until(function() -- its backlog may be full
    port = ports.open("@" .. protocol .. "-proxy")
    return port
  end, "nobody accepts")
  return port
end

local unread = setmetatable({}, { __mode = "k" }) -- what has come of the next frames

-- The daemon closes this connection, without a word.
local function assert_ends(port)
  local bytes, err = task.timeout(60, port.read, port)
  lu.assertNil(bytes)
  lu.assertNotEquals(err.code, "timeout")
end

local function read_frame(port, frame_length)
  return task.timeout(60, function()
    local buffer = unread[port] or ""
    while true do
      local length = frame_length(buffer)
      if length and #buffer >= length then
        unread[port] = buffer:sub(length + 1)
        return buffer:sub(1, length)
      end
      local bytes, err = port:read()
      if not bytes then
        return nil, err
      end
      buffer = buffer .. bytes
    end
  end)
end

local function mbim_length(buffer) return #buffer >= 12 and string.unpack("<I4", buffer, 5) or nil end
local function qmux_length(buffer) return #buffer >= 6 and string.unpack("<I2", buffer, 2) + 1 or nil end

local function read_mbim(port)
  local bytes, err = read_frame(port, mbim_length)
  return bytes and core_mbim.parse(bytes), err
end

-- Returns the answer; news that come before it do not count.
local function mbim_say(port, message)
  assert(port:write(core_mbim.build(message)))
  local answer, err
  repeat
    answer, err = read_mbim(port)
  until not answer or answer.type ~= "indication"
  return answer, err
end

local function command_of(command, transaction, set, values)
  local codec = command[set and "set" or "query"]
  return {
    type = "command", transaction = transaction, service = command.service_uuid, cid = command.cid, set = set,
    info = assert(codec:encode(values or {})),
  }
end

local function mbim_client()
  local port = connect "mbim"
  local configured = mbim_say(port, command_of(proxy_control.configuration, 1, true,
    { device = CONTROL.mbim, timeout = 10 }))
  lu.assertEquals(configured.status, 0)
  lu.assertEquals(mbim_say(port, { type = "open", transaction = 2, max_control = 4096 }).status, 0)
  return port
end

local function qmi_say(port, message)
  message.type = "request"
  assert(port:write(core_qmi.build(message)))
  local bytes, err = read_frame(port, qmux_length)
  return bytes and core_qmi.parse(bytes), err
end

-- A reply; or nil and the number of QMI's error.
local function succeeded(reply)
  if reply and reply.result.status == 0 then
    return reply
  end
  return nil, reply and reply.result.error
end

local function ask_ctl(port, message, values, transaction)
  local answer = assert(qmi_say(port, {
    service = 0, client = 0, transaction = transaction or 1, id = message.id,
    tlvs = message.request and assert(message.request:encode(values or {})) or "",
  }))
  lu.assertEquals({ answer.id, answer.transaction }, { message.id, transaction or 1 })
  return succeeded(message.response:decode(answer.tlvs))
end

-- While many have just left, a new one may be turned away: then once more.
local function qmi_client()
  local port
  wait_until(function()
    port = connect "qmi"
    local asked = port:write(core_qmi.build {
      type = "request", service = 0, client = 0, transaction = 1, id = ctl.proxy_open.id,
      tlvs = assert(ctl.proxy_open.request:encode { device_path = CONTROL.qmi }),
    })
    local bytes = asked and read_frame(port, qmux_length)
    if bytes then
      return succeeded(ctl.proxy_open.response:decode(core_qmi.parse(bytes).tlvs))
    end
    port:close()
  end, "no new client is served")
  return port
end

local function is_alive_mbim(port, transaction)
  local answer = mbim_say(port, command_of(basic.device_caps, transaction or 77, false))
  return answer and answer.transaction == (transaction or 77) and answer.status == 0
end

-- ---- MBIM ----

function T.test_ten_mbimcli_and_qmicli_at_once()
  programs.need { mbimcli = "libmbim-utils", qmicli = "libqmi-utils", ping = "iputils-ping" }
  with_daemon("mbim", function()
    local out = shell(([[ping -q -i 0.05 -w 20 -c 40 -I wwan0 8.8.8.8 >/run/pings & pinger=$!
      for i in 1 2 3 4 5 6 7 8 9 10; do mbimcli -p -d %s --query-signal-state >/run/out.$i 2>&1 & clients="$clients $!"
      done; wait $clients; grep -l RSSI /run/out.* | wc -l
      qmicli -p -d %s --device-open-mbim --dms-get-model 2>&1 | grep Model:
      wait $pinger; grep -o "[0-9.]*%% packet loss" /run/pings]]):format(CONTROL.mbim, CONTROL.mbim))
    lu.assertStrContains(out, "10\n")
    lu.assertStrContains(out, "Model: 'MC7455'")
    lu.assertStrContains(out, "0% packet loss")
  end)
end

function T.test_mbim_is_opened_and_closed_here_and_the_session_stays()
  with_daemon("mbim", function(modem)
    local early = connect "mbim"
    lu.assertNotEquals(mbim_say(early, { type = "open", transaction = 3, max_control = 4096 }).status, 0)
    local answer = mbim_say(early, command_of(basic.device_caps, 4, false))
    lu.assertEquals({ answer.type, answer.transaction, answer.status }, { "function-error", 4, 5 }) -- not opened
    lu.assertNotEquals(mbim_say(early, command_of(proxy_control.configuration, 5, true,
      { device = "/dev/null", timeout = 1 })).status, 0)
    local commands
    wait_until(function() -- the policy, too, has asked what it wants to know
      commands = modem.commands
      task.sleep(0.5)
      return modem.commands == commands
    end, "it is never left in peace")
    local port = mbim_client()
    lu.assertEquals(mbim_say(port, { type = "close", transaction = 9 }).type, "close-done")
    lu.assertEquals(modem.commands, commands) -- the modem has heard of none of it
    lu.assertNotNil(modem.sessions[0])
    early:close()
    port:close()
  end)
end

function T.test_equal_transaction_numbers_do_not_meet()
  with_daemon("mbim", function()
    local one, other = mbim_client(), mbim_client()
    assert(one:write(core_mbim.build(command_of(basic.device_caps, 5, false))))
    assert(other:write(core_mbim.build(command_of(basic.register_state, 5, false))))
    local a, b = read_mbim(one), read_mbim(other)
    lu.assertEquals({ a.cid, a.transaction }, { basic.device_caps.cid, 5 })
    lu.assertEquals({ b.cid, b.transaction }, { basic.register_state.cid, 5 })
    one:close()
    other:close()
  end)
end

function T.test_each_program_receives_its_subscriptions()
  with_daemon("mbim", function(modem)
    local all, signal, none = mbim_client(), mbim_client(), mbim_client()
    local function subscribe(port, services)
      lu.assertEquals(mbim_say(port, command_of(basic.device_service_subscribe_list, 8, true,
        { services = services })).status, 0)
    end
    subscribe(signal, { { service = basic.signal_state.service_uuid, cids = { basic.signal_state.cid } } })
    subscribe(none, {})
    assert(faults.apply(modem, "forget", {})) -- opened anew by us, it is told once more
    wait_until(function() return is_alive_mbim(all) end, "not opened again")
    modem:set_signal(5)
    modem:set_radio("software", "off")
    modem:set_radio("software", "on")
    local heard = {}
    for name, port in pairs { all = all, signal = signal, none = none } do
      heard[name] = {}
      local port_is_silent
      repeat
        local message, err = task.timeout(0.5, read_mbim, port)
        port_is_silent = not message and err
        if message then
          heard[name][message.cid] = true
        end
      until port_is_silent
      port:close()
    end
    lu.assertTrue(heard.all[basic.signal_state.cid] and heard.all[basic.radio_state.cid])
    lu.assertEquals(heard.signal, { [basic.signal_state.cid] = true })
    lu.assertEquals(heard.none, {})
    wait_until(daemon.is_online, "the radio was off for a moment")
  end)
end

-- QMI inside MBIM. Ids of the service that are not ours belong to the daemon, or to no program.
function T.test_inside_mbim_a_client_uses_its_own_ids_only()
  with_daemon("mbim", function()
    local one, other = mbim_client(), mbim_client()
    local function say(port, frame)
      frame.type, frame.transaction = "request", 1
      local answer = mbim_say(port, command_of(ext_qmux.message, 9, true, { qmux = core_qmi.build(frame) }))
      lu.assertEquals({ answer.type, answer.transaction, answer.status }, { "command-done", 9, 0 })
      return core_qmi.parse(answer.info)
    end
    local function ask(port, message, values)
      return succeeded(message.response:decode(say(port, {
        service = 0, client = 0, id = message.id, tlvs = assert(message.request:encode(values)),
      }).tlvs))
    end
    local id = assert(ask(one, ctl.allocate_cid, { service = "dms" })).allocation_info.cid
    local function model(port)
      return succeeded(dms.get_model.response:decode(say(port, {
        service = 2, client = id, id = dms.get_model.id, tlvs = "",
      }).tlvs))
    end
    lu.assertEquals(model(one).model, "MC7455")
    local _, err = model(other)
    lu.assertEquals(err, INVALID_CLIENT_ID)
    for cid = 1, 9 do
      _, err = ask(other, ctl.release_cid, { release_info = { service = "dms", cid = cid } })
      lu.assertEquals(err, INVALID_CLIENT_ID)
    end
    lu.assertEquals(model(one).model, "MC7455")
    one:close()
    other:close()
  end)
end

-- The QMI frames that the modem gets inside MBIM from now on.
local function frames_inside_mbim()
  local frames, new = {}, sim_mbim.new
  function sim_mbim.new(...)
    local fn = new(...)
    local ask = fn.ask_qmi
    function fn:ask_qmi(frame)
      frames[#frames + 1] = frame
      return ask(self, frame)
    end
    return fn
  end
  return frames, task.finally(function() sim_mbim.new = new end)
end

-- Bytes that are no request, or beside one, would reach the modem unchecked.
function T.test_inside_mbim_only_requests_that_can_be_read_go_to_the_modem()
  local frames, _ <close> = frames_inside_mbim()
  local good
  with_daemon("mbim", function()
    local port = mbim_client()
    local function send(qmux)
      return mbim_say(port, command_of(ext_qmux.message, 9, true, { qmux = qmux }))
    end
    local function frame(kind, tlvs)
      return core_qmi.build {
        type = kind, service = 0, client = 0, transaction = 1, id = ctl.get_version_info.id, tlvs = tlvs or "",
      }
    end
    good = frame "request"
    for _, bytes in ipairs {
      "", "HOSTILE", good:sub(1, -2), "\2" .. good:sub(2) .. "HOSTILE", frame("response", "HOSTILE"),
      frame("indication", "HOSTILE"), string.pack("<I1I2I1I1I1", 1, 4, 0, 2, 1) .. "HOSTILE",
    } do
      lu.assertEquals({ send(bytes).type, send(bytes).status }, { "command-done", STATUS_INVALID_PARAMETERS })
    end
    local answer = send(good .. frame("request", "HOSTILE"))
    lu.assertEquals({ answer.status, core_qmi.parse(answer.info).id }, { 0, ctl.get_version_info.id })
    port:close()
  end)
  lu.assertTableContains(frames, good)
  lu.assertNotStrContains(table.concat(frames), "HOSTILE")
end

function T.test_hostile_mbim_clients_are_disconnected_and_disturb_no_other()
  with_daemon("mbim", function()
    local good = mbim_client()
    for _, bytes in ipairs {
      ("\xff"):rep(100), string.pack("<I4I4I4", 3, 5, 1), string.pack("<I4I4I4", 3, 0xffffffff, 1),
      string.pack("<I4I4I4I4I4", 3, 20, 1, 0, 7), string.pack("<I4I4I4", 0x80000007, 12, 1),
    } do
      local bad = mbim_client()
      bad:write(bytes)
      assert_ends(bad)
      bad:close()
    end
    local leaver = mbim_client()
    for i = 10, 60 do leaver:write(core_mbim.build(command_of(basic.device_caps, i, false))) end
    leaver:close()
    lu.assertTrue(is_alive_mbim(good))
    good:close()
  end)
end

function T.test_silent_programs_keep_no_other_out()
  with_daemon("mbim", function()
    local talker, silent = mbim_client(), {}
    for i = 1, 31 do silent[i] = connect "mbim" end
    for _, port in ipairs(silent) do
      local bytes, err = task.timeout(60, port.read, port)
      lu.assertNil(bytes)
      lu.assertEquals(err.code, "gone")
    end
    lu.assertTrue(is_alive_mbim(talker)) -- may be silent for as long as it likes once it has spoken
    local late = mbim_client()
    lu.assertTrue(is_alive_mbim(late))
    late:close()
    talker:close()
  end)
end

function T.test_a_client_that_does_not_read_is_let_go()
  with_daemon("mbim", function(modem)
    local good, deaf = mbim_client(), mbim_client()
    for _ = 1, 20 do
      assert(faults.apply(modem, "flood", { "200" }))
      local port = mbim_client()
      lu.assertTrue(is_alive_mbim(port))
      port:close()
    end
    good:close()
    deaf:close()
  end)
end

-- A byte of a good message is another one: whatever that means, the daemon and the others go on.
function T.test_mutated_messages()
  with_daemon("mbim", function()
    math.randomseed(7)
    local good = core_mbim.build(command_of(proxy_control.configuration, 1, true,
      { device = CONTROL.mbim, timeout = 10 }))
      .. core_mbim.build { type = "open", transaction = 2, max_control = 4096 }
      .. core_mbim.build(command_of(basic.device_service_subscribe_list, 3, true,
        { services = { { service = basic.signal_state.service_uuid, cids = { 1, 2 } } } }))
      .. core_mbim.build(command_of(basic.device_caps, 4, false))
    for _ = 1, 300 do
      local at, port = math.random(#good), connect "mbim"
      port:write(good:sub(1, at - 1) .. string.char(math.random(0, 255)) .. good:sub(at + 1))
      port:close()
    end
    wait_until(function()
      local port = ports.open "@mbim-proxy"
      local answer = port and mbim_say(port, command_of(proxy_control.configuration, 1, true,
        { device = CONTROL.mbim, timeout = 10 }))
      if port then port:close() end
      return answer and answer.status == 0
    end, "no new client is served")
  end)
end

function T.test_unplugging_ends_the_connections_and_they_can_come_back()
  with_daemon("mbim", function(modem)
    local port = mbim_client()
    assert(faults.apply(modem, "unplug", { "0.3" }))
    assert_ends(port)
    port:close()
    wait_until(daemon.is_online, "not online again")
    local again = mbim_client()
    lu.assertTrue(is_alive_mbim(again))
    again:close()
  end)
end

-- ---- QMI ----

local function ids_in(modem)
  local clients = {}
  modem:emit("clients", clients)
  return #clients
end

function T.test_ten_qmicli_at_once()
  programs.need { qmicli = "libqmi-utils" }
  with_daemon("qmi", function(modem)
    local before = ids_in(modem)
    local out = shell(([[for i in 1 2 3 4 5 6 7 8 9 10; do
      qmicli -p -d %s --device-open-qmi --nas-get-serving-system >/run/out.$i 2>&1 & clients="$clients $!"
      done; wait $clients; cat /run/out.* | grep -c "Registration state: 'registered'"]]):format(CONTROL.qmi))
    lu.assertStrContains(out, "10\n")
    wait_until(function() return ids_in(modem) == before end, "client ids are left in the modem")
  end)
end

function T.test_a_client_uses_only_its_own_ids_and_sync_releases_no_others()
  with_daemon("qmi", function(modem)
    local before = ids_in(modem)
    local one, other = qmi_client(), qmi_client()
    local id = assert(ask_ctl(one, ctl.allocate_cid, { service = "dms" })).allocation_info.cid
    local function model(port, transaction)
      return succeeded(dms.get_model.response:decode(qmi_say(port, {
        service = 2, client = id, transaction = transaction, id = dms.get_model.id, tlvs = "",
      }).tlvs))
    end
    lu.assertEquals(model(one, 4711).model, "MC7455")
    local _, err = model(other, 4711)
    lu.assertEquals(err, INVALID_CLIENT_ID)
    _, err = ask_ctl(other, ctl.release_cid, { release_info = { service = "dms", cid = id } })
    lu.assertEquals(err, INVALID_CLIENT_ID)
    assert(ask_ctl(other, ctl.sync))
    lu.assertEquals(model(one, 4712).model, "MC7455")
    assert(ask_ctl(one, ctl.release_cid, { release_info = { service = "dms", cid = id } }))
    assert(ask_ctl(one, ctl.allocate_cid, { service = "nas" }))
    assert(ask_ctl(one, ctl.allocate_cid, { service = "wds" }))
    one:close() -- and so forgets to give its ids back
    other:close()
    wait_until(function() return ids_in(modem) == before end, "client ids are left in the modem")
  end)
end

-- All asked for before the first is answered.
function T.test_a_program_gets_no_more_ids_by_asking_for_them_all_at_once()
  with_daemon("qmi", function(modem)
    local before, greedy, given = ids_in(modem), qmi_client(), 0
    modem.latency = 0.1
    for transaction = 1, 20 do
      assert(greedy:write(core_qmi.build {
        type = "request", service = 0, client = 0, transaction = transaction, id = ctl.allocate_cid.id,
        tlvs = assert(ctl.allocate_cid.request:encode { service = "dms" }),
      }))
    end
    for _ = 1, 20 do
      local answer = core_qmi.parse((assert(read_frame(greedy, qmux_length))))
      given = given + (succeeded(ctl.allocate_cid.response:decode(answer.tlvs)) and 1 or 0)
    end
    lu.assertEquals(given, 6)
    modem.latency = 0
    greedy:close()
    wait_until(function() return ids_in(modem) == before end, "client ids are left in the modem")
  end)
end

-- As qmi-network does it: one qmicli starts the call and leaves its id, others ask for it and end it.
function T.test_a_call_outlives_the_program_that_has_started_it()
  programs.need { qmicli = "libqmi-utils" }
  with_daemon("qmi", function(modem)
    local qmicli = ("qmicli -p -d %s --device-open-qmi "):format(CONTROL.qmi)
    shell(daemon.executable .. " down")
    local before = ids_in(modem)
    local function start()
      local out = shell(qmicli .. "--wds-start-network=apn=r.ispsn,ip-type=4 --client-no-release-cid")
      local cid = out:match("CID: '(%d+)'")
      lu.assertNotNil(cid, out)
      lu.assertNotNil(modem.sessions[0], "the call has ended with its program")
      lu.assertEquals(ids_in(modem), before + 1)
      return qmicli .. ("--client-cid=%s "):format(cid), out:match("Packet data handle: '(%d+)'")
    end
    local with_id, handle = start()
    lu.assertStrContains(shell(with_id .. "--wds-get-packet-service-status --client-no-release-cid"), "'connected'")
    lu.assertNotNil(modem.sessions[0])
    lu.assertStrContains(shell(with_id .. "--wds-stop-network=" .. handle), "Network stopped")
    wait_until(function() return ids_in(modem) == before end, "the id is left in the modem")
    start()
    modem:disconnect(0, 0) -- the network ends it, and nobody asks for the id any more
    wait_until(function() return ids_in(modem) == before end, "the id is left in the modem")
    local out, status = shell(daemon.executable .. " up")
    lu.assertEquals(status, 0, out)
  end)
end

function T.test_hostile_qmi_clients_are_disconnected_and_disturb_no_other()
  with_daemon("qmi", function(modem)
    local before = ids_in(modem)
    local good = qmi_client()
    for _, bytes in ipairs { ("\xff"):rep(50), "\1\1\0\0\0\0\0", "\1\255\255\0\0\0" .. ("\0"):rep(100) } do
      local bad = qmi_client()
      bad:write(bytes)
      if #bytes < 100 then assert_ends(bad) end
      bad:close()
    end
    local greedy, given = qmi_client(), 0
    for i = 1, 60 do
      given = given + (ask_ctl(greedy, ctl.allocate_cid, { service = "dms" }, i) and 1 or 0)
    end
    lu.assertEquals(given, 6)
    greedy:close()
    math.randomseed(7)
    local frame = core_qmi.build { type = "request", service = 0, client = 0, transaction = 1,
      id = ctl.allocate_cid.id, tlvs = assert(ctl.allocate_cid.request:encode { service = "wds" }) }
    for _ = 1, 300 do
      local at, port = math.random(#frame), qmi_client()
      port:write(frame:sub(1, at - 1) .. string.char(math.random(0, 255)) .. frame:sub(at + 1))
      port:close()
    end
    assert(ask_ctl(good, ctl.get_version_info))
    good:close()
    wait_until(function() return ids_in(modem) == before end, "client ids are left in the modem")
  end)
end

return T
