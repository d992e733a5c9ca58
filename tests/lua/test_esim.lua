-- SPDX-License-Identifier: MIT
-- What an eUICC answers: published answers, answers cut short and changed, and the channel that they come through;
-- activation codes, and the port that lpac gets.
--
-- The published ones are those that lpac's driver/apdu/stdio.c shows (GSMA's test card), and SGP.22's own example of an
-- ICCID.

local activation = require "esim.activation"
local card_channels = require "modem.card_channel"
local cards = require "esim.card"
local core_port = require "core.port"
local errors = require "errors"
local es10 = require "esim.es10"
local lu = require "luaunit"
local serial = require "esim.serial"
local state = require "state"
local task = require "task"

local T = {}

state.folder = os.tmpname() .. ".now"

local eq = lu.assertEquals

local function bytes(hex)
  return (hex:gsub("%s", ""):gsub("%x%x", function(octet) return string.char(tonumber(octet, 16)) end))
end
local function hex(text) return (text:gsub(".", function(byte) return ("%02X"):format(byte:byte()) end)) end

-- ---- published answers ----

local EID = bytes "BF3E 12 5A10 89049032001001234500012345678901"
local ADDRESSES = bytes "BF3C 17 8115 74657374726F6F74736D64732E67736D612E636F6D"
local INFO = bytes [[BF22 81C6 8103020100 8203020200 8303040600 840F 810100 820400062824 830400001922 8504067F36C0
  8603090200 8703020300 88020490 A916041481370F5125D0B1D408D4C3B232E6D25E795BEBFB AA16041481370F5125D0B1D408D4C3B232E6D
  25E795BEBFB 990206C0 0403000001 0C0D47492D42412D55502D30343139 AC48801F312E322E3834302E313233343536372F6D79506C61746
  66F726D4C6162656C812568747470733A2F2F6D79636F6D70616E792E636F6D2F6D79444C4F41526567697374726172]]

-- Made after SGP.22, 5.7.15: one profile with all that is asked for, one with the least, one without an ICCID, and an
-- object that is unknown.
local PROFILES = bytes [[BF2D8180 A07E E350 5A0A98001032547698103214 4F10A0000005591010FFFFFFFF8900001100 9F700101
  900542C3BC726F 910B4578616D706C65204E6574 9208446174611B5B324A 950102 B707 800332F010 8100 99020660
  E312 5A0A981032547698103214F5 9F700100 9000  E312 4F10A0000005591010FFFFFFFF8900001200 9F7B0178]]
local NOTIFICATIONS = bytes [[BF2845 A043
  BF2F25 800200B2 81020780 0C0F7273702E6578616D706C652E636F6D 5A0A98001032547698103214
  BF2F18 8001D7 81020440 0C0F7273702E6578616D706C652E6F7267]]

local function request_of(question) return hex(question.request) end

function T.test_requests_are_those_of_the_specification()
  eq(request_of(es10.eid), "BF3E035C015A")
  eq(request_of(es10.info), "BF2200")
  eq(request_of(es10.addresses), "BF3C00")
  eq(request_of(es10.notifications), "BF2800")
  eq(request_of(es10.profiles), "BF2D0C5C0A5A4F9F7090919295B799") -- icons are not wanted
end

function T.test_published_answers()
  eq(es10.eid.read(EID), "89049032001001234500012345678901")
  eq(es10.addresses.read(ADDRESSES), { smds = "testrootsmds.gsma.com" })
  eq(es10.info.read(INFO), {
    profile_version = "2.1.0", version = "2.2.0", firmware = "4.6.0", profiles = 0, free = 0x62824,
    free_volatile = 0x1922, accreditation = "GI-BA-UP-0419",
  })
  eq(es10.iccid(bytes "98001032547698103214"), "89000123456789012341")
  eq(es10.iccid(bytes "981032547698103214F5"), "8901234567890123415")
  for _, wrong in ipairs { "", "98", "9A001032547698103214", "FFFFFFFFFFFFFFFFFFFF", "98F0103254769810321432" } do
    eq(es10.iccid(bytes(wrong)), nil, wrong)
  end
end

function T.test_lists()
  eq(es10.profiles.read(PROFILES), {
    {
      iccid = "89000123456789012341", aid = "A0000005591010FFFFFFFF8900001100", state = "enabled", nickname = "Büro",
      provider = "Example Net", name = "Data?[2J", class = "operational", plmn = "23001", rules = { "ppr1", "ppr2" },
    },
    { iccid = "8901234567890123415", state = "disabled", rules = {} },
  })
  eq(es10.notifications.read(NOTIFICATIONS), {
    { sequence = 178, operation = "install", address = "rsp.example.com", iccid = "89000123456789012341" },
    { sequence = 215, operation = "enable", address = "rsp.example.org" },
  })
  eq(es10.profiles.read(bytes "BF2D02A000"), {})
  local _, err = es10.profiles.read(bytes "BF2D03810101")
  eq({ err.code, err.detail.number }, { "rejected", 1 })
end

-- ---- hostile answers ----

local questions = {
  { es10.eid, EID }, { es10.addresses, ADDRESSES }, { es10.info, INFO }, { es10.profiles, PROFILES },
  { es10.notifications, NOTIFICATIONS },
}

-- Nothing raises, and nothing that is no text gets through; a cut answer is an error.
function T.test_answers_that_are_cut_short()
  for _, case in ipairs(questions) do
    for length = 0, #case[2] - 1 do
      local value, err = case[1].read(case[2]:sub(1, length))
      eq({ value, err.code }, { nil, "malformed" })
    end
  end
end

function T.test_answers_that_are_changed()
  math.randomseed(20)
  for _ = 1, 4000 do
    local case = questions[math.random(#questions)]
    local at, byte = math.random(#case[2]), string.char(math.random(0, 255))
    local value, err = case[1].read(case[2]:sub(1, at - 1) .. byte .. case[2]:sub(at + 1))
    lu.assertTrue(value ~= nil or err.code == "malformed" or err.code == "rejected")
    for _, text in pairs(type(value) == "table" and (value[1] or value) or {}) do
      lu.assertFalse(type(text) == "string" and text:find "[\0-\8\10-\31]" ~= nil)
    end
  end
end

function T.test_an_answer_without_an_end()
  local one = bytes "E300"
  local list = one:rep(1001)
  eq(select(2, es10.profiles.read(bytes "BF2D8207D6" .. bytes "A08207D2" .. list)).code, "malformed")
end

-- ---- the channel ----

-- A modem whose card answers what a list says, in its order; asked[] has the commands in hex.
local function modem_of(answers, number)
  local asked, closed = {}, {}
  local modem = { description = { key = "a-test", incarnation = "1" }, asked = asked, closed = closed }
  function modem.open_card_channel(_, aid)
    eq(aid, es10.AID)
    return {
      name = "at", number = number or 1,
      send = function(apdu)
        asked[#asked + 1] = hex(apdu)
        local answer = table.remove(answers, 1)
        if type(answer) == "string" then
          return bytes(answer)
        end
        return nil, answer
      end,
      close = function()
        closed[#closed + 1] = number or 1
        return true
      end,
    }
  end
  function modem.close_card_channel(_, left, way) closed[#closed + 1] = way .. left end
  return modem
end

local function ask(modem, question)
  local card <close> = assert(cards.open(modem))
  return card:ask(question)
end

function T.test_an_answer_in_one_piece_and_in_several()
  local modem = modem_of { hex(EID) .. "9000" }
  eq(ask(modem, es10.eid), "89049032001001234500012345678901")
  eq({ modem.asked, modem.closed }, { { "81E2910006BF3E035C015A00" }, { 1 } })
  modem = modem_of { "6115", hex(EID:sub(1, 5)) .. "6110", hex(EID:sub(6)) .. "9000" }
  eq(ask(modem, es10.eid), "89049032001001234500012345678901")
  eq({ modem.asked[2], modem.asked[3] }, { "81C0000015", "81C0000010" })
  modem = modem_of { "6C15", hex(EID) .. "9000" }
  eq(ask(modem, es10.eid), "89049032001001234500012345678901")
  eq(modem.asked[2], "81E2910006BF3E035C015A15")
  modem = modem_of { "6700", hex(EID) .. "9000" } -- it wants no length
  eq(ask(modem, es10.eid), "89049032001001234500012345678901")
  eq(modem.asked[2], "81E2910006BF3E035C015A")
end

function T.test_channels_above_three_have_another_class()
  local modem = modem_of({ "6105", hex(EID) .. "9000" }, 7)
  eq(ask(modem, es10.eid), "89049032001001234500012345678901")
  eq(modem.asked, { "C3E2910006BF3E035C015A00", "C3C0000005" })
end

function T.test_a_request_of_several_blocks()
  local modem = modem_of { "9000", "9000", "BF21009000" }
  local card <close> = assert(cards.open(modem))
  local answer, status = card:exchange(("x"):rep(250))
  eq({ hex(answer), status }, { "BF2100", 0x9000 })
  eq({ modem.asked[1]:sub(1, 10), modem.asked[2]:sub(1, 10), modem.asked[3]:sub(1, 10), #modem.asked },
    { "81E2110078", "81E2110178", "81E291020A", 3 })
end

-- The number of a block has a byte: what is longer is refused, and not cut.
function T.test_a_request_that_is_too_long()
  local modem = modem_of {}
  local card <close> = assert(cards.open(modem))
  eq({ select(2, card:exchange(("x"):rep(cards.LONGEST + 1))).code, #modem.asked }, { "invalid", 0 })
end

-- What the card or the modem refuses half way ends the request there; the channel is closed in any case.
function T.test_what_fails_half_way()
  local gone = errors.new { code = "gone", message = "the modem is gone" }
  for _, case in ipairs {
    { { "6A88" }, "unsupported" }, { { "6985" }, "rejected" }, { { "6F00" }, "rejected" }, { { "90" }, "malformed" },
    { { "" }, "malformed" }, { { "6100", "6100" }, "malformed" }, { { "9000" }, "malformed" }, { { gone }, "gone" },
    { { "6115", gone }, "gone" }, { { "BF3E125A10" .. "9000" }, "malformed" },
  } do
    local modem = modem_of(case[1])
    local value, err = ask(modem, es10.eid)
    eq({ value, err.code, modem.closed }, { nil, case[2], { 1 } })
  end
  local modem = modem_of { "9000", "6A80" }
  local card <close> = assert(cards.open(modem))
  eq({ card:exchange(("x"):rep(250)) }, { "", 0x6a80 })
  eq(#modem.asked, 2)
end

function T.test_an_answer_that_never_ends()
  local answers = {}
  for i = 1, 2000 do answers[i] = ("00"):rep(255) .. "61FF" end
  eq(select(2, ask(modem_of(answers), es10.eid)).code, "malformed")
end

-- Nor does one whose parts are a byte each.
function T.test_an_answer_in_parts_that_are_too_small()
  local answers = {}
  for i = 1, 5000 do answers[i] = "0061FF" end
  local modem = modem_of(answers)
  eq(select(2, ask(modem, es10.eid)).code, "malformed")
  lu.assertTrue(#modem.asked < 3000, #modem.asked)
  eq(modem.closed, { 1 })
end

-- A number that no class byte can name, and that no file of state takes.
function T.test_channels_that_cannot_be()
  for _, number in ipairs { 0, 20, 255, 2.0 ^ 70 } do
    local modem = modem_of({}, number)
    local value, err = cards.open(modem)
    eq({ value, err.code, modem.closed }, { nil, "malformed", { number } })
  end
end

-- Side by side in the daemon: none closes another's channel, and the card needs no second one.
function T.test_commands_take_turns()
  local answers = {}
  for i = 1, 9 do answers[i] = hex(EID) .. "9000" end
  local modem, open, most = modem_of(answers), 0, 0
  local open_channel = modem.open_card_channel
  function modem.open_card_channel(...)
    open = open + 1
    most = math.max(most, open)
    local way = open_channel(...)
    local send, close = way.send, way.close
    function way.send(...)
      task.sleep(0.01)
      return send(...)
    end
    function way.close()
      open = open - 1
      return close()
    end
    return way
  end
  local function one() return ask(modem, es10.eid) end
  assert(task.all(one, one, one))
  eq({ most, open, modem.closed }, { 1, 0, { 1, 1, 1 } })
end

-- A killed run closes nothing: the next one does, of the same plugging in.
function T.test_a_channel_that_a_killed_run_has_left()
  local modem = modem_of { hex(EID) .. "9000" }
  state.save("card_channels", "a-test", { number = 3, way = "qmi", incarnation = "1" })
  lu.assertNotNil(ask(modem, es10.eid))
  eq(modem.closed, { "qmi3", 1 })
  eq(state.load("card_channels", "a-test"), nil)
  state.save("card_channels", "a-test", { number = 3, way = "qmi", incarnation = "0" })
  local channel <close> = assert(card_channels.open(modem_of {}, es10.AID))
  eq({ state.load("card_channels", "a-test").number, channel.number }, { 1, 1 })
end

-- ---- activation codes ----

function T.test_activation_codes()
  for code, expected in pairs {
    ["LPA:1$rsp.truphone.com$QR-G-5C-1LS-1W1Z9P7"] = { "rsp.truphone.com", "QR-G-5C-1LS-1W1Z9P7" }, -- lpac's USAGE.md
    ["1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815"] = { "SMDP.GSMA.COM", "04386-AGYFT-A74Y8-3F815" }, -- SGP.22, 4.1.2
    ["1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$$1"] = { "SMDP.GSMA.COM", "04386-AGYFT-A74Y8-3F815", true },
    ["1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746"] = { "SMDP.GSMA.COM", "04386-AGYFT-A74Y8-3F815" },
    ["lpa:1$SMDP.GSMA.COM$"] = { "SMDP.GSMA.COM", "" },
  } do
    local found = assert(activation.parse(code))
    eq({ found.server, found.matching_id, found.needs_confirmation }, expected)
  end
  for _, wrong in ipairs {
    "", "LPA:", "LPA:1", "LPA:1$", "LPA:2$smdp.example.com$A", "LPA:1$smdp.example.com$A B", "LPA:1$localhost$A",
    "LPA:1$-s$A", "LPA:1$smdp.example.com/x$A", "1MATCHING-ID",
  } do
    local value, err = activation.parse(wrong)
    eq({ value, err and err.code }, { nil, "invalid" }, wrong)
  end
end

-- ---- the port that lpac gets ----

-- Calls fn(tell), where tell(line) returns what the port answers.
local function with_port(answers, fn)
  local card <close> = assert(cards.open(modem_of(answers)))
  local requests = {}
  local port <close> = assert(serial.open(card, function(request) requests[#requests + 1] = hex(request) end))
  local group <close> = task.group()
  local running = group:spawn(port.run, port)
  local lpacs <close> = assert(core_port.open(port.path))
  fn(function(line)
    lpacs:write(line .. "\r\n")
    local answer = ""
    while not answer:find "OK\r\n$" and not answer:find "ERROR\r\n$" do
      answer = answer .. assert(task.timeout(60, lpacs.read, lpacs))
    end
    return (answer:gsub("%s+", " "):match "^ ?(.-) ?$")
  end, port, requests)
  running:cancel(task.unwanted)
end

function T.test_the_port_of_lpac()
  local long = bytes "BF2D82012CA0820128" .. ("\0"):rep(0x128)
  with_port({ "9000", hex(EID) .. "9000", hex(long) .. "9000", "6A88" }, function(tell, port, requests)
    for _, command in ipairs { "AT+CCHO=?", "AT+CCHC=?", "AT+CGLA=?", "AT+CCHC=1", "AT+CCHC=4" } do
      eq(tell(command), "OK", command)
    end
    for _, command in ipairs {
      "AT+CFUN=1,1", 'AT+CCHO="A000000004"', 'AT+CGLA=2,10,"81E2910003"', "AT+CGLA=1,10,81E2910003", "", "AT",
    } do
      eq(command == "" and "ERROR" or tell(command), "ERROR", command)
    end
    eq(tell 'AT+CCHO="A0000005591010FFFFFFFF8900000100"', "+CCHO: 1 OK")
    -- In two blocks, which go to the card as one request; its first answer is the end of a former run.
    eq(tell 'AT+CGLA=1,16,"81E2110003BF3E03"', '+CGLA: 4,"9000" OK')
    eq(tell 'AT+CGLA=1,16,"81E29101035C015A"', '+CGLA: 4,"9000" OK')
    eq(tell 'AT+CGLA=1,22,"81E2910006BF3E035C015A"', ('+CGLA: 46,"%s9000" OK'):format(hex(EID)))
    -- A long answer comes in parts.
    eq(tell 'AT+CGLA=1,16,"81E2910003BF2D00"', ('+CGLA: 504,"%s6137" OK'):format(hex(long:sub(1, 250))))
    eq(tell 'AT+CGLA=1,10,"81C0000037"', ('+CGLA: 114,"%s9000" OK'):format(hex(long:sub(251))))
    eq(tell 'AT+CGLA=1,16,"81E2910003BF3100"', '+CGLA: 4,"6A88" OK')
    eq(tell 'AT+CGLA=1,10,"8170000001"', '+CGLA: 4,"6D00" OK')
    eq(tell 'AT+CGLA=1,2,"81"', '+CGLA: 4,"6700" OK')
    eq({ port.failure, requests[1], #requests }, { nil, "BF3E035C015A", 4 })
  end)
end

function T.test_the_port_of_lpac_when_the_modem_is_gone()
  local gone = errors.new { code = "gone", message = "the modem is gone" }
  with_port({ gone }, function(tell, port)
    eq(tell 'AT+CGLA=1,22,"81E2910006BF3E035C015A"', "ERROR")
    eq(port.failure.code, "gone")
  end)
end

return T
