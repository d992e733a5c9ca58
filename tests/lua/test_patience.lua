-- SPDX-License-Identifier: MIT
-- Modems that are slow to open, busy, not ready, or have forgotten that they were opened.

local devices = require "mbim.device"
local errors = require "errors"
local faults = require "simulator.faults"
local lu = require "luaunit"
local modems = require "modem"
local patience = require "modem.patience"
local simulated = require "support.simulated"
local task = require "task"
local wait = require "modem.wait"

local T = {}

local eq = lu.assertEquals

-- Calls fn(modem, sim) with a modem whose control channel has not been opened yet.
local function with_closed_modem(composition, fn)
  simulated.with_modem({ composition = composition }, function(first, sim)
    first:close()
    sim:reset_control()
    require("state").remove("channels", "simulated")
    local modem <close> = assert(modems.open(assert(modems.select())))
    fn(modem, sim)
  end)
end

-- Seconds for each OPEN, in the place of the usual ones. The last one is answered in its time on any machine.
local function with_open_times(times, fn)
  local usual = devices.open_times
  local _ <close> = task.finally(function() devices.open_times = usual end)
  devices.open_times = times
  return fn()
end

-- A watcher of `up` that keeps what it is told to show.
local function new_watcher()
  local steps = {}
  local function nothing() end
  return {
    doing = function(_, label, text) steps[#steps + 1] = label .. ": " .. text end,
    done = nothing, data = nothing, rest = nothing, later = nothing, during = function(_, fn) return fn() end,
  }, steps
end

function T.test_a_modem_that_loses_the_first_orders_to_open()
  with_closed_modem("mbim", function(modem, sim)
    with_open_times({ 0.1, 0.1, 600 }, function()
      assert(faults.apply(sim, "open-dead", { "2" }))
      local watcher, steps = new_watcher()
      local link <close> = assert(modem:up(nil, { watcher = watcher }))
      eq(#link.addresses, 2)
      eq(table.move(steps, 2, 3, 1, {}), {
        ("modem: %s has not answered; try 2 of 3"):format(modem.description.control),
        ("modem: %s has not answered; try 3 of 3"):format(modem.description.control),
      })
    end)
  end)
end

-- As after it was plugged in: the answer to the first one comes when the next one is under way.
function T.test_a_modem_that_is_slow_to_open()
  with_closed_modem("mbim", function(modem, sim)
    sim.open_time = 0.4
    with_open_times({ 0.1, 600 }, function() assert(modem:start()) end)
    eq(assert(modem:sim()).state, "ready")
  end)
end

function T.test_a_modem_that_never_opens()
  eq(devices.open_times, { 5, 10, 11 })
  with_closed_modem("mbim", function(modem, sim)
    assert(faults.apply(sim, "open-dead", {}))
    with_open_times({ 0.05, 0.05, 0.05 }, function()
      local ok, err = modem:start()
      eq({ ok, err.code }, { nil, "modem-mute" })
      lu.assertStrContains(err.message, "does not answer MBIM OPEN")
    end)
  end)
end

-- The answer to OPEN has a status, too.
function T.test_a_modem_that_is_too_busy_to_open()
  for status, code in pairs { [1] = "busy", [14] = "busy", [2] = "modem-failed" } do
    local opens, pauses = 0, patience.seconds
    local _ <close> = task.finally(function() patience.seconds = pauses end)
    local device = setmetatable({ path = "/dev/x", transfer = 4096, openings = 0, exchange = {
      request = function(_, message)
        opens = opens + (message.type == "open" and 1 or 0)
        local is_busy = message.type == "open" and opens < 3
        return { type = message.type .. "-done", status = is_busy and status or 0 }
      end,
    } }, devices)
    local modem = { mbim = device, options = { proxy = true } }
    assert(require("modem.mbim").start(modem))
    eq(opens, 3)
    opens, patience.seconds = -1000, 0
    local _, err = require("modem.mbim").start(modem)
    eq(err.code, code)
    lu.assertNotStrContains(err.message, "does not answer")
  end
end

-- ---- busy, or not ready yet ----

local function fault(sim, name, argument) assert(faults.apply(sim, name, { argument })) end

function T.test_a_modem_that_is_too_busy_to_connect()
  for _, protocol in ipairs { "mbim", "qmi", "inside" } do
    simulated.with_modem(simulated.over(protocol), function(modem, sim)
      simulated.await_home(modem)
      assert(modem:sim()) -- which the order to connect would ask for
      fault(sim, "busy", "2")
      eq(assert(modem:connect { apn = "r.ispsn" }).ip, "ipv4v6", protocol)
      assert(modem:deactivate(0))
      assert(modem:detach())
      fault(sim, "busy", "1")
      local packet = assert(modem:attach())
      lu.assertTrue(packet.state == "attached" or packet.state == "attaching", packet.state)
      fault(sim, "busy")
      patience.seconds = 0
      local _ <close> = task.finally(function() patience.seconds = 10 end)
      local bearer, err = modem:connect { apn = "r.ispsn" }
      eq({ bearer, err.code }, { nil, "busy" })
    end)
  end
end

-- ---- forgotten ----

local MBIM = { composition = "mbim" }

function T.test_a_modem_that_has_forgotten_that_it_was_opened()
  simulated.with_modem(MBIM, function(modem, sim)
    simulated.await_home(modem)
    assert(modem:connect { apn = "r.ispsn" })
    fault(sim, "forget")
    local answers = assert(task.all(
      function() return modem:packet_service() end, function() return modem:signal() end,
      function() return modem.mbim:query(require("mbim.basic_connect").device_caps) end,
      function() return modem:session(0) end))
    eq({ answers[1].state, answers[4].state, modem.mbim.openings }, { "attached", "deactivated", 2 })
    fault(sim, "forget")
    eq(assert(modem:connect { apn = "r.ispsn" }).ip, "ipv4v6") -- the SIM was asked for again, too
    eq(modem.mbim.openings, 3)
    fault(sim, "forget")
    assert(modem:set_radio(false))
    eq(modem.mbim.openings, 4)
  end)
end

-- It is opened once for a request, and no more.
function T.test_a_modem_that_forgets_at_once()
  simulated.with_modem(MBIM, function(modem, sim)
    local start = modem.mbim.start
    function modem.mbim.start(...)
      assert(start(...))
      fault(sim, "forget")
      return true
    end
    fault(sim, "forget")
    local before = modem.mbim.openings
    for i = 1, 2 do
      modem.is_started = true
      local packet, err = modem:packet_service()
      eq({ packet, err.code, modem.mbim.openings }, { nil, "not-open", before + i })
    end
  end)
end

-- It would indicate nothing any more, and refuse each question.
function T.test_a_modem_that_forgets_while_the_network_is_waited_for()
  simulated.with_modem(MBIM, function(modem, sim)
    simulated.await_home(modem)
    fault(sim, "network-drop")
    local searching, watcher = task.queue(1), new_watcher()
    function watcher.doing(_, _, text)
      if text == "searching" then searching:push(true) end
    end
    local group <close> = task.group()
    local coming = group:spawn(modem.up, modem, nil, { watcher = watcher, wait = 600 })
    searching:pop()
    fault(sim, "forget")
    sim.network.present = true
    sim:settle()
    local _, link = coming:join()
    eq(#assert(link).addresses, 2)
    link:close()
  end)
end

-- The daemon's link is over, which no indication says.
function T.test_who_watches_a_link_hears_that_the_modem_has_forgotten_it()
  simulated.with_modem(MBIM, function(modem, sim)
    local link <close> = assert(modem:up())
    local events <close> = modem:events("session")
    fault(sim, "forget")
    eq(assert(modem:packet_service()).state, "attached")
    eq(assert(events:next()).value, { session = 0, state = "deactivated", ip = "default" })
    eq(assert(link:wait_down { probe = false }).code, "disconnected")
  end)
end

local function refusal(detail)
  return errors.new { code = "busy", message = "later", source = "test", detail = detail }
end

-- How often a modem is asked that says this first, and then that it is done.
local function orders(err)
  local count = 0
  patience.ask(function()
    count = count + 1
    if count > 1 then
      return true
    end
    return nil, err
  end)
  return count
end

function T.test_what_is_asked_for_again_and_what_is_not()
  for _, status in ipairs {
    "busy", "not-initialized", "device-not-ready", "network-not-ready", "not-provisioned", "incompatible-state",
    "operation-in-progress",
  } do
    eq(orders(refusal { status = status }), 2, status)
    eq(orders(refusal { status = status, nw_error = 0, reply = {} }), 2, status)
    eq(orders(refusal { status = status, nw_error = 33 }), 1, status) -- the network has been asked
    for _, reply in ipairs { { call_end_reason = 1 }, { verbose_call_end_reason = { type = "3gpp", reason = 27 } } } do
      eq(orders(refusal { status = status, reply = reply }), 1, status)
    end
  end
  for _, status in ipairs { "failure", "call-failed", "sim-not-inserted", "session-ownership", "internal" } do
    eq(orders(refusal { status = status }), 1, status)
  end
  eq(orders(errors.new { code = "timeout", message = "silent", source = "test" }), 1)
end

-- What it has said is the reason, not that nothing has changed.
function T.test_a_modem_that_is_too_busy_to_say_anything()
  local deaf = { next = function() task.sleep(1e6) end }
  local function busy() return errors.fail { code = "busy", source = "test", message = "the modem is busy" } end
  local value, err = wait.on(deaf, nil, busy, function() return false end, 0.02)
  eq({ value, err.code }, { nil, "busy" })
  value, err = wait.on(deaf, { state = "off" }, busy, function() return false end, 0.02)
  eq({ value, err.code }, { { state = "off" }, "timeout" })
end

-- A modem that fails without a cause may not know the type of both families; or the network is asked too often already.
function T.test_without_a_cause_one_other_type_is_asked_for()
  simulated.with_modem({ composition = "mbim" }, function(modem, sim)
    local asked, connect = {}, sim.connect
    function sim:connect(number, request)
      asked[#asked + 1] = request.ip_type
      return connect(self, number, request)
    end
    for cause, types in pairs { ["0"] = { "ipv4v6", "ipv4" }, ["27"] = { "ipv4v6" } } do
      assert(faults.apply(sim, "refuse-apn", { cause }))
      asked = {}
      local link, err = modem:up { bearers = { { apn = "r.ispsn", ip = "ipv4v6", session = 0 } } }
      eq({ link, err.code, asked }, { nil, "connect-refused", types })
    end
  end)
end

return T
