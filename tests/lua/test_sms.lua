-- SPDX-License-Identifier: MIT
-- SMS as PDUs: published ones, texts there and back, parts in any order, and bytes that no network should send.
--
-- The PDUs with a name are those of ModemManager's src/tests/test-sms-part-3gpp.c, and so are their texts.

local alphabet = require "sms.alphabet"
local languages = require "sms.languages"
local lu = require "luaunit"
local sms = require "sms"

local T = {}

local eq = lu.assertEquals

local function bytes(hex)
  return (hex:gsub("%s", ""):gsub("%x%x", function(octet) return string.char(tonumber(octet, 16)) end))
end

local function join(...)
  local stored = {}
  for i, pdu in ipairs { ... } do stored[i] = { place = tostring(i), status = "read", pdu = pdu } end
  return sms.join(stored)
end

-- ---- published PDUs ----

local published = {
  { name = "extension table", smsc = "+12404492164", number = "+16175927198", time = "2011-02-28T11:50:50-05:00",
    text = "Here's a longer message [{with some extended characters}] thrown in, such as £ and ΩΠΨ and §¿ as well.",
    pdu = [[07912104442961f4040b9161719572 91f80000112082110505 0a 6ac8b2bc7c9a83c220f6db7d2ecb41edf27c1e3e97411bde
      06754fd3d1a0f9bb5d0695f1f4b29b5c2683c6e8b03c3ca697e5f34d6ae303d1d1f2f7dd0d4abb59a0797d8c0685e7a00028ec26832a960b
      28ec2683be6050780eba97d96c17]] },
  { name = "name of 11 letters, UCS-2", smsc = "+79037011111", number = "InternetSMS", is_name = true,
    time = "2011-03-29T19:20:04+04:00", text = "тест",
    pdu = "07919730071111f10414d04937bd2c7797e9d3e614000811309291024061 08 0442043504410442" },
  { name = "seven bits", smsc = "+12345678901", number = "+18005551212", time = "2011-01-01T12:34:56+00:00",
    text = "hellohello", pdu = "07912143658709f1040b918100551512f20000111010214365000ae8329bfd4697d9ec37" },
  { name = "no plus", smsc = "+12345678901", number = "18005551212", time = "2011-01-01T12:34:56+00:00",
    text = "hellohello", pdu = "07912143658709f1040b818100551512f20000111010214365000ae8329bfd4697d9ec37" },
  { name = "8 bits", smsc = "+12345678901", number = "+18005551212", time = "2011-01-01T12:34:56+00:00",
    data = "e8329bfd4697d9ec37de", pdu = "07912143658709f1040b918100551512f20004111010214365000ae8329bfd4697d9ec37de" },
  { name = "8 bits, coding group F", smsc = "+12345678901", number = "+18005551212", class = 0,
    time = "2011-01-01T12:34:56+00:00", data = "e8329bfd4697d9ec37de",
    pdu = "07912143658709f1040b918100551512f200f4111010214365000ae8329bfd4697d9ec37de" },
  { name = "coding group F, 160 letters", smsc = "+33609001390", number = "1800", class = 1,
    time = "2011-06-24T13:08:15+02:00",
    text = "Info SFR - Confidentiel, à ne jamais transmettre -\n"
      .. "Voici votre nouveau mot de passe : sw2ced pour gérer "
      .. "votre compte SFR sur www.sfr.fr ou par téléphone au 963",
    pdu = [[0791330609109 3F0 04 04 85 8100 00 F1 11604231805180 A0 49B7F90D9A1AA5A01668F8769BD3E4B29B9E2EB359A03FC85D06
      A9C3ED707A0EA2CBC3EE79BB4CA7CBCBA05643617DA7C76990FD4D979741EE77DD5E0ED741ED371D442E83E0E1F9BC0CD281E677D9B84C06
      C1DF7539E85C9097E520FB9B2E2F83C6EF369C5E064D8D52D0BC2E07DDEF77D7DC2C7799E5A0771D040FCB41F402BB0047BFDD6550B80ECA
      D966]] },
  { name = "part of a longer one", smsc = "+31653131316", number = "1002", time = "2011-06-29T23:32:19+02:00",
    count = 2, missing = { 2 },
    text = "Welkom, bel om uw Voicemail te beluisteren naar +31612001233 (PrePay: *100*1233#). Voicemail ontvangen is "
      .. "altijd gratis. Voor gebruik van mobiel interne[part 2 of 2 is missing]",
    pdu = [[07911356131313F64004850120390011609232239180A006080400100201D7327BFD6EB340E2321BF46E83EA7790F59D1E97DBE1341B
      442F83C465763D3DA797E56537C81D0ECB41AB59CC1693C16031D96C064241E5656838AF03A96230982A269BCD462917C8FA4E8FCBED709A
      0D7ABBE9F6B0FB5C7683D27350984D4FABC9A0B33C4C4FCF5D20EBFB2D079DCB62793DBD06D9C36E50FB2D4E97D9A0B49B5E96BBCB]] },
  { name = "one of ours", kind = "outgoing", number = "639337937", text = ("你好"):rep(8) .. "你",
    pdu = "002100098136397339F70008224F60597D4F60597D4F60597D4F60597D4F60597D4F60597D4F60597D4F60597D4F60" },
  { name = "report", kind = "report", smsc = "+34656000311", number = "639337937", time = "2012-09-11T07:40:36+02:00",
    delivery = { reference = 0x5a, state = "pending", time = "2012-09-11T07:40:36+02:00" },
    pdu = "07914356060013F1065A098136397339F7219011700463802190117004638030" },
}

for _, case in ipairs(published) do
  T["test_published_" .. case.name:gsub("[^%w]+", "_")] = function()
    local found = join(bytes(case.pdu))
    eq(#found, 1)
    local wanted = { id = "1", places = { "1" }, status = "read", kind = "received" }
    for key, value in pairs(case) do wanted[key] = key ~= "name" and key ~= "pdu" and value or nil end
    eq(found[1], wanted)
  end
end

-- From the same file: two parts, by two service centres.
local parts = {
  bytes [[07912160130320F5440B916171056429F5000021405291650569A00500034C0201A9E8F41C949E83C2207B599E07B1DFEE33885E9ED341
    E4F23C7D7697C920FA1B54C697E5E3F4BC0C6AD7D9F434081E96D341E3303C2C4EB3D3F4BC0B94A483E6E8779D4D06CDD1EF3BA80E0785E7A0B7
    BB0C6A97E7F3F0B9CC02B9DF7450780EA2DFDF2C50780EA2A3CBA0BA9B5C96B3F369F71954768FDFE4B4FB0C9297E1F2F2BCECA6CF41]],
  bytes [[07912160130320F6440B916171056429F5000021405291651569320500034C0202E9E8301D44479741F0B09C3E0785E56590BCCC0ED3CB
    6410FD0D7ABBCBA0B0FB4D4797E52E10]],
}
local whole = "This is a very long test designed to exercise multi part capability. It should show up as one message, "
  .. "not as two, as the underlying encoding represents that the parts are related to one another. "

function T.test_parts_in_either_order()
  for _, order in ipairs { { 1, 2 }, { 2, 1 }, { 1, 2, 2 }, { 2, 2, 1 } } do
    local pdus = {}
    for i, number in ipairs(order) do pdus[i] = parts[number] end
    local found = join(table.unpack(pdus))
    eq({ #found, found[1].text, #found[1].places, found[1].count, found[1].missing }, { 1, whole, #order, 2 })
  end
  local alone = join(parts[2])[1]
  eq({ alone.missing, alone.text:sub(1, 24) }, { { 1 }, "[part 1 of 2 is missing]" })
end

-- As gammu 1.42 has sent it, to the simulated modem, with the card's service centre.
function T.test_what_another_program_sends()
  local found = join(bytes [[
    07913121139418F051000B915155100021F40008FF3E0500033D020204420020043F044004380432043504420020043F044004380432
    043504420020043F044004380432043504420020043A043E043D04350446
  ]], bytes [[
    07913121139418F051000B915155100021F40008FF8C0500033D0201043F044004380432043504420020D83DDE0000204F60597D0020
    043F044004380432043504420020043F044004380432043504420020043F044004380432043504420020043F04400438043204350442
    0020043F044004380432043504420020043F044004380432043504420020043F044004380432043504420020043F0440043804320435
  ]])
  eq({ #found, found[1].kind, found[1].number, found[1].smsc, found[1].text }, { 1, "outgoing", "+15550100124",
    "+13123149810", "привет 😀 你好 " .. ("привет "):rep(11) .. "конец" })
end

-- ---- there and back ----

local function deliver(number, text, reference)
  return assert(sms.deliver {
    smsc = "+13123149810", number = number, text = text, time = 1300000000, reference = reference or 7,
  })
end

local all_letters = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
  .. "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"

local function there_and_back(text, count)
  for _, pdus in ipairs { deliver("+15550100999", text), assert(sms.submit("+15550100999", text, 200)) } do
    eq(#pdus, count)
    for _, pdu in ipairs(pdus) do lu.assertTrue(#pdu - 1 - pdu:byte(1) <= 164 + 13) end
    local reversed = {}
    for i = #pdus, 1, -1 do reversed[#reversed + 1] = pdus[i] end
    local found = join(table.unpack(reversed))
    eq({ #found, found[1].text, found[1].number, found[1].missing }, { 1, text, "+15550100999" })
  end
end

function T.test_texts_there_and_back()
  there_and_back(all_letters, 1)
  there_and_back("", 1)
  there_and_back(("a"):rep(160), 1)
  there_and_back(("a"):rep(161), 2)
  there_and_back(("a"):rep(306), 2)
  there_and_back(("a"):rep(307), 3)
  there_and_back(("я"):rep(70), 1)
  there_and_back(("я"):rep(71), 2)
  there_and_back(("a"):rep(255 * 153), 255)
  for before = 0, 8 do -- no letter of two halves is cut
    there_and_back(("a"):rep(before) .. ("€"):rep(80), before > 0 and 2 or 1)
    there_and_back(("я"):rep(before) .. ("😀"):rep(35), before > 0 and 2 or 1)
  end
  for length = 0, 40 do there_and_back(("x"):rep(length), 1) end
end

-- A part of ours is one of the standard's: 3GPP TS 23.040, 9.2.3.24.1, and a bit that fills.
function T.test_bytes_of_a_part()
  local pdus = assert(sms.submit("12345", ("a"):rep(161), 0x2a))
  eq(pdus[1]:sub(1, 20), bytes "00410005812143f50000a00500032a0201c2e170")
end

function T.test_bytes_of_a_submit()
  eq(assert(sms.submit("+18005551212", "hellohello", 0)), { bytes "0001000b918100551512f200000ae8329bfd4697d9ec37" })
end

function T.test_what_cannot_be_sent()
  for _, number in ipairs { "", "+", "12a", "ACME", "123456789012345678901", "1\27[2J" } do
    local pdus, err = sms.submit(number, "x", 0)
    eq({ pdus, err.code }, { nil, "invalid" }, number)
  end
  for _, text in ipairs { "\xff", ("a"):rep(255 * 153 + 1) } do
    local pdus, err = sms.submit("123", text, 0)
    eq({ pdus, err.code }, { nil, "invalid" })
  end
end

-- ---- parts ----

function T.test_parts_of_two_texts_with_the_same_reference()
  local first, second = deliver("+1555", ("a"):rep(200)), deliver("+1555", ("b"):rep(200))
  local found = join(first[1], first[2], second[2], second[1])
  eq({ #found, found[1].text, found[2].text }, { 2, ("a"):rep(200), ("b"):rep(200) })
  found = join(first[1], second[1], second[2])
  eq({ #found, found[1].missing, found[2].text }, { 2, { 2 }, ("b"):rep(200) })
end

function T.test_parts_of_other_senders_and_references_stay_apart()
  local long = ("a"):rep(200)
  local found = join(deliver("+1555", long)[1], deliver("+1556", long)[2], deliver("+1555", long, 8)[2])
  eq(#found, 3)
  for _, message in ipairs(found) do eq(#message.missing, 1) end
end

function T.test_an_unread_part_makes_all_unread()
  local pdus = deliver("+1555", ("a"):rep(200))
  local found = sms.join {
    { place = "4", status = "read", pdu = pdus[2] }, { place = "m9", status = "unread", pdu = pdus[1] },
  }
  eq({ found[1].status, found[1].id, found[1].places }, { "unread", "4", { "4", "m9" } })
end

-- 23.040 lets a header's 16 bits of reference be in an element of its own; a pair of surrogates may be cut by a phone.
function T.test_sixteen_bits_of_reference_and_a_letter_that_is_cut()
  local head = "07912143658709f1440b918100551512f200081110102143650009 06080412340201"
  local low = "07912143658709f1440b918100551512f20008111010214365000b 06080412340202"
  local found = join(bytes(low .. "de000021"), bytes(head .. "d83d"))
  eq({ #found, found[1].text }, { 1, "😀!" })
end

-- ---- languages ----

-- A PDU with an element of the header, and septets behind it.
local function with_header(element, septets)
  local header = string.char(#element) .. element
  local count = (#header * 8 + 6) // 7
  return bytes "07912143658709f1440b918100551512f2000011101021436500"
    .. string.char(count + #septets) .. header .. alphabet.pack(septets, count * 7 - #header * 8)
end

-- 3GPP TS 23.038, A.2 and A.3, letter by letter as the tables there have them.
function T.test_tables_of_languages()
  local function text(element, septets) return join(with_header(element, septets))[1].text end
  eq(text("\x24\1\1", "\x1bG\x1bg \x1bI\x1bi \x1bS\x1bs \x1bc \x1be"), "Ğğ İı Şş ç €")
  eq(text("\x25\1\1", "\x0b\x0c \x40\x07 \x1c\x1d \x60 \x04"), "Ğğ İı Şş ç €")
  eq(text("\x24\1\2", "\x1bA\x1ba\x1bI\x1bi\x1bO\x1bo\x1bU\x1bu\x1b\x09"), "ÁáÍíÓóÚúç")
  eq(text("\x25\1\3", "S\x7bo Jo\x7b\x6f \x09\x7c\x18\x1b\x65"), "São João çõ€€")
  eq(text("\x24\1\3\x25\1\3", "\x1b\x61\x61\x1b\x7b\x7b\x1b\x1f"), "ÂaããÊ")
  eq(text("\x25\1\6", "\x4b\x52\x43\x6d"), "षीयm")
  eq(text("\x24\1\6\x25\1\6", "\x1b\x1c\x1b\x25\x1b\x19\x1b\x3a"), "०९।ॱ")
  eq(text("\x25\1\4", "\x60\x7f\x0c\x42"), "ৎৱ ম")
  eq(text("\x24\1\4", "\x1b\x19\x1b\x23\x1b\x34"), "০৯৺")
  eq(text("\x25\1\11", "\x01\x14\x1f\x60"), "ஂஔஞௐ")
  eq(text("\x25\1\13", "\x00\x5a\x7f\x22"), "اېٰڏ")
  eq(text("\x24\1\13", "\x1b\x1c\x1b\x3f"), "۰۔")
  eq(text("\x25\1\x7f", "abc"), "abc") -- no such language
end

function T.test_each_language_has_all_letters()
  for _, tables in ipairs { languages.locking, languages.single } do
    for number, letters in pairs(tables) do
      for septet, letter in pairs(letters) do
        eq({ septet >= 0 and septet < 128, utf8.len(letter) }, { true, 1 }, number)
      end
    end
  end
  for number = 1, 13 do
    if number ~= 2 then
      local all = {}
      for septet = 0, 127 do all[septet + 1] = septet ~= 0x1b and string.char(septet) or "" end
      eq(utf8.len(alphabet.from_septets(table.concat(all), number)), 127, number)
    end
  end
end

-- oFono's unit/test-sms.c: what a PDU says in each language, and all letters of each alphabet.
local ALL = [[
  0001000b915310101010100000808080604028180e888462c168381e90886442a9582e988c06c4e9783ea09068442a994ea8946a
  c56ab95eb0986c46abd96eb89c6ec7ebf97ec0a070482c1a8fc8a472c96c3a9fd0a8744aad5aafd8ac76cbed7abfe0b0784c2e9b
  cfe8b47acd6ebbdff0b87c4eafdbeff8bc7ecfeffbff]]
local in_languages = {
  { pdu = ALL, locking = nil,
    text = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDE"
      .. "FGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà" },
  { pdu = ALL, locking = 1,
    text = "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ŞşßÉ !\"#¤%&'()*+,-./0123456789:;<=>?İABCDE"
      .. "FGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§çabcdefghijklmnopqrstuvwxyzäöñüà" },
  { pdu = ALL, locking = 3,
    text = "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó| ÂâÊÉ !\"#º%&'()*+,-./0123456789:;<=>?ÍABCDE"
      .. "FGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§~abcdefghijklmnopqrstuvwxyzãõ`üà" },
  { pdu = "0001000b915310101010100000151bc58602daa036a9cd6bc3dbf436be0d705306", locking = nil, single = nil,
    text = "\f^ {}\\[~]|€" },
  { pdu = "0001000b9153101010101000001a1bc586b2416d529bd786b7e96d7c1be002c8011318870e", locking = 1, single = 1,
    text = "\f^{}\\[~]|ĞİŞç€ğış" },
  { pdu =
      "0001000b9153101010101000003184c446b160381e1bc96662d9543696cd6583d9643c1bd42675d9f0c01b9f8602cc74b7"
      .. "5c0ee68030ecf91d",
    locking = 3, single = 3,
    text = "êç\fÔôÁáΦΓ^ΩΠΨΣΘÊ{}\\[~]|ÀÍÓÚÃÕÂ€íóúãõâ" },
  { pdu =
      "0001000b915310101010100000269bc446b1a16c509bd4e6b5e16d7a1bdf06b8096e929be7a6ba096fca9bf4e6bda903",
    locking = 2, single = 2,
    text = "ç\f^{}\\[~]|ÁÍÓÚá€íóú" },
}

function T.test_published_alphabets()
  for _, case in ipairs(in_languages) do
    eq(alphabet.from_septets(sms.decode(bytes(case.pdu)).payload, case.locking, case.single), case.text)
  end
end

-- Likewise, a text in three parts, and reports, which have no service centre there.
local IN_THREE = {
  [[038121f340048155550119906041001222048c0500031e0301041804420430043a002c00200410043b0435043a04410430043d04
    340440002000200441043b044304480430043b00200437043000200434043204350440044c044e00200020043800200020043204
    41043500200431043e043b044c044804350020043f0440043504380441043f043e043b043d044f043b0441044f00200020043304
    3d0435]],
  [[038121f340048155550119906041001222048c0500031e03020432043e043c002e000a041d0430043a043e043d04350446002c00
    20043d043500200432002004410438043b04300445002004340430043b043504350020044204350440043f04350442044c002c00
    20043e043d00200441044204400435043c043804420435043b044c043d043e002004320431043504360430043b00200432002004
    3a043e]],
  [[038121f340048155550119906041001222044a0500031e0303043c043d043004420443002c0020043f043e043704300431044b04
    32000a0434043004360435002c002004470442043e002000200431044b043b0020043d04300433002e]],
}

function T.test_published_parts_in_any_order()
  for _, order in ipairs { { 1, 2, 3 }, { 3, 1, 2 }, { 2, 3, 1 } } do
    local found = join(bytes(IN_THREE[order[1]]), bytes(IN_THREE[order[2]]), bytes(IN_THREE[order[3]]))
    eq({ #found, found[1].number, found[1].text }, { 1, "5555", "Итак, Александр  слушал за дверью  и  все больше "
      .. "преисполнялся  гневом.\nНаконец, не в силах далее терпеть, он стремительно вбежал в комнату, позабыв\n"
      .. "даже, что  был наг." })
  end
end

function T.test_published_reports()
  for _, case in ipairs {
    { "06040d91945152991136f00160124130340a0160124130940a00", "+4915259911630", 4 },
    { "0606098121436587f9019012413064a0019012413045a000", "123456789", 6 },
  } do
    local part = sms.decode("\0" .. bytes(case[1]))
    eq({ part.kind, part.number, part.delivery.reference, part.delivery.state },
      { "report", case[2], case[3], "delivered" })
  end
end

function T.test_ports()
  local message = join(with_header("\x05\4\x0b\x84\x23\xf0", "x"))[1]
  eq({ message.ports, message.text }, { { to = 2948, from = 9200 }, "x" })
end

-- ---- what is shown ----

function T.test_neither_text_nor_sender_moves_a_cursor()
  local found = join(deliver("A\rB", "one\r\ntwo\rthree")[1], deliver("+1555", "я\27[2J\xe2\x80\xaex")[1])
  eq({ found[1].number, found[1].is_name, found[1].text }, { "A?B", true, "one\ntwo\nthree" })
  eq(found[2].text, "я?[2J?x")
end

function T.test_times()
  local function time(hex)
    return sms.decode(bytes("07912143658709f1040b918100551512f20000" .. hex .. "00")).time
  end
  eq(time "11302151526323", "2011-03-12T15:25:36+08:00")
  eq(time "1130215152634a", "2011-03-12T15:25:36-06:00")
  eq(time "113021515263ff", "2011-03-12T15:25:36")
  eq(time "11312151526323", nil)
  eq(time "00000000000000", nil)
end

function T.test_classes_and_schemes()
  local function read(scheme)
    local part = sms.decode(bytes("07912143658709f1040b918100551512f200" .. scheme .. "11101021436500020041"))
    return { part.coding, part.class }
  end
  eq(read "10", { "gsm7", 0 })
  eq(read "1a", { "ucs2", 2 })
  eq(read "0c", { "gsm7" })
  eq(read "20", { "8bit" })
  eq(read "48", { "ucs2" })
  eq(read "80", { "gsm7" })
  eq(read "c8", { "gsm7" })
  eq(read "e0", { "ucs2" })
  eq(read "f7", { "8bit", 3 })
end

-- ---- bytes that no network should send ----

local function is_message(message)
  lu.assertTrue(message.problem ~= nil or message.kind ~= nil)
  for _, name in ipairs { "text", "number", "problem", "data" } do
    local value = message[name]
    lu.assertTrue(value == nil or utf8.len(value) ~= nil and not value:find "[\0-\8\11-\31\127]")
  end
end

function T.test_a_pdu_that_is_too_short()
  local pdu = bytes(published[3].pdu)
  for length = 0, #pdu - 1 do
    local part, err = sms.decode(pdu:sub(1, length))
    eq({ part, err and err.code }, { nil, "malformed" }, length)
  end
  local found = join(pdu:sub(1, 20))
  eq({ #found, found[1].kind, found[1].id }, { 1, nil, "1" })
  lu.assertStrContains(found[1].problem, "it ends within")
end

function T.test_mutations_raise_nothing()
  local seed = 20111130
  local function random(limit)
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return (seed >> 8) % limit
  end
  local pdus = { parts[1], parts[2] }
  for _, case in ipairs(published) do pdus[#pdus + 1] = bytes(case.pdu) end
  pdus[#pdus + 1] = with_header("\x24\1\1\x25\1\3\5\4\x0b\x84\x23\xf0\8\4\1\2\2\1", "\x1b\x47\x1b")
  pdus[#pdus + 1] = sms.report { smsc = "+1555", number = "+15550100124", reference = 7, time = 1e9, status = 0 }
  for _, pdu in ipairs(pdus) do
    for at = 1, math.min(#pdu, 48) do
      for _, octet in ipairs { 0, 1, 0x7f, 0x80, 0xff, pdu:byte(at) ~ 1 << random(8) } do
        local mutant = pdu:sub(1, at - 1) .. string.char(octet) .. pdu:sub(at + 1)
        for _, message in ipairs(join(mutant, parts[2], mutant:sub(1, random(#mutant)))) do is_message(message) end
      end
    end
  end
  for _ = 1, 3000 do
    local noise = {}
    for i = 1, random(40) do noise[i] = string.char(random(256)) end
    for _, message in ipairs(join(table.concat(noise), "\0" .. table.concat(noise))) do is_message(message) end
  end
end

return T
