-- SPDX-License-Identifier: MIT
-- SIM slots: which there are, going to another one and back, in each protocol, and `moontower slot`.

local air = require "support.air"
local at_only = require "modem.at_only"
local find = require("modem").find
local json = require "dkjson"
local lu = require "luaunit"
local models = "simulator.models."
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local FIRST, SECOND = "89011200000123456781", "89011200000123456864"

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

-- Calls fn(sim, modem) with a simulated modem that has two slots, over a protocol.
local function with_modem(model, protocol, fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  state.remove("channels", "simulated")
  local group <close> = task.group()
  local sim = new_simulated(require(models .. model), group)
  sim:compose(protocol == "inside" and "mbim" or protocol)
  sim.latency, sim.search_time, sim.slot_time = 0, 0.02, 0.05
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function() sim:unplug() end)
  local modem <close> = assert(find(nil, { protocol = protocol == "inside" and "qmi" or nil }))
  fn(sim, modem)
end

local PROTOCOLS = { "mbim", "qmi", "inside" } -- the last is QMI inside MBIM

local function in_use(modem)
  local found = {}
  for _, slot in ipairs(assert(modem:slots())) do
    found[slot.number] = ("%s%s %s"):format(slot.state, slot.in_use and " in use" or "", slot.iccid or "")
  end
  return found
end

-- ---- the verbs ----

function T.test_there_and_back()
  for _, protocol in ipairs(PROTOCOLS) do
    with_modem("rm520n", protocol, function(sim, modem)
      eq(in_use(modem)[1], "active in use " .. FIRST, protocol)
      local switched = assert(modem:use_slot(2))
      eq({ switched.slot, switched.before, switched.sim.state, switched.sim.iccid }, { 2, 1, "ready", SECOND })
      eq(sim.slot, 2)
      eq(in_use(modem)[2], "active in use " .. SECOND)
      eq(assert(modem:use_slot(2)).before, 2) -- nothing to do
      eq(assert(modem:use_slot(1)).sim.iccid, FIRST)
      eq(assert(modem:sim()).iccid, FIRST)
    end)
  end
end

function T.test_a_card_that_wants_its_pin_is_locked_and_asked_for_nothing()
  for _, protocol in ipairs(PROTOCOLS) do
    with_modem("rm520n", protocol, function(sim, modem)
      local card = sim.slots[2].card
      card.pin_enabled = true
      eq(assert(modem:use_slot(2)).sim.state, "locked", protocol)
      eq({ card.tries, card.verified }, { 3, false })
    end)
  end
end

function T.test_an_empty_slot()
  for _, protocol in ipairs(PROTOCOLS) do
    with_modem("em9191", protocol, function(sim, modem)
      local value, err = modem:use_slot(2)
      eq({ value, err and err.code, sim.slot }, { nil, "sim-missing", 1 }, protocol)
      eq(assert(modem:use_slot(2, { force = true })).sim.state, "missing")
      eq(in_use(modem)[2], "empty in use ")
      eq(assert(modem:use_slot(1)).sim.iccid, FIRST)
      eq(select(2, modem:use_slot(3)).code, "not-found")
    end)
  end
end

-- QMI tells of the cards in all slots.
function T.test_what_is_told_of_the_other_slot()
  with_modem("rm520n", "qmi", function(_, modem)
    eq(in_use(modem), { "active in use " .. FIRST, "inactive " .. SECOND })
  end)
  with_modem("rm520n", "mbim", function(_, modem)
    eq(in_use(modem), { "active in use " .. FIRST, "inactive " })
  end)
end

-- The card is there later than the modem was given time for: that is told, and no error.
function T.test_a_card_that_is_late()
  with_modem("rm520n", "mbim", function(sim, modem)
    sim.slot_time = 3600
    eq(assert(modem:use_slot(2, { seconds = 0.2 })).sim.state, "missing")
  end)
end

-- The state of the old card is told for a moment after the switch, or for ever.
function T.test_a_modem_that_still_tells_of_the_old_card()
  with_modem("rm520n", "mbim", function(sim, modem)
    local old, ask = assert(modem:sim()), modem.sim
    rawset(modem, "sim", function(self)
      return sim.card and sim.card.iccid == SECOND and ask(self) or old
    end)
    eq(assert(modem:use_slot(2)).sim.iccid, SECOND)
    old = assert(modem:sim())
    rawset(modem, "sim", function() return old end)
    sim.slot_time = 3600 -- no indication of the new card, either
    local switched, err = modem:use_slot(1, { seconds = 0.2 })
    eq({ switched, err and err.code }, { nil, "timeout" })
  end)
end

function T.test_a_modem_that_is_unplugged_while_its_card_is_waited_for()
  for _, protocol in ipairs(PROTOCOLS) do
    with_modem("rm520n", protocol, function(sim, modem)
      sim.slot_time = 3600
      local switched, err = modem:use_slot(2, { progress = function(step)
        if step == "card" then sim:unplug() end
      end })
      eq({ switched, err and err.code }, { nil, "gone" }, protocol)
    end)
  end
end

function T.test_a_modem_with_one_slot()
  for _, protocol in ipairs(PROTOCOLS) do
    with_modem("mc7455", protocol, function(_, modem)
      local slots, err = modem:slots()
      eq({ slots, err.code }, { nil, "unsupported" }, protocol)
      lu.assertStrContains(err.hint, "by hand")
    end)
  end
end

-- ---- by AT ----

-- What a modem says to MBIM's or QMI's question, as one with older firmware does.
local function hide(sim)
  local slots = sim.slots
  return function(fn)
    sim.slots = { slots[1] }
    local value, err = fn()
    sim.slots = slots
    return value, err
  end
end

-- Commands of a maker where MBIM and QMI know nothing of slots.
function T.test_where_the_protocol_knows_nothing_of_slots()
  for _, model in ipairs { "rm520n", "em9191" } do
    with_modem(model, "mbim", function(sim, modem)
      local hidden = hide(sim)
      local query = modem.mbim.query
      function modem.mbim:query(...)
        local arguments = table.pack(self, ...)
        return hidden(function() return query(table.unpack(arguments, 1, arguments.n)) end)
      end
      eq(in_use(modem), { "active in use " .. FIRST, "unknown " }, model)
      local sim_2 = assert(modem:use_slot(2, { seconds = model == "em9191" and 0.3 or nil })).sim
      eq({ sim.slot, sim_2.state, sim_2.iccid }, model == "rm520n" and { 2, "ready", SECOND } or { 2, "missing" })
      eq(assert(modem:use_slot(1)).sim.iccid, FIRST)
    end)
  end
end

local function modem_of(answers)
  local port = air.port(answers)
  return setmetatable({ description = { protocol = "at" }, at = port }, { __index = at_only }), port
end

function T.test_answers_of_makers()
  for _, case in ipairs {
    { "Fibocom", "AT+GTDUALSIM?", '+GTDUALSIM : 1, "SUB2", "L"', "AT+ICCID", "+ICCID: " .. SECOND, "AT+GTDUALSIM=0" },
    { "Quectel", "AT+QUIMSLOT?", "+QUIMSLOT: 2", "AT+QCCID", "+QCCID: " .. SECOND .. "F", "AT+QUIMSLOT=1" },
    { "Sierra Wireless", "AT!UIMS?", "!UIMS: 1", "AT!ICCID?", "!ICCID: " .. SECOND, "AT!UIMS=0" },
  } do
    local modem, port = modem_of {
      ATI = "Manufacturer: " .. case[1], [case[2]] = case[3], [case[4]] = case[5], [case[6]] = "",
      ["AT+CPIN?"] = "+CPIN: READY",
    }
    eq(in_use(modem), { "unknown ", "active in use " .. SECOND }, case[1])
    eq(modem:select_slot(1), true)
    eq(port.asked[#port.asked], case[6])
  end
end

function T.test_the_card_by_at()
  local function card(answer) return assert(modem_of { ATI = "", ["AT+CPIN?"] = answer }:sim()).state end
  eq({ card "+CPIN: READY", card "+CPIN: SIM PIN", card "+CPIN: SIM PUK", card "", card(nil) },
    { "ready", "locked", "locked", "starting", "missing" })
  eq(select(2, modem_of { ["AT+CPIN?"] = false }:sim()).code, "timeout")
  eq(select(2, modem_of { ATI = "Manufacturer: Telit" }:slots()).code, "unsupported")
  eq(select(2, modem_of { ATI = "Manufacturer: Quectel", ["AT+QUIMSLOT?"] = false }:slots()).code, "timeout")
  eq(select(2, modem_of { ATI = "Manufacturer: Quectel", ["AT+QUIMSLOT?"] = "" }:slots()).code, "malformed")
end

-- ---- the command ----

local function run(script, options)
  local result = world.run(". $SUPPORT/unchanged.sh\n" .. script, nil, nil, options or { "--modem", "rm520n" })
  lu.assertNotStrContains(result.out .. result.err, "traceback")
  eq(result.after, result.before, result.out .. result.err)
  return result
end

function T.test_command()
  local result = run [[
run moontower up --apn r.ispsn
moontower slot 2 || exit
moontower slot
moontower slot 2 --json
moontower status >/run/test/status; echo "status $?"
run moontower up --apn r.ispsn
works
moontower slot 1 --json
moontower slot --json]]
  eq(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, "slot      2\ncard      ready, ICCID " .. SECOND .. "\n`moontower up` connects")
  lu.assertStrMatches(result.out, ".*2%s+in use%s+a card%s+SIM%s+" .. SECOND .. "\n.*")
  lu.assertStrContains(result.out, "status 11\n")
  local switched, listed = result.out:match "status 11\n(%b{})%s*(%b[])"
  switched, listed = assert(json.decode(switched)), assert(json.decode(listed))
  eq({ switched.slot, switched.before, switched.sim.state, switched.sim.iccid }, { 1, 2, "ready", FIRST })
  eq({ listed[1].in_use, listed[1].iccid, listed[2].in_use, listed[2].state }, { true, FIRST, false, "inactive" })
end

function T.test_command_on_an_empty_slot()
  local result = run([[
run moontower up --apn r.ispsn
moontower slot 2; echo "exit $?"
works
moontower slot 2 --force; echo "exit $?"
moontower slot 1; run moontower up --apn r.ispsn; works; moontower down >/dev/null]], { "--modem", "em9191" })
  eq(result.status, 0, result.out .. result.err)
  lu.assertStrMatches(result.out, "exit 4\nexit 4\nslot%s+1\n.*")
  lu.assertStrContains(result.err, "SIM slot 2 is empty")
  lu.assertStrContains(result.err, "no card has appeared in slot 2")
end

function T.test_command_on_a_modem_with_one_slot()
  world.assert_clean_failure(run("moontower slot", {}), 1, "one SIM slot")
end

-- In another USB mode, a modem has its AT port alone.
function T.test_command_on_a_modem_with_an_at_port_alone()
  local result = world.run([[
moontower at 'AT+QCFG="usbnet",1' && moontower reset >/run/test/told && moontower slot 2 && moontower slot]], nil, nil,
    { "--modem", "rm520n" })
  lu.assertStrContains(result.out, "ready, ICCID " .. SECOND, false, result.err)
  lu.assertStrMatches(result.out, ".*\n1%s+not told while it is not in use\n2%s+in use%s+a card%s+" .. SECOND .. "\n")
end

-- The card decides which entry of the configuration is the modem's. Policies pause while the slot is changed, and are
-- not in the way.
function T.test_beside_the_daemon()
  local result = run([[
cat >/run/test/config.lua <<END
return { modems = {
  { iccid = "]] .. SECOND .. [[", apn = "ims", policy = { "reconnect", probes = {} } },
  { apn = "r.ispsn", policy = { "reconnect", probes = {} } },
} }
END
serve 1
moontower status --json | grep -q '"apn":"r.ispsn"' || fail "the first entry"
moontower slot 2 >/run/test/told || fail "slot 2"
awaited="the other APN"
until_true 'moontower status --json | grep -q "\"apn\":\"ims\""'
works
moontower slot 1 >/run/test/told || fail "slot 1"
awaited="the first APN"
until_true 'moontower status --json | grep -q "\"apn\":\"r.ispsn\""'
works; end TERM; moontower down >/dev/null]])
  eq(result.status, 0, result.out .. result.err)
end

-- Killed at any moment, the modem is in one of the two slots, and the next commands do as ever.
function T.test_killed()
  local result = run([[
run moontower up --apn r.ispsn
moontower simulate set latency=0.05
slot=1
for moment in 0.05 0.15 0.25 0.35 0.5 0.7; do
  moontower slot $((3 - slot)) >/run/test/told 2>&1 & command=$!
  sleep $moment; kill -KILL $command 2>/dev/null; wait $command
  moontower status >/run/test/status 2>&1; grep -q "^SIM " /run/test/status || fail "status"
  slot=$((3 - slot)); run moontower slot $slot
  run moontower up --apn r.ispsn; works
done
moontower down >/dev/null]])
  eq(result.status, 0, result.out .. result.err)
end

return T
