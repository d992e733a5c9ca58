-- SPDX-License-Identifier: MIT
-- How many answers and indications `up` needs of the modem until the first ping, and which questions come before the
-- order to connect. On USB each answer takes a turn, so these numbers are ceilings.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals
local IPV4 = "moontower up --apn r.ispsn --ip ipv4"

local function run(protocol, command, faults, preparation)
  return world.run(command, faults, preparation, { "--composition", protocol })
end

-- The numbers that several `up --json` have counted, in order.
local function counted(result)
  eq(result.status, 0, result.out .. result.err)
  local numbers = {}
  for number in result.out:gmatch '"answers": ?(%d+)' do numbers[#numbers + 1] = math.tointeger(number) end
  return numbers
end

-- What was sent and received, in order: "> Start Network", "< Start Network: ok".
local function messages(result)
  local list = {}
  for direction, text in (result.out .. result.err):gmatch "%d+%.%d+ ([<>]) ([^\n]+)" do
    list[#list + 1] = direction .. " " .. text:gsub("^%u+ #?%d* ?", ""):gsub("^%l+/?%d* ", ""):gsub("^set ", "")
      :gsub("^query ", "")
  end
  return list
end

local function position(list, wanted)
  for i, text in ipairs(list) do
    if text == wanted then return i end
  end
end

-- The simulated modem indicates over QMI that it is connected, one family at a time: that is among them.
local most = {
  mbim = { cold = 5, kept = 5, both = 5 },
  qmi = { cold = 11, kept = 6, both = 12 },
}

-- `up` for which no modem is too slow to be asked nothing more before the ping, however busy this computer is.
local PATIENT = [[echo 'require("modem.screen").idle = 600; return require("cli.command").script "up"' >/run/test/up.lua
]]
local function patient(command) return (command:gsub("moontower up", "moontower run /run/test/up.lua")) end

function T.test_the_number_of_answers_until_the_ping()
  for protocol, allowed in pairs(most) do
    local cold = IPV4 .. " --json"
    local numbers = counted(run(protocol, patient(("%s; %s; moontower down >/dev/null 2>&1; ")
      :format(cold, cold) .. "moontower up --apn r.ispsn --json"), nil, PATIENT .. ":"))
    eq(#numbers, 3)
    for i, name in ipairs { "cold", "kept", "both" } do
      lu.assertTrue(numbers[i] <= allowed[name], ("%s, %s: %d"):format(protocol, name, numbers[i]))
    end
  end
end

-- The channel that an earlier run has opened is not opened again, unless another program has closed it since. Whether
-- another one has connected in between is asked: one answer more.
function T.test_a_channel_that_is_open()
  local result = run("mbim", patient [[moontower up --apn r.ispsn --json && moontower down >/dev/null 2>&1 &&
    moontower simulate fault forget && moontower up --apn r.ispsn --json]], nil, PATIENT .. IPV4 .. "; moontower down")
  local numbers = counted(result)
  lu.assertTrue(numbers[1] <= 5, tostring(numbers[1]))
  lu.assertTrue(numbers[2] <= 6, tostring(numbers[2]))
end

-- Client ids are kept while there is no connection, by whichever way it has ended.
function T.test_client_ids_that_are_kept()
  local result = run("qmi", patient(([[moontower down >/dev/null; UP
    moontower simulate fault disconnect >/dev/null; UP;
    moontower down >/dev/null; moontower down >/dev/null; UP]]):gsub("UP", IPV4 .. " --json")), nil, PATIENT .. IPV4)
  local numbers = counted(result)
  eq(#numbers, 3)
  lu.assertTrue(numbers[1] <= 6, tostring(numbers[1]))
  lu.assertTrue(numbers[2] <= 6, tostring(numbers[2]))
  lu.assertTrue(numbers[3] <= 11 and numbers[3] > 6, tostring(numbers[3])) -- they were given back
end

-- A program that has connected since our channel was opened: its session is not taken for ours.
function T.test_a_session_that_another_program_has_made_since()
  local result = run("mbim", "moontower trace --brief up --apn r.ispsn", nil, [[
    moontower up --apn r.ispsn; moontower down
    echo 'local m <close> = assert(require("modem").find())
      m.is_started = true
      assert(m:activate { session = 0, apn = "r.ispsn", ip = "ipv4" })' >/run/test/other.lua
    moontower run /run/test/other.lua]])
  eq(result.status, 0, result.out .. result.err)
  local list = messages(result)
  lu.assertNil(position(list, "> OPEN"))
  local orders = 0
  for _, text in ipairs(list) do orders = orders + (text == "> Connect" and 1 or 0) end
  eq(orders, 3, result.err) -- is there one, its end, ours
end

-- A lost answer does not end a connection that works: the question is asked once more.
function T.test_a_connection_stays_where_an_answer_is_lost()
  world.all_of({ "mbim 1", "mbim 2", "qmi 1", "qmi 2" }, function(case)
    local protocol, number = case:match "(%a+) (%d)"
    local result = run(protocol, "moontower up --apn r.ispsn", nil,
      ("moontower up --apn r.ispsn; moontower simulate fault silent@%s 1"):format(number))
    eq(result.status, 0, result.out .. result.err)
    lu.assertStrContains(result.out, "connected already")
    eq(result.after, result.before)
  end)
end

-- A modem that has fallen silent is asked once more, for one thing, and not for what is only shown. (Device Caps finds
-- out whether it is there.)
function T.test_a_modem_that_hangs_is_not_asked_again_and_again()
  local result = run("mbim", "moontower trace --brief up --apn r.ispsn", { "hang@2" })
  lu.assertNotEquals(result.status, 0)
  local questions = 0
  for _, text in ipairs(messages(result)) do
    questions = questions + (text:find "^> " and text ~= "> Device Caps" and text ~= "> open" and 1 or 0)
  end
  eq(questions, 3, result.err) -- two at the same time, one more
end

-- Names of the questions and of the order, by protocol. No modem is registered while its radio is off: one that says
-- that it is registered need not be asked for that.
local safety = {
  mbim = { "Subscriber Ready Status", "Register State" },
  qmi = { "Get Card Status", "Get Serving System" },
}
local radio = { mbim = "Radio State", qmi = "Get Operating Mode" }
local order = { mbim = "Connect", qmi = "Start Network" }
local shown = { mbim = "Device Caps", qmi = "Get Revision" }

function T.test_what_safety_needs_is_answered_before_the_order_to_connect()
  for protocol, questions in pairs(safety) do
    local result = run(protocol, "moontower trace --brief up --apn r.ispsn")
    eq(result.status, 0, result.out .. result.err)
    local list = messages(result)
    local ordered = position(list, "> " .. order[protocol])
    for _, question in ipairs(questions) do
      lu.assertTrue(position(list, "< " .. question .. ": ok") < ordered, protocol .. ": " .. question)
    end
    lu.assertTrue(position(list, "> " .. shown[protocol]) > ordered, protocol)
  end
end

local all_shown = {
  mbim = { "Device Caps", "Home Provider", "Signal State", "Packet Service" },
  qmi = { "Get Model", "Get Revision", "Get Home Network", "Get Signal Info" },
}

local function count(list, wanted)
  local number = 0
  for _, text in ipairs(list) do number = number + (text == wanted and 1 or 0) end
  return number
end

local SLOW = "moontower simulate set connect=1"
local LINES = { "modem     Sierra Wireless MC7455, firmware SWI9X30C_02.24.05.06", "SIM       ready, 310120",
  "network   registered at home on Sprint, LTE, -71 dBm", "\nbearer    r.ispsn" }

-- The turns of those answers would pass unused.
function T.test_what_is_only_shown_is_answered_while_an_order_to_connect_waits()
  world.all_of({ "mbim", "qmi" }, function(protocol)
    local result = run(protocol, "moontower trace --brief " .. IPV4:sub(11), nil, SLOW)
    eq(result.status, 0, result.out .. result.err)
    local list = messages(result)
    local connected = position(list, "< " .. order[protocol] .. ": ok")
    for _, question in ipairs(all_shown[protocol]) do
      eq(count(list, "> " .. question), 1, question)
      lu.assertTrue(position(list, "> " .. question) > position(list, "> " .. order[protocol]), question)
      lu.assertTrue(position(list, "< " .. question .. ": ok") < connected, question)
    end
    local from = 1
    for _, line in ipairs(LINES) do
      local first, last = result.out:find(line, from, true)
      lu.assertNotNil(first, result.out)
      from = last
    end
  end)
end

-- One that connects first, and answers then: one question is there before the connection's own. Over QMI, that is for a
-- client id or, where a busy host got that while it waited before, the modem's name, which two messages ask for.
function T.test_a_modem_that_answers_in_turn_is_asked_one_thing_while_it_connects()
  world.all_of({ "mbim", "qmi" }, function(protocol)
    local result = run(protocol, "moontower trace --brief " .. IPV4:sub(11), { "in-turn" }, SLOW)
    eq(result.status, 0, result.out .. result.err)
    local list = messages(result)
    local connected, early = position(list, "< " .. order[protocol] .. ": ok"), 0
    for i = position(list, "> " .. order[protocol]) + 1, connected do
      early = early + (list[i]:find "^> " and list[i] ~= "> Get Revision" and 1 or 0)
    end
    eq(early, 1, result.err)
    for _, question in ipairs(all_shown[protocol]) do eq(count(list, "> " .. question), 1, question) end
  end)
end

-- Its first question while the modem connects is the fourth command.
function T.test_a_question_while_the_modem_connects_does_the_connection_no_harm()
  world.all_of({ "silent@4 1", "busy@4 1", "garbage@4 1" }, function(fault)
    local name, count_of = fault:match "(%S+) (%d)"
    local result = run("mbim", "moontower trace --brief " .. IPV4:sub(11), nil,
      ("%s; moontower simulate fault %s %s"):format(SLOW, name, count_of))
    eq(result.status, 0, fault .. result.out .. result.err)
    lu.assertStrContains(result.out, "online    8.8.8.8 answers")
    local list = messages(result)
    local caps, connected = position(list, "> Device Caps"), position(list, "< Connect: ok")
    lu.assertTrue(caps < connected, result.err)
    lu.assertTrue(position(list, "> IP Configuration") > connected, result.err)
    if fault:find "busy" then -- it is asked once more
      lu.assertStrContains(result.out, LINES[1])
    elseif fault:find "silent" then -- it gets no other question
      lu.assertTrue(position(list, "> Home Provider") > connected, result.err)
      lu.assertTrue(position(list, "< IP Configuration: ok") < position(list, "> Home Provider"), result.err)
    end
  end)
end

-- The modem goes while it is asked.
function T.test_a_modem_that_goes_while_it_connects()
  world.all_of({ "mbim", "qmi" }, function(protocol)
    local number = protocol == "mbim" and 4 or 9
    local result = run(protocol, IPV4, { "unplug@" .. number }, SLOW)
    lu.assertNotEquals(result.status, 0)
    lu.assertNotStrContains(result.err, "stack traceback")
    lu.assertStrContains(result.err, "no such device")
  end)
end

function T.test_no_order_to_connect_where_one_of_them_says_no()
  for protocol, name in pairs(order) do
    for _, fault in ipairs { "pin-lock", "puk", "sim-remove", "radio-off", "roam", "deny=3", "network-drop" } do
      local result = run(protocol, "moontower trace --brief up --apn r.ispsn --wait 0.2", { fault })
      lu.assertNotEquals(result.status, 0, fault)
      local list = messages(result)
      lu.assertNotNil(position(list, "< " .. safety[protocol][1] .. ": ok"), protocol .. ": " .. fault)
      lu.assertNil(position(list, "> " .. name), protocol .. ": " .. fault)
      local is_told = fault == "roam" or position(list, "< " .. radio[protocol] .. ": ok")
      lu.assertTrue(is_told ~= nil, protocol .. ": " .. fault)
      lu.assertStrContains(result.out, "modem     Sierra Wireless MC7455, firmware SWI9X30C_02.24.05.06")
    end
  end
end

-- Another network than the one where it was connected: that takes no order, and is found out nevertheless.
function T.test_a_connection_in_a_network_that_is_not_allowed_any_more()
  for protocol in pairs(order) do
    local result = run(protocol, IPV4, nil, IPV4 .. "; moontower simulate fault roam")
    eq(result.status, 5, protocol .. result.out .. result.err)
    lu.assertStrContains(result.err, "roaming may cost money")
    lu.assertNotStrContains(result.err, "does not come back")
    eq(result.after, result.before) -- it stays as it was
  end
end

-- A modem that is registered and not attached says so when it is ordered to connect.
function T.test_a_modem_that_is_detached_is_attached()
  for protocol in pairs(order) do
    local result = run(protocol, "moontower run /run/test/detach.lua && " .. IPV4, nil, [[
      echo 'local m <close> = assert(require("modem").find()); assert(m:detach())' >/run/test/detach.lua]])
    world.assert_success(result)
  end
end

-- What a run has not lived to write down may have been given to it: the modem takes back all client ids, then.
function T.test_client_ids_that_were_lost_are_taken_back()
  local result = run("qmi", "moontower trace --brief up --apn r.ispsn", nil, [[
    mkdir -p /run/moontower/qmi
    moontower up --apn r.ispsn
    sed 's/"clients"/"allocating":true,"clients"/' /run/moontower/qmi/simulated.json >/run/test/x
    moontower down; cp /run/test/x /run/moontower/qmi/simulated.json]])
  eq(result.status, 0, result.out .. result.err)
  lu.assertNotNil(position(messages(result), "> Sync"), result.err)
end

-- Its addresses are still there.
function T.test_a_connection_that_another_program_has_left_is_ended()
  local result = run("qmi", "moontower trace --brief up --apn r.ispsn", nil,
    "ip link set wwan0 up; ip address add 10.1.2.3/24 dev wwan0")
  lu.assertNotNil(position(messages(result), "> Sync"), result.out .. result.err)
end

-- It is not on the interface, but in the way of another one to the same APN.
function T.test_a_connection_that_is_in_the_way_is_ended()
  local result = run("qmi", "moontower trace --brief up --apn r.ispsn", nil, [[
    cat >/run/test/leave.lua <<'EOF'
      local m <close> = assert(require("modem").find())
      local client = m.qmi:client "wds"
      assert(client:request(require("qmi.wds").start_network, { apn = "r.ispsn", ip_family_preference = "ipv4" }))
      client.persistent = { session = 0, family = "ipv4" }
EOF
    moontower run /run/test/leave.lua; rm /run/moontower/qmi/*]])
  eq(result.status, 0, result.out .. result.err)
  lu.assertNotNil(position(messages(result), "> Sync"), result.err)
  lu.assertStrContains(result.out, "r.ispsn, IPv4 and IPv6, ")
end

-- It has no client ids left: those that no program uses any more are taken back.
function T.test_a_modem_without_client_ids()
  local result = run("qmi", IPV4 .. " && moontower down", nil, [[
    cat >/run/test/take.lua <<'EOF'
      local m <close> = assert(require("modem").find())
      while m.qmi:client("nas"):allocate() do end
      m.qmi.exchange:close()
      m.qmi.exchange = nil
EOF
    moontower run /run/test/take.lua; rm -f /run/moontower/qmi/*]])
  world.assert_success(result)
end

return T
