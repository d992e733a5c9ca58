-- SPDX-License-Identifier: MIT
-- A modem's behaviour, whatever it speaks: one list, run over MBIM, over QMI, and over QMI inside MBIM.
--
-- Each gets a modem as a script has it, and the simulated one behind it, in a world of this process's own. What the
-- modem says is compared with the values here, so all three ways are held to the same.

local apns = require "modem.apn"
local attach_apn = require "modem.attach_apn"
local at_channel = require "modem.at_channel"
local at_location = require "modem.at_location"
local card_files = require "modem.card_files"
local cards = require "esim.card"
local es10 = require "esim.es10"
local faults = require "simulator.faults"
local find = require("modem").find
local lu = require "luaunit"
local mc7455 = require "simulator.models.mc7455"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local prerequisites = require "modem.prerequisites"
local profiles = require "esim.profiles"
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"
local world = require "support.world"

local T = {}

require("modem.cell_news").quiet = 0

local ways = {
  { name = "mbim", composition = "mbim" },
  { name = "qmi", composition = "qmi" },
  { name = "qmi_inside_mbim", composition = "mbim", options = { protocol = "qmi" } },
}

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

-- ---- what the modem is expected to say ----

local sprint = { id = "310120", name = "Sprint" }
local nobody = { id = "", name = "" }
local at_home = { state = "home", provider = sprint, technology = "LTE" }
local roaming = { state = "roaming", provider = sprint, technology = "LTE" }
local searching = { state = "searching", provider = nobody }
local not_registered = { state = "deregistered", provider = nobody }
local attached = { state = "attached", technology = "LTE" }
local detached = { state = "detached" }

local ready_sim = {
  state = "ready", reason = "initialized", imsi = "310120000000123", iccid = "89011200000123456781",
  numbers = { "15550100123" },
}
local locked_sim = { state = "locked", reason = "device-locked", iccid = "89011200000123456781", numbers = {} }
local no_sim = { state = "missing", reason = "sim-not-inserted", numbers = {} }

local ipv4 = {
  addresses = { { address = "184.250.142.38", prefix_length = 30 } }, gateway = "184.250.142.37",
  dns = { "68.28.50.11", "68.28.58.11" }, mtu = 1500,
}
local ipv6 = {
  addresses = { { address = "2600:100e:b02d:1::2", prefix_length = 64 } }, gateway = "fe80::1", dns = {}, mtu = 1500,
}
local nothing = { addresses = {}, dns = {} }

local up = { session = 0, state = "activated", ip = "ipv4v6" }
local down = { session = 0, state = "deactivated", ip = "default" }

-- ---- helpers ----

local eq = lu.assertEquals

-- Where the modem is and how well it receives is told in more detail by one protocol than by another.
local details = { tac = true, lac = true, cell_id = true, lte = true, nr = true, umts = true, gsm = true }
local function without_details(value)
  if type(value) ~= "table" then
    return value
  end
  local rest = {}
  for key, field in pairs(value) do
    if not details[key] then rest[key] = field end
  end
  return rest
end

local function gives(expected, value, err)
  lu.assertNil(err and tostring(err))
  eq(without_details(value), expected)
end

local function fails(code, value, err)
  eq(value, nil)
  eq(err.code, code, tostring(err))
  return err
end

local function fault(sim, name, argument)
  assert(faults.apply(sim, name, { argument }))
end

local function connected(modem, settings)
  settings = settings or {}
  settings.apn = settings.apn or "r.ispsn"
  local bearer, err = modem:connect(settings)
  lu.assertNil(err and tostring(err))
  return bearer
end

local function has(bearer, ip, expected_ipv4, expected_ipv6)
  eq({ bearer.session, bearer.apn, bearer.ip, bearer.net }, { 0, "r.ispsn", ip, "wwan0" })
  eq({ bearer.ipv4, bearer.ipv6 }, { expected_ipv4, expected_ipv6 })
end

-- The next event that reads like this; those in between are allowed, since QMI tells some things in two steps.
local function hears(events, name, expected)
  local latest
  local found, err = task.timeout(60, function()
    repeat
      local event, why = events:next()
      if not event then
        return nil, why
      end
      latest = event
    until event.name == name and pcall(eq, without_details(event.value), expected)
    return true
  end)
  lu.assertTrue(found, ("%s: %s; the latest: %s"):format(name, err, lu.prettystr(latest)))
end

-- The QMI services with clients.
local function clients_of(sim)
  local list, names = {}, {}
  sim:emit("clients", list)
  for i, client in ipairs(list) do names[i] = client.service end
  table.sort(names)
  return names
end

local function again(modem)
  local options = modem.options
  modem:close()
  local other, err = find(nil, options)
  lu.assertNil(err and tostring(err))
  return other
end

local function say_nothing() end
local unseen = {
  doing = say_nothing, done = say_nothing, data = say_nothing, later = say_nothing,
  during = function(_, fn) return fn() end,
}

local function wait_ready(modem, seconds, pin)
  local now = {
    sim = modem:sim(), radio = modem:radio(), registration = modem:registration(), packet = { state = "detached" },
  }
  local ok, err = prerequisites.wait(modem, now, { carrier = {}, wait = seconds, pin = pin, watcher = unseen }, {})
  return ok and now.registration, err
end

-- ---- behaviours ----

local behaviours = {}

function behaviours.identity(modem)
  gives({ imei = "359072060000011", firmware = "SWI9X30C_02.24.05.06", hardware = "MC7455" }, modem:identity())
end

function behaviours.sim_ready(modem)
  gives(ready_sim, modem:sim())
  gives({ type = "pin1", locked = false }, modem:pin())
end

function behaviours.sim_locked(modem, sim)
  fault(sim, "pin-lock")
  gives(locked_sim, modem:sim())
  gives({ type = "pin1", locked = true, tries = 3 }, modem:pin())
end

function behaviours.sim_wants_its_puk(modem, sim)
  fault(sim, "puk")
  gives(locked_sim, modem:sim())
  gives({ type = "puk1", locked = true, tries = 10 }, modem:pin())
end

function behaviours.a_modem_that_takes_other_sims_only(modem, sim)
  for lock, words in pairs {
    ["network-pin"] = "SIMs of one operator, and this SIM is another (network lock)",
    ["network-subset-pin"] = "network subset lock", ["service-provider-pin"] = "service provider lock",
    ["corporate-pin"] = "corporate lock", ["device-sim-pin"] = "lock to a SIM",
    ["network-puk"] = "unblocking key", ["network-subset-puk"] = "unblocking key",
    ["service-provider-puk"] = "unblocking key", ["corporate-puk"] = "unblocking key",
  } do
    fault(sim, "network-lock", lock)
    gives(locked_sim, modem:sim())
    gives({ type = lock, locked = true, tries = 10 }, modem:pin())
    local err = fails("modem-locked", wait_ready(modem, 1, { pin = "1234" }))
    lu.assertStrContains(err.message, words)
    lu.assertStrContains(err.hint, "Tries left: 10")
  end
  eq(sim.card.tries, 3)
end

function behaviours.sim_missing(modem, sim)
  fault(sim, "sim-remove")
  gives(no_sim, modem:sim())
  fails("sim-missing", modem:pin())
end

function behaviours.radio(modem, sim)
  gives({ hardware = "on", software = "on" }, modem:radio())
  gives({ hardware = "on", software = "off" }, modem:set_radio(false))
  gives({ hardware = "on", software = "off" }, modem:radio())
  gives(not_registered, modem:registration())
  gives({ hardware = "on", software = "on" }, modem:set_radio(true))
  gives({ hardware = "on", software = "on" }, modem:set_radio(true))
  fault(sim, "radio-off")
  eq(modem:radio().hardware, "off")
end

function behaviours.files_of_the_card(modem, sim)
  sim.card.gid1 = "6d38"
  eq(modem:card_file(0x6f3e), "\x6d\x38" .. ("\xff"):rep(6))
  fails("not-found", modem:card_file(0x6f99))
end

function behaviours.the_apn_that_it_attaches_with(modem, sim)
  gives({ apn = "r.ispsn", ip = "ipv4v6" }, attach_apn.get(modem))
  assert(attach_apn.set(modem, { apn = "", ip = "ipv4" }))
  gives({ apn = "", ip = "ipv4" }, attach_apn.get(modem))
  eq({ sim:attach_apn(), sim.profiles[1].pdp_type }, { "", "ipv4" })
end

function behaviours.a_modem_without_carrier_configurations(modem)
  fails("unsupported", modem:carrier_configurations())
end

function behaviours.an_apn_that_is_looked_for(modem, sim)
  fault(sim, "only-apn", "R.ispsn")
  local asked, activate = {}, modem.activate
  function modem.activate(...)
    asked[#asked + 1] = select(2, ...).apn
    return activate(...)
  end
  sim:set_attach_apn "" -- which over QMI is the profile of the default APN
  apns.forget(modem:sim().iccid)
  local link <close> = assert(modem:up())
  eq({ asked, link.bearer.apn, link.bearer.from, link.bearer.source },
    { { "", "r.ispsn" }, "r.ispsn", "carrier", "calyx-sprint" })
end

function behaviours.registration(modem, sim)
  gives(at_home, modem:registration())
  gives(attached, modem:packet_service())
  fault(sim, "roam")
  gives(roaming, modem:registration())
  gives(attached, modem:packet_service())
end

function behaviours.no_network(modem, sim)
  fault(sim, "network-drop")
  gives(searching, modem:registration())
  gives(detached, modem:packet_service())
  gives({}, modem:signal "protocol")
end

function behaviours.registration_denied(modem, sim)
  fault(sim, "deny", "11")
  gives({ state = "denied", provider = nobody, nw_error = 11 }, modem:registration())
  gives({ state = "denied", provider = nobody, nw_error = 11 }, modem:register())
  gives(detached, modem:packet_service())
end

function behaviours.register_and_attach(modem, sim)
  gives(at_home, modem:register())
  gives(attached, modem:attach())
  sim.packet.wanted = false
  sim:settle()
  gives(detached, modem:packet_service())
  gives(attached, modem:attach())
end

function behaviours.attach_without_a_network(modem, sim)
  fault(sim, "network-drop")
  fails("not-registered", modem:attach())
  modem:set_radio(false)
  fails("radio-off", modem:attach())
end

function behaviours.detach(modem, sim)
  local events <close> = modem:events("session")
  connected(modem)
  gives(detached, modem:detach())
  hears(events, "session", down)
  gives(detached, modem:packet_service())
  gives(at_home, modem:registration())
  gives(detached, modem:detach()) -- as it is already
  fails("attach-failed", modem:connect { apn = "r.ispsn" })
  gives(attached, modem:attach())
  has(connected(modem), "ipv4v6", ipv4, ipv6)
  fault(sim, "unplug")
  fails("gone", modem:detach())
end

function behaviours.signal(modem, sim)
  gives({ dbm = -71 }, modem:signal "protocol")
  sim:set_signal(5)
  gives({ dbm = -103 }, modem:signal "protocol")
end

function behaviours.home_provider(modem, sim)
  gives(sprint, modem:home_provider())
  fault(sim, "roam")
  gives(sprint, modem:home_provider())
  fault(sim, "pin-lock")
  fails("sim-locked", modem:home_provider())
  fault(sim, "sim-remove")
  fails("sim-missing", modem:home_provider())
end

function behaviours.connect(modem, sim)
  gives(down, modem:session(0))
  has(connected(modem), "ipv4v6", ipv4, ipv6)
  gives(up, modem:session(0))
  gives({ session = 0, ipv4 = ipv4, ipv6 = ipv6 }, modem:ip_configuration(0))
  eq({ sim.sessions[0].apn, sim.sessions[0].ip_type }, { "r.ispsn", "ipv4v6" })
end

-- IPv6 needs 1280 bytes; the kernel would take it from the link.
function behaviours.an_mtu_without_room_for_ipv6(modem, sim)
  sim.personality = setmetatable({ mtu = 1200 }, { __index = sim.personality })
  local bearer = connected(modem)
  eq({ bearer.ip, bearer.ipv4.mtu, bearer.ipv6 }, { "ipv4", 1200, nothing })
  lu.assertStrContains(bearer.refused.ipv6.detail.why, "an MTU of 1200 has no room for IPv6")
  fails("no-address", modem:connect { apn = "r.ispsn", ip = "ipv6" })
  eq(sim.sessions, {})
end

function behaviours.connect_ipv4(modem)
  has(connected(modem, { ip = "ipv4" }), "ipv4", ipv4, nothing)
  gives({ session = 0, state = "activated", ip = "ipv4" }, modem:session(0))
end

function behaviours.connect_ipv6(modem)
  has(connected(modem, { ip = "ipv6" }), "ipv6", nothing, ipv6)
  gives({ session = 0, state = "activated", ip = "ipv6" }, modem:session(0))
end

function behaviours.connect_to_the_default_apn(modem, sim)
  local bearer = connected(modem, { apn = "" })
  eq({ bearer.apn, sim.sessions[0].apn }, { "", "r.ispsn" })
end

function behaviours.no_dns_servers(modem, sim)
  fault(sim, "no-servers")
  local bearer = connected(modem)
  eq({ bearer.ipv4.dns, bearer.ipv6.dns }, { {}, {} })
end

function behaviours.gateway_outside_the_prefix(modem, sim)
  fault(sim, "slash32")
  local expected = {
    addresses = { { address = "184.250.142.38", prefix_length = 32 } }, gateway = "10.64.64.64", dns = ipv4.dns,
    mtu = 1500,
  }
  has(connected(modem), "ipv4v6", expected, ipv6)
end

function behaviours.wrong_apn(modem, sim)
  local err = fails("connect-refused", modem:connect { apn = "nonsense" })
  eq(err.detail.nw_error, 33)
  eq(err.message,
    "the network refuses a connection to the APN nonsense: requested service option not subscribed (cause 33)")
  eq(modem:session(0).state, "deactivated")
  has(connected(modem), "ipv4v6", ipv4, ipv6)
  eq(sim.sessions[0].apn, "r.ispsn")
end

-- 50, only IPv4; 51, only IPv6; and a network that says nothing, and gives less.
function behaviours.refused_dual_stack(modem, sim)
  for cause, ip in pairs { [50] = "ipv4", [51] = "ipv6" } do
    fault(sim, "refuse", tostring(cause))
    local bearer = connected(modem)
    has(bearer, ip, ip == "ipv4" and ipv4 or nothing, ip == "ipv6" and ipv6 or nothing)
    eq(bearer.refused[ip == "ipv4" and "ipv6" or "ipv4"].detail.nw_error, cause)
    gives(true, bearer:disconnect())
  end
end

-- 52: one type a connection. QMI makes two of them anyhow.
function behaviours.refused_dual_stack_in_one_connection(modem, sim)
  fault(sim, "refuse", "52")
  eq(connected(modem).ipv4, ipv4)
end

-- A modem may repeat the type that it was asked for, and tell the truth in its cause alone.
function behaviours.a_cause_that_says_what_the_type_does_not(modem, sim)
  fault(sim, "downgrade", "ipv4")
  local activate = getmetatable(modem).__index(modem, "activate")
  modem.activate = function(self, settings)
    local session, err = activate(self, settings)
    return session and { session = session.session, state = session.state, ip = "ipv4v6", nw_error = 50 }, err
  end
  local bearer = connected(modem)
  has(bearer, "ipv4", ipv4, nothing)
  eq(bearer.refused.ipv6.detail.nw_error, 50)
end

-- Each family is tried by itself, whatever the number with which the other one is refused; both numbers are told.
function behaviours.one_family_refused(modem, sim)
  local words = { -- of a family, by number
    [208] = "not allowed for this APN", [209] = "too many failed attempts", [210] = "not allowed for this APN",
    [211] = "too many failed attempts", [228] = "as many IPv", [229] = "as many IPv", [231] = "IP version",
    [238] = "IP type", [201] = "", [204] = "", [205] = "", [213] = "", [217] = "", [220] = "", [230] = "", [236] = "",
    [237] = "", [241] = "", [242] = "", [248] = "", [251] = "", [32] = "",
    [38] = "", [55] = "", [33] = "not subscribed", [50] = "only IPv4", [51] = "only IPv6", [31] = "no reason",
  }
  for number, expected in pairs(words) do
    for family, other in pairs { ipv4 = "ipv6", ipv6 = "ipv4" } do
      sim.network.refuses_family = { [family] = number }
      local bearer = connected(modem)
      has(bearer, other, other == "ipv4" and ipv4 or nothing, other == "ipv6" and ipv6 or nothing)
      eq({ bearer.refused[other], bearer.refused[family] ~= nil }, { nil, true })
      if modem.qmi and not modem.mbim then
        lu.assertStrContains(bearer.refused[family].detail.why, expected)
      end
      gives(true, bearer:disconnect())
      eq(modem:connect { apn = "r.ispsn", ip = family }, nil)
    end
  end
  sim.network.refuses_family = { ipv4 = 208, ipv6 = 210 }
  local err = fails("connect-refused", modem:connect { apn = "r.ispsn" })
  if modem.qmi and not modem.mbim then
    lu.assertStrContains(err.message, "IPv4: IPv4 not allowed for this APN; IPv6: IPv6 not allowed for this APN")
  end
end

-- What concerns the APN or the subscription is not asked again for the other family.
function behaviours.images(modem)
  local images = assert(modem:images())
  eq({ #images, images[1].kind, images[2].version, images[2].is_active },
    { 2, "modem", "02.24.05.06_SPRINT", true })
end

function behaviours.counters(modem, sim)
  connected(modem)
  local before = assert(modem:counters())
  sim:count("in", "\x45" .. ("x"):rep(999))
  sim:count("in", "\x60" .. ("x"):rep(99))
  sim:count("out", "\x60" .. ("x"):rep(49))
  local after, difference = assert(modem:counters()), {}
  for name, number in pairs(after) do difference[name] = number - before[name] end
  eq(difference, {
    received = 1100, sent = 50, received_packets = 2, sent_packets = 1, received_errors = 0, sent_errors = 0,
  })
end

function behaviours.a_refused_apn_is_asked_for_once(modem, sim)
  for _, cause in ipairs { 8, 26, 27, 29 } do
    local asked = 0
    sim.network = setmetatable({}, {
      __index = function(_, key)
        asked = asked + (key == "refuses_all" and 1 or 0)
        return ({ present = true, refuses_all = cause, refuses_family = {} })[key]
      end,
    })
    eq(fails("connect-refused", modem:connect { apn = "r.ispsn" }).detail.nw_error, cause)
    eq(asked, 1)
  end
end

function behaviours.downgraded_dual_stack(modem, sim)
  for _, ip in ipairs { "ipv4", "ipv6" } do
    fault(sim, "downgrade", ip)
    local bearer = connected(modem)
    has(bearer, ip, ip == "ipv4" and ipv4 or nothing, ip == "ipv6" and ipv6 or nothing)
    eq(bearer.refused[ip == "ipv4" and "ipv6" or "ipv4"].detail.nw_error, ip == "ipv4" and 50 or 51)
    gives(true, bearer:disconnect())
  end
end

local hindrances = {
  { "sim-missing", function(_, sim) fault(sim, "sim-remove") end },
  { "sim-locked", function(_, sim) fault(sim, "pin-lock") end },
  { "radio-off", function(_, sim) fault(sim, "radio-off") end },
  { "radio-off", function(modem) modem:set_radio(false) end },
  { "not-registered", function(_, sim) fault(sim, "network-drop") end },
  { "not-registered", function(_, sim) fault(sim, "deny", "15") end },
  { "attach-failed", function(_, sim)
    sim.packet.wanted = false
    sim:settle()
  end },
}

for number, hindrance in ipairs(hindrances) do
  behaviours[("connect_in_vain_%d_%s"):format(number, hindrance[1]:gsub("-", "_"))] = function(modem, sim)
    hindrance[2](modem, sim)
    local err = fails(hindrance[1], modem:connect { apn = "r.ispsn" })
    eq(err.detail and err.detail.nw_error, nil)
    eq(modem:session(0).state, "deactivated")
  end
end

function behaviours.connect_twice(modem, sim)
  connected(modem)
  connected(modem, { apn = "ims", ip = "ipv4" }) -- in its place
  eq({ sim.sessions[0].apn, sim.sessions[0].ip_type }, { "ims", "ipv4" })
  gives({ session = 0, state = "activated", ip = "ipv4" }, modem:session(0))
end

function behaviours.disconnect(modem, sim)
  local bearer = connected(modem)
  gives(true, bearer:disconnect())
  gives(down, modem:session(0))
  eq(sim.sessions, {})
  gives(true, bearer:disconnect())
  gives(true, modem:deactivate(0))
  fails("rejected", modem:ip_configuration(0))
  has(connected(modem), "ipv4v6", ipv4, ipv6)
end

function behaviours.the_end_of_a_session_that_never_was(modem)
  connected(modem)
  gives(true, modem:deactivate(1))
  gives({ session = 1, state = "deactivated", ip = "default" }, modem:session(1))
  gives(up, modem:session(0))
end

function behaviours.registration_events(modem, sim)
  local events <close> = modem:events("registration", "packet")
  fault(sim, "roam")
  hears(events, "registration", roaming)
  fault(sim, "network-drop")
  hears(events, "registration", searching)
  hears(events, "packet", detached)
  fault(sim, "none")
  hears(events, "registration", at_home)
  hears(events, "packet", attached)
  fault(sim, "deny", "7")
  hears(events, "registration", { state = "denied", provider = nobody, nw_error = 7 })
end

function behaviours.radio_events(modem, sim)
  local events <close> = modem:events("radio")
  sim:set_radio("software", "off")
  hears(events, "radio", { hardware = "on", software = "off" })
  sim:set_radio("software", "on")
  hears(events, "radio", { hardware = "on", software = "on" })
end

function behaviours.sim_events(modem, sim)
  local events <close> = modem:events("sim")
  fault(sim, "sim-remove")
  hears(events, "sim", no_sim)
  fault(sim, "pin-lock")
  hears(events, "sim", locked_sim)
  fault(sim, "sim-insert")
  hears(events, "sim", ready_sim)
end

function behaviours.signal_events(modem, sim)
  local events <close> = modem:events("signal")
  for _, step in ipairs { { 10, { dbm = -93 } }, { 31, { dbm = -51 } }, { 99, {} } } do
    sim:set_signal(step[1])
    hears(events, "signal", step[2])
  end
end

function behaviours.cell_events(modem, sim)
  local events <close> = modem:events("cell")
  local function next_cells()
    local event, err = task.timeout(60, events.next, events)
    lu.assertNotNil(event, tostring(err))
    return event.value
  end
  sim:hand_over(2)
  eq(next_cells().serving[1].pci, 87)
  sim:emit "registration" -- which is no news
  fault(sim, "network-drop")
  eq(next_cells(), { serving = {}, neighbours = {} })
end

function behaviours.session_events(modem, sim)
  local events <close> = modem:events("session")
  connected(modem)
  fault(sim, "disconnect")
  hears(events, "session", { session = 0, state = "deactivated", ip = "default", nw_error = 36 })
  eq(modem:session(0).state, "deactivated")
  has(connected(modem), "ipv4v6", ipv4, ipv6) -- and again
  fault(sim, "disconnect", "26")
  hears(events, "session", { session = 0, state = "deactivated", ip = "default", nw_error = 26 })
end

function behaviours.the_network_goes_while_connected(modem, sim)
  local events <close> = modem:events("session", "registration")
  connected(modem)
  fault(sim, "network-drop")
  hears(events, "registration", searching)
  hears(events, "session", down)
end

function behaviours.ip_events(modem, sim)
  connected(modem)
  local events <close> = modem:events("ip", "session")
  fault(sim, "renumber")
  local expected = {
    session = 0,
    ipv4 = {
      addresses = { { address = "184.250.143.38", prefix_length = 30 } }, gateway = "184.250.143.37",
      dns = ipv4.dns, mtu = 1500,
    },
    ipv6 = {
      addresses = { { address = "2600:100e:b02e:1::2", prefix_length = 64 } }, gateway = "fe80::1", dns = {},
      mtu = 1500,
    },
  }
  hears(events, "ip", expected)
  gives(expected, modem:ip_configuration(0))
end

-- One change is one event, however many were asked for: the next one of its name tells the next change.
function behaviours.no_event_twice(modem, sim)
  local events <close> = modem:events("signal", "registration", "packet", "session", "ip")
  local told = { signal = {}, registration = {} }
  local function until_told(count)
    assert(task.timeout(60, function()
      while #told.signal < count or #told.registration < count do
        local event = assert(events:next())
        table.insert(told[event.name] or {}, without_details(event.value))
      end
      return true
    end))
  end
  sim:set_signal(10)
  fault(sim, "roam")
  until_told(1)
  sim:set_signal(31)
  fault(sim, "none")
  until_told(2)
  eq(told, { signal = { { dbm = -93 }, { dbm = -51 } }, registration = { roaming, at_home } })
end

function behaviours.an_unknown_event_is_a_mistake(modem)
  lu.assertErrorMsgContains("there is no event 'weather'", modem.events, modem, "weather")
end

function behaviours.wait_for(modem, sim)
  local function look() return modem:registration() end
  local function is_registered(value) return value.state == "home" end
  gives(at_home, modem:wait_for("registration", look, is_registered, 1))
  fault(sim, "network-drop", "0.05")
  gives(at_home, modem:wait_for("registration", look, is_registered, 2))
  task.sleep(0.02) -- until what was told about that has been read
  fault(sim, "network-drop")
  local value, err = modem:wait_for("registration", look, is_registered, 0.05)
  eq({ value, err.code }, { searching, "timeout" })
end

-- A change without an indication is noticed at the next look: now and then, and before a wait ends in vain.
function behaviours.wait_for_what_is_not_told(modem, sim)
  local function look() return modem:registration() end
  local function is_registered(value) return value.state == "home" end
  fault(sim, "no-news")
  fault(sim, "network-drop", "0.05")
  gives(at_home, modem:wait_for("registration", look, is_registered, 0.2))
  fault(sim, "busy", "1")
  local asked = 0
  gives(at_home, modem:wait_for("registration", function()
    asked = asked + 1
    return modem:registration()
  end, is_registered, 60))
  eq(asked, 2)
  local looks, seen = 0, nil
  modem:wait_for("sim", function()
    looks = looks + 1
    seen = modem:sim().state
    if looks == 1 then
      fault(sim, "sim-remove")
    end
    return { state = seen }
  end, function(value) return value.state == "missing" end, 60)
  eq({ looks, seen }, { 2, "missing" })
end

-- A cause of one network, one area or one moment leaves room for another; one that holds everywhere ends the wait.
function behaviours.a_network_that_refuses_for_a_moment(modem, sim)
  for _, cause in ipairs { 9, 11, 12, 13, 14, 15, 17, 22 } do
    fault(sim, "deny", tostring(cause))
    sim:after(0.01, function()
      sim.network.denied = nil
      sim:settle()
    end)
    gives("home", (assert(wait_ready(modem, 60))).state)
  end
  fault(sim, "deny", "15")
  eq(fails("registration-denied", wait_ready(modem, 0.05)).detail.nw_error, 15)
  for _, cause in ipairs { 2, 3, 5, 6, 7, 8 } do
    fault(sim, "deny", tostring(cause))
    eq(fails("registration-denied", wait_ready(modem, math.huge)).detail.nw_error, cause)
  end
end

local VERBS = {
  "identity", "sim", "pin", "radio", "registration", "packet_service", "signal", "home_provider", "register", "attach",
  "detach",
}

-- The modem has forgotten that it was opened: its sessions are over, and it is opened again when it is needed.
function behaviours.the_control_channel_starts_anew(modem, sim)
  connected(modem)
  fault(sim, "forget")
  eq(modem:session(0).state, "deactivated")
  assert(modem:ensure_started())
  has(connected(modem), "ipv4v6", ipv4, ipv6)
end

-- Whatever is under way when the modem is closed, and whatever is asked of it afterwards: it is gone, and no task
-- waits.
function behaviours.closed_in_every_state(first, sim)
  local options = first.options
  first:close()
  sim.latency = 0.002
  local calls = {
    function(modem) return modem:start() end, function(modem) return modem:started() end,
    function(modem) return modem:ensure_started() end, function(modem) return modem:connect { apn = "r.ispsn" } end,
    function(modem) return modem:session(0) end, function(modem) return modem:ip_configuration(0) end,
    function(modem) return modem:deactivate(0) end, function(modem) return modem:set_radio(true) end,
    function(modem) return modem.qmi:request(require("qmi.dms").get_ids) end,
    function(modem) return modem.qmi:client("nas"):allocate() end,
    function(modem) return modem:up() end,
    function(modem)
      local events <close> = modem:events("registration", "session", "sim")
      return events:next()
    end,
    function(modem)
      return modem:wait_for("sim", function() return modem:sim() end, function() return false end, math.huge)
    end,
  }
  for i, verb in ipairs(VERBS) do
    calls[#calls + i] = function(modem) return modem[verb](modem) end
  end
  for moment = 0, 12 do
    local modem = assert(find(nil, options))
    local tasks, group <close> = {}, task.group()
    for i, call in ipairs(calls) do
      tasks[i] = group:spawn(call, modem)
    end
    task.sleep(moment * 0.001)
    modem:close()
    local function ends_well(number, ok, value, err)
      lu.assertTrue(ok, ("call %d at %d ms: %s"):format(number, moment, value))
      lu.assertTrue(value ~= nil or err and err.code ~= "raised", ("call %d at %d ms: %s"):format(number, moment, err))
    end
    for i, running in ipairs(tasks) do
      ends_well(i, running:join())
    end
    for i, call in ipairs(calls) do
      local ok, value, err = task.timeout(60, pcall, call, modem)
      ends_well(i, ok, value, err)
      eq(value == nil and err.code or nil, "gone", "call " .. i)
    end
    sim:disconnect_all()
    sim.packet.wanted = true
    sim:settle()
  end
end

-- What an answer lacks is nil; only a verb that is about just that fails, and says so.
function behaviours.answers_that_lack_what_they_should_have(modem, sim)
  connected(modem)
  for _, kind in ipairs { "tlv-missing", "short" } do
    local is_ours = (kind == "short") == (modem.mbim ~= nil and modem.options.protocol ~= "qmi")
    if is_ours then
      fault(sim, kind)
      for _, verb in ipairs(VERBS) do
        local value, err = modem[verb](modem)
        lu.assertTrue(value ~= nil or err.code == "malformed" or err.code == "unsupported", verb)
      end
      for _, call in ipairs {
        function() return modem:set_radio(true) end, function() return modem:session(0) end,
        function() return modem:ip_configuration(0) end, function() return modem:connect { apn = "r.ispsn" } end,
        function() return modem:deactivate(0) end,
      } do
        local value, err = call()
        lu.assertTrue(value ~= nil or type(err.code) == "string")
      end
      assert(faults.apply(sim, "none", {}))
      gives(attached, modem:attach())
      has(connected(modem), "ipv4v6", ipv4, ipv6)
    end
  end
end

function behaviours.two_modems_in_a_row(modem, sim)
  fails("busy", find(nil, modem.options))
  connected(modem)
  for _ = 1, 2 do
    modem = again(modem)
    gives(up, modem:session(0)) -- nobody has ended it
  end
  modem:deactivate(0)
  modem:close()
  eq(clients_of(sim), {})
end

function behaviours.adoption(modem, sim)
  connected(modem)
  modem = again(modem)
  gives(up, modem:session(0))
  local bearer = assert(modem:bearer { session = 0, apn = "r.ispsn", ip = "ipv4v6" })
  has(bearer, "ipv4v6", ipv4, ipv6)
  local events <close> = modem:events("session")
  fault(sim, "disconnect")
  hears(events, "session", { session = 0, state = "deactivated", ip = "default", nw_error = 36 })
  has(connected(modem), "ipv4v6", ipv4, ipv6)
  modem = again(modem)
  gives(true, modem:deactivate(0))
  eq(sim.sessions, {})
  modem:close()
end

-- A list of events may have none to come: a session's, while there is no session.
function behaviours.events_end_when_the_modem_is_pulled_out(modem, sim)
  local lists = {}
  for i, names in ipairs { { "registration" }, { "session" }, { "sim", "radio", "ip" } } do
    lists[i] = modem:events(table.unpack(names))
  end
  sim:unplug()
  for _, events in ipairs(lists) do
    local event, err = task.timeout(60, function()
      local next_event, why
      repeat
        next_event, why = events:next()
      until not next_event
      return nil, why
    end)
    fails("gone", event, err)
    events:close()
  end
end

function behaviours.pulled_out(modem, sim)
  sim:unplug()
  for _, verb in ipairs {
    "identity", "sim", "pin", "radio", "registration", "packet_service", "signal", "home_provider", "register",
    "attach",
  } do
    fails("gone", modem[verb](modem))
  end
  fails("gone", modem:set_radio(true))
  fails("gone", modem:session(0))
  fails("gone", modem:ip_configuration(0))
  fails("gone", modem:deactivate(0))
  fails("gone", modem:connect { apn = "r.ispsn" })
  local value, err = modem:wait_for("registration", function() return modem:registration() end, function() end, 1)
  fails("gone", value, err)
  local options = modem.options
  modem:close()
  fails("no-modem", find(nil, options))
end

function behaviours.pulled_out_while_it_connects(modem, sim)
  sim.latency = 0.1
  sim:after(0.25, function() sim:unplug() end)
  fails("gone", modem:connect { apn = "r.ispsn" })
end

function behaviours.given_up_while_it_connects(modem, sim)
  sim.latency = 0.05
  fails("timeout", task.timeout(0.12, modem.connect, modem, { apn = "r.ispsn" }))
  sim.latency = 0
  eq(sim.sessions, {})
  gives(down, modem:session(0))
end

-- A second session has its own interface, or there is an error that says why not.
function behaviours.a_second_session(modem, sim)
  connected(modem)
  local second, err = modem:connect { session = 1, apn = "ims" }
  if sim.composition == "qmi" then
    -- Session 0 was connected as the only one; and there is no qmi_wwan, which could split the interface.
    fails("busy", second, err)
    fails("unsupported", modem:connect { apn = "r.ispsn", multiplex = true })
    return
  end
  lu.assertNil(err and tostring(err))
  eq({ second.session, second.apn, second.net, second.channel }, { 1, "ims", "wwan0", { kind = "vlan", id = 1 } })
  eq(second.ipv4.addresses, { { address = "184.250.142.42", prefix_length = 30 } })
  gives({ session = 1, state = "activated", ip = "ipv4v6" }, modem:session(1))
  gives(true, second:disconnect())
  eq(sim.sessions[1], nil)
  gives(up, modem:session(0))
  -- One of the families only: the other one is still session 0's alone.
  connected(modem, { session = 1, apn = "ims", ip = "ipv4" })
  gives({ session = 1, state = "activated", ip = "ipv4" }, modem:session(1))
  gives(true, modem:deactivate(1))
  gives(up, modem:session(0))
end

function behaviours.two_sessions_from_the_start(modem, sim)
  if sim.composition == "qmi" then
    fails("unsupported", modem:connect { apn = "r.ispsn", multiplex = true })
    return
  end
  local first = connected(modem, { multiplex = true })
  has(first, "ipv4v6", ipv4, ipv6)
  eq(first.channel, nil)
  local second = connected(modem, { session = 1, apn = "ims" })
  eq(second.ipv6.addresses, { { address = "2600:100e:b02d:2::2", prefix_length = 64 } })
  fault(sim, "renumber")
  eq(modem:ip_configuration(1).ipv4.addresses, { { address = "184.250.143.42", prefix_length = 30 } })
  gives(true, first:disconnect())
  gives({ session = 1, state = "activated", ip = "ipv4v6" }, modem:session(1))
end

-- ---- the card ----

local function profiles_of(modem)
  local found, err = profiles.of(modem)
  local enabled = found and profiles.enabled(found.profiles)
  return enabled and enabled.iccid, err
end

function behaviours.esim(modem, sim)
  fails("unsupported", profiles_of(modem)) -- this card is none
  fault(sim, "euicc")
  local found = assert(profiles.of(modem))
  eq({ found.eid, #found.profiles }, { "89049032000000000000000000005595", 3 })
  fails("not-found", modem:open_card_channel "\xa0\0\0\0\9")
  for _ = 1, 5 do eq(profiles_of(modem), "89011200000123456781") end -- more often than the card has channels
  local way = assert(modem:open_card_channel(es10.AID))
  eq(profiles_of(modem), "89011200000123456781") -- beside another one's
  gives(true, way.close())
end

function behaviours.esim_that_refuses(modem, sim)
  fault(sim, "euicc")
  fault(sim, "no-channels")
  fails("busy", profiles_of(modem))
  sim.faults["no-channels"] = nil
  eq(profiles_of(modem), "89011200000123456781")
  for _, name in ipairs { "apdu-fails", "apdu-lost" } do
    fault(sim, name, "1")
    fails("rejected", profiles_of(modem))
    eq(profiles_of(modem), "89011200000123456781")
  end
  fault(sim, "sim-remove")
  fails("sim-missing", modem:open_card_channel(es10.AID))
  fails("sim-missing", profiles_of(modem))
end

function behaviours.esim_that_restarts(modem, sim)
  fault(sim, "euicc")
  do
    local card <close> = assert(cards.open(modem)) -- others wait until it is closed
    gives(true, modem:restart_card())
    lu.assertNil(card:ask(es10.eid)) -- its channel is closed
  end
  eq(profiles_of(modem), "89011200000123456781")
  do
    local card <close> = assert(cards.open(modem))
    fault(sim, "unplug")
    fails("gone", card:ask(es10.eid))
  end
  fails("gone", profiles_of(modem))
end

-- ---- each over each way ----

local function with_modem(way, behaviour)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  sim:compose(way.composition)
  sim.latency, sim.search_time = 0, 0.02
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("qmi", "simulated")
  end)
  local modem <close> = assert(find(nil, way.options))
  behaviour(modem, sim)
end

-- ---- where it is ----

local place = { 40.7484, -73.9857, 42.5, 0, 8, "3d" }

local function place_of(report, err)
  lu.assertNil(err and tostring(err))
  return { report.latitude, report.longitude, report.altitude, report.speed, report.satellites, report.fix }
end

function behaviours.location(modem, sim)
  eq(place_of(modem:location { seconds = 60 }), place)
  eq(sim:is_receiver_on(), false)
  do
    local _ <close> = assert(modem:locate())
    local second <close> = assert(modem:locate())
    eq(sim:is_receiver_on(), true)
    eq(place_of(modem:location { seconds = 60 }), place)
    local report
    repeat report = assert(second:next()) until report.latitude
    eq(place_of(report), place)
  end
  eq(sim:is_receiver_on(), false)
end

function behaviours.location_without_a_view_of_the_sky(modem, sim)
  sim.sky = "none"
  local err = fails("timeout", modem:location { seconds = 1.5 })
  lu.assertStrContains(err.message, "no satellites are received")
  eq(sim:is_receiver_on(), false)
  sim.sky, sim.first_fix = "open", 0.5
  eq(place_of(modem:location { seconds = 60 }), place)
end

function behaviours.location_of_a_modem_that_is_unplugged(modem, sim)
  local waiting = assert(modem:locate())
  fault(sim, "unplug")
  local report, err
  repeat report, err = waiting:next() until not report
  eq(err.code, "gone")
  waiting:close()
  fails("gone", modem:locate())
end

for name, behaviour in pairs(behaviours) do
  for _, way in ipairs(ways) do
    T[("test_%s_over_%s"):format(name, way.name)] = function() with_modem(way, behaviour) end
  end
end

-- A modem whose protocol has no way to the card, and whose AT port has one.
function T.test_files_of_the_card_over_at()
  with_modem(ways[1], function(modem, sim)
    rawset(modem, "card_file", card_files.by_at)
    behaviours.files_of_the_card(modem, sim)
  end)
end

function T.test_the_apn_that_it_attaches_with_over_at()
  with_modem(ways[1], function(modem, sim)
    behaviours.the_apn_that_it_attaches_with({ at = modem.at }, sim)
  end)
end

for name, behaviour in pairs(behaviours) do
  if name:find "^esim" then
    T[("test_%s_over_at"):format(name)] = function()
      with_modem(ways[1], function(modem, sim)
        for _, verb in ipairs { "open_card_channel", "close_card_channel", "restart_card" } do
          rawset(modem, verb, at_channel[verb])
        end
        behaviour(modem, sim)
      end)
    end
  end
end

for name, behaviour in pairs(behaviours) do
  if name:find "^location" then
    T[("test_%s_over_at"):format(name)] = function()
      with_modem(ways[1], function(modem, sim)
        rawset(modem, "receiver", at_location.receiver)
        behaviour(modem, sim)
      end)
    end
  end
end

-- Ten seconds is what an answer may take, so these run side by side, each in its own world.
local HANGING = [[
local task = require "task"
local modem <close> = assert(require("modem").find(nil, { protocol = os.getenv("PROTOCOL") }))
assert(require("simulator.control").ask { request = "fault", name = "hang" })
local verbs = { "identity", "sim", "pin", "radio", "registration", "packet_service", "signal", "home_provider" }
local functions = {}
for i, verb in ipairs(verbs) do
  functions[i] = function()
    local value, err = modem[verb](modem)
    return verb .. " " .. (value and "answered" or err.code)
  end
end
print(table.concat(task.all(table.unpack(functions)), "\n"))
]]

function T.test_a_modem_that_hangs()
  local functions = {}
  for i, way in ipairs(ways) do
    functions[i] = function()
      local protocol = way.options and "PROTOCOL=qmi " or ""
      local result = world.run(protocol .. "moontower run /run/hanging.lua", nil,
        "cat >/run/hanging.lua <<'END'\n" .. HANGING .. "END\n:", { "--composition", way.composition })
      world.assert_success(result)
      eq(result.out, "identity timeout\nsim timeout\npin timeout\nradio timeout\nregistration timeout\n"
        .. "packet_service timeout\nsignal timeout\nhome_provider timeout\n")
      return true
    end
  end
  assert(task.all(table.unpack(functions)))
end

return T
