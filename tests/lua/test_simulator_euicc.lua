-- SPDX-License-Identifier: MIT
-- The simulated eUICC, and the way to it: logical channels and APDUs by MBIM.

local basic = require "mbim.basic_connect"
local ber_tlv = require "base.ber_tlv"
local cards = require "simulator.card"
local client = require "support.uicc_client"
local faults = require "simulator.faults"
local hex = require("support.hex").digits
local lu = require "luaunit"
local mbim_client = require "support.mbim_client"
local uicc = require "mbim.ms_uicc_low_level_access"

local find = ber_tlv.find

local T = {}

local OK, FAILURE, SIM_NOT_INSERTED = 0, 2, 3
local NO_LOGICAL_CHANNELS, SELECT_FAILED, INVALID_LOGICAL_CHANNEL = 0x87430001, 0x87430002, 0x87430003

local function opened(fault, ...)
  local host = mbim_client.new()
  assert(faults.apply(host.modem, "euicc"))
  if fault then
    assert(faults.apply(host.modem, fault, { ... }))
  end
  assert(host:open())
  host:query(basic.subscriber_ready_status)
  return host
end

local function open_channel(host, aid, p2)
  return host:set(uicc.open_channel, { aid = aid or client.ISD_R, select_p2 = p2 or 0, group = 1 })
end

-- Sends on a channel, and checks that the modem has done it.
local function sender(host, channel)
  return function(apdu)
    local values, status = host:set(uicc.apdu, { channel = channel, class = "extended", command = apdu })
    lu.assertEquals(status, OK)
    return values.response .. string.char(values.status.sw1, values.status.sw2)
  end
end

-- Channels -----------------------------------------------------------------------------------------------------------

function T.test_atr()
  local atr, sum = opened():query(uicc.atr).atr, 0
  for i = 2, #atr do sum = sum ~ atr:byte(i) end
  lu.assertEquals(atr, cards.ATR)
  lu.assertEquals(sum, 0)
end

function T.test_open_and_close()
  local host = opened()
  local values, status = open_channel(host)
  lu.assertEquals({ status, values.channel, values.status.sw1, values.status.sw2 }, { OK, 1, 0x90, 0 })
  lu.assertEquals(hex(values.response), "6f1f8410a0000005591010ffffffff8900000100a5049f6501ffe0058203020202")
  lu.assertEquals(select(2, host:set(uicc.close_channel, { channel = 1 })), OK)
  lu.assertEquals(select(2, host:set(uicc.close_channel, { channel = 1 })), INVALID_LOGICAL_CHANNEL)
  lu.assertEquals(select(2, host:set(uicc.apdu, { channel = 1, command = "\x80\xf2\0\0" })), INVALID_LOGICAL_CHANNEL)
end

function T.test_select_tells_nothing_when_asked_to()
  lu.assertEquals(open_channel(opened(), nil, 0x0c).response, "")
end

-- The card has three beside the basic one; what fails to open takes none.
function T.test_as_many_as_the_card_has()
  local host = opened()
  lu.assertEquals(select(2, open_channel(host, "\xa0\0\0\0\9")), SELECT_FAILED)
  for number = 1, 3 do lu.assertEquals(open_channel(host, cards.USIM).channel, number) end
  local values, status = open_channel(host)
  lu.assertEquals({ status, values.status.sw1, values.status.sw2, values.channel },
    { NO_LOGICAL_CHANNELS, 0x6a, 0x81, 0 })
  host:set(uicc.close_channel, { channel = 2 })
  lu.assertEquals(open_channel(host).channel, 2)
  lu.assertEquals(host:set(uicc.close_channel, { group = 1 }).status.sw1, 0x90)
  lu.assertEquals(open_channel(host).channel, 1)
end

function T.test_what_selecting_says()
  local values, status = open_channel(opened(), "\xa0\0\0\0\9")
  lu.assertEquals({ status, values.status.sw1, values.status.sw2 }, { SELECT_FAILED, 0x6a, 0x82 })
end

function T.test_a_card_without_euicc()
  local host = mbim_client.new()
  assert(host:open())
  lu.assertEquals(select(2, open_channel(host)), SELECT_FAILED)
  lu.assertEquals(open_channel(host, cards.USIM).channel, 1)
  assert(faults.apply(host.modem, "sim-remove"))
  lu.assertEquals(select(2, open_channel(host)), SIM_NOT_INSERTED)
  lu.assertEquals(select(2, host:query(uicc.atr)), SIM_NOT_INSERTED)
end

-- The card's own refusals -------------------------------------------------------------------------------------------

function T.test_refused_by_the_card()
  local host = opened()
  local send = sender(host, open_channel(host).channel)
  for apdu, words in pairs {
    ["\x80\xe2\x91"] = "6700", -- half a header
    ["\x80\xe2\x91\0\5ab"] = "6700",
    ["\x80\xe2\x90\0\3\xbf\x3e\0"] = "6a86",
    ["\x80\xe2\x91\1\3\xbf\x3e\0"] = "6a86", -- the second block first
    ["\x80\xe2\x91\0\3\xbf\x7e\0"] = "6a88", -- no such function
    ["\x80\xe2\x91\0\3\xbf\x3e\1"] = "6a80",
    ["\x80\xe2\x91\0\3\xbf\x3e\0"] = "6a80", -- GetEID of what?
    ["\x80\x12\0\0"] = "6d00",
    ["\0\xe2\x91\0\3\xbf\x3e\0"] = "6e00",
    ["\x80\xc0\0\0\0"] = "6985", -- nothing to fetch
  } do
    lu.assertEquals(hex(send(apdu)), words, hex(apdu))
  end
end

-- Functions ----------------------------------------------------------------------------------------------------------

function T.test_eid()
  local host = opened()
  local eid, status = client.ask(sender(host, open_channel(host).channel), 0xbf3e, "\x5c\1\x5a", 0x5a)
  lu.assertEquals({ hex(eid), status }, { "89049032000000000000000000005595", 0x9000 })
end

-- Whatever size blocks have, and whether the host wants the answer at once.
function T.test_blocks()
  local host = opened()
  local send = sender(host, open_channel(host).channel)
  for _, size in ipairs { 1, 2, 5, 6, 255 } do
    local answer = client.call(send, "\xbf\x3e\3\x5c\1\x5a", size)
    lu.assertEquals(hex(answer), "bf3e125a1089049032000000000000000000005595")
  end
  lu.assertEquals(hex(send "\x80\xe2\x91\0\6\xbf\x3e\3\x5c\1\x5a\0"),
    "bf3e125a1089049032000000000000000000005595" .. "9000")
  lu.assertEquals(hex(send "\x80\xe2\x91\0\6\xbf\x3e\3\x5c\1\x5a\4"), "bf3e125a" .. "6111")
  lu.assertEquals(hex(send "\x80\xc0\0\0\1"), "10" .. "6110")
  lu.assertEquals(hex(send "\x80\xc0\0\0\x10"), "89049032000000000000000000005595" .. "9000")
end

local function asker(host)
  local send = sender(host, open_channel(host).channel)
  return function(tag, value, ...) return client.ask(send, tag, value or "", ...) end
end

-- Profiles by name, as the card lists them: ICCID and state.
local function listed(ask, request)
  local states = {}
  for _, object in ipairs(ber_tlv.decode(ask(0xbf2d, request, 0xa0))) do
    lu.assertEquals(object.tag, 0xe3)
    states[find(object.value, 0x92)] = hex(find(object.value, 0x5a)) .. hex(find(object.value, 0x9f70))
  end
  return states
end

local SPRINT, ATT, TEST = "98102100001032547618", "98101400001032547668", "98001000001032547658"
local function bytes(digits) return (digits:gsub("%x%x", function(b) return string.char(tonumber(b, 16)) end)) end
local function iccid(digits) return ber_tlv.encode(0x5a, bytes(digits)) end
local function choice(digits, flag) return ber_tlv.encode(0xa0, iccid(digits)) .. (flag or "") end

local REFRESH = "\x81\1\xff"

function T.test_profiles()
  local ask = asker(opened())
  lu.assertEquals(listed(ask), {
    ["Sprint"] = SPRINT .. "01", ["AT&T Prepaid"] = ATT .. "00", ["Test Profile"] = TEST .. "00",
  })
  lu.assertEquals(listed(ask, ber_tlv.encode(0xa0, "\x95\1\0") .. "\x5c\4\x5a\x92\x9f\x70"),
    { ["Test Profile"] = TEST .. "00" })
  local info = ask(0xbf2d, choice(ATT) .. "\x5c\6\x90\xb6\xb7\x4f\x99\x95", 0xa0, 0xe3)
  lu.assertEquals({ find(info, 0x90), hex(find(info, 0xb7, 0x80)), find(info, 0x99), find(info, 0x95) },
    { "travel", "130014", nil, "\2" })
  lu.assertEquals(find(info, 0xb6, 0x30, 0x81), "smdp.att.example")
  lu.assertEquals(hex(ask(0xbf2d, "\xa0\5\x5a", 0x81)), "01")
end

-- A list is longer than the 256 bytes of one answer.
function T.test_long_answers()
  local host = opened()
  local send = sender(host, open_channel(host).channel)
  lu.assertEquals(hex(send "\x80\xe2\x91\0\3\xbf\x2d\0"), "6100")
  local first = send "\x80\xc0\0\0\0"
  lu.assertEquals({ #first - 2, first:byte(-2) }, { 256, 0x61 })
  local rest = send("\x80\xc0\0\0" .. first:sub(-1))
  lu.assertEquals({ #rest - 2, hex(rest:sub(-2)) }, { first:byte(-1), "9000" })
  lu.assertEquals(#ber_tlv.decode(find(first:sub(1, -3) .. rest:sub(1, -3), 0xbf2d, 0xa0)), 3)
end

-- The session was the other subscription's.
function T.test_enabling_ends_sessions()
  local host = opened()
  host:set(basic.connect, { session = 0, command = "activate", apn = "r.ispsn", ip_type = "ipv4",
    context_type = basic.context_types.internet })
  asker(host)(0xbf31, choice(ATT, REFRESH), 0x80)
  lu.assertEquals(host:query(basic.connect, { session = 0 }).state, "deactivated")
  local function connect(apn)
    return select(2, host:set(basic.connect, { session = 0, command = "activate", apn = apn, ip_type = "ipv4",
      context_type = basic.context_types.internet }))
  end
  lu.assertEquals({ connect "r.ispsn", connect "broadband" }, { FAILURE, OK })
end

-- What the card refuses, with the numbers of SGP.22.
function T.test_refused_operations()
  local host = opened()
  local ask = asker(host)
  local unknown = ("98"):rep(10)
  for i, expected in ipairs {
    { 0xbf31, choice(unknown), 1 }, { 0xbf31, choice(SPRINT), 2 },
    { 0xbf32, choice(unknown), 1 }, { 0xbf32, choice(ATT), 2 },
    { 0xbf33, iccid(unknown), 1 }, { 0xbf33, iccid(SPRINT), 2 }, { 0xbf33, iccid(TEST), 3 },
    { 0xbf29, iccid(unknown) .. "\x90\1a", 1 }, { 0xbf29, iccid(ATT) .. ber_tlv.encode(0x90, ("n"):rep(65)), 127 },
    { 0xbf30, "\x80\1\7", 1 },
  } do
    lu.assertEquals(ask(expected[1], expected[2], 0x80):byte(), expected[3], i)
  end
  assert(faults.apply(host.modem, "euicc-busy"))
  lu.assertEquals(ask(0xbf31, choice(ATT), 0x80):byte(), 5)
  lu.assertEquals(ask(0xbf31, choice(ATT), 0x80):byte(), 0)
end

local function notified(ask)
  local list = {}
  for i, object in ipairs(ber_tlv.decode(ask(0xbf28, "", 0xa0))) do
    list[i] = hex(find(object.value, 0x80) .. find(object.value, 0x81)) .. find(object.value, 0x0c)
  end
  return list
end

-- The modem reads the card again, is told that by everyone, and finds the other network.
function T.test_enable()
  local host = opened()
  local ask = asker(host)
  host:indicated(basic.subscriber_ready_status)
  local done, status = ask(0xbf31, choice(ATT, REFRESH), 0x80)
  lu.assertEquals({ done, status }, { "\0", 0x910b })
  local states = {}
  for i, values in ipairs(host:indicated(basic.subscriber_ready_status)) do states[i] = values.state end
  lu.assertEquals(states, { "not-initialized", "initialized" })
  local ready = host:query(basic.subscriber_ready_status)
  lu.assertEquals({ ready.iccid, ready.imsi }, { "89014100000123456786", "310410000000123" })
  lu.assertEquals(host:query(basic.home_provider).name, "AT&T")
  local registered = host:query(basic.register_state)
  lu.assertEquals({ registered.state, registered.provider_id }, { "home", "310410" })
  ask = asker(host)
  lu.assertEquals(notified(ask), { "010520smdp.sprint.example", "020640smdp.att.example" })
  lu.assertEquals(listed(ask)["Sprint"], SPRINT .. "00")
end

-- Without refresh, the modem goes on with what it has read.
function T.test_enable_without_refresh()
  local host = opened()
  local ask = asker(host)
  local done, status = ask(0xbf31, choice(ATT, "\x81\1\0"), 0x80)
  lu.assertEquals({ done, status }, { "\0", 0x9000 })
  lu.assertEquals(host:query(basic.subscriber_ready_status).imsi, "310120000000123")
  lu.assertEquals(listed(ask)["AT&T Prepaid"], ATT .. "01")
  host:set(uicc.reset, { pass_through = "disable" })
  lu.assertEquals(host:query(basic.subscriber_ready_status).imsi, "310410000000123")
end

function T.test_no_refresh()
  for until_what, act in pairs {
    power = function(host) host:set(uicc.reset, { pass_through = "disable" }) end,
    radio = function(host)
      host:set(basic.radio_state, { state = "off" })
      host:set(basic.radio_state, { state = "on" })
    end,
  } do
    local host = opened("no-refresh", until_what)
    lu.assertEquals(asker(host)(0xbf31, choice(ATT, REFRESH), 0x80), "\0")
    lu.assertEquals(host:query(basic.subscriber_ready_status).imsi, "310120000000123")
    act(host)
    lu.assertEquals(host:query(basic.subscriber_ready_status).imsi, "310410000000123")
  end
end

function T.test_a_network_that_is_nowhere()
  local host = opened()
  asker(host)(0xbf31, choice(TEST, REFRESH), 0x80)
  lu.assertEquals(host:query(basic.subscriber_ready_status).imsi, "001010000000123")
  lu.assertEquals(host:query(basic.register_state).state, "searching")
  for _, provider in ipairs(host:query(basic.visible_providers).providers) do
    lu.assertFalse(provider.state.home or false)
  end
  asker(host)(0xbf31, choice(SPRINT, REFRESH), 0x80)
  lu.assertEquals(host:query(basic.register_state).provider_id, "310120")
end

-- Then it is no SIM.
function T.test_disable()
  local host = opened()
  lu.assertEquals(asker(host)(0xbf32, choice(SPRINT, REFRESH), 0x80), "\0")
  local ready = host:query(basic.subscriber_ready_status)
  lu.assertEquals({ ready.state, ready.iccid, ready.imsi }, { "no-esim-profile", "", "" })
  lu.assertEquals(host:query(basic.register_state).state, "deregistered")
  local ask = asker(host)
  lu.assertEquals(notified(ask), { "010520smdp.sprint.example" })
  lu.assertEquals(ask(0xbf31, choice(SPRINT, REFRESH), 0x80), "\0")
  lu.assertEquals(host:query(basic.register_state).state, "home")
end

function T.test_delete_and_nickname()
  local ask = asker(opened())
  lu.assertEquals(ask(0xbf29, iccid(SPRINT) .. "\x90\4home", 0x80), "\0")
  lu.assertEquals(ask(0xbf2d, choice(SPRINT) .. "\x5c\1\x90", 0xa0, 0xe3, 0x90), "home")
  lu.assertEquals(ask(0xbf29, iccid(SPRINT) .. "\x90\0", 0x80), "\0")
  lu.assertNil(ask(0xbf2d, choice(SPRINT) .. "\x5c\1\x90", 0xa0, 0xe3, 0x90))
  lu.assertEquals(ask(0xbf33, iccid(ATT), 0x80), "\0")
  lu.assertNil(listed(ask)["AT&T Prepaid"])
  lu.assertEquals(notified(ask), { "010410smdp.att.example" })
end

function T.test_notifications()
  local ask = asker(opened())
  ask(0xbf31, choice(ATT), 0x80)
  ask(0xbf33, iccid(SPRINT), 0x80)
  lu.assertEquals(#notified(ask), 3)
  lu.assertEquals(#ber_tlv.decode(ask(0xbf28, "\x81\2\4\x10", 0xa0)), 1)
  local one = ask(0xbf2b, ber_tlv.encode(0xa0, "\x80\1\2"), 0xa0, 0x30)
  lu.assertEquals({ find(one, 0xbf2f, 0x0c), #find(one, 0x5f37) }, { "smdp.att.example", 64 })
  lu.assertEquals(#ber_tlv.decode(ask(0xbf2b, "", 0xa0)), 3)
  lu.assertEquals(#ber_tlv.decode(ask(0xbf2b, ber_tlv.encode(0xa0, "\x81\2\5\x20"), 0xa0)), 1)
  lu.assertEquals(ask(0xbf30, "\x80\1\2", 0x80), "\0")
  lu.assertEquals(notified(ask), { "010520smdp.sprint.example", "030410smdp.sprint.example" })
end

function T.test_memory_reset()
  local host = opened()
  local ask = asker(host)
  lu.assertEquals(ask(0xbf3f, "\x80\7smdp.ex", 0x80), "\0")
  lu.assertEquals(ask(0xbf3c, "", 0x80), "smdp.ex")
  lu.assertEquals(ask(0xbf34, "\x82\2\4\xa0", 0x80), "\0")
  lu.assertEquals(host:query(basic.subscriber_ready_status).state, "no-esim-profile")
  ask = asker(host)
  lu.assertEquals(listed(ask), { ["Test Profile"] = TEST .. "00" })
  lu.assertNil(ask(0xbf3c, "", 0x80))
  lu.assertEquals(ask(0xbf34, "\x82\2\4\x80", 0x80):byte(), 1)
end

function T.test_information()
  local ask = asker(opened())
  lu.assertEquals({ hex(ask(0xbf20, "", 0x82)), #ask(0xbf20, "", 0xa9, 0x04) }, { "020202", 20 })
  local before = ber_tlv.to_integer(find(ask(0xbf22, "", 0x84), 0x82))
  ask(0xbf33, iccid(ATT))
  lu.assertTrue(ber_tlv.to_integer(find(ask(0xbf22, "", 0x84), 0x82)) > before)
  lu.assertEquals(#ask(0xbf2e, "", 0x80), 16)
  lu.assertNotEquals(ask(0xbf2e, "", 0x80), ask(0xbf2e, "", 0x80))
  lu.assertEquals(hex(ask(0xbf43, "", 0xa0, 0x30, 0x80)), "0520")
end

-- Faults -------------------------------------------------------------------------------------------------------------

function T.test_no_channels()
  local host = opened("no-channels", "1")
  lu.assertEquals(select(2, open_channel(host)), NO_LOGICAL_CHANNELS)
  lu.assertEquals(select(2, open_channel(host)), OK)
end

function T.test_apdus_that_fail()
  for _, name in ipairs { "apdu-fails", "apdu-lost" } do
    local host = opened(name, "1")
    open_channel(host)
    lu.assertEquals(select(2, host:set(uicc.apdu, { channel = 1, command = "\x80\xf2\0\0" })), FAILURE)
    lu.assertEquals(select(2, host:set(uicc.apdu, { channel = 1, command = "\x80\xf2\0\0" })), OK)
  end
end

function T.test_terminal_capability_is_kept()
  local host = opened()
  lu.assertEquals(host:query(uicc.terminal_capability).capabilities, {})
  host:set(uicc.terminal_capability, { capabilities = { "\x83\1\7" } })
  lu.assertEquals(host:query(uicc.terminal_capability).capabilities, { "\x83\1\7" })
end

-- Everything that was open is closed, and the modem tells that it reads the card.
function T.test_reset()
  local host = opened()
  open_channel(host)
  host:indicated(basic.subscriber_ready_status)
  lu.assertEquals(host:set(uicc.reset, { pass_through = "disable" }).pass_through, "disabled")
  local states = {}
  for i, values in ipairs(host:indicated(basic.subscriber_ready_status)) do states[i] = values.state end
  lu.assertEquals(states, { "not-initialized", "initialized" })
  lu.assertEquals(select(2, host:set(uicc.close_channel, { channel = 1 })), INVALID_LOGICAL_CHANNEL)
  lu.assertEquals(host:set(uicc.reset, { pass_through = "enable" }).pass_through, "enabled")
  lu.assertEquals(host:query(basic.subscriber_ready_status).state, "not-initialized")
  lu.assertEquals(open_channel(host).channel, 1)
end

return T
