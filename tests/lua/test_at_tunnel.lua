-- SPDX-License-Identifier: MIT
-- AT commands by a serial port and inside MBIM, by the tunnels of all makers: the same answers, the same errors.

local at = require "at"
local at_messages = require "modem.at_messages"
local errors = require "errors"
local faults = require "simulator.faults"
local find = require("modem").find
local lu = require "luaunit"
local mbim = require "mbim"
local new_simulated = require("simulator.modem").new
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"
local tunnel = require "mbim.at_tunnel"
local world = require "support.world"

local T = {}

local ways = { serial = "ec25", fibocom = "fm101", intel = "l860", compal = "rxm_g1", quectel = "em05" }

local entered, refused = tier1.enter()

local function with_modem(model, fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(require("simulator.models." .. model), group)
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("qmi", "simulated")
  end)
  local modem <close> = assert(find())
  fn(modem, sim)
end

local function fails(code, value, err)
  lu.assertNil(value)
  lu.assertEquals(err.code, code, tostring(err))
  return err
end

local behaviours = {}

function behaviours.an_answer_and_its_lines(modem)
  local reply = assert(modem.at:command "AT+CSQ")
  lu.assertEquals({ reply.lines, reply.result, reply.text }, { { "+CSQ: 21,99" }, "ok", "OK" })
  lu.assertEquals(assert(modem.at:command "AT+CSQ;+CPIN?").lines, { "+CSQ: 21,99", "+CPIN: READY" })
  lu.assertEquals(assert(modem.at:command "AT+CMEE=1").lines, {})
end

function behaviours.two_tasks_that_ask_for_the_port_first(modem)
  local ports = assert(task.all(function() return modem.at end, function() return modem.at end))
  lu.assertIs(ports[1], ports[2])
  lu.assertEquals(assert(modem.at:command "AT+CSQ").result, "ok") -- also when the task has ended that made it
end

function behaviours.refusals(modem, sim)
  assert(faults.apply(sim, "pin-lock", {}))
  fails("rejected", modem.at:command "AT+NONSENSE")
  assert(modem.at:command "AT+CMEE=1")
  local err = fails("sim-locked", modem.at:command 'AT+CPIN="9999"')
  lu.assertEquals(err.detail.number, 16)
  lu.assertNotStrContains(tostring(err), "9999")
  lu.assertEquals(assert(modem.at:command "AT+CPIN?").lines, { "+CPIN: SIM PIN" })
end

function behaviours.a_text_at_the_prompt(modem, sim)
  assert(modem.at:command "AT+CMGF=1")
  local reply = assert(modem.at:command('AT+CMGS="+15550100"', { data = "two\nlines" }))
  lu.assertStrContains(reply.lines[1], "+CMGS: ")
  lu.assertEquals(#sim.sent, 1)
  local err = fails("rejected", modem.at:command 'AT+CMGS="+15550100"')
  lu.assertEquals(err.detail.result, "prompt")
  lu.assertEquals(assert(modem.at:command "AT+CSQ").result, "ok")
end

function behaviours.sms_by_at(modem, sim)
  assert(faults.apply(sim, "sms", { "hello" }))
  local list = assert(at_messages.stored_messages(modem))
  lu.assertEquals(#list, 1)
  assert(at_messages.delete_stored(modem, list[1].place))
  lu.assertEquals(#assert(at_messages.stored_messages(modem)), 0)
end

function behaviours.several_tasks_at_once(modem)
  local functions = {}
  for i = 1, 20 do
    local command, answer = "AT+CSQ", "+CSQ: 21,99"
    if i % 2 == 0 then command, answer = "AT+CGSN", modem:identity().imei end
    functions[i] = function()
      lu.assertStrContains(assert(modem.at:command(command)).lines[1], answer)
      return true
    end
  end
  task.all(table.unpack(functions))
end

function behaviours.no_answer_in_time_and_then_one(modem, sim)
  lu.assertEquals(assert(modem.at:command "AT").result, "ok")
  assert(faults.apply(sim, "silent", { "1" }))
  fails("timeout", modem.at:command("AT+CSQ", { seconds = 0.3 }))
  lu.assertEquals(assert(modem.at:command "AT+CGSN").lines[1]:match "%d+", modem:identity().imei)
end

function behaviours.an_answer_longer_than_a_transfer(modem, sim)
  for _ = 1, 12 do assert(faults.apply(sim, "sms", { ("long "):rep(25) })) end
  assert(modem.at:command "AT+CMGF=0")
  local lines = assert(modem.at:command "AT+CMGL=4").lines
  lu.assertEquals(#lines, 24)
end

function behaviours.unplugged_in_the_middle(modem, sim)
  assert(modem.at:command "AT")
  sim.latency = 5
  local group <close> = task.group()
  local asked = group:spawn(function() return modem.at:command("AT+CSQ", { seconds = 20 }) end)
  while sim.commands == 0 do task.sleep(0) end
  sim:unplug()
  local _, value, err = asked:join()
  fails("gone", value, err)
  fails("gone", modem.at:command "AT")
end

for name, behaviour in pairs(behaviours) do
  for way, model in pairs(ways) do
    T[("test_%s_over_%s"):format(name, way)] = function() with_modem(model, behaviour) end
  end
end

function T.test_a_service_that_others_have_is_no_tunnel_of_theirs()
  with_modem("em05", function(modem)
    modem.description.vendor = "1234" -- QDU is no service of this maker's alone
    modem.description.manufacturer = "Another"
    lu.assertEquals(modem.at, false)
    lu.assertStrContains(tostring(modem.at_error), "no AT port")
  end)
end

-- ---- without a modem: what firmware may do otherwise ----

-- A device that answers as `answers` says, and can send indications.
local function device_of(answers)
  local told = task.queue()
  local sent = {}
  local device = {
    subscribe = function() return told end, unsubscribe = function() end,
    set = function(_, _, values)
      sent[#sent + 1] = values.bytes
      local answer = answers[values.bytes:gsub("\r\n$", "")] or { bytes = "\r\nOK\r\n" }
      if answer.code then return nil, errors.new { code = answer.code, source = "mbim", message = "no" } end
      return answer
    end,
  }
  return device, told, sent
end

local command = mbim.command {
  service = "0f0e0d0c-0b0a-0908-0706-050403020101", cid = 1, name = "Test AT",
  set = { mbim.rest "bytes" }, response = { mbim.rest "bytes" }, indication = true,
}

local function port_of(answers)
  local device, told, sent = device_of(answers)
  return at.adopt(tunnel.new(device, command) --[[@as any]], "a tunnel"), told, sent
end

function T.test_sloppy_answers()
  local port <close>, _, sent = port_of {
    ["AT+A"] = { bytes = "AT+A\r\r\n+A: 1\r\n\r\nOK\0\0" }, ["AT+B"] = { bytes = "+B: 2\n", status = "ok" },
    ["AT+C"] = { bytes = "", status = "fail" }, ["AT+D"] = { code = "rejected" }, ["AT+E"] = { bytes = "\r\nERROR" },
  }
  lu.assertEquals(assert(port:command "AT+A").lines, { "+A: 1" })
  lu.assertEquals(assert(port:command "AT+B").lines, { "+B: 2" })
  fails("rejected", port:command "AT+C")
  fails("rejected", port:command "AT+D")
  fails("rejected", port:command "AT+E")
  lu.assertEquals(assert(port:command "AT+A").lines, { "+A: 1" })
  lu.assertEquals(sent[2], "AT+A\r\n")
end

function T.test_the_rest_of_an_answer_in_indications()
  local port <close>, told = port_of { ["AT+LONG"] = { bytes = "\r\n+LONG: o" } }
  assert(port:command "AT")
  local news = port:urcs()
  local group <close> = task.group()
  local asked = group:spawn(function() return assert(port:command "AT+LONG").lines end)
  task.sleep(0)
  told:push { values = { bytes = "ne\r\n+LONG: two\r\n" } }
  told:push { values = { bytes = "\r\nOK\r\n" } }
  lu.assertEquals({ asked:join() }, { true, { "+LONG: one", "+LONG: two" } })
  told:push { values = { bytes = "\r\n+CREG: 5\r\n" } }
  lu.assertEquals(news:pop(), "+CREG: 5")
  told:close(errors.new { code = "gone", source = "mbim", message = "gone" })
  lu.assertNil((news:pop()))
  fails("gone", port:command "AT")
end

-- ---- commands ----

local function run(model, script) return world.run(script, nil, nil, { "--modem", model }) end

function T.test_the_first_command_is_lost()
  local result = world.run("moontower at --timeout 6 AT+CSQ", { "silent=1@3" }, nil, { "--modem", "l860" })
  world.assert_success(result)
  lu.assertEquals(result.out, "+CSQ: 21,99\n")
end

function T.test_commands_with_and_without_the_daemon()
  local result = run("fm101", [[
    . $SUPPORT/daemon.sh
    moontower at ATI && moontower technology lte && moontower at 'AT+GTACT?'
    moontower trace at 'AT+CPIN="4711"'
    echo 'return { modems = { { apn = "r.ispsn", at_port = true } } }' >/run/test/config.lua
    start
    until_why 'is online'
    moontower at AT+CSQ
    until_true 'test -e /run/moontower/at/simulated'
    printf '[gammu]\nport = /run/moontower/at/simulated\nconnection = at\n' >/run/test/gammurc
    gammu -c /run/test/gammurc --identify 2>&1
    moontower at AT+CFUN=4
    moontower why
    end || true
  ]])
  for _, words in ipairs {
    "FM101-GL", "+GTACT: 2,", "Fibocom AT Command", "is offline", "868371050000021", "+CSQ: ",
  } do
    lu.assertStrContains(result.out .. result.err, words)
  end
  lu.assertNotStrContains(result.out .. result.err, "4711")
end

return T
