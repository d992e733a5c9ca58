-- SPDX-License-Identifier: MIT
-- What a recording has in place of what is private: by fields of messages, lines at an AT port, names in events.

local at_lines = require "recording.at_lines"
local core_mbim = require "core.mbim"
local core_qmi = require "core.qmi"
local decode = require "decode"
local events = require "events"
local fields = require "recording.fields"
local json = require "base.json"
local lu = require "luaunit"
local messages = require "recording.messages"
local nas = require "qmi.nas"
local pseudonyms = require "support.pseudonyms"
local recorder = require "recording.recorder"
local task = require "task"
local unknown = require "recording.unknown"

require "mbim.messages"
require "qmi.messages"

local T = {}

function T.test_pseudonyms()
  local others = pseudonyms.new()
  local imsi = others:digits("310120000000123", "imsi")
  lu.assertEquals({ #imsi, imsi:sub(1, 6) }, { 15, "310120" })
  lu.assertNotEquals(imsi, "310120000000123")
  lu.assertEquals(others:digits "310120000000123", imsi)
  lu.assertEquals(others:scrub "IMSI 310120000000123.", "IMSI " .. imsi .. ".")
  local imei = others:digits "359072060000011"
  lu.assertEquals(imei:sub(1, 8), "35907206")
  lu.assertEquals(others:text("35907206000001", "imei"), imei:sub(1, 14), "an MEID")
  local iccid = others:digits "89011200000123456781"
  -- EF_ICCID, which has the two digits of each byte swapped.
  local raw = ("89011200000123456781"):gsub("(.)(.)", function(a, b) return string.char(tonumber(b .. a, 16)) end)
  local other = others:bytes(raw):gsub(".", function(c) return ("%x%x"):format(c:byte() & 15, c:byte() >> 4) end)
  lu.assertEquals(other, iccid)
  lu.assertEquals(#others:text "Émile-7", #"Émile-7")
  lu.assertEquals(others:scrub "at /home/emile/x", ("at /home/%s/x"):format(others:text "emile"))
  lu.assertEquals(others:scrub("Modem_SN:854F0000", true), "Modem_SN:" .. others:text "854F0000")
  lu.assertEquals(others:scrub "ready, 310120", "ready, 310120", "an IMSI began with it")
  lu.assertEquals({ others:scrub "on 12033", others:scrub("on 310410", true) },
    { "on " .. others:digits "12033", "on 310410" })
  lu.assertEquals(others:bytes "\1\2\xff", "\0\0\0")
  lu.assertNotNil(others:taken())
  lu.assertEquals({ others:text "", others:taken() }, { "" })
  lu.assertEquals(others:blank "pässw0rd 1", "xxxxxx0xxx0")
  lu.assertNotEquals(require("recording.pseudonyms").new():digits "310120000000123", imsi)
  for number = 1, 1000, 37 do lu.assertTrue(others:number(number) < number * 2, number) end
end

function T.test_at_lines()
  local others = pseudonyms.new()
  local lines = at_lines.new(others, {})
  local cell = others:number(171650049)
  lu.assertEquals(lines:replace("+CEREG: 2,1,\"2F01\",\"A3B2C01\",7", "urc"),
    ('+CEREG: 2,1,"%04X","%07X",7'):format(others:number(0x2f01), cell))
  -- A URC has no <n>; some modems leave the quotation marks out.
  for _, urc in ipairs {
    '+CREG: 1,"2F01","A3B2C01",7', "+CGREG: 5,2F01,A3B2C01,7", '+CEREG: 1,"2F01","A3B2C01",7,0,0',
  } do
    lu.assertEquals(lines:replace(urc, "urc"),
      (urc:gsub("2F01", ("%04X"):format(others:number(0x2f01))):gsub("A3B2C01", ("%07X"):format(cell))))
  end
  lines:replace("AT+CMGR=1", "sent")
  lu.assertEquals(lines:replace("+CMGR: 1,,24", "line"), "+CMGR: 0,,00")
  lu.assertEquals(lines:replace("07911326040000F0040B911346610089F6", "line"):gsub("[0x]", ""), "")
  lines:replace("AT", "sent")
  lu.assertEquals(lines:replace("$GPGGA,123519,4807.038,N", "line"), "$GPGGA,000000,0000.000,N")
  lu.assertEquals(lines:replace("OK", "final"), "OK")
  lines:replace("AT!USBCOMP=?", "sent")
  for _, line in ipairs { "MODEM - 0x00000008,", "Interface bitmask: 0000010D (diag)",
    "Revision: SWI9X30C_02.24.05.06" } do
    lu.assertEquals(lines:replace(line, "line"), line)
  end
end

-- Whose answers say more than their commands do, whatever their look.
function T.test_at_answers_that_need_their_command()
  local lines = at_lines.new(pseudonyms.new(), {})
  for _, case in ipairs {
    { "AT+CGAUTH?", '+CGAUTH: 1,2,"me and you","hunter2"', '+CGAUTH: 0,0,"xxxxxxxxxx","xxxxxx0"' },
    { "AT+QICSGP=1", '+QICSGP: 1,"r.ispsn","me","hunter2",1', '+QICSGP: 0,"xxxxxxx","xx","xxxxxx0",0' },
    { "AT$QCPDPP?", '$QCPDPP: 1,1,"hunter2","me"', '$QCPDPP: 0,0,"xxxxxx0","xx"' },
    { "AT+CPIN?", "+CPIN: READY", "+CPIN: READY" },
    { 'AT+CLCK="SC",2', "+CLCK: 0", "+CLCK: 0" },
    { 'AT+CMGF=1;+CMGL="ALL"', "my dear friend", "xxxxxxxxxxxxxx" },
    { "AT+CCFC=0,2", '+CCFC: 1,1,"555012",129', '+CCFC: 0,0,"000000",000' },
    { "AT!GPSLOC?", "Lat: 40 Deg 44 Min 54.24 Sec N  (0x00E7C6E1)", "Lat: 00 Deg 00 Min 00.00 Sec N  (0000000000)" },
    { "AT+QLBS", "+QLBS: 0,40.7484,-73.9857", "+QLBS: 0,00.0000,-00.0000" },
    { "AT", '+UGRMC: 1,$GPRMC,123519,A,4044.904,N', '+UGRMC: 0,$GPRMC,000000,A,0000.000,N' },
    { "AT^LOCINFO?", "^LOCINFO: 310120,2F01,00,A3B2C01", "^LOCINFO: 000000,0x00,00,x0x0x00" },
  } do
    local command, answer, other = table.unpack(case)
    lines:replace(command, "sent")
    lu.assertEquals(lines:replace(answer, "line"), other, command)
  end
  for command, answer in pairs {
    ["AT+CGREG?"] = '+CGREG: 2,1,"2F01","A3B2C01",7', ["AT+XMCI=1"] = '+XMCI: 4,310,120,"0x2F01","0x0A3B2C01","0x007B"',
    ["AT+CGSN=0"] = '+CGSN: "LQ65D1Y19AB"', ["AT+EGMR=0,5"] = '+EGMR: "MPA19GF1B3456X8"', ATI = "FSN: D1Y19AB1C00012",
    ["AT+QMAC"] = "+QMAC: 00:1e:10:a1:b2:c3",
  } do
    lines:replace(command, "sent")
    local other = lines:replace(answer, "line")
    for _, secret in ipairs { "2F01", "A3B2C01", "D1Y19AB", "MPA19GF1B", "1e:10:a1" } do
      lu.assertNotStrContains(other, secret, command)
    end
    lu.assertEquals(#other, #answer)
    lu.assertEquals(other:match "0x", answer:match "0x", "the base stays")
  end
end

function T.test_at_commands_that_people_write_in()
  local lines = at_lines.new(pseudonyms.new(), {})
  for command, other in pairs {
    ['AT+CMGS="555012"'] = 'AT+CMGS="000000"', ["ATD555012;"] = "ATD000000x", ["AT+CMGS=?"] = "AT+CMGS=?",
    ['AT+CMGF=1;+CMGS="555012",129'] = 'AT+CMGF=0;+CMGS="000000",000',
  } do lu.assertEquals(lines:replace(command, "sent"), other) end
end

-- Commands that are on no list: words and short numbers stay, and addresses of the connection.
function T.test_at_commands_that_nobody_knows()
  local others = pseudonyms.new()
  local lines = at_lines.new(others, {})
  lines:replace("AT+NEW?", "sent")
  for _, line in ipairs {
    "+NEW: 1,25,LTE,-98", "B25 is in use", '+NEW: "IPV4V6","10.64.64.64",2600:100e:b02d:1::2', "+NEW: 0x1F,1.5,40.74",
  } do lu.assertEquals(lines:replace(line, "line"), line) end
  for line, secret in pairs {
    ["+NEW: 12033"] = "12033", ["+NEW: A3B2C01"] = "A3B2C01", ["tracking area: 2F01"] = "2F01",
    ["+NEW: 0x2F01"] = "2F01", ['+NEW: "Mum"'] = "Mum", ["+NEW: 40.7484,-73.9857"] = "7484", ["SN D1Y19AB"] = "D1Y19AB",
    ["+NEW: 00:1e:10:a1:b2:c3"] = "1e:10", ["+NEW: ABCDEFAB"] = "ABCDEFAB", ['+NEW: "10.1.2.3.secret"'] = "secret",
  } do
    local other = lines:replace(line, "line")
    lu.assertNotStrContains(other, secret, false, line)
    lu.assertEquals(#other, #line)
  end
  lu.assertEquals(lines:replace("+NEWS: 12033", "urc"), "+NEWS: " .. others:digits "12033", "always the same")
  local sent = lines:replace('AT+NEW=12033,"Mum"', "sent")
  lu.assertEquals(sent, ('AT+NEW=%s,"%s"'):format(others:digits "12033", others:text "Mum"))
  -- An answer of a command that is known, and one beside it that is not.
  lines:replace("AT+CSQ;+CGMR", "sent")
  lu.assertEquals(lines:replace("SWI9X30C_02.24.05.06", "line"), "SWI9X30C_02.24.05.06")
  lines:replace("AT+CGMR;+NEW?", "sent")
  lu.assertNotEquals(lines:replace("SWI9X30C_02.24.05.06", "line"), "SWI9X30C_02.24.05.06")
end

-- As they stand in what commands print, and in answers to commands that are on no list.
function T.test_what_is_private_by_its_look()
  for text, secrets in pairs {
    ["call +1 (555) 123-4567"] = { "123-4567" }, ["EID 8904 9032 0040 0888 2600"] = { "9032", "0888" },
    ["MEID A10000009296F2"] = { "9296F2" }, ["enx001e10a1b2c3"] = { "1e10a1" }, ["00-1E-10-A1-B2-C3"] = { "A1-B2" },
    ["fe80::21e:10ff:fea1:b2c3/64"] = { "21e:10", "a1:b2c3" }, ["LPA:1$smdp.io$GOOD-ID"] = { "smdp", "GOOD" },
    ["at 52.5163,13.3777"] = { "52.5", "13.3" }, ["https://me:p@ss/w@host/x"] = { "me:", "ss/w" },
    ["http://host/x?token=s3cret"] = { "s3cret" }, ["/run/media/emile/x"] = { "emile" },
    ["MY_PASSWORD=hunter2"] = { "hunter2" }, ["PIN: 1234"] = { "1234" },
    ["cell 4321 (eNB 99, sector 1), TAC 1234"] = { "4321", "eNB 99,", "1234" }, ["tac:2F01"] = { "2F01" },
  } do
    local others = pseudonyms.new()
    for what, other in pairs { scrubbed = others:scrub(text), unknown = unknown(others, text) } do
      for _, secret in ipairs(secrets) do lu.assertNotStrContains(other, secret, false, what .. ": " .. text) end
    end
  end
  local others = pseudonyms.new()
  lu.assertEquals(others:scrub "dial +1 555 123 4567":gsub("%D", ""), others:digits "15551234567")
  lu.assertStrContains(others:scrub "8901120000012345678F", others:digits("8901120000012345678", "iccid") .. "F")
  local mac = others:scrub "00:1e:10:a1:b2:c3"
  lu.assertEquals(others:scrub "wwx001e10a1b2c3", "wwx" .. mac:gsub(":", ""))
  local first = tonumber(mac:sub(1, 2) .. mac:sub(4, 5), 16) ~ 0x0200
  lu.assertStrContains(others:scrub "fe80::21e:10ff:fea1:b2c3", ("fe80::%x:"):format(first))
  for _, text in ipairs {
    "2026-11-30 18:44:55", "firmware 1.0.0.2", "10.64.64.64 via 2600:100e:b02d:1::2/64", "http://host/x", "0.25 s",
  } do lu.assertEquals(others:scrub(text), text) end
  lu.assertEquals(pseudonyms.new(true):scrub "cell 171650049, TAC 1234", "cell 171650049, TAC 1234")
end

function T.test_what_commands_print_has_the_network_as_messages_have_it()
  local lines = {}
  local made = recorder.new(function(line) lines[#lines + 1] = line end, { command = {} }, {})
  for _, line in ipairs { "SIM       ready, 310120", "- registration: home, Telekom (26201), LTE" } do
    made:say(line, "out")
    lu.assertEquals(lines[#lines].said, line)
  end
end

-- Logs of others have all lines, and so has what goes through MBIM; our own ports hide some.
function T.test_at_texts_of_several_lines()
  for _, kind in ipairs { "urc", "line" } do
    local lines = at_lines.new(pseudonyms.new(), {})
    for _, case in ipairs {
      { '+CUSD: 1,"Dear Mum', '+CUSD: 0,"xxxxxxxx' }, { "call me", "xxxxxxx" }, { 'at 9",15', "xxx0xx00" },
      { "+CSQ: 9,99", "+CSQ: 9,99" },
      { '+CMT: "+15551234567",,"26/11/30"', '+CMT: "x00000000000",,"00x00x00"' }, { "see you", "xxxxxxx" },
      { "+CMT: ,24", "+CMT: ,00" }, { "(hidden)", "(hidden)" }, { "+CREG: 1", "+CREG: 1" },
    } do lu.assertEquals(lines:replace(case[1], kind), case[2]) end
  end
end

-- However long the modem has been talking.
function T.test_cells_after_many_lines()
  for _, kind in ipairs { "urc", "line" } do
    local lines = at_lines.new(pseudonyms.new(), {})
    for _ = 1, 100 do lines:replace("+CSQ: 9,99", kind) end
    for _, line in ipairs { '+CREG: 1,"2F01","A3B2C01",7', '+CEREG: 2,1,"2F02","A3B2C02",7' } do
      local other = lines:replace(line, kind)
      lu.assertNil(other:find "2F0" or other:find "A3B2C", other)
    end
  end
end

function T.test_a_modem_that_repeats_a_text()
  local lines = at_lines.new(pseudonyms.new(), {})
  lines:replace('AT+CMGS="555012"', "sent")
  for _, case in ipairs {
    { "> see you", "xxxxxxxxx" }, { "+Mum: 9", "xxxxxx0" }, { "+CMGS: 5", "+CMGS: 5" }, { "+CSQ: 9,99", "+CSQ: 9,99" },
  } do lu.assertEquals(lines:replace(case[1], "line"), case[2]) end
end

-- Makers have more commands for PINs and passwords than are known.
function T.test_at_commands_whose_names_sound_secret()
  local lines = at_lines.new(pseudonyms.new(), {})
  for command, other in pairs {
    ["AT+QPIN=1234"] = "AT+QPIN=0000", ['AT*MPWD="1234"'] = 'AT*MPWD="0000"', ["AT+CPINR"] = "AT+CPINR",
    ['AT+ZPPPAUTH=1,"me"'] = 'AT+ZPPPAUTH=0,"xx"', ["AT+CPIN=(hidden)"] = "AT+CPIN=(hidden)",
  } do lu.assertEquals(lines:replace(command, "sent"), other) end
end

local function command_in_head(...)
  local head
  recorder.new(function(line) head = line end, { command = { ... } }, {})
  return table.concat(head.command, " ")
end

function T.test_command_lines()
  for _, case in ipairs {
    { "sms send 0000xx xx", "sms", "send", "5550xx", "hi" },
    { "trace sms send x000 xx", "trace", "sms", "send", "+555", "hi" },
    { "ussd x000x", "ussd", "*100#" },
    { "at AT+CPIN=(hidden)", "at", 'AT+CPIN="1234"' },
    { "trace at AT+CPIN=(hidden)", "trace", "at", 'AT+CPIN="1234"' },
    { "at AT+CMGF=0 --text=xx", "at", "AT+CMGF=0", "--text=hi" },
    { "survey --run xxxxx0xx --wait 5", "survey", "--run", "x u:p1 y", "--wait", "5" },
    { "up --apn r.ispsn --user xx --wait 5", "up", "--apn", "r.ispsn", "--user", "me", "--wait", "5" },
  } do lu.assertEquals(command_in_head(table.unpack(case, 2)), case[1]) end
end

function T.test_events_and_descriptors()
  local lines = {}
  local made = recorder.new(function(line) lines[#lines + 1] = line end, { command = {} }, {})
  local group <close> = task.group()
  made:follow_events(group)
  events.publish("cell", { value = { serving = {
    { cell_id = 171650049, enb = 171650049 >> 8, tac = 12033, pci = 7 },
  } } })
  events.publish("place", { modem = "1-1", text = "at home", value = {
    message = "hi", count = 77, latitude = -40.7484,
  } })
  made:modem { name = "1-1", descriptors = "\18\1\xff" }
  while #lines < 4 do task.sleep(0) end
  local text = json.encode(lines)
  for _, written in ipairs { '"at home"', '"hi"', ":77" } do lu.assertNotStrContains(text, written) end
  lu.assertStrContains(text, '"modem":"1-1"')
  for _, secret in ipairs { "171650049", "670508", "12033", "40.7484" } do lu.assertNotStrContains(text, secret) end
  lu.assertStrContains(text, '"pci":7')
  lu.assertStrContains(text, '"descriptors":"1201FF"', true)
end

-- This computer's other links are in a home.
function T.test_the_kernel_about_other_links()
  local lines = {}
  local made = recorder.new(function(line) lines[#lines + 1] = line end, { command = {} }, {})
  made:modem { name = "1-1", net = "wwan0" }
  made:changed("add_address", { { link = "br-lan", address = "10.0.0.1" } })
  local told = {
    { kind = "address", link = "wwan0", address = "10.64.0.2" },
    { kind = "address", link = "br-lan", address = "10.0.0.1" },
    { kind = "address", link = "eth0.2", address = "192.168.178.23", prefix_length = 24 },
    { kind = "route", link = "eth0.2", destination = "default", gateway = "fe80::1234", hops = { { link = "x" } } },
  }
  for _, event in ipairs(told) do made:kernel(event) end
  local shown = {}
  for i = 1, #told do shown[i] = lines[#lines - #told + i].kernel end
  lu.assertEquals({ shown[1], shown[2] }, { told[1], told[2] })
  lu.assertEquals(shown[3], { kind = "address", link = "eth0.2", address = "000x000x000x00", prefix_length = 24 })
  lu.assertEquals(shown[4], { kind = "route", link = "eth0.2", destination = "default", gateway = "xx00xx0000" })
end

-- ---- all fields that are declared ----

-- Numbers that do not stay, of all that are declared: no test can tell what a name means, so each is seen here first.
local REPLACED = {
  zero = [[
    azimuth_degrees base_station_latitude base_station_longitude cdma_resolved_mcc challenge elevation_degrees end
    geo_system_index gnss_satellite_id gnss_sv_id hdop heading heading_uncertainty horizontal_confidence
    horizontal_speed horizontal_uncertainty_circular horizontal_uncertainty_elliptical_azimuth
    horizontal_uncertainty_elliptical_major horizontal_uncertainty_elliptical_minor id imsi_11_12 kind latitude
    long_name_spare_bits longitude lte_embms_coverage_info_trace_id magnetic_deviation
    minimum_interval_between_position_reports number_satellites_in_fix oem_lock_id packet_zone pdop pilot_pn
    raw_horizontal_confidence raw_horizontal_uncertainty_circular reference_pn reserved1 reserved2 reserved3 reserved4
    response result setting short_name_spare_bits signal_to_noise_ratio_bhz speed_east_north_up speed_uncertainty
    speed_uncertainty_east_north_up start time_uncertainty time_value utf16 vdop vertical_confidence vertical_speed
    vertical_uncertainty vlan_id_range_end vlan_id_range_start
  ]],
  place = [[
    base_station_id cdma_registration_zone_id cell_id cid_3gpp closed_subscriber_group csg_id global_cell_id
    gsm_routing_area_code lac lac1 lac2 lac_3gpp lte_tac network_id nid serving_cell_id sid system_id tac
    tracking_area_code umts_cell_id wcdma_routing_area_code
  ]],
  identity = "modem_id",
}

-- Calls for each field, however deep, that is a plain number: enumerations, flags and counts say nothing of a person.
local function each_number(declared, visit)
  for _, field in pairs(declared) do
    local t = field.type
    while t.of do t = t.of end
    if t.kind == "struct" then
      each_number(t.fields, visit)
    elseif (t.kind == "uint" or t.kind == "int" or t.kind == "float") and not t.style and not t.secret then
      visit(field.name)
    end
  end
end

local function each_declared_number(visit)
  for _, list in ipairs { "mbim.messages", "qmi.messages" } do
    for _, message in ipairs(require(list)) do
      local layouts = { message.declaration }
      for _, one in ipairs(message.versions or {}) do layouts[#layouts + 1] = one.declaration end
      for _, layout in ipairs(layouts) do
        for _, part in ipairs { "query", "set", "request", "response", "indication" } do
          if type(layout[part]) == "table" then each_number(layout[part], visit) end
        end
      end
    end
  end
end

function T.test_each_number_that_does_not_stay()
  local found = { zero = {}, place = {}, identity = {} }
  each_declared_number(function(name)
    local what = fields.of_number(name)
    if what ~= "kept" then found[what][name] = true end
  end)
  for what, names in pairs(REPLACED) do
    local expected = {}
    for name in names:gmatch "%S+" do expected[name] = true end
    lu.assertEquals(found[what], expected)
  end
end

-- What is on no list does not stay.
function T.test_a_number_of_an_unknown_name()
  local others = pseudonyms.new()
  for _, name in ipairs { "home_number_of_owner", "cell", "code", "rsrp_of_cell_id" } do
    lu.assertEquals({ fields.number(others, 171650049, name), fields.number(others, 40.7, name) }, { 0, 0.0 }, name)
  end
  lu.assertEquals(fields.number(others, -98, "lte_rsrp_threshold_list"), -98)
  lu.assertNotEquals(fields.number(others, 171650049, "cell_id"), 171650049)
  lu.assertEquals(fields.number(others, 171650049, "cell_id", true), 171650049)
end

function T.test_cell_of_system_info()
  local info = assert(nas.system_info.indication:encode { gsm_system_info = { cell_id_valid = true,
    cell_id = 171650049, lac = 12033 } })
  local bytes = core_qmi.build {
    service = 3, client = 1, type = "indication", transaction = 0, id = nas.system_info.id, tlvs = info,
    from_modem = true,
  }
  for _, keeps in ipairs { false, true } do
    local replaced = messages.new(pseudonyms.new(), { keep_cells = keeps }):qmi(bytes)
    lu.assertEquals(replaced:find(("<I4"):pack(171650049), 1, true) ~= nil, keeps)
    local values = assert(nas.system_info.indication:decode(core_qmi.parse(replaced).tlvs))
    lu.assertTrue(values.gsm_system_info.cell_id_valid)
  end
end

-- A value that ends early, or begins with a wrong length, is not read, and so cannot be replaced field by field.
function T.test_values_that_do_not_fit_are_blank()
  local uim, voice = require "qmi.uim", require "qmi.voice"
  local function replaced(message, part, tlvs)
    local other = messages.new(pseudonyms.new(), {}):qmi(core_qmi.build {
      service = message.service_id, client = 1, type = part, transaction = 7, id = message.id, tlvs = tlvs,
      from_modem = part ~= "request" or nil,
    })
    return core_qmi.parse(other).tlvs
  end
  local result, session = "\2\4\0\0\0\0\0", "\1\2\0\0\0"
  for tail, blank in pairs {
    ["\1\x0812345678\x0812"] = ("\xff"):rep(13), ["\1\x2812345678"] = ("\xff"):rep(10),
  } do
    local head = ("<BI2"):pack(2, #tail)
    lu.assertEquals(replaced(uim.change_pin, "request", session .. head .. tail), session .. head .. blank)
    lu.assertEquals(replaced(uim.change_pin, "request", session .. "\2\x99\0" .. tail), session .. "\2\x99\0" .. blank)
  end
  local numbers = "\2\1\0\0075550100\2\0\0075550199" -- the second one lacks a digit
  local head = ("<BI2"):pack(0x11, #numbers - 1)
  lu.assertEquals(replaced(voice.get_all_call_info, "response", result .. head .. numbers:sub(1, -2)),
    result .. head .. ("\xff"):rep(#numbers - 1))
end

-- AT commands inside MBIM: as at a port of their own.
function T.test_at_inside_mbim()
  local at = require("makers.quectel.mbim").at_command
  local others = pseudonyms.new()
  local recorded = messages.new(others, {})
  local function passed(part, values)
    local bytes = core_mbim.build {
      type = part == "set" and "command" or "command-done", transaction = 7, service = at.service_uuid, cid = at.cid,
      set = part == "set" or nil, status = part == "response" and 0 or nil, info = assert(at[part]:encode(values)),
    }
    return at[part]:decode(core_mbim.parse(recorded:mbim(bytes)).info).bytes
  end
  lu.assertEquals(passed("set", { kind = "at", bytes = "AT+CIMI\r\n" }), "AT+CIMI\r\n")
  lu.assertEquals(passed("response", { status = "ok", bytes = "AT+CIMI\r\r\n310120000000123\r\n\r\nOK\r\n\0" }),
    ("AT+CIMI\r\r\n%s\r\n\r\nOK\r\n\0"):format(others:digits("310120000000123", "imsi")))
  lu.assertEquals(passed("set", { kind = "at", bytes = 'AT+CPIN="1234"\r\n' }), "AT+CPIN=(hidden)\r\n")
  lu.assertEquals(passed("set", { kind = "at", bytes = 'AT+CMGS="555012"\r\n' }), 'AT+CMGS="000000"\r\n')
  lu.assertEquals(passed("set", { kind = "at", bytes = "my dear friend\26" }), "xxxxxxxxxxxxxxx")
  lu.assertEquals(passed("set", { kind = "system", bytes = "cat /etc/passwd" }), ("\0"):rep(15))
end

-- The field "name" elsewhere is a network's, and stays.
function T.test_whom_a_person_knows()
  local read = require("mbim.phonebook").read
  local entry = { index = 1, number = "+15550100", name = "Ann" }
  local bytes = core_mbim.build {
    type = "command-done", transaction = 7, service = read.service_uuid, cid = read.cid, status = 0,
    info = assert(read.response:encode { entries = { entry } }),
  }
  local other = core_mbim.parse(messages.new(pseudonyms.new(), {}):mbim(bytes))
  lu.assertEquals(read.response:decode(other.info).entries, { { index = 1, number = "x00000000", name = "xxx" } })
  lu.assertEquals(read.secrets, { number = true, name = true })
end

-- A command that is not declared: nothing is left of what it carries.
function T.test_what_is_not_declared_is_blank()
  local bytes = core_mbim.build {
    type = "command", transaction = 7, service = "00112233-4455-6677-8899-aabbccddeeff", cid = 3, set = true,
    info = "who knows",
  }
  local other = core_mbim.parse(messages.new(pseudonyms.new(), {}):mbim(bytes))
  lu.assertEquals({ other.transaction, other.cid, other.info }, { 7, 3, ("\0"):rep(9) })
  lu.assertNil(decode.decode(core_mbim.build(other)).err)
end

return T
