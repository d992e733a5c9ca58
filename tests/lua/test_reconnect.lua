-- SPDX-License-Identifier: MIT
-- Connecting again right after the network has ended a connection: what the modem is asked, and what it is not.

local carrier = require "carrier"
local faults = require "simulator.faults"
local upkeep = require "link.upkeep"
local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local modems = require "modem"
local new_simulated = require("simulator.modem").new
local ping = require "core.ping"
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"
local wds = require "qmi.wds"

local T = {}

local eq = lu.assertEquals
local entered, refused = tier1.enter()
if entered then
  assert(require("core.netlink").link "lo") -- its socket stays open
end

local function fault(sim, name, argument) assert(faults.apply(sim, name, { argument })) end

-- Calls fn with a modem that is online, and its link.
local function online(composition, fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  sim:compose(composition)
  sim.search_time = 0.02
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("qmi", "simulated")
  end)
  local modem <close> = assert(modems.find())
  fn(modem, sim, assert(modem:up()))
end

local function over_each(fn)
  for _, composition in ipairs { "mbim", "qmi" } do
    online(composition, function(modem, sim, link) fn(modem, sim, link, composition) end)
  end
end

local function watch(link) return link:wait_down { probes = {} } end

-- As a policy does: waits until `harm()` has ended the link, and takes it down.
local function cut(link, harm)
  local modem, listens = link.bearer.modem, task.queue(1)
  function modem.session(...)
    modem.session = nil
    local session, err = modem.session(...)
    listens:push(true)
    return session, err
  end
  local group <close> = task.group()
  local watching = group:spawn(watch, link)
  listens:pop() -- it has asked whether the connection stands, and hears of all that comes after that
  harm()
  local _, reason = watching:join()
  link:close()
  return reason
end

-- What `up` asks the modem for, in order, until the list is taken.
local function verbs(modem)
  local called = {}
  for _, name in ipairs { "identity", "sim", "sim_state", "radio", "registration", "network", "packet_service",
    "session", "activate", "ip_configuration" } do
    local verb = modem[name]
    modem[name] = function(...)
      called[#called + 1] = name
      return verb(...)
    end
  end
  return called
end

-- What goes to the modem, by the names of QMI's messages.
local function requests(modem)
  local sent, ask = {}, modem.qmi.ask
  modem.qmi.ask = function(device, message, ...)
    sent[#sent + 1] = message.name
    return ask(device, message, ...)
  end
  return sent
end

local function has(list, name)
  for _, entry in ipairs(list) do
    if entry == name then
      return true
    end
  end
  return false
end

function T.test_the_order_to_connect_waits_for_no_answer()
  over_each(function(modem, sim, link, composition)
    eq(cut(link, function() fault(sim, "disconnect") end).code, "disconnected")
    local called = verbs(modem)
    local again <close> = assert(modem:up())
    table.sort(called)
    eq(called, { "activate", "ip_configuration", "network" }, composition)
    eq(#again.addresses, 2)
  end)
end

-- Nothing but two flights: both families are started, then the addresses of both are read.
function T.test_qmi_sends_no_more_than_it_must()
  online("qmi", function(modem, sim, link)
    local sent = requests(modem)
    cut(link, function()
      fault(sim, "disconnect")
      sim.latency = 0.05
    end)
    for i = #sent, 1, -1 do sent[i] = nil end
    local _ <close> = assert(modem:up())
    eq(sent, {
      "Get Serving System", "Start Network", "Start Network", "Get Current Settings", "Get Current Settings",
    })
  end)
end

-- One family goes a moment before the other: there are no addresses to be read of what is about to go.
function T.test_the_end_of_one_family_asks_nothing_while_the_other_ends()
  local pause = upkeep.change_pause
  local _ <close> = task.finally(function() upkeep.change_pause = pause end)
  upkeep.change_pause = 1000 -- on a machine that is busy, the other one ends late
  online("qmi", function(modem, sim, link)
    local sent = requests(modem)
    cut(link, function()
      for i = #sent, 1, -1 do sent[i] = nil end
      sim:disconnect_family(0, "ipv6")
      task.sleep(0.05) -- it hears of that
      fault(sim, "disconnect")
    end)
    lu.assertFalse(has(sent, "Get Current Settings"), table.concat(sent, ", "))
  end)
end

function T.test_the_end_of_one_family_alone_is_put_on_the_host()
  online("qmi", function(modem, sim, link)
    local group <close> = task.group()
    group:spawn(watch, link)
    task.sleep(0.05) -- it listens
    sim:disconnect_family(0, "ipv6")
    assert(task.timeout(60, function()
      while #link.addresses ~= 1 do task.sleep(0.02) end
      return true
    end))
    eq(link.addresses[1].address, "184.250.142.38")
    eq(modem:session(0).state, "activated")
    link:detach()
  end)
end

-- Ends IPv4 alone, and waits until it is there again.
local function lose_ipv4(fn)
  online("qmi", function(modem, sim, link)
    local asked, session = task.queue(1), modem.session
    function modem.session(...)
      modem.session = nil
      local now, err = session(...)
      asked:push(true)
      return now, err
    end
    local group <close> = task.group()
    group:spawn(link.wait_down, link, { probes = {}, every = 0.05 })
    asked:pop() -- it listens, and has been told that there are both
    fn(sim)
    for _, count in ipairs { 1, 2 } do
      assert(task.timeout(60, function()
        while #link.addresses ~= count do task.sleep(0.01) end
        return true
      end), count)
    end
    eq(sim.sessions[0].ip_type, "ipv4v6")
    lu.assertNotNil(ping.echo { address = "8.8.8.8", link = link.name, timeout = 60 })
    link:detach()
  end)
end

-- The other one stays; the network gives the lost one again to who asks.
function T.test_a_family_that_has_ended_is_asked_for_again()
  lose_ipv4(function(sim) sim:disconnect_family(0, "ipv4") end)
end

-- It shows only when the addresses are read: as far as has been told, it is connected.
function T.test_a_family_that_has_ended_without_an_indication_is_asked_for_again()
  lose_ipv4(function(sim)
    sim.sessions[0].ipv4, sim.sessions[0].ip_type = nil, "ipv6"
    sim:renumber()
  end)
end

function T.test_after_any_trouble_all_is_asked_about()
  over_each(function(modem, sim, link, composition)
    cut(link, function()
      for _, packet in ipairs { "detached", "attached" } do
        sim.packet.state = packet
        sim:emit "packet"
        task.sleep(0.05) -- it asks for the session
      end
      fault(sim, "disconnect")
    end)
    local called = verbs(modem)
    local _ <close> = assert(modem:up())
    lu.assertTrue(has(called, "sim_state"), composition)
  end)
end

function T.test_a_connection_that_we_ended_is_asked_about()
  over_each(function(modem, _, link, composition)
    link:close()
    local called = verbs(modem)
    local _ <close> = assert(modem:up())
    lu.assertTrue(has(called, "sim_state"), composition)
  end)
end

-- The control channel and its client ids are ours already; the modem indicates over QMI that it is connected.
local most_answers = { mbim = 4, qmi = 6 }

function T.test_connecting_again_takes_few_answers()
  over_each(function(modem, sim, link, composition)
    local chosen = assert(carrier.load("default", { apn = "r.ispsn", ip = "ipv4" }))
    cut(link, function() fault(sim, "disconnect") end)
    modem.network_released_at = nil -- so that all that safety needs is asked again
    local before, called = modem:answers(), verbs(modem)
    local _ <close> = assert(modem:up(chosen))
    local count = modem:answers() - before
    lu.assertTrue(count <= most_answers[composition], ("%s: %d"):format(composition, count))
    -- The network's answer tells that the radio is on.
    eq({ has(called, "sim_state"), has(called, "radio"), has(called, "network") }, { true, false, true })
  end)
end

function T.test_a_foreign_network_is_not_used_without_permission()
  over_each(function(modem, sim, link, composition)
    cut(link, function()
      sim.network.roaming = true
      fault(sim, "disconnect")
    end)
    sim:settle()
    task.sleep(0.1)
    local again, err = modem:up()
    eq(again, nil, composition)
    eq(err.code, "roaming-refused")
    eq(modem:session(0).state, "deactivated")
    eq(next(sim.sessions), nil)
  end)
end

-- The modem has said that it roams, so it is not ordered to connect before it is asked whether it still does.
function T.test_a_network_that_was_foreign_is_not_used_without_a_question()
  over_each(function(modem, sim, link, composition)
    cut(link, function()
      fault(sim, "roam")
      fault(sim, "disconnect")
    end)
    local called = verbs(modem)
    local again, err = modem:up()
    eq({ again, err.code, has(called, "activate") }, { nil, "roaming-refused", false }, composition)
  end)
end

function T.test_a_refusal_is_not_repeated()
  over_each(function(modem, sim, link, composition)
    cut(link, function()
      fault(sim, "refuse-apn")
      fault(sim, "disconnect")
    end)
    local called = verbs(modem)
    local again, err = modem:up(assert(carrier.load("default", { apn = "r.ispsn" })))
    eq(again, nil)
    eq(err.code, "connect-refused")
    table.sort(called)
    eq(called, { "activate", "network" }, composition)
  end)
end

-- One lost answer is no reason to give up a working connection.
function T.test_a_lost_answer_is_asked_for_once_more()
  over_each(function(modem, sim, link, composition)
    cut(link, function() fault(sim, "disconnect") end)
    local called, network, is_lost = verbs(modem), modem.network, false
    function modem.network(...)
      if not is_lost then
        is_lost = true
        task.sleep(3600)
      end
      return network(...)
    end
    local _ <close> = assert(modem:up())
    table.sort(called)
    eq(called, { "activate", "ip_configuration", "network" }, composition)
  end)
end

-- The answer to the order is lost: the usual way finds out what has become of it.
function T.test_an_order_without_an_answer_is_given_up_soon()
  online("qmi", function(modem, sim, link)
    cut(link, function() fault(sim, "disconnect") end)
    local activate, orders = modem.activate, 0
    function modem.activate(...)
      orders = orders + 1
      if orders == 1 then task.sleep(1e6) end
      return activate(...)
    end
    local again <close> = assert(task.timeout(60, modem.up, modem))
    eq({ orders, #again.addresses }, { 2, 2 })
  end)
end

-- A modem that is busy with one family when the other one is started refuses that, with its own reason.
function T.test_a_family_that_cannot_be_started_beside_the_other_is_started_after_it()
  online("qmi", function(modem, sim, link)
    cut(link, function() fault(sim, "disconnect") end)
    local connect_family, refusals = sim.connect_family, 0
    function sim:connect_family(number, request)
      if request.family == "ipv6" and refusals == 0 then
        refusals = refusals + 1
        return nil, "max-activated-contexts"
      end
      return connect_family(self, number, request)
    end
    local again <close> = assert(modem:up())
    eq(refusals, 1)
    eq(#again.addresses, 2)
  end)
end

-- A modem that does not answer once, while no packets arrive, may answer when the link is taken down.
function T.test_a_modem_that_was_mute_for_a_while_is_disconnected_in_the_end()
  online("qmi", function(modem, sim, link)
    local options = { probes = { "8.8.8.8" }, every = 0.05, timeout = 0.05, misses = 1000 }
    lu.assertTrue(link:prove(options))
    local session, asked, given_up = modem.session, 0, false
    function modem.session(...)
      asked = asked + 1
      if asked ~= 2 then
        return session(...)
      end
      local _ <close> = task.undo(function() given_up = true end)
      task.sleep(3600)
    end
    local group <close> = task.group()
    local watching = group:spawn(link.wait_down, link, options)
    fault(sim, "blackhole")
    assert(task.timeout(60, function()
      while not given_up do task.sleep(0.02) end
      return true
    end))
    fault(sim, "none")
    watching:cancel(task.unwanted)
    watching:join()
    link:close()
    eq(next(sim.sessions), nil)
  end)
end

-- Framing is asked about again where it may have changed.
function T.test_framing_is_agreed_on_again_after_we_have_disconnected()
  online("qmi", function(modem, _, link)
    link:close()
    local sent = requests(modem)
    local _ <close> = assert(modem:up())
    lu.assertTrue(has(sent, "Set Data Format"))
  end)
end



-- ---- what is older than the connection ----

-- Holds back what a function of an object does, the next time that `is_held(...)` is true of its arguments, from its
-- end on; returns a function that lets it go on, and a queue that tells when it is held.
local function hold(object, name, is_held)
  local original, held, gate = object[name], task.queue(1), task.queue(1)
  object[name] = function(...)
    local result = table.pack(original(...))
    if is_held(...) then
      object[name] = nil
      held:push(true)
      gate:pop()
    end
    return table.unpack(result, 1, result.n)
  end
  return function() gate:push(true) end, held
end

-- Which families are connected, by the modem and by what we have not forgotten.
local function families_of(modem)
  local clients = modem.wds[0]
  return modem:session(0).ip, clients.ipv4.handle ~= nil, clients.ipv6.handle ~= nil
end

-- The question was sent before the connection was made: one family's answer comes at once, the other one's late.
function T.test_an_answer_from_before_a_connection_says_nothing_of_it()
  online("qmi", function(modem, sim, link)
    cut(link, function() fault(sim, "disconnect") end)
    local let_go, held = hold(modem.wds[0].ipv6.client, "request", function(_, message)
      return message == wds.get_packet_service_status
    end)
    local group <close> = task.group()
    local asking = group:spawn(modem.session, modem, 0)
    held:pop()
    local _ <close> = assert(modem:up())
    let_go()
    local _, session = asking:join()
    eq(session.state, "activated")
    eq({ families_of(modem) }, { "ipv4v6", true, true })
  end)
end

-- The indication came before the connection was made, and is read after that.
function T.test_an_indication_from_before_a_connection_says_nothing_of_it()
  online("qmi", function(modem, sim, link)
    local events <close> = modem:events("session", "ip")
    local let_go, held = hold(modem, "ip_configuration", function() return true end)
    fault(sim, "renumber") -- the modem is asked about that, and what it indicates next waits
    held:pop()
    fault(sim, "disconnect")
    eq(modem:session(0).state, "deactivated") -- so that is known by a question
    link:close()
    local _ <close> = assert(modem:up())
    fault(sim, "renumber")
    let_go()
    for _ = 1, 2 * 2 do -- of both families; what was indicated in between has been read then
      repeat local event = assert(events:next()) until event.name == "ip"
    end
    eq({ families_of(modem) }, { "ipv4v6", true, true })
  end)
end

return T
