-- SPDX-License-Identifier: MIT
-- QMI's own problems: client ids that come and go, a modem that restarts in the middle, wrong TLVs.
--
-- Whatever the modem does, `moontower up` succeeds or says why not, in time, and leaves nothing half done.

local Client = require "qmi.client"
local ctl = require "qmi.ctl"
local errors = require "errors"
local faults = require "simulator.faults"
local find = require("modem").find
local fs = require "core.fs"
local json = require "dkjson"
local leases = require "modem.lease"
local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local snapshot = require "modem.snapshot"
local state = require "state"
local status = require "status"
local task = require "task"
local tier1 = require "simulator.tier1"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals
local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

-- ---- clients, in a world of this process's own ----

local function with_modem(fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  sim:compose("qmi")
  sim.latency, sim.search_time = 0, 0.02
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("qmi", "simulated")
  end)
  local modem <close> = assert(find())
  fn(modem, sim)
end

-- "nas 3": services and client ids, in order.
local function clients_of(sim)
  local list, names = {}, {}
  sim:emit("clients", list)
  for i, client in ipairs(list) do names[i] = client.service .. " " .. client.client end
  table.sort(names)
  return names
end

local function services_of(sim)
  local services = {}
  for i, name in ipairs(clients_of(sim)) do services[i] = name:match("^%S+") end
  return services
end

local function fault(sim, name, argument)
  assert(faults.apply(sim, name, { argument }))
end

local function hears(events, name, key, expected)
  local found, err = task.timeout(60, function()
    while true do
      local event = assert(events:next())
      if event.name == name and event.value[key] == expected then
        return true
      end
    end
  end)
  lu.assertTrue(found, ("no event %s with %s = %s: %s"):format(name, key, expected, err))
end

-- The modem points at no application, and the first one on the card is for calls.
function T.test_a_sim_that_was_not_started()
  with_modem(function(modem, sim)
    fault(sim, "unprovisioned")
    eq(modem:sim(), { state = "starting", reason = "not-provisioned", numbers = {} })
    eq({ modem:provision_sim() }, { true })
    eq(modem:sim().state, "ready")
    eq({ modem:provision_sim() }, { true }) -- as it is already
    fault(sim, "pin-lock")
    fault(sim, "unprovisioned")
    eq({ modem:provision_sim() }, { true })
    eq(modem:pin(), { type = "pin1", locked = true, tries = 3 })
    eq(sim.card.tries, 3)
  end)
end

-- Some say nothing of their card while they start, and know neither of the two older ways to ask for it.
function T.test_a_card_status_without_a_card()
  local asked = {}
  local device = {
    request = function(_, message)
      asked[#asked + 1] = message.service
      if message.service == "uim" then
        return { result = { status = 0, error = 0 } }
      end
      return nil, require("errors").new { code = "unsupported", message = "unknown", source = "qmi" }
    end,
  }
  eq(require("modem.qmi.card_numbers").read(device), { state = "starting", reason = "not-initialized", numbers = {} })
  eq(asked, { "uim", "dms", "dms" })
end

-- Changes what a modem answers.
local function change_answers(modem, wanted, change)
  local request = modem.qmi.request
  function modem.qmi.request(device, message, ...)
    local reply, err = request(device, message, ...)
    if message == wanted then
      return change(reply, err)
    end
    return reply, err
  end
end

function T.test_packet_service_of_which_the_modem_says_nothing()
  local nas = require "qmi.nas"
  for _, told in ipairs { "unknown", 99, false } do
    with_modem(function(modem)
      change_answers(modem, nas.get_serving_system, function(reply)
        reply.serving_system.ps_attach_state = told or nil
        return reply
      end)
      eq(assert(modem:packet_service()).state, "unknown")
      local link <close> = assert(modem:up())
      eq(#link.addresses, 2)
    end)
  end
end

-- Whatever it answers to being told, what it says of itself is what holds.
function T.test_a_data_format_that_the_modem_does_not_confirm()
  local wda = require "qmi.wda"
  for _, answer in ipairs {
    function(reply)
      reply.link_layer_protocol = nil
      return reply
    end,
    function() return errors.fail { code = "rejected", message = "no", source = "qmi" } end,
    function() return errors.fail { code = "unsupported", message = "no", source = "qmi" } end,
  } do
    with_modem(function(modem)
      local asked = 0
      change_answers(modem, wda.set_data_format, answer)
      change_answers(modem, wda.get_data_format, function(reply)
        asked = asked + 1
        return reply
      end)
      local link <close> = assert(modem:up())
      eq({ #link.addresses, asked }, { 2, 1 })
    end)
  end
end

-- Right after it has connected, it may have no settings yet, and say that it is not connected.
function T.test_settings_that_are_not_there_yet()
  local wds = require "qmi.wds"
  local function out_of_call()
    return errors.fail { code = "rejected", message = "no", source = "qmi", detail = { status = "out-of-call" } }
  end
  with_modem(function(modem)
    local request, lost = Client.request, 2
    local _ <close> = task.finally(function() Client.request = request end)
    function Client.request(client, message, ...)
      if message == wds.get_current_settings and lost > 0 then
        lost = lost - 1
        return out_of_call()
      end
      return request(client, message, ...)
    end
    local bearer = assert(modem:connect { apn = "r.ispsn" })
    eq({ #bearer.ipv4.addresses, #bearer.ipv6.addresses, lost }, { 1, 1, 0 })
    -- Once it is over, that is no contradiction.
    local asked = 0
    function Client.request(client, message, ...)
      if message == wds.get_packet_service_status then
        return { connection_status = "disconnected" }
      elseif message == wds.get_current_settings then
        asked = asked + 1
        return out_of_call()
      end
      return request(client, message, ...)
    end
    eq({ (modem:ip_configuration(0)), asked }, { nil, 2 })
  end)
end

-- There is an older way to ask for it.
function T.test_a_card_status_that_is_refused_for_its_own_reason()
  with_modem(function(modem)
    change_answers(modem, require("qmi.uim").get_card_status, function()
      return nil, require("errors").new { code = "invalid", message = "no", source = "qmi" }
    end)
    eq(assert(modem:sim()).state, "ready")
  end)
end

function T.test_one_client_per_service()
  with_modem(function(modem, sim)
    assert(snapshot.ask(modem))
    local first = clients_of(sim)
    eq(services_of(sim), { "dms", "nas", "uim", "wds", "wds" }) -- wds: one a family
    assert(snapshot.ask(modem))
    eq(clients_of(sim), first)
    modem:close()
    eq(clients_of(sim), {})
  end)
end

function T.test_clients_of_a_connection_are_kept_and_taken_up_again()
  with_modem(function(modem, sim)
    assert(modem:connect { apn = "r.ispsn" })
    modem:close()
    local kept = clients_of(sim)
    eq(services_of(sim), { "wds", "wds" })
    local again <close> = assert(find())
    eq(again:session(0).ip, "ipv4v6")
    eq(clients_of(sim), kept)
    assert(again:deactivate(0))
    eq(clients_of(sim), {})
  end)
end

function T.test_a_client_that_vanishes_is_made_again()
  with_modem(function(modem, sim)
    eq(modem:packet_service().state, "attached")
    local first = clients_of(sim)
    fault(sim, "lose-client")
    eq(clients_of(sim), {})
    eq(modem:packet_service().state, "attached")
    eq(services_of(sim), { "nas" })
    lu.assertNotEquals(clients_of(sim), first)
  end)
end

-- The modem may go on with the connection of a client that it has forgotten, or end it: a new client is told which.
function T.test_a_connection_whose_client_vanishes()
  local data = require "simulator.qmi.wds"
  local released = data.released
  local _ <close> = task.finally(function() data.released = released end)
  local function goes_on(_, client) client.call, client.wants = nil, {} end
  local function ends(sim, client)
    goes_on(sim, client)
    sim:disconnect_family(client.session, client.family)
  end
  for _, verb in ipairs { "session", "ip_configuration" } do
    data.released = goes_on
    with_modem(function(modem, sim)
      assert(modem:connect { apn = "r.ispsn" })
      local events <close> = modem:events("session")
      fault(sim, "lose-client") -- which was asked last: that of one family
      lu.assertNotNil(modem[verb](modem, 0))
      eq({ modem:session(0).ip, #assert(modem:ip_configuration(0)).ipv4.addresses }, { "ipv4v6", 1 })
      eq(#assert(modem:ip_configuration(0)).ipv6.addresses, 1)
      data.released = ends
      fault(sim, "lose-client")
      lu.assertNotNil(modem[verb](modem, 0))
      hears(events, "session", "ip", modem:session(0).ip) -- no event before this one says that it is over
      lu.assertNotEquals(modem:session(0).ip, "ipv4v6")
      data.released = released
      assert(modem:deactivate(0))
      eq(sim.sessions, {})
    end)
  end
end

-- Its next run finds it, too.
function T.test_a_connection_whose_client_has_vanished_is_kept()
  local data = require "simulator.qmi.wds"
  local released = data.released
  local _ <close> = task.finally(function() data.released = released end)
  data.released = function(_, client) client.call, client.wants = nil, {} end
  with_modem(function(modem, sim)
    assert(modem:connect { apn = "r.ispsn", ip = "ipv4" })
    fault(sim, "lose-client")
    eq(modem:session(0).ip, "ipv4")
    eq(modem:ip_configuration(0).ipv6.addresses, {})
    modem:close()
    eq(services_of(sim), { "wds" })
    data.released = released
    local again <close> = assert(find())
    eq(again:session(0).ip, "ipv4")
    assert(again:deactivate(0))
    eq(sim.sessions, {})
  end)
end

function T.test_a_client_that_vanishes_is_set_up_again()
  with_modem(function(modem, sim)
    local events <close> = modem:events("registration", "signal")
    fault(sim, "lose-client")
    eq(modem:registration().state, "home") -- now it is noticed
    fault(sim, "roam")
    hears(events, "registration", "state", "roaming")
    sim:set_signal(10)
    hears(events, "signal", "dbm", -93)
  end)
end

function T.test_events_still_come_after_a_restart_of_qmi()
  with_modem(function(modem, sim)
    local events <close> = modem:events("registration", "signal", "radio", "sim", "session")
    assert(modem:connect { apn = "r.ispsn" })
    for round = 1, 3 do
      fault(sim, "qmi-sync")
      hears(events, "session", "state", "deactivated")
      assert(modem:radio() and modem:registration() and modem:sim()) -- so the clients have been made again
      sim:set_radio("software", "off")
      hears(events, "radio", "software", "off")
      sim:set_radio("software", "on")
      hears(events, "registration", "state", "home")
      fault(sim, "sim-remove")
      hears(events, "sim", "state", "missing")
      fault(sim, "sim-insert")
      hears(events, "registration", "state", "home")
      sim:set_signal(5 * round) -- a signal that has not changed is no news
      hears(events, "signal", "dbm", -113 + 10 * round)
      assert(modem:connect { apn = "r.ispsn" })
      fault(sim, "disconnect")
      hears(events, "session", "nw_error", 36)
      assert(modem:connect { apn = "r.ispsn" })
      eq(services_of(sim), { "dms", "nas", "uim", "wda", "wds", "wds" })
    end
  end)
end

function T.test_events_come_though_the_restarted_modem_is_busy_at_first()
  with_modem(function(modem, sim)
    local events <close> = modem:events("registration")
    fault(sim, "busy", "1")
    fault(sim, "qmi-sync")
    task.sleep(1.5) -- the second try comes after a second
    fault(sim, "roam")
    hears(events, "registration", "state", "roaming")
  end)
end

-- The queue of the modem's events is one for all clients, so a client that cannot be made must not close it.
function T.test_events_still_come_though_the_restarted_modem_refuses_clients_for_long()
  with_modem(function(modem, sim)
    local events <close> = modem:events("registration", "radio")
    local backoff, ask, refusals = task.backoff, modem.qmi.ask, 0
    task.backoff = function() return backoff { first = 0.01, max = 0.01 } end
    local _ <close> = task.finally(function() task.backoff = backoff end)
    function modem.qmi.ask(device, message, ...)
      if message == ctl.allocate_cid and refusals < 20 then
        refusals = refusals + 1
        return errors.fail { code = "rejected", source = "test", message = "not yet" }
      end
      return ask(device, message, ...)
    end
    fault(sim, "qmi-sync")
    sim:set_radio("software", "off") -- no client is there that could receive it
    hears(events, "radio", "software", "off")
    local later <close> = modem:events("session")
    sim:set_radio("software", "on")
    hears(events, "registration", "state", "home")
    assert(modem:connect { apn = "r.ispsn" })
    fault(sim, "disconnect")
    hears(later, "session", "nw_error", 36)
  end)
end

function T.test_restarts_at_any_moment_lose_no_client()
  with_modem(function(modem, sim)
    sim.latency = 0.005
    local events <close> = modem:events("registration", "radio")
    for i = 1, 20 do
      sim:after(0.001 * i, function() fault(sim, "qmi-sync") end)
      task.timeout(0.05, snapshot.ask, modem)
    end
    task.sleep(0.1)
    eq(modem:registration().state, "home")
    fault(sim, "roam")
    hears(events, "registration", "state", "roaming")
    modem:close()
    eq(clients_of(sim), {})
  end)
end

-- An answer without what was asked for, or an error: neither says that a family has no address, or is over.
function T.test_an_answer_without_addresses_takes_no_family_away()
  for _, name in ipairs { "tlv-missing", "bare-failure" } do
    with_modem(function(modem, sim)
      local link <close> = assert(modem:up())
      eq(#link.addresses, 2)
      for count = 1, 2 do
        sim:renumber()
        fault(sim, name, tostring(count))
        lu.assertNotNil(link:refresh())
        eq(#link.addresses, 2, name)
        eq(link.addresses[1].address, sim.sessions[0].ipv4.address)
      end
      fault(sim, name, "1000")
      eq(link:refresh(), "same")
      eq(#link.addresses, 2, name)
      lu.assertTrue(link:is_intact())
    end)
  end
end

function T.test_an_error_does_not_mean_that_a_session_is_over()
  with_modem(function(modem, sim)
    assert(modem:connect { apn = "r.ispsn" })
    for count = 1, 2 do
      fault(sim, "bare-failure", tostring(count))
      local session, err = modem:session(0)
      eq({ session, err and err.code }, { nil, "rejected" })
      eq(modem:session(0).ip, "ipv4v6")
    end
  end)
end

-- The network blocks IPv4 for a while only: IPv6 goes on, and IPv4 comes back by itself.
function T.test_a_family_that_was_refused_for_a_while_is_asked_for_again()
  with_modem(function(modem, sim)
    sim.network.refuses_family.ipv4 = 209 -- blocked for a while: QMI's internal reason
    local link <close> = assert(modem:up())
    eq({ link.bearer.ip, #link.addresses }, { "ipv6", 1 })
    local group <close> = task.group()
    group:spawn(function() return link:wait_down { probes = {}, every = 0.01 } end)
    assert(task.timeout(60, function()
      local asked = status.of(modem)
      while #asked.tried < 2 do task.sleep(0.01) end
      eq(#link.addresses, 1)
      sim.network.refuses_family.ipv4 = nil
      while #link.addresses < 2 do task.sleep(0.01) end
      return true
    end))
    eq({ link.bearer.ip, link.bearer.refused }, { "ipv4v6", {} })
    eq(modem:connection().ip, "ipv4v6")
  end)
end

-- Online by IPv6, and nothing is in the way of IPv4 any more.
local function with_ipv4_to_ask_for(fn)
  with_modem(function(modem, sim)
    sim.network.refuses_family.ipv4 = 209
    local link <close> = assert(modem:up())
    sim.network.refuses_family.ipv4 = nil
    fn(modem, sim, link)
  end)
end

-- The modem is connecting when the link is not watched any more: IPv6 stays, and nothing of IPv4.
function T.test_a_family_that_is_asked_for_in_vain_leaves_nothing()
  with_ipv4_to_ask_for(function(_, sim, link)
    local group <close> = task.group()
    local asking = group:spawn(link.ask_again, link, "ipv4")
    local connect = sim.connect_family
    function sim:connect_family(...)
      asking:cancel(task.unwanted)
      return connect(self, ...)
    end
    eq(asking:join(), false)
    eq({ sim.sessions[0].ip_type, sim.sessions[0].ipv4 }, { "ipv6" })
    eq(link:refresh(), "same")
    sim.connect_family = connect
    assert(link:ask_again("ipv4"))
    eq({ link:refresh(), #link.addresses }, { "changed", 2 })
  end)
end

-- Its settings may change while the modem is connecting the other family.
function T.test_a_link_may_change_while_a_family_is_asked_for()
  with_ipv4_to_ask_for(function(modem, sim, link)
    function modem.activate_family(...)
      modem.activate_family = nil
      sim:renumber()
      eq(link:refresh(), "changed")
      return modem.activate_family(...)
    end
    assert(link:ask_again("ipv4"))
    eq({ link.bearer.ip, link.bearer:awaited() }, { "ipv4v6" })
  end)
end

-- What was in the way just then is no answer of the network's.
function T.test_a_family_is_asked_for_again_after_another_failure()
  with_ipv4_to_ask_for(function(modem, sim, link)
    local patience = require "modem.patience"
    local _ <close> = task.finally(function() patience.seconds = 10 end)
    fault(sim, "busy", 1)
    patience.seconds = 0
    eq(select(2, link:ask_again("ipv4")).code, "busy")
    eq(link.bearer:awaited(), "ipv4")
    eq(modem:connection().ip, "ipv6")
    lu.assertStrContains(link.bearer.refused.ipv4.detail.why, "block")
  end)
end

-- The modem told an address at first; now it is one that DHCP lends.
function T.test_a_lease_that_comes_later_is_kept()
  with_modem(function(modem, sim)
    local link <close> = assert(modem:up())
    local keep, read, kept = leases.keep, modem.bearer, task.queue(1)
    local _ <close> = task.finally(function() leases.keep = keep end)
    leases.keep = function() kept:push(true) end
    function modem.bearer(...)
      local bearer, err = read(...)
      if bearer then bearer.ipv4.lease = {} end
      return bearer, err
    end
    local group <close> = task.group()
    group:spawn(link.wait_down, link, { probes = {} })
    lu.assertTrue(task.timeout(60, function()
      while kept:length() == 0 do
        sim:renumber()
        task.sleep(0.05)
      end
      return true
    end))
  end)
end

function T.test_no_client_ids_left()
  with_modem(function(modem, sim)
    for _ = 1, 16 do
      assert(modem.qmi:client("nas"):allocate())
    end
    local registration, err = modem:registration()
    eq({ registration, err.code, err.detail.status }, { nil, "rejected", "client-ids-exhausted" })
    modem:close()
    eq(clients_of(sim), {})
  end)
end

function T.test_no_events_of_a_modem_that_is_gone()
  with_modem(function(modem, sim)
    sim:unplug()
    eq(select(2, modem:registration()).code, "gone")
    for _, name in ipairs { "registration", "session", "radio", "ip" } do
      local events <close> = modem:events(name)
      local event, err = task.timeout(60, events.next, events)
      eq({ event, err.code }, { nil, "gone" })
    end
  end)
end

-- The notes of an earlier run may be stale: other programs may have used the modem since.
function T.test_a_file_of_clients_that_is_wrong()
  with_modem(function(modem, sim)
    modem:close()
    for _, clients in ipairs {
      { { service = 1, client = 7, persistent = { session = 0, family = "ipv4", handle = 5 } } },
      { { service = 1, client = 7, persistent = { session = "0", family = 4 } }, { service = "x" }, { client = 3 } },
      { { service = 1, client = 7, persistent = { session = 0, family = "ipv4", handle = 5 } },
        { service = 1, client = 8, persistent = { session = 0, family = "ipv4", handle = 6 } } },
      { { service = 999, client = 999 } }, { 7 }, 7,
    } do
      assert(fs.mkdir(state.folder .. "/qmi"))
      assert(fs.write(state.path("qmi", "simulated"), json.encode { clients = clients }))
      local again <close> = assert(find())
      eq(again:session(0).state, "deactivated")
      assert(again:connect { apn = "r.ispsn" })
      assert(again:deactivate(0))
      again:close()
      eq(clients_of(sim), {})
    end
  end)
end

-- ---- `moontower up`, with each fault at each command ----

local UP = "moontower up --carrier calyx-sprint"
local LAST = 36 -- more commands than `up` sends

-- Statuses that say what is wrong, or that all is well; 10: connected, but nothing answers.
local statuses = {
  [0] = true, [1] = true, [3] = true, [4] = true, [5] = true, [6] = true, [7] = true, [8] = true, [10] = true,
}

local function run(fault_text, option)
  local result = world.run(UP .. (option or "") .. " --json; s=$?; echo '#'; moontower simulate state --json; exit $s",
    { fault_text },
    nil, { "--composition", "qmi" })
  local said, now = result.out:match("^(.*)#(.*)$")
  result.said, result.now = json.decode(said), json.decode(now)
  return result
end

-- The client ids that a modem which does not answer could not be given back are written down, for the next run.
local function without_clients(host)
  return (host:gsub("/run/moontower/qmi/simulated.json\n", ""))
end

-- Ended in time, either online or with a clear error and a clean host.
local function ends_well(fault_text, option)
  local result = run(fault_text, option)
  local said = fault_text .. ": " .. result.status .. " " .. result.out .. result.err
  lu.assertTrue(statuses[result.status], said)
  lu.assertNotStrContains(result.err, "traceback", nil, said)
  lu.assertNotStrContains(result.err, "left open", nil, said)
  lu.assertNotStrContains(result.err, "Sanitizer", nil, said)
  if result.status ~= 0 and result.status ~= 10 then
    lu.assertNotNil(errors.codes[result.said.error.code], said)
    local is_silent = result.status == 3 or result.status == 7
    if not fault_text:find("^unplug") then -- which takes the interface with it
      eq(is_silent and without_clients(result.after) or result.after, result.before, said)
    end
  end
  return result
end

local function succeeds(fault_text)
  local result = ends_well(fault_text)
  eq(result.status, 0, fault_text .. ": " .. result.out .. result.err)
  return result
end

-- In the end, the modem has the clients of a connection, those that are kept, one a service, or none at all.
local function leaves_no_other_clients(result)
  local left = { wds = 2, dms = 1, nas = 1, uim = 1, wda = 1 }
  for _, client in ipairs(result.now.clients) do left[client.service] = (left[client.service] or 0) - 1 end
  for _, count in pairs(left) do lu.assertTrue(count >= 0, result.out) end
  if result.status ~= 0 then
    eq({ result.now.clients, result.now.sessions }, { {}, {} }, result.out)
  end
end

local function each(name, first, step, check)
  local list = {}
  for command = first, LAST, step do
    list[#list + 1] = ("%s@%d"):format(name, command)
  end
  world.all_of(list, check)
end

function T.test_qmi_restarts()
  each("qmi-sync", 1, 1, function(text)
    local result = ends_well(text)
    if result.status ~= 0 then
      eq(result.now.sessions, {}, result.out)
    end
  end)
end

function T.test_a_client_vanishes()
  each("lose-client", 1, 2, function(text) leaves_no_other_clients(succeeds(text)) end)
end

-- The client of the only family that is connected, at any moment: also after the last question that needs it.
function T.test_the_only_client_of_a_connection_vanishes()
  local list = {}
  for command = 1, 24 do list[command] = ("lose-client@%d"):format(command) end
  world.all_of(list, function(fault_text)
    local result = world.run("moontower up --apn r.ispsn --ip ipv4 --json", { fault_text }, nil,
      { "--composition", "qmi" })
    eq(result.status, 0, fault_text .. ": " .. result.out .. result.err)
    eq(json.decode(result.out).online, true, result.out)
  end)
end

function T.test_a_tlv_is_missing() each("tlv-missing=1", 1, 3, ends_well) end

function T.test_a_tlv_is_too_long() each("tlv-long=1", 2, 3, ends_well) end

function T.test_a_bare_failure() each("bare-failure=1", 3, 3, ends_well) end

function T.test_a_modem_that_is_pulled_out() each("unplug", 1, 3, ends_well) end

function T.test_all_answers_are_wrong_from_then_on()
  local list = {}
  for _, name in ipairs { "tlv-missing", "tlv-long", "bare-failure", "noise", "busy" } do
    for _, command in ipairs { 1, 4, 9, 14, 20 } do
      list[#list + 1] = ("%s@%d"):format(name, command)
    end
  end
  -- A field that is left out of each answer may be that of the registration: then `up` waits for a network.
  world.all_of(list, function(text) ends_well(text, " --wait 20") end)
end

-- What a receiver has to take as it comes.
function T.test_other_orders_and_repetitions()
  world.all_of({ "tlv-twice", "tlv-shuffled", "duplicate", "truncate=1@3", "noise=1@3" }, succeeds)
end

-- All of these wait for answers, so they do it side by side. One that is lost costs time and nothing else.
function T.test_silence()
  world.all_of({
    "garbage=1@3", "wrong-id=1@3", "silent=1@4",
    "hang@1", "hang@2", "hang@5", "hang@9", "hang@11", "garbage@6", "wrong-id@6", "truncate@8",
  }, function(text)
    local result = ends_well(text)
    eq(result.status == 0, text:find("=1@") ~= nil, text .. result.out .. result.err)
  end)
end

function T.test_no_dns_servers()
  local result = succeeds "no-servers"
  eq(result.said.dns, {})
  lu.assertNotStrContains(result.after, "nameserver 68.28.50.11")
end

function T.test_a_gateway_outside_the_prefix()
  local result = succeeds "slash32"
  eq({ result.said.online, result.said.probe.spec }, { true, "8.8.8.8" })
  lu.assertStrContains(result.after, "184.250.142.38/32")
  lu.assertStrContains(result.after, "default via 10.64.64.64 dev wwan0 proto 77")
end

return T
