-- SPDX-License-Identifier: MIT
-- Modems that are network cards, and answer otherwise than our simulated ones: forms of answers, commands that are
-- missing, connections that they have by themselves.

local air = require "modem.air"
local at_messages = require "modem.at_messages"
local at_only = require "modem.at_only"
local at_ussd = require "modem.at_ussd"
local ec25 = require "simulator.models.ec25"
local errors = require "errors"
local lu = require "luaunit"
local maker = require "maker"
local personality = require "simulator.models.personality"
local report = require "modem.report"
local simulated = require "support.simulated"
local state = require "state"
local task = require "task"
local told = require "modem.by_at.told"
local ways = require "modem.by_at.ways"

local T = {}

local eq = lu.assertEquals

-- ---- answers ----

-- A modem that has nothing but these answers: lines, by command.
local function answering(answers)
  local port = {}
  function port:command(command)
    local answer = answers[command]
    if not answer then
      return errors.fail { code = "rejected", source = "at", message = command .. ": ERROR", detail = {} }
    end
    return { lines = answer, result = "ok" }
  end
  return { at = port }
end

local function ipv4(address, length, gateway, dns) -- as sanitize has it
  return { addresses = { { address = address, prefix_length = length } }, gateway = gateway, dns = dns or {} }
end

-- What the answers say of context 1, IPv4 alone.
local contrdp = {
  { '+CGCONTRDP: 1,5,"a","10.0.0.2.255.255.255.252","10.0.0.1","9.9.9.9","8.8.8.8"',
    ipv4("10.0.0.2", 30, "10.0.0.1", { "9.9.9.9", "8.8.8.8" }) },
  { "  +CGCONTRDP:1,5,a,10.0.0.2.255.255.255.252,10.0.0.1,9.9.9.9", ipv4("10.0.0.2", 30, "10.0.0.1", { "9.9.9.9" }) },
  { '+CGCONTRDP : 1,5,"a","10.0.0.2","255.255.255.248","10.0.0.1","9.9.9.9","8.8.8.8"',
    ipv4("10.0.0.2", 29, "10.0.0.1", { "9.9.9.9", "8.8.8.8" }) },
  { '+CGCONTRDP: 1,5,"a","10.0.0.2"', ipv4("10.0.0.2", 32) },
  { '+CGCONTRDP: 1,5,"a","10.0.0.2/24","10.0.0.1"', ipv4("10.0.0.2", 24, "10.0.0.1") },
  { '+CGCONTRDP: 1,5,"a","10.0.0.300","10.0.0.1x","9.9.9"', { addresses = {}, dns = {} } },
  { '+CGCONTRDP: 2,6,"ims","10.0.0.2"', { addresses = {}, dns = {} } },
}

function T.test_what_the_network_has_given()
  for _, case in ipairs(contrdp) do
    local found = assert(told.configuration(answering { ["AT+CGCONTRDP=1"] = { case[1] } }, 1))
    eq({ case[1], found.ipv4 }, { case[1], case[2] })
  end
end

local DOTTED = "32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.2"
local SIXTY_FOUR = ".255.255.255.255.255.255.255.255.0.0.0.0.0.0.0.0"

function T.test_ipv6_in_each_form()
  for _, value in ipairs {
    DOTTED .. SIXTY_FOUR, "2001:db8::2/64", "2001:DB8::2 FFFF:FFFF:FFFF:FFFF::", "2001:0db8:0:0:0:0:0:2/64",
    DOTTED .. '","' .. SIXTY_FOUR:sub(2),
  } do
    local line = ('+CGCONTRDP: 1,5,"a","%s"'):format(value)
    eq({ value, assert(told.configuration(answering { ["AT+CGCONTRDP=1"] = { line } }, 1)).ipv6.addresses },
      { value, { { address = "2001:db8::2", prefix_length = 64 } } })
  end
  for _, value in ipairs {
    "2001:db8", "1:2:3:4:5:6:7:8:9", "::1::2", "1:2:3:4:5:6:7::8:9", ":", "a::12345", "32.1.13",
  } do
    eq({ value, told.addresses(answering { ["AT+CGPADDR=1"] = { ('+CGPADDR: 1,"%s"'):format(value) } }, 1) },
      { value, {} })
  end
end

function T.test_addresses_where_no_configuration_is_told()
  for _, line in ipairs {
    '+CGPADDR: 1,"10.0.0.2","' .. DOTTED .. '"', "+CGPADDR:1,10.0.0.2,2001:db8::2",
    '+CGPADDR: 1, "2001:DB8::2", "10.0.0.2"',
  } do
    local found = assert(told.configuration(answering { ["AT+CGPADDR=1"] = { "+XYZ: 4711,3", line } }, 1))
    eq({ line, found.ipv4.addresses, found.ipv6.addresses },
      { line, { { address = "10.0.0.2", prefix_length = 32 } }, { { address = "2001:db8::2", prefix_length = 64 } } })
  end
end

local function way_of(name, number) return maker.of_text(name):load "data"[number or 1] end

-- By maker: lines of a modem that is connected, and of one that is not.
local states = {
  huawei = {
    { '^NDISSTATQRY: 1,,,"IPV4"', "^NDISSTATQRY:1,,,IPV4", '^NDISSTATQry: 1,,,"IPV4",0,,,"IPV6"', "^NDISSTATQRY: 1",
      '^NDISSTATQRY: 0,33,,"IPV4",1,,,"IPV6"', '^NDISSTATQRY: 1,1,,,"IPV4"', ' ^NDISSTATQRY: 1,0,,"IPV4"' },
    { '^NDISSTATQRY: 0,,,"IPV4",0,,,"IPV6"', "^NDISSTATQRY:0,33,,IPV4", '^NDISSTATQRY: 1,0,,,"IPV4"',
      "^NDISSTATQRY: 0" },
  },
  quectel = {
    { "+QNETDEVCTL: 1,1,1,1", "+QNETDEVCTL:3,1,0,1", " +QNETDEVCTL: 1, 1, 1, 1" },
    { "+QNETDEVCTL: 1,1,1,0", "+QNETDEVCTL: 1,2,1,1", "+QNETDEVCTL: 0,1,0,0" },
  },
  telit = { { "#ECM: 0,1", "#ecm:0, 1" }, { "#ECM: 0,0", "#ECM: 1,0" } },
  cinterion = { { "^SWWAN: 1,1,1", "^SWWAN: 1,1", "^swwan:1, 1,1" }, { "^SWWAN: 1,0,1", "^SWWAN: 3,1,1" } },
  meig = { { "$QCRMCALL: 1, V4" }, { "$QCRMCALL: 0, V4" } },
  zte = { { "+ZECMCALL: IPV4, 12.192.19.88, 12.192.19.89", "+ZECMCALL:ipv6, 2001:db8::2" }, { "+ZECMCALL: NONE" } },
  simcom = { { "$QCRMCALL:V4", "$QCRMCALL: 1, V4", "$QCRMCALL:1,V6" }, { "$QCRMCALL: 0, V4" } },
}

function T.test_whether_it_is_connected()
  for name, lines in pairs(states) do
    for is_on = 1, 2 do
      for _, line in ipairs(lines[is_on]) do
        eq({ line, ways.is_on(way_of(name), { "+XYZ: 1", line }) }, { line, is_on == 1 })
      end
    end
  end
end

function T.test_why_huawei_has_ended_it()
  local cause = way_of "huawei".cause
  for line, number in pairs {
    ['^NDISSTAT: 0,33,,"IPV4"'] = "33", ["^NDISSTAT:0,36,,IPV6"] = "36", ['^NDISSTAT: 1,0,27,,"IPV4"'] = "27",
    ['^NDISSTAT: 1,,,"IPV4"'] = false, ["^NDISSTAT: 0"] = false,
  } do
    eq({ line, line:match(cause) or false }, { line, number })
  end
end

-- Hexadecimal, the last byte first; nonsense is none.
function T.test_huawei_addresses()
  local read = way_of "huawei".tells.read
  eq(read { "^RSSI: 12", "^DHCP:0200000A,F8FFFFFF,0100000a,0100000A,09090909,08080808,150000000,50000000" }.ipv4,
    ipv4("10.0.0.2", 29, "10.0.0.1", { "9.9.9.9", "8.8.8.8" }))
  eq(read { "^DHCP: 0200000A,FFFFFFFF,00000000,0,00000000,08080808" }.ipv4, ipv4("10.0.0.2", 32, nil, { "8.8.8.8" }))
  for _, line in ipairs { "^DHCP: 0,0,0,0,0,0", "^DHCP: 00000000,0,0,0,0,0", "^DHCP: 10.0.0.2", "^DHCP:", "" } do
    eq({ line, read { line } }, { line, nil })
  end
end

-- What is refused because the SIM is not ready yet is asked again; what the modem does not know is not.
function T.test_what_is_refused_for_now()
  local asked, number = {}, 14
  local port = { command = function(_, command)
    asked[command] = (asked[command] or 0) + 1
    if command == "AT+CEREG?" and not number then return { lines = { "+CEREG: 0,1" } } end
    return errors.fail {
      code = "rejected", source = "at", message = "refused", detail = { number = command == "AT+CEREG?" and number },
    }
  end }
  local modem = { at = port, description = { protocol = "at" } }
  local registration, err = air.registration(modem)
  eq({ registration, err.code }, { nil, "rejected" })
  number = nil
  eq(assert(air.registration(modem)).state, "home")
  eq({ asked["AT+CEREG?"] >= 2, asked["AT+C5GREG?"] }, { true, 1 })
end

-- Without numbers (AT+CMEE=0), a card that lacks its PIN, or lacks itself, is an ERROR like any other.
function T.test_what_error_means()
  local numbers = { ["SIM busy"] = 14, ["SIM missing"] = 10, ["other"] = 4 }
  for what, code in pairs {
    ["SIM PIN"] = "sim-locked", ["SIM PUK"] = "sim-blocked", ["SIM PIN2"] = "rejected", ["READY"] = "rejected",
    ["SIM busy"] = "rejected", ["SIM missing"] = "sim-missing", ["other"] = "rejected",
  } do
    local cmee, seen = 0, {}
    local port = { turn = task.mutex(), urcs = function() return task.queue() end }
    function port:command(command)
      seen[#seen + 1] = command
      if command:find "^AT%+CMEE" then
        cmee = tonumber(command:match "=(%d)") or cmee
        return { lines = { ("+CMEE: %d"):format(cmee) } }
      elseif command == "AT+CPIN?" and not numbers[what] then
        return { lines = { "+CPIN: " .. what } }
      end
      return errors.fail { code = "rejected", source = "at", message = command .. ": ERROR", detail = {
        number = cmee == 1 and command == "AT+CPIN?" and numbers[what] or nil,
      } }
    end
    local modem = { at = port, description = { protocol = "at", control = "/x" } }
    for _, verb in ipairs {
      function() return at_messages.stored_messages(modem) end,
      function() return at_messages.send_pdu(modem, "\0x") end,
      function() return at_messages.delete_stored(modem, "1") end, function() return at_ussd.ussd(modem, "*1#") end,
      function() return air.scan(modem) end,
    } do
      local result, err = verb()
      eq({ what, result, err.code, cmee }, { what, nil, code, 0 })
      eq({ what, tostring(err):find "ERROR" ~= nil, err.hint ~= nil },
        { what, true, what:find "^SIM" ~= nil and what ~= "SIM PIN2" })
    end
    lu.assertNotStrContains(table.concat(seen, " "), "AT+CPIN=")
  end
end

-- A modem that makes no sense refuses nothing: that it is so is what is told of SIM, network and connection.
function T.test_one_that_makes_no_sense()
  local port = { command = function(_, command)
    return errors.fail { code = "modem-failed", source = "at", message = command .. ": answers even `AT` with ERROR" }
  end }
  local modem = setmetatable({ at = port, description = { protocol = "at" } }, { __index = require "modem.by_at" })
  for _, verb in ipairs { "sim_state", "pin", "registration", "session", "slots", "started", "ip_configuration" } do
    local result, err = modem[verb](modem, 0)
    eq({ verb, result, err and err.code }, { verb, nil, "modem-failed" })
  end
end

-- Some firmware writes its words in small letters, or with other blanks.
function T.test_small_letters_and_blanks()
  local modem = answering {
    ["AT+CFUN?"] = { "+cfun:4" }, ["AT+CGATT?"] = { "+cgatt: 0" }, ["AT+CPIN?"] = { " +cpin :sim pin" },
    ["AT+CPINR"] = { "+cpinr: sim puk,9,10", "+cpinr: sim pin,2,3" }, ["AT+CIMI"] = { "+cimi: 262011234567890" },
    ["AT+CNUM"] = {
      '+cnum: "a","+491700000001",145', "+cnum: ,491700000002,129", '+CNUM: "0041","002B00340039",145',
      '+CNUM: "","004900310037",129', "+CNUM: ,,129",
    },
  }
  setmetatable(modem, { __index = require "modem.by_at" })
  eq(modem:radio().software, "off")
  eq(modem:packet_service().state, "detached")
  eq(modem:pin(), { type = "pin1", locked = true, tries = 2 })
  eq({ modem:sim_state().state, modem:sim_state().reason }, { "locked", "SIM PIN" })
  eq(modem:home_provider().id, "26201")
  modem.sim_state = function() return { state = "ready" } end
  eq(modem:sim().imsi, "262011234567890")
  eq(modem:sim().numbers, { "491700000001", "491700000002", "49", "004900310037" })
  eq(at_ussd.read '+cusd: 0,"5 EUR",15', { state = "done", text = "5 EUR" })
end

-- By answer to AT+CGSN, AT+CGMR, AT+CGMM: IMEI, firmware, hardware.
function T.test_what_it_calls_itself()
  for _, case in ipairs {
    { "359072061234567", "1.0 r7040 2017/05/19", "Model X", "1.0", "Model X" },
    { '+CGSN: "359072061234567"', '+CGMR: "18500.5001"', '+CGMM: "L850-GL","L850-GL"', "18500.5001", "L850-GL" },
    { " 359072061234567 ", "REVISION 03.017", '"PLS8-E"', "03.017", "PLS8-E" },
    { "+cgsn:359072061234567", "Revision: A/B_1", "+CGMM: X Y", "A/B_1", "X Y" },
  } do
    local modem = answering { ["AT+CGSN"] = { case[1] }, ["AT+CGMR"] = { case[2] }, ["AT+CGMM"] = { "", case[3] } }
    eq(at_only.identity(modem), { imei = "359072061234567", firmware = case[4], hardware = case[5] })
  end
  eq(at_only.identity(answering {}), {})
end

-- Some tell no whole decibels, and some no firmware.
function T.test_what_is_shown_of_it()
  local shown = {}
  local watcher = { done = function(_, label, words) shown[label] = words end }
  report.network({ state = "home", technology = "LTE" }, {}, { dbm = -54.5 }, watcher)
  local description = { protocol = "at", control = "/x" }
  report.modem({ describe = function() return "A" end, options = {}, description = description }, {}, watcher)
  eq(shown, { network = "registered at home, LTE, -54.5 dBm", modem = "A, firmware unknown   /x (AT)" })
end

-- ---- commands ----

-- SIMCom has the password first; Huawei's order has neither where there is no user.
function T.test_orders_with_a_user()
  local values = { cid = 1, apn = "a", user = "anna", password = "secret", auth = 2 }
  for number = 1, 2 do
    eq(ways.fill(ways.login(way_of("simcom", number)), values), 'AT+CGAUTH=1,2,"secret","anna"')
  end
  local order = way_of "huawei".connects[1]
  eq(ways.fill(order, values), 'AT^NDISDUP=1,1,"a","anna","secret",2')
  eq(ways.fill(order, { cid = 1, apn = "a", auth = 0 }), 'AT^NDISDUP=1,1,"a"')
end

-- ---- modems that go their own ways ----

local originals = {}
require "simulator.at.packet"(function(name, parts) originals[name] = parts end)

-- Calls fn(modem, sim, sent) with one that has 3GPP's commands, and these in place of some.
local function with_strange(commands, fn)
  local sent = {}
  package.loaded["simulator.at.strange"] = function(handle)
    for name, parts in pairs(commands) do
      parts = setmetatable(parts, { __index = originals[name] })
      local set = parts.set
      handle(name, setmetatable({ set = function(modem, arguments, ...)
        sent[#sent + 1] = name .. "=" .. table.concat(arguments, ",")
        return set(modem, arguments, ...)
      end }, { __index = parts }))
    end
  end
  local usb = personality.join(ec25.usb, {
    vendor = 0x1234, product = 0x5678, manufacturer = "Another", configurations = { "ecm" },
  })
  local model = personality.join(ec25, { usb = usb, at = "strange", connects_by = false })
  simulated.with_modem({ composition = "ecm", model = model }, function(modem, sim)
    sim.profiles[1].apn_name, sim.profiles[1].pdp_type = "before", "ipv4"
    fn(modem, sim, sent)
    state.persistent.remove("contexts", modem.description.name)
  end)
end

local OPERATION_NOT_ALLOWED, INCORRECT_PARAMETERS, LAST_CONNECTION = 3, 50, 151

-- It knows neither IPv6 nor both families in one context.
function T.test_types_that_it_does_not_know()
  local define = originals["+CGDCONT"].set
  with_strange({ ["+CGDCONT"] = { set = function(modem, arguments)
    if (arguments[2] or "IP") ~= "IP" then return nil, INCORRECT_PARAMETERS end
    return define(modem, arguments)
  end } }, function(modem, sim)
    local bearer = assert(modem:connect { apn = "r.ispsn", ip = "ipv4v6" })
    eq({ bearer.ip, sim.sessions[0].apn }, { "ipv4", "r.ispsn" })
    assert(modem:deactivate(0))
    eq({ sim.profiles[1].apn_name, sim.sessions }, { "before", {} })
  end)
end

-- Connected by itself, it refuses the order.
function T.test_one_that_connects_by_itself()
  local activate = originals["+CGACT"].set
  with_strange({ ["+CGACT"] = { set = function(modem, arguments)
    if arguments[1] == "0" then return activate(modem, arguments) end
    assert(activate(modem, arguments))
    return nil, OPERATION_NOT_ALLOWED
  end } }, function(modem, sim)
    assert(modem:connect { apn = "r.ispsn", ip = "ipv4" })
    eq(sim.sessions[0].apn, "r.ispsn")
    assert(modem:deactivate(0))
  end)
end

-- It takes the order, and then nothing comes of that: whose fault that is nobody knows, least of all the network.
function T.test_an_order_that_comes_to_nothing()
  for words, why in pairs {
    ["No cause information available"] = "it has taken the order, and is not connected after 30 seconds",
    ["Requested service option not subscribed"] = "Requested service option not subscribed",
  } do
    with_strange({
      ["+CGACT"] = { set = function() return {} end },
      ["+CEER"] = { set = function() return {} end, run = function() return { "+CEER: " .. words } end },
    }, function(modem)
      modem.wait_for = function() return errors.fail { code = "timeout", source = "modem", message = "30 s" } end
      local bearer, err = modem:connect { apn = "r.ispsn", ip = "ipv4" }
      eq({ bearer, err.code, err.message },
        { nil, "connect-refused", "the modem refuses a connection to the APN r.ispsn: " .. why })
    end)
  end
end

-- LTE's first connection does not end: what it is, the modem says when it attaches.
function T.test_a_connection_that_stays()
  local dial = require "simulator.at.dial"
  with_strange({
    ["+CGACT"] = { set = function(modem, arguments)
      if arguments[1] == "0" then return nil, LAST_CONNECTION end
      return originals["+CGACT"].set(modem, arguments)
    end },
    ["+CGATT"] = { set = function(modem, arguments)
      if arguments[1] == "0" then dial.stop(modem, 1) end
      return originals["+CGATT"].set(modem, arguments)
    end },
  }, function(modem, sim, sent)
    sim.profiles[1].apn_name = "ims"
    assert(dial.start(sim, 1))
    assert(modem:connect { apn = "r.ispsn", ip = "ipv4" })
    eq({ sim.sessions[0].apn, sent },
      { "r.ispsn", { "+CGACT=0,1", "+CGATT=0", "+CGATT=1", "+CGACT=1,1" } })
  end)
end

return T
