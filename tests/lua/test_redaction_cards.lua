-- SPDX-License-Identifier: MIT
-- What a recording has in place of what is in files of a card, whatever protocol reads them.

local at_lines = require "recording.at_lines"
local card_files = require "recording.card_files"
local core_qmi = require "core.qmi"
local hex = require "base.hex"
local lu = require "luaunit"
local messages = require "recording.messages"
local pseudonyms = require "recording.pseudonyms"

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

return T
