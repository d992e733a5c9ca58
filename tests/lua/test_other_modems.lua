-- SPDX-License-Identifier: MIT
-- What other modems say, which the simulated ones do not.

local addresses = require "modem.addresses"
local basic = require "mbim.basic_connect"
local call_end = require "qmi.call_end"
local card_channel = require "modem.mbim.card_channel"
local cards = require "modem.qmi.card"
local connecting = require "modem.mbim.connecting"
local core_mbim = require "core.mbim"
local descriptor = require "core.descriptor"
local dms = require "qmi.dms"
local errors = require "errors"
local extensions = require "mbim.ms_basic_connect_extensions"
local find = require("modem").find
local framing = require "modem.qmi.framing"
local lu = require "luaunit"
local mbim_slots = require "modem.mbim.slots"
local mbim_sms = require "mbim.sms"
local messages = require "modem.mbim.messages"
local nas = require "qmi.nas"
local netlink = require "core.netlink"
local network_wait = require "modem.network_wait"
local new_simulated = require("simulator.modem").new
local personality = require "simulator.models.personality"
local plan = require "link.plan"
local ports = require "core.port"
local prerequisites = require "modem.prerequisites"
local qmi_address = require "modem.qmi.address"
local qmi_messages = require "modem.qmi.messages"
local qmi_ussd = require "modem.qmi.ussd"
local radio_words = require "radio.words"
local registrations = require "modem.registration"
local report = require "modem.report"
local serving = require "modem.qmi.serving_system"
local sim_start = require "modem.sim_start"
local simulated = require "support.simulated"
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"
local voice = require "qmi.voice"
local wait = require "modem.wait"

local T = {}

local eq = lu.assertEquals

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

-- In the TLV of the network, of Get Serving System. The first one is of libqmi's tests, in packed letters.
function T.test_names_in_other_encodings()
  local function name_of(bytes)
    local registration = serving.registration(assert(nas.get_serving_system.response:decode(
      "\2\4\0\0\0\0\0" .. "\1\6\0\1\1\1\2\1\8"
        .. ("<BI2I2I2s1"):pack(0x12, 5 + #bytes, 222, 50, bytes), true)))
    return registration.provider.name
  end
  for bytes, name in pairs {
    ["\x49\x76\x3a\x4c\x06"] = "Iliad", ["\x4f\x79\xd8\x7d\x2e\x03"] = "Orange", ["Movistar"] = "Movistar",
    ["\xd4\x32\xbb\xbc\x7e\xb7\x01"] = "Telekom", ["Télé2"] = "Télé2", ["T\xe9l\xe9"] = "T\xe9l\xe9", [""] = "",
    ["O\0002\0"] = "O2", ["\x1c\4\x22\4\x21\4"] = "МТС", ["\x2d\x4e\xfd\x56\xfb\x79\xa8\x52"] = "中国移动",
  } do
    eq(name_of(bytes), name)
  end
end

-- WDA takes the order and tells no format afterwards, or knows no question for it.
function T.test_a_data_format_that_is_not_told()
  for _, told in ipairs { {}, "rejected", "unsupported" } do
    local answers = { {}, told }
    local modem = { description = {}, qmi = { request = function()
      local answer = table.remove(answers, 1)
      if type(answer) == "string" then
        return errors.fail { code = answer, source = "qmi", message = answer }
      end
      return answer
    end } }
    eq(assert(framing.agree(modem, "disabled")), { protocol = "raw-ip" })
  end
end

-- It answers that it is attaching, and, asked at once, that it is detached; then it is attached, or refused.
function T.test_a_modem_that_is_late_to_say_that_it_attaches()
  local watcher = { doing = function() end, during = function(_, fn) return fn() end }
  for _, last in ipairs { { state = "attached" }, { state = "detached", nw_error = 8 } } do
    local states = { { state = "detached" }, last }
    local modem = {
      attach = function() return { state = "attaching" } end,
      packet_service = function() return table.remove(states, 1) end,
      wait_for = function(_, event, look, wanted)
        eq(event, "packet")
        local value = look()
        while not wanted(value) do value = look() end
        return value
      end,
    }
    local packet, err = prerequisites.attach(modem, { state = "detached" }, watcher)
    eq(packet and packet.state or err.detail.nw_error, last.nw_error or "attached")
    eq(states, {})
  end
end

-- A card's number of 19 digits ends in half a byte more, which some firmware shows as a letter.
function T.test_a_card_s_number_without_what_fills_it_up()
  lu.skipIf(not entered, "no world of our own here: " .. tostring(refused))
  for _, composition in ipairs { "mbim", "qmi" } do
    local group <close> = task.group()
    local sim = new_simulated(require "simulator.models.mc7455", group)
    sim:compose(composition)
    sim.latency, sim.search_time, sim.card.iccid = 0, 0.02, "8901260123456789012F"
    assert(tier1.start(sim, group))
    local _ <close> = task.finally(function()
      sim:unplug()
      state.remove(composition == "qmi" and "qmi" or "channels", "simulated")
    end)
    local modem <close> = assert(find())
    assert(modem:start())
    eq(assert(modem:sim()).iccid, "8901260123456789012")
  end
end

-- Over MBIM, it takes the order and still says that it is detached, without a cause; a modem that attaches by itself
-- alone does not know the order.
function T.test_a_modem_that_attaches_by_itself()
  local taken = { mbim = { set = function() return { state = "detached", nw_error = 0 } end } }
  eq(assert(connecting.attach(taken)).state, "attaching")
  local watcher = { doing = function() end, during = function(_, fn) return fn() end }
  for _, last in ipairs { "attached", "detached" } do
    local states = { { state = "detached" }, { state = last } }
    local modem = {
      attach = function() return errors.fail { code = "unsupported", source = "mbim", message = "unknown" } end,
      packet_service = function() return table.remove(states, 1) end,
      wait_for = function(_, _, look, wanted)
        local value = look()
        while not wanted(value) do value = look() end
        return value
      end,
    }
    local packet, err = prerequisites.attach(modem, { state = "detached" }, watcher)
    eq(packet and packet.state or err.code, last == "attached" and last or "attach-failed")
    eq(states, {})
  end
end

-- The network ends a connection before its addresses are read: that is said, and no address is looked for.
function T.test_a_connection_that_ends_before_its_addresses_are_read()
  local none = { addresses = {}, dns = {} }
  for _, told in ipairs { { { session = 0, ipv4 = none, ipv6 = none } }, { nil, "malformed" }, { nil, "rejected" } } do
    local state_now
    local modem = {
      wait_for = function()
        if told[2] then
          return errors.fail { code = told[2], source = "mbim", message = "nothing" }
        end
        return told[1]
      end,
      session = function() return state_now end,
    }
    state_now = { session = 0, state = "deactivated", nw_error = 36 }
    local found, err = addresses.read(modem, { session = 0, ip = "ipv4v6" })
    eq({ found, err.code, err.detail.nw_error or 36 }, { nil, "disconnected", 36 })
    lu.assertStrContains(err.message, "cause 36")
    state_now = { session = 0, state = "activated" }
    eq(#assert(addresses.read(modem, { session = 0, ip = "ipv6" })).ipv6.addresses, 0) -- the network may advertise one
  end
end

-- Over MBIM, answers may end early: a list of messages, a message, what the card has said.
function T.test_answers_about_messages_and_the_card_that_end_early()
  local answers = {}
  local function next_answer() return table.remove(answers, 1) end
  local modem = { mbim = { query = next_answer, set = next_answer } }
  local configured = { storage_state = "initialized", format = "pdu" }
  answers = { configured, {} }
  local list, err = messages.stored_messages(modem)
  eq({ list, err.code }, { nil, "malformed" })
  answers = { configured, { messages = { { index = 1 } } } }
  eq(messages.stored_messages(modem), {}) -- which is no message
  for _, status in ipairs { {}, { status = { sw1 = 0x90, sw2 = 0 } } } do
    answers = { status }
    local way
    way, err = card_channel.open_card_channel(modem, "aid")
    eq({ way, err.code }, { nil, "malformed" })
  end
  answers = { { status = { sw1 = 0x90, sw2 = 0 }, channel = 1 }, {}, { response = "\1" } }
  local way = assert(card_channel.open_card_channel(modem, "aid"))
  local answer
  answer, err = way.send("\x81\xe2\x91\0\0", 1)
  eq({ answer, err.code }, { nil, "malformed" })
  eq(way.send("\x81\xe2\x91\0\0", 1), "\1\0\0") -- which is no card's status
end

-- A modem that tells an empty number tells none: files are named after it.
function T.test_an_identity_of_empty_texts()
  local unknown = { firmware = "unknown" }
  local mbim = { query = function() return { device_id = "", firmware = "", hardware = " " } end }
  eq(require("modem.mbim").identity { mbim = mbim }, unknown)
  local told = {
    [dms.get_revision] = { revision = "" }, [dms.get_model] = { model = "" }, [dms.get_ids] = { imei = "" },
  }
  local qmi = { request = function(_, message) return told[message] end }
  eq(require("modem.qmi").identity { qmi = qmi }, unknown)
  told[dms.get_ids] = { imei = " 356938035643809 " }
  eq(require("modem.qmi").identity({ qmi = qmi }).imei, "356938035643809")
end

-- Over QMI, indications and refusals may end early, too.
function T.test_indications_that_end_early()
  for _, verbose in ipairs { {}, { type = "3gpp" }, { reason = 33 } } do
    eq(call_end.cause(verbose), nil)
    lu.assertStrContains(call_end.verdict(verbose).words, "no reason given")
  end
  local modem = { qmi = {} } -- which would raise, were there anything to do
  local format = "gsm-wcdma-point-to-point"
  for _, values in ipairs {
    {}, { mt_message = { storage_type = "uim" } }, { transfer_route_mt_message = { format = format } },
    { transfer_route_mt_message = { format = format, raw_data = "" } },
  } do
    qmi_messages.message_notified(modem, values)
  end
  messages.message_notified(modem, { command = mbim_sms.read, values = { messages = { { index = 1 } } } })
end

-- Over QMI, an address may come without the length of its prefix, or be cut off itself.
function T.test_an_address_that_ends_early()
  local address = "2001:db8:99::3"
  local told = qmi_address.ipv6 { ipv6_address = { address = address } }
  eq(told.addresses, { { address = address, prefix_length = 128 } })
  eq(qmi_address.ipv6({ ipv6_address = {}, ipv6_gateway_address = {} }).addresses, {})
end

-- Networks whose name is empty, and cells of which nothing but the technology is known.
function T.test_networks_and_cells_without_a_name()
  for _, case in ipairs { { { id = "26201", name = "" }, "26201" }, { { id = "", name = "" } }, {},
    { { id = "26201", name = "Telekom" }, "Telekom" } } do
    local provider, name = case[1], case[2]
    eq(radio_words.network(provider), name)
    if provider then
      local _, err = registrations.may_use { state = "roaming", provider = provider }
      lu.assertStrContains(err.message, ("(%s)"):format(name or "it tells no name"))
    end
  end
  local provider = { id = "26201", name = "" }
  for current, words in pairs { home = "does not tell its cells", searching = "hears no cell" } do
    lu.assertStrContains(select(2, network_wait.no_cells { state = current, provider = provider }).message, words)
  end
  local lines = {}
  local watcher = { done = function(_, label, text) lines[label] = text end, data = function() end }
  report.air({}, { serving = { { technology = "5G", role = "primary" } } }, watcher)
  eq(lines, { cell = "5G" })
end

-- A modem names servers of IPv4, and gives no address to reach them from.
function T.test_servers_of_a_family_without_an_address()
  local none = { addresses = {}, dns = { "8.8.8.8" } }
  local ipv6 = { addresses = { { address = "2001:db8::2", prefix_length = 64 } }, dns = { "2001:db8::53" } }
  eq(plan.all_of({ ipv4 = none, ipv6 = ipv6 }, "dns"), { "2001:db8::53" })
  local ipv4 = { addresses = { { address = "10.0.0.2", prefix_length = 30 } }, dns = { "8.8.8.8" } }
  eq(plan.all_of({ ipv4 = ipv4, ipv6 = { addresses = {}, dns = { "2001:db8::53" } } }, "dns"),
    { "8.8.8.8", "2001:db8::53" })
end

-- Over MBIM, the card or the modem may ask for a code that has no name of the SIM's. No PIN is for that.
function T.test_a_code_that_is_no_pin()
  local asked = {}
  local modem = {
    mbim = { query = function() return asked end },
    sim = function() return { state = "locked", numbers = {} } end,
    pin = require("modem.mbim").pin,
  }
  for _, kind in ipairs { "custom", "adm", 77 } do
    asked = { type = kind, state = "locked", remaining_attempts = 0xffffffff }
    eq(modem:pin(), { type = kind, locked = true })
    local _, err = sim_start.ready(modem, { sim = modem:sim(), radio = {} }, { doing = function() end }, {})
    eq(err.code, "modem-locked")
    lu.assertStrContains(err.message, ("neither the SIM's PIN nor its PUK (%s)"):format(kind))
  end
  for _, kind in ipairs { "none", "pin2", "puk2" } do
    asked = { type = kind, state = "locked", remaining_attempts = 3 }
    eq(modem:pin(), { type = "pin1", locked = false })
  end
end

-- A task of the port that has failed, whose error closing raises, does not keep the modem from being opened again.
function T.test_a_modem_is_closed_whatever_has_failed()
  lu.skipIf(not entered, "no world of our own here: " .. tostring(refused))
  local group <close> = task.group()
  local sim = new_simulated(require "simulator.models.mc7455", group)
  sim:compose "mbim"
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("channels", "simulated")
  end)
  for _, port in ipairs { "mbim", "at" } do
    local used
    local ok, err = pcall(function()
      local modem <close> = assert(find(nil, { patience = 0 }))
      used = modem
      modem[port].group:spawn(error, "as a mistake would")
      task.sleep(1)
    end)
    eq(ok, false)
    lu.assertStrContains(tostring(err), "as a mistake would")
    local at = rawget(used, "at")
    eq({ used.mbim.exchange, at and at.port }, {}, port)
  end
  local modem <close> = assert(find(nil, { patience = 0 }))
  eq(modem.description.key, "simulated")
end

-- Over QMI, a card says why no code helps any more.
function T.test_a_card_that_is_blocked_or_refused_says_which()
  for state_of_it, reason in pairs { ["pin1-blocked"] = "blocked", ["illegal"] = "illegal" } do
    eq(cards.state_of({ state = "present" }, { state = state_of_it }), { "failure", reason })
    local _, err = sim_start.unusable { state = "failure", reason = reason }
    lu.assertStrContains(err.message, reason)
  end
end

-- An indication, or an answer, without what its text consists of.
function T.test_ussd_that_ends_early()
  for _, part in ipairs { {}, { scheme = "ascii" }, { scheme = "ucs2" } } do
    eq(qmi_ussd.read_ussd(voice.ussd, { uss_data = part }), { state = "done", text = "" })
    eq(select(2, qmi_ussd.read_ussd(voice.originate_ussd_no_wait, { uss_data = part })).code, "rejected")
  end
end

-- Over MBIM, a list of the slots that executors use may be empty, or end within the first one.
function T.test_slots_that_end_early()
  local answers
  local modem = {
    mbim = {
      query = function(_, command) return command == extensions.sys_caps and { slots = 2 } or answers[1] end,
      set = function() return answers[2] end,
    },
  }
  for _, executors in ipairs { {}, { {} } } do
    answers = { { executors = executors } }
    eq(select(2, mbim_slots.slots(modem)).code, "malformed")
    eq(select(2, mbim_slots.select_slot(modem, 2)).code, "malformed")
  end
  answers = { { executors = { { slot = 0 } } }, { executors = { {} } } }
  eq(mbim_slots.select_slot(modem, 2), true) -- it says nothing else
end

-- Over MBIM, the answer to an order to connect may leave the state open.
function T.test_a_connection_in_an_unknown_state_is_looked_at()
  local orders = {}
  local modem = {
    asked_sim = true,
    mbim = { set = function(_, _, values)
      orders[#orders + 1] = type(values) == "table" and values.command or "activate"
      return { session = 0, state = "unknown" }
    end },
    events = function() return setmetatable({}, { __close = function() end }) end,
    session = function() return { session = 0, state = "activated", ip = "ipv4" } end,
    deactivate = connecting.deactivate,
  }
  eq(assert(connecting.activate(modem, { session = 0, apn = "internet", ip = "ipv4" })).state, "activated")
  eq(orders, { "activate" })
end

-- ---- one whose MBIM answers are changed, while what it does stays as it is ----

local function with_altered(alters, fn)
  local model = personality.join(require "simulator.models.mc7455", { alters = alters })
  simulated.with_modem({ composition = "mbim", model = model }, function(modem, sim)
    simulated.await_home(modem)
    fn(modem, sim)
  end)
end

-- The network's cause comes in the indication that follows the refusal.
function T.test_a_cause_that_comes_after_the_refusal()
  with_altered({
    [basic.connect] = function(values, sim)
      if values.state == "deactivated" then
        values.nw_error = 0
        sim:after(0.02, function() sim:emit("session", 1) end) -- which is another one's
        sim:after(0.04, function() sim:emit("session", 0) end)
      end
      return values
    end,
  }, function(modem)
    local bearer, err = modem:connect { apn = "wrong" }
    eq({ bearer, err.code, err.detail.nw_error }, { nil, "connect-refused", 33 })
    lu.assertStrContains(err.message, "(cause 33)")
  end)
  -- The same where the answer is no failure, and says that it is not connected.
  local told = { { name = "session", value = { session = 0, state = "deactivated" } },
    { name = "session", value = { session = 0, state = "deactivated", nw_error = 33 } } }
  local modem = {
    asked_sim = true, mbim = { set = function() return { session = 0, state = "deactivated", nw_error = 0 } end },
    events = function()
      return setmetatable({ next = function() return table.remove(told, 1) end }, { __close = function() end })
    end,
    deactivate = function() return true end,
  }
  eq(select(2, connecting.activate(modem, { session = 0, apn = "x", ip = "ipv4" })).detail.nw_error, 33)
  eq(select(2, connecting.activate(modem, { session = 0, apn = "x", ip = "ipv4" })).code, "connect-refused")
end

-- Answers about connections that name another session.
function T.test_answers_about_another_session()
  local wrong = {} -- commands of which the answers name another session, and how many of them
  local function another(command)
    return function(values)
      if (wrong[command] or 0) > 0 then
        wrong[command], values.session = wrong[command] - 1, 5
      end
      return values
    end
  end
  with_altered({
    [basic.connect] = another(basic.connect), [basic.ip_configuration] = another(basic.ip_configuration),
  }, function(modem, sim)
    wrong = { [basic.connect] = 1, [basic.ip_configuration] = 1 }
    local bearer = assert(modem:connect { apn = "r.ispsn" })
    eq({ bearer.session, #bearer.ipv4.addresses, wrong[basic.connect] }, { 0, 1, 0 })
    wrong = { [basic.connect] = 1 }
    eq(assert(modem:session(0)).state, "activated")
    wrong = { [basic.connect] = math.huge, [basic.ip_configuration] = math.huge }
    for _, verb in ipairs { "session", "ip_configuration" } do
      local value, err = modem[verb](modem, 0)
      eq({ value, err.code }, { nil, "malformed" }, verb)
    end
    wrong = { [basic.ip_configuration] = math.huge } -- all others say that it is connected
    eq(assert(modem:bearer { session = 0, apn = "r.ispsn", ip = "ipv6" }).ipv6.addresses, {})
    wrong = {}
    assert(modem:deactivate(0))
    eq(sim.sessions, {})
  end)
end

-- Nor is an indication about another session taken for ours.
function T.test_indications_about_another_session()
  local answers = { { session = 0, ip = "own" }, { session = 0, ip = "own" } }
  local events = { { value = { session = 5 } } }
  local list = { next = function()
    return table.remove(events, 1) or task.sleep(60)
  end }
  local function look() return table.remove(answers, 1) or errors.fail { code = "rejected", message = "no" } end
  local value, err = wait.on(list, look(), look, function(told) return told.session ~= 0 end, 0.1, 0)
  eq({ value.ip, err.code }, { "own", "timeout" })
end

-- An answer that is the first of no fragments fails the request at once; an indication is left out.
function T.test_a_message_of_no_fragments()
  local one, other = assert(descriptor.socketpair "seqpacket")
  local theirs = assert(ports.adopt(other, "messages"))
  local exchange <close> = core_mbim.exchange(assert(ports.adopt(one, "messages")), 4096, 4)
  local function of_no_fragments(message) -- of which the number comes after type, length and transaction
    local bytes = core_mbim.build(message)
    return bytes:sub(1, 12) .. ("<I4"):pack(0) .. bytes:sub(17)
  end
  local caps = { service = basic.device_caps.service_uuid, cid = basic.device_caps.cid }
  local group <close> = task.group()
  group:spawn(function()
    local asked = assert(core_mbim.parse(assert(theirs:read())))
    local answer = { type = "command-done", transaction = asked.transaction, status = 0, info = "" }
    local news = { type = "indication", info = "" }
    for key, value in pairs(caps) do answer[key], news[key] = value, value end
    assert(theirs:write(of_no_fragments(news)))
    assert(theirs:write(of_no_fragments(answer)))
    assert(theirs:write(core_mbim.build(news)))
  end)
  local answer, err = exchange:request({ type = "command", service = caps.service, cid = caps.cid }, 600)
  eq({ answer, err.code }, { nil, "malformed" })
  eq(assert(exchange:indication()).cid, caps.cid) -- the whole one
end

return T
