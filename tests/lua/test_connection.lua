-- SPDX-License-Identifier: MIT
-- The connection that `modem:up()` makes: what scripts learn of it, and its end by `modem:down()`.

local errors = require "errors"
local faults = require "simulator.faults"
local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local modems = require "modem"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"

local T = {}

local eq = lu.assertEquals
local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

-- Calls fn(modem, simulated, protocol) over each protocol.
local function with_modem(fn, protocols)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  for _, composition in ipairs(protocols or { "mbim", "qmi" }) do
    local group <close> = task.group()
    local sim = new_simulated(mc7455, group)
    sim:compose(composition)
    sim.latency, sim.search_time = 0, 0.02
    assert(tier1.start(sim, group))
    local _ <close> = task.finally(function()
      sim:unplug()
      state.remove("qmi", "simulated")
      state.remove("modems", "simulated")
    end)
    local modem <close> = assert(modems.find())
    fn(modem, sim, composition)
  end
end

function T.test_scripts_can_ask_for_the_connection()
  with_modem(function(modem)
    eq({ modem:connection() }, {})
    local before = os.time()
    local link <close> = assert(modem:up())
    local connection = modem:connection()
    eq({ connection.apn, connection.ip, connection.session, connection.interface }, { "", "ipv4v6", 0, link.name })
    eq({ connection.complete, connection.refused, #connection.addresses }, { true, {}, 2 })
    lu.assertTrue(connection.since >= before and connection.since <= os.time())
    eq(modems.connection(modem.description), connection)
    eq({ connection.user, connection.password }, {})
  end)
end

-- What it has told before still holds, as the connection does.
function T.test_a_modem_that_refuses_to_tell_the_addresses_takes_none_away()
  with_modem(function(modem, _, composition)
    local link <close> = assert(modem:up())
    function modem.ip_configuration()
      return nil, errors.new { code = "rejected", source = "test", message = "not now" }
    end
    eq({ link:refresh(), #link.addresses, link:is_intact() }, { "same", 2, true }, composition)
  end)
end

function T.test_down_ends_it_and_the_link_with_it()
  with_modem(function(modem, sim)
    local link <close> = assert(modem:up())
    eq(modem:down(), { interface = link.name, was_online = true })
    eq({ modem:connection() }, {})
    eq({ modem:session(0).state, sim.sessions[0] }, { "deactivated" })
    eq({ link.is_closed, netlink.addresses(link.name) }, { true, {} })
    local again <close> = assert(modem:up())
    link:close() -- takes nothing away from the new one
    eq({ modem:session(0).state, again:is_intact() }, { "activated", true })
    eq(modem:down().was_online, true)
    eq(modem:down().was_online, false)
  end)
end

-- It is not put back as what another program takes away is, and the task that watches it is told at once.
function T.test_down_while_another_task_watches_the_link()
  with_modem(function(modem, sim)
    local link = assert(modem:up())
    local group <close> = task.group()
    local watching = group:spawn(link.wait_down, link, { probes = {}, every = 1e6 })
    task.sleep(0)
    assert(modem:down())
    local ok, reason = task.timeout(60, watching.join, watching)
    eq({ ok, reason.code, reason.message }, { true, "disconnected", "the connection was ended by `modem:down()`" })
    eq({ netlink.addresses(link.name), sim.sessions[0] }, { {} })
  end)
end

-- What the modem has told before that is not put on the host after it.
function T.test_down_while_another_task_reads_the_settings_again()
  with_modem(function(modem)
    local link = assert(modem:up())
    local asking, go_on = task.queue(1), task.queue(1)
    function modem.bearer(...)
      modem.bearer = nil
      local bearer, err = modem.bearer(...)
      asking:push(true)
      go_on:pop()
      return bearer, err
    end
    local group <close> = task.group()
    local refreshing = group:spawn(link.refresh, link)
    assert(task.timeout(60, asking.pop, asking))
    assert(modem:down())
    go_on:push(true)
    eq({ task.timeout(60, refreshing.join, refreshing) }, { true, "same" })
    eq(netlink.addresses(link.name), {})
  end)
end

-- A record that another program has damaged: there may be a session, so it is ended.
function T.test_a_damaged_record()
  with_modem(function(modem, sim)
    local link <close> = assert(modem:up())
    assert(fs.write(state.path("modems", modem.description.key), "{"))
    local connection = modem:connection()
    eq({ connection.apn, connection.complete, connection.session }, { nil, false, 0 })
    eq(modem:down(), { interface = link.name, was_online = true })
    eq(sim.sessions[0], nil)
  end)
end

-- A way to the modem that it does not have would be taken, and refused, by each `down`.
function T.test_a_record_with_a_strange_word()
  with_modem(function(modem, sim)
    for _, field in ipairs { "protocol", "given" } do
      assert(modem:up()):detach()
      local path = state.path("modems", modem.description.key)
      local record = json.decode(fs.read(path))
      record[field] = "zz"
      assert(fs.write(path, json.encode(record)))
      eq(modem:connection()[field], nil)
      assert(modem:down())
      eq(sim.sessions[0], nil)
    end
  end)
end

-- The host's side is taken down at once; the modem's stays written down, and the next one ends it.
function T.test_down_of_a_modem_that_does_not_answer()
  with_modem(function(modem, sim)
    local link <close> = assert(modem:up())
    link.is_closed = true
    assert(faults.apply(sim, "silent", { "1" }))
    local ok, err = modem:down()
    eq({ ok, err.code }, { nil, "timeout" })
    eq(netlink.addresses(link.name), {})
    eq(modem:connection().interface, nil)
    eq({ modem:down().was_online, sim.sessions[0] }, { true })
  end, { "mbim" })
end

return T
