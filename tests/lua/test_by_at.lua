-- SPDX-License-Identifier: MIT
-- Modems without MBIM and QMI: network cards (ECM, NCM, RNDIS) that are connected by AT commands.

local carriers = require "carrier"
local ec25 = require "simulator.models.ec25"
local faults = require "simulator.faults"
local json = require "dkjson"
local l850 = require "simulator.models.l850"
local lu = require "luaunit"
local netlink = require "core.netlink"
local personality = require "simulator.models.personality"
local simulated = require "support.simulated"
local state = require "state"
local task = require "task"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local function run(command, options, begins_with, preparation)
  return world.run(command, begins_with, preparation, options)
end

-- ---- up and down ----

-- To the host, this one is a router with DHCP. What `up` has changed in the modem, `down` puts back.
function T.test_to_a_ping_and_back()
  local result = run([[moontower at 'AT+CGDCONT=1,"IP","before"'
    moontower up --json --apn r.ispsn >/run/test/up; echo "up $?"; moontower at 'AT+CGDCONT?'; ip route
    moontower up --apn r.ispsn | grep bearer; moontower status --json >/run/test/status; echo "status $?"
    moontower down; moontower at 'AT+CGDCONT?'; cat /run/test/up]], { "--modem", "ec25", "--composition", "ecm" })
  world.assert_success(result)
  for _, words in ipairs {
    "up 0\n", '+CGDCONT: 1,"IPV4V6","r.ispsn"', "default via 192.168.225.1 dev wwan0 proto 77", "connected already",
    "status 0\n", "is offline\n+CGDCONT: 1,\"IP\",\"before\"",
  } do
    lu.assertStrContains(result.out, words)
  end
  local told = json.decode(result.out:match "\n({.*)$")
  eq({ told.online, told.bearer.apn, told.link.addresses },
    { true, "r.ispsn", { { address = "192.168.225.42", prefix_length = 24 } } })
  eq(result.after, result.before)
end

-- ---- each maker's way ----

local ROUTED, TOLD = "192.168.225.42", "184.250.142.38"

-- What connects it; who makes it; whether it is a router to the host; where the address on the host comes from.
local ways = {
  { "qnetdevctl", "Quectel", "ecm", ec25.router, ROUTED },
  { "ndisdup", "Huawei Technologies Co., Ltd.", "ncm", nil, TOLD, lease = 600 },
  { "ndisdup", "Huawei Technologies Co., Ltd.", "ncm", nil, TOLD }, -- which has ^DHCP
  { "gtrndis", "Fibocom Wireless Inc.", "rndis", ec25.router, ROUTED },
  { "xdatachannel", "Fibocom Wireless Inc.", "ncm", nil, TOLD },
  { "qcrmcall", "SIMCom", "rndis", ec25.router, ROUTED },
  { "ecm", "Telit", "ecm", ec25.router, ROUTED },
  { "swwan", "Cinterion", "ecm", nil, TOLD },
  { "zecmcall", "GOSUNCN", "ecm", nil, TOLD },
  { false, "Another", "ecm", nil, TOLD },
}

local function model_of(way)
  local kind, manufacturer, mode, router = table.unpack(way, 1, 4)
  local usb = personality.join(ec25.usb, {
    vendor = 0x1234, product = 0x5678, manufacturer = manufacturer, configurations = { mode },
  })
  return personality.join(ec25, {
    usb = usb, at = false, connects_by = kind, router = router or false,
    interfaces = personality.join(ec25.interfaces, { ncm = l850.interfaces.ncm }), -- an EC25 has none
  })
end

local function with_card(way, fn)
  simulated.with_modem({ composition = way[3], model = model_of(way) }, function(modem, sim)
    eq({ modem.description.protocol, modem.description.mode.name }, { "at", way[3] })
    sim.network.dhcp = way.lease or false
    fn(modem, sim)
    state.persistent.remove("contexts", modem.description.name)
  end)
end

local function carrier_of(values) return assert(carriers.load("default", values)) end

local function ipv4_of(name)
  for _, address in ipairs(assert(netlink.addresses(name))) do
    if address.address:find "%." then return address.address end
  end
end

for i, way in ipairs(ways) do
  T[("test_way_%d_%s"):format(i, way[1] or "3gpp")] = function()
    with_card(way, function(modem, sim)
      sim.profiles[1].apn_name = "before"
      local link = assert(modem:up(carrier_of { apn = "r.ispsn", ip = "ipv4" }))
      eq({ ipv4_of "wwan0", sim.sessions[0].apn, sim.sessions[0].ip_type }, { way[5], "r.ispsn", "ipv4" })
      eq(modem:session(0), { session = 0, state = "activated", ip = "ipv4" })
      lu.assertTrue(link:prove { probe = "8.8.8.8" })
      assert(modem:down())
      eq({ sim.sessions, sim.profiles[1].apn_name, ipv4_of "wwan0" }, { {}, "before", nil })
    end)
  end
end

-- ARP is off for as long as the card is in use whose modem answers none.
function T.test_a_card_without_arp()
  for i, is_off in pairs { [1] = false, [5] = true } do
    with_card(ways[i], function(modem)
      assert(netlink.set_link("wwan0", { arp = true }))
      local link = assert(modem:up(carrier_of { apn = "r.ispsn", ip = "ipv4" }))
      eq({ i, netlink.link("wwan0").noarp }, { i, is_off })
      link:close()
      eq({ i, netlink.link("wwan0").noarp }, { i, false })
    end)
  end
end

-- The simulated modems that are network cards, as a user has them.
function T.test_all_models()
  world.all_of({
    { "ec25", "rndis" }, { "fm150", "ecm" }, { "fm150", "rndis" }, { "l850", "ncm" }, { "sim7600", "rndis" },
    { "sim8200", "ecm" }, { "e3372", "ncm" }, { "rm520n", "ecm" }, { "ln920", "ecm" },
  }, function(case)
    local result = run([[moontower devices && moontower up --apn r.ispsn && moontower status && moontower signal &&
      moontower down]], { "--modem", case[1], "--composition", case[2] })
    eq({ case[1], case[2], result.status, result.err }, { case[1], case[2], 0, "" }, result.out)
    lu.assertStrContains(result.out, "8.8.8.8 answers in")
    eq(result.after, result.before)
  end)
end

-- ---- what goes wrong ----

local CARD = { "--modem", "ec25", "--composition", "ecm" }

-- By fault: the exit status, and words of the error.
function T.test_failures_of_up()
  world.all_of({
    { "refuse-apn", 6, "(cause 27)" },
    { "refuse-auth", 6, "(cause 29)" },
    { "sim-remove", 4, "no SIM" },
    { "pin-lock", 4, "PIN" },
    { "puk", 4, "PUK" },
    { "network-drop", 5, "no network after 0.3 seconds" },
    { "deny=11", 5, "(cause 11)" },
    { "hang", 7, "the modem does not answer" },
    { "silent", 7, "the modem does not answer" },
  }, function(case)
    local result = run("moontower up --apn r.ispsn --wait 0.3", CARD, { case[1] })
    eq({ case[1], result.status }, { case[1], case[2] }, result.err)
    lu.assertStrContains(result.err, case[3])
    lu.assertNotStrContains(result.err, "stack traceback")
    eq(result.after, result.before)
  end)
end

-- Lines that cannot be, or come late, twice or with others among them.
function T.test_a_port_that_says_strange_things()
  world.all_of({ "garbage=2", "urc", "echo", "noise=2", "duplicate=3", "late=0.2", "busy=2" }, function(fault)
    local result = run("moontower up --apn r.ispsn && moontower status && moontower down", CARD, { fault })
    eq({ fault, result.status }, { fault, 0 }, result.out .. result.err)
    eq(result.after, result.before)
  end)
end

function T.test_a_pin_is_entered_once()
  local result = run([[echo 9999 >/run/test/wrong; echo 1234 >/run/test/right; chmod 600 /run/test/wrong /run/test/right
    for pin in wrong wrong right; do moontower up --apn r.ispsn --pin-file /run/test/$pin; echo "$pin $?"; done
    moontower up --apn r.ispsn --pin-file /run/test/right --pin-tries 2 && moontower down]], CARD, { "pin-lock" })
  eq(result.status, 0, result.err)
  for _, words in ipairs {
    "is wrong, and 2 tries are left", "has failed before, and is not sent again", "it is not sent, as 2 tries are left",
  } do
    lu.assertStrContains(result.err, words)
  end
  lu.assertNotStrContains(result.out .. result.err, "9999")
end

-- What no command line can carry is refused before anything is sent.
function T.test_values_that_would_end_a_command()
  with_card(ways[1], function(modem, sim)
    local commands = sim.commands
    for _, values in ipairs {
      { apn = 'a"b' }, { apn = "a\rb" }, { apn = "a", user = 'x","y' }, { apn = "a", user = "x", password = "\26" },
      { apn = "a", user = "x", password = "\195\188" },
    } do
      local bearer, err = modem:connect(values)
      eq({ bearer, err.code }, { nil, "invalid" })
    end
    eq({ sim.commands, sim.sessions }, { commands, {} })
  end)
end

function T.test_user_and_password()
  with_card(ways[1], function(modem, sim)
    local heard = modem.at:raw()
    assert(faults.apply(sim, "only-apn", { "r.ispsn", "anna" }))
    assert(modem:connect { apn = "r.ispsn", ip = "ipv4", user = "anna", password = "hidden-one" })
    eq({ sim.sessions[0].apn, sim.profiles[1].user_name }, { "r.ispsn", "anna" })
    assert(modem:deactivate(0))
    eq(sim.profiles[1].user_name, nil)
    while heard:length() > 0 do lu.assertNotStrContains(heard:pop().text, "hidden-one") end
  end)
end

-- ---- what it tells unasked ----

-- The modem is asked what has changed; the end of the connection is believed at once.
function T.test_events()
  simulated.with_modem({ composition = "ecm", model = ec25 }, function(modem, sim)
    local events <close> = modem:events("session", "registration", "packet", "sim", "signal")
    local function hears(name, check)
      assert(task.timeout(60, function()
        local event
        repeat event = assert(events:next()) until event.name == name and check(event.value)
        return true
      end))
    end
    local function fault(...) assert(faults.apply(sim, (...), { select(2, ...) })) end
    assert(modem:connect { apn = "r.ispsn", ip = "ipv4" })
    hears("session", function(value) return value.state == "activated" end)
    sim:set_signal(5)
    hears("signal", function(value) return value.dbm == -103 end)
    fault("disconnect", "36")
    hears("session", function(value) return value.state == "deactivated" end)
    fault "network-drop"
    hears("registration", function(value) return value.state == "searching" end)
    fault "sim-remove"
    hears("sim", function(value) return value.state == "missing" end)
    fault "unplug"
    local event, err
    repeat event, err = task.timeout(60, events.next, events) until not event
    eq(err.code, "gone")
    state.persistent.remove("contexts", modem.description.name)
  end)
end

-- ---- the daemon ----

-- It connects again after each of these.
function T.test_the_daemon_keeps_it_online()
  local result = run([[. $SUPPORT/daemon.sh
    cat >/run/test/config.lua <<'END'
    return { modems = { { apn = "r.ispsn", policy = { "reconnect", every = 0.3, timeout = 0.5, misses = 2, first = 0.1,
      max = 0.5, steady = 0.1 } } }, on_stop = "disconnect" }
END
    start; until_in /run/test/log "online: as" 1; times=1
    moontower simulate set reset_time=0.2
    for fault in "disconnect 36" "network-drop 0.5" "unplug 0.5" "disconnect-silent" "stall 2"; do
      moontower simulate fault $fault; times=$((times + 1)); until_in /run/test/log "online: as" $times
      until_why "is online"; echo "mended $fault"
    done
    end; true]], CARD)
  for _, fault in ipairs { "disconnect 36", "network-drop 0.5", "unplug 0.5", "disconnect-silent", "stall 2" } do
    lu.assertStrContains(result.out, "mended " .. fault .. "\n", false, result.out .. result.err)
  end
  eq(result.after, result.before)
end

return T
