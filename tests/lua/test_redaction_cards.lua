-- SPDX-License-Identifier: MIT
-- What a recording has in place of what is in files of a card, whatever protocol reads them.

local at_lines = require "recording.at_lines"
local card_files = require "recording.card_files"
local core_mbim = require "core.mbim"
local core_qmi = require "core.qmi"
local hex = require "base.hex"
local lu = require "luaunit"
local messages = require "recording.messages"
local pseudonyms = require "support.pseudonyms"

local T = {}

local swap = require("simulator.card").bcd

function T.test_files_of_a_card()
  local others = pseudonyms.new()
  local imsi, iccid = others:digits("310120000000123", "imsi"), others:digits("89011200000123456781", "iccid")
  local function replace(id, bytes) return hex.encode(card_files.replace(others, id, bytes)) end
  lu.assertEquals(replace(0x6f07, "\8" .. swap "9310120000000123"), "08" .. hex.encode(swap("9" .. imsi)))
  lu.assertEquals(replace(0x2fe2, swap "89011200000123456781"), hex.encode(swap(iccid)))
  lu.assertEquals(replace(0x2fe2, swap "8901120000012345678"), -- of 19 digits
    hex.encode(swap(others:digits("8901120000012345678", "iccid"))))
  local number = others:digits "15550100123"
  lu.assertEquals(replace(0x6f40, "Mum\xff\7\x91" .. swap(("15550100123"):gsub("$", ("f"):rep(9))) .. "\xff\xff"),
    "FFFFFFFF" .. "0791" .. hex.encode(swap(number .. ("f"):rep(9))) .. "FFFF")
  for id, bytes in pairs {
    [0x6fad] = "\0\0\0\3", [0x6f46] = "\1Sprint\xff", [0x6f3e] = "\x0a\xff", [0x6f62] = "\x13\0\x26\x40\0",
  } do lu.assertEquals(replace(id, bytes), hex.encode(bytes)) end
  lu.assertEquals(replace(0x6f3a, "Mum\xff"), "00000000")
  lu.assertEquals(replace(nil, "Mum\xff"), "00000000")
  lu.assertEquals(replace(0x6f3a, "\xff\xff"), "FFFF", "it is empty")
  lu.assertEquals({ replace(0x6f07, ""), replace(0x6f07, "\8"), replace(0x6f40, "\1") }, { "", "00", "00" })
end

function T.test_files_of_a_card_by_at()
  local others = pseudonyms.new()
  local lines = at_lines.new(others, {})
  local imsi = "08" .. hex.encode(swap("9" .. others:digits("310120000000123", "imsi")))
  for _, case in ipairs {
    { "AT+CRSM=176,28423,0,0,9", '+CRSM: 144,0,"083901210000001032"', ('+CRSM: 144,0,"%s"'):format(imsi) },
    { "AT+CRSM=176,28589,0,0,4", '+CRSM: 144,0,"00000003"', '+CRSM: 144,0,"00000003"' },
    { "AT+CRSM=192,28423,0,0,0", "+CRSM: 144,0,621282024121", "+CRSM: 144,0,621282024121" },
    { "AT+CRSM=178,28474,1,4,4", '+CRSM: 144,0,"4D756DFF"', '+CRSM: 144,0,"00000000"' },
    { "AT+CRSM=136,0,0,0,4", '+CRSM: 144,0,"4D756DFF"', '+CRSM: 144,0,"00000000"' },
    { "AT+CRSM=176,28474,0,0,4", "+CRSM: 106,130", "+CRSM: 106,130" },
    { "AT+CSIM=10,(hidden)", '+CSIM: 12,"4D756DFF9000"', '+CSIM: 12,"000000009000"' },
    { "AT+CGLA=1,10,(hidden)", '+CGLA: 8,"4D756112"', '+CGLA: 8,"00006112"' },
  } do
    lu.assertEquals(lines:replace(case[1], "sent"), case[1])
    lu.assertEquals(lines:replace(case[2], "line"), case[3], case[1])
  end
  lu.assertEquals(lines:replace('AT+CRSM=220,28474,1,4,4,"4D756DFF"', "sent"), 'AT+CRSM=220,28474,1,4,4,"00000000"')
end

-- The answer does not say which file it is of.
function T.test_files_of_a_card_by_qmi()
  local others = pseudonyms.new()
  local recorded = messages.new(others, {})
  local read = require("qmi.uim.files").read_transparent
  local function passed(type, transaction, values)
    local bytes = core_qmi.build {
      service = 11, client = 1, type = type, transaction = transaction, id = read.id,
      tlvs = assert(read[type]:encode(values)), from_modem = type == "response",
    }
    return read[type]:decode(core_qmi.parse(recorded:qmi(bytes)).tlvs)
  end
  local function answer(transaction, bytes)
    return passed("response", transaction, { result = { status = 0, error = 0 }, read_result = bytes }).read_result
  end
  local function ask(transaction, id)
    local values = { session = { session_type = "primary-gw-provisioning" }, read_information = {},
      file = { file_id = id, file_path = "\x00\x3f" } }
    lu.assertEquals(passed("request", transaction, values).file.file_id, id)
  end
  ask(1, 0x2fe2)
  ask(2, 0x6fad)
  lu.assertEquals(answer(2, "\0\0\0\3"), "\0\0\0\3")
  lu.assertEquals(answer(1, swap "89011200000123456781"),
    swap(others:digits("89011200000123456781", "iccid")))
  lu.assertEquals(answer(1, "\0\0\0\3"), "\0\0\0\0", "of which file?")
end

-- ---- bare commands ----

local PIN, READ_ICCID = "\0\x20\0\1\x081234\xff\xff\xff\xff", "\0\xb0\0\0\x0a"

-- Asks for a file as cards are asked, and for one that stays private. `ask` returns what stands for both.
local function exchange(others, ask)
  local iccid = swap(others:digits("89011200000123456781", "iccid"))
  for _, case in ipairs {
    { "\0\xa4\8\4\4\x7f\xff\x6f\xad", "\x62\2\x82\0" }, -- EF_AD
    { "\0\xb0\0\0\4", "\0\0\0\3" },
    { "\0\xa4\0\4\2\x2f\xe2", "" },
    { READ_ICCID, swap "89011200000123456781", READ_ICCID, iccid },
    { "\0\xc0\0\0\x0a", swap "89011200000123456781", "\0\xc0\0\0\x0a", iccid },
    { "\0\xb0\0\3\2", "\x11\x02", "\0\xb0\0\3\2", "\0\0" }, -- a part of it
    { PIN, "", PIN:sub(1, 5) .. ("\0"):rep(8), "" },
    { "\x81\xe2\x91\0\2\x5a\0", "\x89\x04", "\x81\xe2\x91\0\2\0\0", "\0\0" },
    { "\0\xa4\4\0\2\xa0\0", "\x6f\0" }, -- an application
    { "\0\xb2\1\4\2", "\x11\x02", "\0\xb2\1\4\2", "\0\0" },
    { "\0", "", "\0", "" },
  } do
    local command, answer = ask(case[1], case[2])
    lu.assertEquals({ command, answer }, { case[3] or case[1], case[4] or case[2] }, hex.encode(case[1]))
  end
end

function T.test_bare_commands_over_mbim()
  local others, transaction = pseudonyms.new(), 0
  local recorded = messages.new(others, {})
  local apdu = require("mbim.ms_uicc_low_level_access").apdu
  local function passed(part, values)
    local bytes = core_mbim.build {
      type = part == "set" and "command" or "command-done", transaction = transaction, service = apdu.service_uuid,
      cid = apdu.cid, set = part == "set" or nil, status = part == "response" and 0 or nil,
      info = assert(apdu[part]:encode(values)),
    }
    return apdu[part]:decode(core_mbim.parse(recorded:mbim(bytes)).info)
  end
  exchange(others, function(command, answer)
    transaction = transaction + 1
    local sent = passed("set", { channel = 1, secure_messaging = "none", class = "interindustry", command = command })
    local status = { sw1 = 0x90, sw2 = 0, unused = 0 }
    return sent.command, passed("response", { status = status, response = answer }).response
  end)
end

function T.test_bare_commands_over_qmi()
  local others, transaction = pseudonyms.new(), 0
  local recorded = messages.new(others, {})
  local apdu = require("qmi.uim.files").send_apdu
  local function passed(type, values)
    local bytes = core_qmi.build {
      service = 11, client = 1, type = type, transaction = transaction, id = apdu.id,
      tlvs = assert(apdu[type]:encode(values)), from_modem = type == "response",
    }
    return apdu[type]:decode(core_qmi.parse(recorded:qmi(bytes)).tlvs)
  end
  exchange(others, function(command, answer)
    transaction = transaction + 1
    local sent = passed("request", { slot = 1, channel_id = 1, apdu = command })
    local got = passed("response", { result = { status = 0, error = 0 }, apdu_response = answer .. "\x90\0" })
    lu.assertEquals(got.apdu_response:sub(-2), "\x90\0")
    return sent.apdu, got.apdu_response:sub(1, -3)
  end)
end

return T
