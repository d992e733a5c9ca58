-- SPDX-License-Identifier: MIT
-- Notifications of a modem: an indication costs no question to the modem, or one, however many tasks listen.

local card_numbers = require "modem.qmi.card_numbers"
local events_of_modems = require("events").of_modems
local faults = require "simulator.faults"
local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local modems = require "modem"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local state = require "state"
local subscribers = require "events.subscribers"
local task = require "task"
local tier1 = require "simulator.tier1"
local world = require "support.world"

local T = {}

require("modem.cell_news").quiet = 600 -- which cell it is costs several questions, when it has been quiet

local eq = lu.assertEquals
local PATIENCE = 60
local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

local ways = {
  { speaks = "mbim", composition = "mbim" }, { speaks = "qmi", composition = "qmi" },
  { speaks = "qmi", composition = "mbim", options = { protocol = "qmi" } },
}

local function fault(sim, name, argument) assert(faults.apply(sim, name, { argument })) end

local function with_modem(way, fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  sim:compose(way.composition)
  sim.search_time = 0.02
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("qmi", "simulated")
  end)
  local modem <close> = assert(modems.find(nil, way.options))
  fn(modem, sim)
end

-- What goes to the modem from now on: a function that returns the number of transfers since it was called last.
local function count_commands(modem)
  local exchange = modem.mbim and modem.mbim.exchange or modem.qmi.exchange
  local count = 0
  local taps = exchange:tap()
  local group = task.group()
  group:spawn(function()
    for transfer in taps.next, taps do count = count + (transfer.sent and 1 or 0) end
  end)
  return function()
    local now = count
    count = 0
    return now
  end, task.finally(function() group:__close() end)
end

local function next_that_reads(events, name, key, value)
  local event = assert(task.timeout(PATIENCE, function()
    local event
    repeat
      event = assert(events:next())
    until event.name == name and event.value[key] == value
    return event
  end))
  return event
end

-- Those who listen to a modem beside the daemon: the fleet, the daemon's eye on the SIM, and a link that is watched.
local function listeners(modem)
  return {
    modem:events(table.unpack(events_of_modems)), modem:events("sim"),
    modem:events("session", "ip", "packet", "registration", "sim", "radio"),
  }
end

local function all_receive(list, name, key, value)
  for _, events in ipairs(list) do
    if events.names[name] then
      next_that_reads(events, name, key, value)
    end
  end
end

-- What each change costs: only a modem that searches or was denied is asked, for the reason.
local changes = {
  { "roaming", function(sim) fault(sim, "roam") end, "registration", "state", "roaming", 0 },
  { "at home again", function(sim) fault(sim, "none") end, "registration", "state", "home", 0 },
  { "detached", function(sim) fault(sim, "detach") end, "packet", "state", "detached", 0 },
  { "denied", function(sim) fault(sim, "deny", "7") end, "registration", "nw_error", 7, 1 },
  { "no card", function(sim) fault(sim, "sim-remove") end, "sim", "state", "missing", 0 },
}

function T.test_a_change_costs_no_command_or_one()
  for _, way in ipairs(ways) do
    with_modem(way, function(modem, sim)
      local list = listeners(modem)
      local commands, _ <close> = count_commands(modem)
      for _, change in ipairs(changes) do
        change[2](sim)
        all_receive(list, table.unpack(change, 3, 5))
        local cost, count = way.speaks == "qmi" and change[6] or 0, commands()
        lu.assertTrue(count <= cost, ("%s, over %s: %d commands"):format(change[1], way.speaks, count))
      end
    end)
  end
end

local function heard(event) return { event.name, event.value.dbm, event.lost } end

-- A listener that does not read loses events; it gets the last value, and how many there were before it.
function T.test_a_slow_listener_gets_the_last_value()
  for _, way in ipairs(ways) do
    with_modem(way, function(modem, sim)
      local slow <close> = modem:events("signal", "radio")
      local quick <close> = modem:events("signal")
      local commands, _ <close> = count_commands(modem)
      for i = 1, 100 do
        sim:set_signal(i % 31)
        assert(task.timeout(PATIENCE, quick.next, quick))
      end
      for i = 1, 64 do eq(heard(slow:next()), { "signal", -113 + 2 * (i % 31) }) end
      eq(heard(slow:next()), { "signal", -113 + 2 * (100 % 31), 36 })
      eq(commands(), 0)
      sim:set_radio("software", "off")
      next_that_reads(slow, "radio", "software", "off")
    end)
  end
end

-- Indications were lost before they were read: the modem is asked once for each kind, not once by each listener.
function T.test_lost_values_are_read_once_for_all_listeners()
  for _, way in ipairs(ways) do
    with_modem(way, function(modem)
      local list = {}
      for i = 1, 3 do list[i] = modem:events("radio", "packet") end
      local commands, _ <close> = count_commands(modem)
      subscribers.deliver(modem.notifications.queue, subscribers.mark(5))
      for _, events in ipairs(list) do
        next_that_reads(events, "radio", "software", "on")
        next_that_reads(events, "packet", "state", "attached")
      end
      eq(commands(), 2)
    end)
  end
end

-- An event of before is not taken for one of what is done next.
function T.test_a_listener_gets_nothing_of_before()
  with_modem(ways[1], function(modem, sim)
    local first <close> = modem:events("radio")
    local enough = task.queue()
    function modem.notified(...)
      modem.notified = nil
      enough:pop()
      return modem.notified(...)
    end
    sim:set_radio("software", "off")
    assert(modem:radio())
    local second <close> = modem:events("radio")
    enough:push(true)
    next_that_reads(first, "radio", "software", "off")
    sim:set_radio("software", "on")
    eq(second:next().value.software, "on")
  end)
end

-- Nor is it when the listener was too slow, and gets the last values.
function T.test_a_slow_listener_gets_nothing_of_before()
  with_modem(ways[1], function(modem, sim)
    local first <close> = modem:events("registration", "signal")
    fault(sim, "roam")
    next_that_reads(first, "registration", "state", "roaming")
    local second <close> = modem:events("registration", "signal")
    for i = 1, 100 do
      sim:set_signal(i % 31)
      assert(task.timeout(PATIENCE, first.next, first))
    end
    for _ = 1, 64 do eq(second:next().name, "signal") end
    eq(heard(second:next()), { "signal", -113 + 2 * (100 % 31), 36 })
    fault(sim, "none")
    eq(second:next().value.state, "home")
  end)
end

-- Many indications are read with the last value, so a listener that writes into an event must not change it.
function T.test_a_listener_cannot_change_what_is_known()
  with_modem(ways[2], function(modem, sim)
    local events <close> = modem:events("radio")
    sim:set_radio("software", "off")
    local event = next_that_reads(events, "radio", "software", "off")
    event.value.hardware = "off"
    sim:set_radio("software", "on")
    eq(next_that_reads(events, "radio", "software", "on").value.hardware, "on")
  end)
end

-- A modem that does not answer one question delays the end of a connection the least.
function T.test_sessions_are_asked_for_first()
  with_modem(ways[1], function(modem)
    local _ <close> = modem:events("sim", "radio", "packet", "registration", "signal", "session")
    local asked = task.queue()
    for _, verb in ipairs { "sim", "radio", "packet_service", "registration", "signal", "session" } do
      modem[verb] = function() asked:push(verb) end
    end
    subscribers.deliver(modem.notifications.queue, subscribers.mark(5))
    eq(task.timeout(PATIENCE, asked.pop, asked), "session")
  end)
end

-- The mark for what was lost may be older than the listener, and what was lost younger.
function T.test_a_listener_gets_what_was_lost_after_it_has_come()
  with_modem(ways[1], function(modem)
    local first <close> = modem:events("radio")
    function modem.notified() end
    for _ = 1, 100 do subscribers.deliver(modem.notifications.queue, {}) end
    local second <close> = modem:events("radio")
    subscribers.deliver(modem.notifications.queue, {})
    next_that_reads(first, "radio", "software", "on")
    next_that_reads(second, "radio", "software", "on")
  end)
end

-- A mistake in what reads indications surfaces where the modem was opened; no listener waits for ever.
function T.test_a_mistake_ends_the_events()
  lu.assertErrorMsgContains("a mistake", with_modem, ways[1], function(modem, sim)
    local events <close> = modem:events("radio")
    function modem.notified() error "a mistake" end
    sim:set_radio("software", "off")
    while events:next() do end -- luacheck: ignore 542
  end)
end

-- Packet data may change from the card in one slot to the other, and both are ready.
function T.test_the_numbers_of_another_card_are_read()
  local requests = 0
  local device = { request = function()
    requests = requests + 1
    return { iccid = "8901", imsi = "310120" }
  end }
  local function use(index)
    local inserted = { state = "present", applications = { { type = "usim", state = "ready" } } }
    return { card_status = { index_gw_primary = index, cards = { inserted, inserted } } }
  end
  local first = card_numbers.notified(device, use(0x0000))
  local before = requests
  lu.assertIs(card_numbers.notified(device, use(0x0000), first), first)
  eq(requests, before)
  card_numbers.notified(device, use(0x0100), first)
  lu.assertTrue(requests > before)
end

local home = { mcc = 310, mnc = 120, description = "Sprint" }
local function serving(registration_state) return { registration_state = registration_state } end
local at_home = { state = "home", provider = { id = "310120", name = "Sprint" } }
local elsewhere = { mcc = 262, mnc = 2, description = "Vodafone" } -- 26202 or 262002: it does not say
local abroad = { state = "roaming", provider = { id = "26202", name = "Vodafone" } }

-- What an indication of Get Serving System says, the last value, and the value that it makes; nil: the modem is asked.
local indications = {
  { { serving_system = serving "registered", roaming_indicator = "off", current_plmn = home }, nil, at_home },
  { { serving_system = serving "registered", current_plmn = home }, at_home, nil },
  { { serving_system = serving "registered", roaming_indicator = "off" }, at_home, nil },
  { { serving_system = serving "registered", roaming_indicator = "off", plmn_not_changed_indication = true },
    nil, nil },
  { { serving_system = serving "registered", roaming_indicator = "off", plmn_not_changed_indication = true },
    at_home, at_home },
  { { serving_system = serving "registered", roaming_indicator = "on", current_plmn = elsewhere }, nil, nil },
  { { serving_system = serving "registered", roaming_indicator = "on", current_plmn = elsewhere }, abroad, abroad },
  { { serving_system = serving "registered", roaming_indicator = "on", current_plmn = elsewhere }, at_home, nil },
  { { serving_system = serving "not-registered" }, at_home,
    { state = "deregistered", provider = { id = "", name = "" } } },
}

function T.test_fields_that_an_indication_omits_are_not_guessed()
  with_modem(ways[2], function(modem)
    local asked = {}
    function modem.registration() return asked end
    for i, case in ipairs(indications) do
      eq(modem:registration_notified(case[1], case[2]), case[3] or asked, "case " .. i)
    end
    lu.assertNil(modem:registration_notified({}, at_home))
    local rejected = modem:reject_notified({ radio_interface = "lte", reject_cause = 8 }, { state = "searching" })
    eq({ rejected.nw_error, modem.refused_in }, { 8, "LTE" })
    lu.assertIs(modem:reject_notified({ radio_interface = "lte", reject_cause = 8 }, at_home), asked)
  end)
end

-- HSPA is UMTS with certain capabilities, which an indication may leave out.
function T.test_a_technology_is_not_guessed()
  with_modem(ways[2], function(modem)
    local asked = {}
    function modem.registration() return asked end
    function modem.packet_service() return asked end
    local function attached(interface)
      return { serving_system = {
        registration_state = "registered", ps_attach_state = "attached", radio_interfaces = { interface },
      }, roaming_indicator = "off", current_plmn = home }
    end
    local function known(technology) return { technology = technology, provider = at_home.provider } end
    for _, notified in ipairs { modem.packet_notified, modem.registration_notified } do
      eq(notified(modem, attached "umts", known "HSPA").technology, "HSPA")
      eq(notified(modem, attached "umts", known "UMTS").technology, "UMTS")
      eq(notified(modem, attached "lte", known "HSPA").technology, "LTE")
      lu.assertIs(notified(modem, attached "umts", known "LTE"), asked)
      lu.assertIs(notified(modem, attached "gsm", nil), asked)
    end
  end)
end

function T.test_a_report_of_half_the_radio()
  with_modem(ways[2], function(modem)
    local asked = {}
    function modem.radio() return asked end
    local on = { hardware = "on", software = "on" }
    eq(modem:radio_notified({ wireless_disable_state = true }, on), { hardware = "off", software = "on" })
    eq(modem:radio_notified({ operating_mode = "low-power" }, on), { hardware = "on", software = "off" })
    lu.assertIs(modem:radio_notified({ operating_mode = "online" }, nil), asked)
    lu.assertNil(modem:radio_notified({ power_state = {} }, on))
  end)
end

-- What the daemon asks while the network changes twice, beside a policy and a watched link. The link's own question
-- about its session, when nothing has come through it for a while, does not count. SMS, for which a modem is asked some
-- seconds after it was opened, stay on the card.
local ROAM = [[. $SUPPORT/daemon.sh
  echo 'return { modems = { { policy = "reconnect", sms = "card" } } }' >/run/test/config.lua
  moontower trace serve --config /run/test/config.lua >/run/test/log 2>&1 & daemon=$!
  until_why "is online"
  until_true 'moontower history --json | grep "kind.*network"' # for which the modem is asked once it is online
  begin=$(wc -l </run/test/log)
  since() { tail -n +$((begin + 1)) /run/test/log; }
  moontower simulate fault roam; until_true 'since | grep "state  *roaming\|roaming_indicator  *on"'
  moontower simulate fault none; until_true 'since | grep "state  *home\|roaming_indicator  *off"'
  since >/run/test/since; kill $daemon; wait $daemon 2>/dev/null
  grep -c " > " /run/test/log; grep -c " < .* indication" /run/test/since
  grep " > " /run/test/since | grep -v "Connect query\|Packet Service Status"]]

function T.test_the_daemon_asks_nothing_when_the_network_changes()
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  for _, composition in ipairs { "mbim", "qmi" } do
    local result = world.run(ROAM, {}, nil, { "--composition", composition })
    local before, told, requests = result.out:match("^(%d+)\n(%d+)\n(.*)$")
    lu.assertTrue(before and tonumber(before) > 5 and tonumber(told) >= 2, result.out .. result.err)
    eq(requests, "", composition)
  end
end

-- The count that the tests above rely on.
function T.test_each_question_counts()
  for _, way in ipairs(ways) do
    with_modem(way, function(modem)
      assert(modem:registration())
      local commands, _ <close> = count_commands(modem)
      assert(modem:registration())
      assert(modem:registration())
      eq(commands(), 2)
    end)
  end
end

return T
