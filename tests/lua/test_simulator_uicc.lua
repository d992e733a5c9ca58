-- SPDX-License-Identifier: MIT
-- The way to the simulated card's applications by QMI and AT: the same channels, errors of their own.

local at_client = require "support.at_client"
local cards = require "simulator.card"
local client = require "support.uicc_client"
local faults = require "simulator.faults"
local hex = require "base.hex"
local lu = require "luaunit"
local mbim_client = require "support.mbim_client"
local qmi_client = require "support.qmi_client"
local sim_at = require "simulator.at"
local uicc = require "mbim.ms_uicc_low_level_access"
local uim = require "qmi.uim"

local T = {}

local EID = "89049032000000000000000000005595"
local ATT = hex.decode "98101400001032547668"
local ENABLE_ATT = "\xa0\12\x5a\10" .. ATT .. "\x81\1\xff"

local function with_euicc(host, ...)
  assert(faults.apply(host.modem, "euicc"))
  for _, fault in ipairs { ... } do assert(faults.apply(host.modem, fault)) end
  return host
end

-- QMI ----------------------------------------------------------------------------------------------------------------

local function open(host, aid)
  return host:ask(uim.open_logical_channel, { slot = 1, aid = aid or client.ISD_R })
end

local function qmi_sender(host, channel)
  return function(apdu)
    local reply, err = host:ask(uim.send_apdu, { slot = 1, channel_id = channel, apdu = apdu })
    lu.assertNil(err)
    return reply.apdu_response
  end
end

function T.test_qmi()
  local host = with_euicc(qmi_client.new())
  local reply = open(host)
  lu.assertEquals({ reply.channel_id, reply.card_result, #reply.select_response }, { 1, { sw1 = 0x90, sw2 = 0 }, 33 })
  local eid = client.ask(qmi_sender(host, 1), 0xbf3e, "\x5c\1\x5a", 0x5a)
  lu.assertEquals(hex.encode(eid), EID)
  lu.assertEquals(host:ask(uim.get_atr, { slot = 1 }).atr, cards.ATR)
  reply = host:ask(uim.logical_channel, { slot = 1, aid = cards.USIM, file_control_information = "no-data" })
  lu.assertEquals({ reply.channel_id, reply.select_response }, { 2, "" })
  lu.assertEquals(host:ask(uim.logical_channel, { slot = 1, channel_id = 1 }).card_result.sw1, 0x90)
  lu.assertEquals({ select(2, host:ask(uim.logical_channel, { slot = 1, channel_id = 1 })) }, { "invalid-argument" })
  -- The basic channel is there without being opened.
  lu.assertEquals(hex.encode(host:ask(uim.send_apdu, { slot = 1, apdu = "\0\x70\0\0\1" }).apdu_response), "019000")
end

function T.test_qmi_errors()
  local host = with_euicc(qmi_client.new())
  local reply, err = open(host, "\xa0\0\0\0\9")
  lu.assertEquals({ err, reply.card_result }, { "sim-file-not-found", { sw1 = 0x6a, sw2 = 0x82 } })
  for _ = 1, 3 do open(host) end
  reply, err = open(host)
  lu.assertEquals({ err, reply.card_result }, { "insufficient-resources", { sw1 = 0x6a, sw2 = 0x81 } })
  for message, values in pairs {
    [uim.open_logical_channel] = { slot = 2, aid = client.ISD_R },
    [uim.send_apdu] = { slot = 1, channel_id = 7, apdu = "\x80\xf2\0\0" },
    [uim.get_atr] = { slot = 3 },
  } do
    lu.assertEquals({ select(2, host:ask(message, values)) }, { "invalid-argument" }, message.name)
  end
  assert(faults.apply(host.modem, "apdu-fails"))
  lu.assertEquals({ select(2, host:ask(uim.send_apdu, { slot = 1, channel_id = 1, apdu = "\x80\xf2\0\0" })) },
    { "internal" })
  assert(faults.apply(host.modem, "sim-remove"))
  lu.assertEquals({ select(2, open(host)) }, { "no-sim" })
end

-- The card asks to be read again: told to those who asked for it.
function T.test_qmi_refresh()
  local host = with_euicc(qmi_client.new())
  host:ask(uim.refresh_register_all, { session = { session_type = "primary-gw-provisioning", application_id = "" },
    register_flag = true })
  host:ask(uim.register_events, { event_registration_mask = { ["card-status"] = true } })
  open(host)
  lu.assertEquals(client.ask(qmi_sender(host, 1), 0xbf31, ENABLE_ATT, 0x80), "\0")
  local stages, states = {}, {}
  for i, values in ipairs(host:indicated(uim.refresh)) do stages[i] = values.event.stage .. " " .. values.event.mode end
  for i, values in ipairs(host:indicated(uim.card_status)) do
    states[i] = values.card_status.cards[1].applications[1].state
  end
  lu.assertEquals(stages, { "start reset", "end-with-success reset" })
  lu.assertEquals(states, { "detected", "ready" })
  lu.assertEquals({ select(2, host:ask(uim.send_apdu, { slot = 1, channel_id = 1, apdu = "\x80\xf2\0\0" })) },
    { "invalid-argument" })
end

-- A modem with two slots tells that another profile is in one of them.
function T.test_qmi_slots()
  local host = with_euicc(qmi_client.new(nil, require "simulator.models.rm520n"))
  host:ask(uim.register_events, { event_registration_mask = { ["physical-slot-status"] = true } })
  local status = host:ask(uim.get_slot_status)
  lu.assertEquals({ status.physical_slot_information[1].is_euicc, status.physical_slot_information[2].is_euicc },
    { true, false })
  lu.assertEquals(hex.encode(status.slot_eid[1].eid), EID)
  open(host)
  client.ask(qmi_sender(host, 1), 0xbf31, ENABLE_ATT, 0x80)
  local news = host:indicated(uim.slot_status)
  lu.assertEquals(news[#news].physical_slot_status[1].iccid, ATT)
  lu.assertEquals(#host:indicated(uim.card_status), 0)
end

function T.test_qmi_power_cycle()
  local host = with_euicc(qmi_client.new(), "no-refresh")
  open(host)
  client.ask(qmi_sender(host, 1), 0xbf31, ENABLE_ATT, 0x80)
  lu.assertEquals(host.modem.card.imsi, "310120000000123")
  host:ask(uim.power_off_sim, { slot = 1 })
  host:ask(uim.power_on_sim, { slot = 1 })
  lu.assertEquals(host.modem.card.imsi, "310410000000123")
end

-- A card with no profile enabled is there, without an application.
function T.test_qmi_no_profile()
  local host = with_euicc(qmi_client.new())
  open(host)
  client.ask(qmi_sender(host, 1), 0xbf32, "\xa0\12\x5a\10" .. hex.decode "98102100001032547618" .. "\x81\1\xff", 0x80)
  local status = host:ask(uim.get_card_status).card_status
  lu.assertEquals({ status.index_gw_primary, status.cards[1].state, status.cards[1].applications },
    { 0xffff, "present", {} })
  lu.assertEquals(open(host).channel_id, 1)
end

-- Anything ------------------------------------------------------------------------------------------------------------

local seeds = {
  "\0\x70\0\0\1", "\0\x70\x80\1", "\0\xa4\4\0\16" .. client.ISD_R, "\x81\xe2\x91\0\6\xbf\x3e\3\x5c\1\x5a",
  "\x81\xc0\0\0\0", "\x81\xe2\x91\0\3\xbf\x2d\0", "\x81\xe2\x91\0\x11\xbf\x31\x0e\xa0\x0c\x5a\x0a" .. ATT,
  "\x81\xe2\x91\0\7\xbf\x34\4\x82\2\4\x40", "\x81\xe2\x91\0\5\xbf\x2b\2\xa0\0", "\x81\xe2\x11\0\2\xbf\x28",
  "\x81\xe2\x91\0\5\xbf\x38\2\x30\0", "\x81\xe2\x91\0\5\xbf\x21\2\x30\0", "\x81\xe2\x91\0\x09\xbf\x29\6\x5a\0\x90\2ab",
}

-- Whatever a host sends, the card answers with a status, and goes on.
function T.test_any_command()
  math.randomseed(3)
  local host = with_euicc(qmi_client.new())
  open(host)
  for _ = 1, 20000 do
    local seed = seeds[math.random(#seeds)]
    local at = math.random(#seed)
    local command = seed:sub(1, at - 1) .. string.char(math.random(0, 255)) .. seed:sub(at + 1, math.random(#seed))
    local response = host.modem.card.uicc:transmit(command)
    lu.assertTrue(#response >= 2 and #response <= 258, hex.encode(command) .. " " .. #response)
  end
  host.modem.card:power_on()
  lu.assertEquals(open(host).channel_id, 1)
  lu.assertEquals(hex.encode(client.ask(qmi_sender(host, 1), 0xbf3e, "\x5c\1\x5a", 0x5a)), EID)
end

-- Habits -------------------------------------------------------------------------------------------------------------

local GET_EID, ANSWER = "\x81\xe2\x91\0\6\xbf\x3e\3\x5c\1\x5a", "BF3E125A10" .. EID
local FIRST, LAST = "\x81\xe2\x11\0\5\xbf\x2d\5\x5c\3", "\x81\xe2\x91\1\3\x5a\x4f\xb6" -- of much to say

-- A host by MBIM, and what answers to commands on its channel.
local function by_mbim(habit, p2)
  local host = mbim_client.new()
  with_euicc(host)
  assert(faults.apply(host.modem, "uicc-habit", { habit }))
  assert(host:open())
  local channel = host:set(uicc.open_channel, { aid = client.ISD_R, select_p2 = p2 })
  return host, function(command, class)
    local values = host:set(uicc.apdu, { channel = channel.channel, class = class or "extended", command = command })
    return hex.encode(values.response) .. ("%02X%02X"):format(values.status.sw1, values.status.sw2)
  end
end

function T.test_habits_by_mbim()
  local _, send = by_mbim "strict-class"
  lu.assertEquals({ send(GET_EID, "interindustry"), send(GET_EID) }, { "6E00", "6115" })
  _, send = by_mbim "fetches"
  lu.assertEquals(send(GET_EID), ANSWER .. "9000")
  send(FIRST)
  lu.assertTrue(#send(LAST) > 512)
  _, send = by_mbim "needs-le"
  lu.assertEquals({ send(GET_EID), send(GET_EID .. "\0") }, { "9000", ANSWER .. "9000" })
  local host = by_mbim "needs-p2"
  lu.assertEquals(select(2, host:set(uicc.open_channel, { aid = client.ISD_R, select_p2 = 0 })), 0x87430002)
  _, send = by_mbim("needs-p2", 0x0c)
  lu.assertEquals(send(GET_EID .. "\0"), ANSWER .. "9000")
  local mappings = require("mbim.ms_basic_connect_extensions").device_slot_mappings
  host = by_mbim "no-mappings"
  lu.assertEquals({ select(2, host:query(mappings)), select(2, host:set(mappings, { executors = { { slot = 0 } } })) },
    { 9, 9 })
end

function T.test_habits_by_at()
  local host = with_euicc(at_client.new())
  for _, habit in ipairs { "bare-number", "no-test" } do assert(faults.apply(host.modem, "uicc-habit", { habit })) end
  lu.assertEquals(host:ask(('AT+CCHO="%s"'):format(hex.encode(client.ISD_R))), "1\n\nOK")
  lu.assertEquals(host:ask "AT+CGLA=?", "ERROR")
  lu.assertNil(faults.apply(host.modem, "uicc-habit", { "other" }))
end

-- AT -----------------------------------------------------------------------------------------------------------------

local ISD_R = hex.encode(client.ISD_R)

local function at_sender(host, prefix)
  return function(apdu)
    local digits = hex.encode(apdu)
    local length, answer = host:ask(("AT%s%d,\"%s\""):format(prefix, #digits, digits)):match ': (%d+),"(%x*)"\n\nOK$'
    lu.assertEquals(tonumber(length), #answer)
    return hex.decode(answer)
  end
end

function T.test_at()
  local host = with_euicc(at_client.new())
  for _, name in ipairs { "+CCHO", "+CCHC", "+CGLA", "+CSIM" } do
    lu.assertEquals(host:ask("AT" .. name .. "=?"), "OK")
  end
  lu.assertEquals(host:ask(('AT+CCHO="%s"'):format(ISD_R)), "+CCHO: 1\n\nOK")
  local eid = client.ask(at_sender(host, "+CGLA=1,"), 0xbf3e, "\x5c\1\x5a", 0x5a)
  lu.assertEquals(hex.encode(eid), EID)
  lu.assertEquals(host:ask "AT+CCHC=1", "OK")
  lu.assertEquals(host:ask "AT+CCHC=1", "ERROR")
end

-- The host opens the channel itself: MANAGE CHANNEL, SELECT, and the channel in each class byte.
function T.test_csim()
  local host = with_euicc(at_client.new())
  local send = at_sender(host, "+CSIM=")
  lu.assertEquals(hex.encode(send "\0\x70\0\0\1"), "019000")
  lu.assertEquals(hex.encode(send("\1\xa4\4\0\16" .. client.ISD_R)), "6121")
  lu.assertEquals(#send "\1\xc0\0\0\x21", 33 + 2)
  lu.assertEquals(hex.encode(send "\x81\xe2\x91\0\6\xbf\x3e\3\x5c\1\x5a\0"), "BF3E125A10" .. EID .. "9000")
  lu.assertEquals(hex.encode(send "\0\x70\x80\1\0"), "9000")
  lu.assertEquals(hex.encode(send "\x81\xf2\0\0"), "6881")
end

function T.test_at_errors()
  local host = with_euicc(at_client.new())
  host:ask "AT+CMEE=2"
  for command, answer in pairs {
    ['AT+CCHO="A00000FFFF"'] = "not found",
    ['AT+CCHO="A0000"'] = "Incorrect parameters", ['AT+CCHO=""'] = "Incorrect parameters",
    ['AT+CGLA=1,8,"80F20000"'] = "invalid index",
    ['AT+CGLA=1,6,"80F20000"'] = "Incorrect parameters",
    ['AT+CSIM=8,"80F2000G"'] = "Incorrect parameters", ["AT+CSIM=8"] = "Incorrect parameters",
    ["AT+CCHC=7"] = "invalid index", ["AT+CCHC=x"] = "Incorrect parameters",
  } do
    lu.assertEquals(host:ask(command), "+CME ERROR: " .. answer, command)
  end
  local function opened() return host:ask(('AT+CCHO="%s"'):format(ISD_R)) end
  for number = 1, 3 do lu.assertEquals(opened(), ("+CCHO: %d\n\nOK"):format(number)) end
  lu.assertEquals(opened(), "+CME ERROR: memory full")
  assert(faults.apply(host.modem, "apdu-lost"))
  lu.assertEquals(host:ask 'AT+CSIM=8,"80F20000"', "+CME ERROR: SIM failure")
  assert(faults.apply(host.modem, "sim-remove"))
  lu.assertEquals(opened(), "+CME ERROR: SIM not inserted")
end

-- A channel that one port has opened is open for all.
function T.test_channels_belong_to_the_card()
  local host = with_euicc(qmi_client.new())
  open(host)
  local received = ""
  local at = sim_at.new(host.modem, { send = function(bytes) received = received .. bytes end })
  at:receive 'AT+CGLA=1,8,"80F20000"\r'
  lu.assertStrContains(received, '+CGLA: 4,"9000"')
end

return T
