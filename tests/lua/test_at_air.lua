-- SPDX-License-Identifier: MIT
-- Signal, cells and registration by AT commands: recorded answers of real modems, and answers that are wrong.

local air = require "support.air"
local at_port = require "modem.at"
local by_at = require "modem.air"
local lu = require "luaunit"
local maker = require "maker"
local standard = require "at.standard"
local task = require "task"

local T = {}

local eq = lu.assertEquals
local MAKERS = { "quectel", "sierra", "fibocom", "simcom", "telit", "huawei", "foxconn" }

local function modem_of(name, answers)
  local port = air.port(answers)
  answers.ATI = answers.ATI or "Manufacturer: " .. name
  return { description = {}, at = port }, port
end

-- ---- recorded answers ----

for _, name in ipairs(MAKERS) do
  T["test_recorded_answers_of_" .. name] = function()
    local recorded = air.recorded(name)
    lu.assertTrue(#recorded >= 3, name)
    for _, one in ipairs(recorded) do
      local modem = modem_of(name, one.answers)
      eq(air.lines(assert(by_at.cells(modem))), one.cells, one.title)
      eq(air.signal_line(assert(by_at.signal(modem))), one.signal, one.title)
    end
  end
end

-- A frequency and a base station follow from what the modem tells.
function T.test_what_follows_from_a_cell()
  local modem = modem_of("quectel", { ['AT+QENG="servingcell"'] =
    '+QENG: "servingcell","NOCONN","LTE","FDD",222,88,4CAA71F,28,1500,3,3,3,77B8,-84,-9,-56,21,35' })
  local cell = assert(by_at.cells(modem)).serving[1]
  eq({ cell.frequency, cell.enb, cell.sector }, { 1835.0, 0x4CAA7, 0x1F })
end

-- Numbers that no base station and no sector has, and that no integer can be.
function T.test_a_cell_of_foxconn_s_that_cannot_be()
  for _, cell in ipairs { "99999999999999999999-3(16)", "1048576-3(16)", "112801-256(16)", "112801-3" } do
    local found = assert(by_at.cells((modem_of("foxconn", { ["AT^DEBUG?"] = "EARFCN(DL/UL): 1300/19300\nBAND: 3\n"
      .. "eNB ID(PCI): " .. cell })))).serving[1]
    eq({ found.channel, found.cell_id }, { 1300 }, cell)
  end
end

-- ---- 3GPP's commands, of a modem whose maker is not known ----

local function unknown_modem(answers)
  answers.ATI = "Manufacturer: Example"
  return { description = {}, at = air.port(answers) }
end

-- A SIM for data alone is refused by the older networks' circuit-switched half.
function T.test_a_sim_for_data_alone()
  local modem = unknown_modem {
    ["AT+CREG?"] = "+CREG: 0,3", ["AT+CGREG?"] = '+CGREG: 2,1,"1A2B","3C4D5E",2', ["AT+COPS?"] = '+COPS: 0,2,"26201",2',
  }
  local registration = assert(by_at.registration(modem))
  eq({ registration.state, registration.technology, registration.lac }, { "home", "UMTS", 0x1A2B })
end

function T.test_a_modem_that_does_not_tell_whether_it_is_registered()
  local registration, err = by_at.registration((unknown_modem {}))
  eq({ registration, err.code }, { nil, "rejected" })
  lu.assertStrContains(tostring(err), "it refuses AT+C5GREG?, AT+CEREG?, AT+CREG?, AT+CGREG?")
end

-- LTE-M has a number of its own with Quectel and Telit, which in 27.007 is a kind of GSM that no network has.
function T.test_lte_m()
  local modem = unknown_modem {
    ["AT+CEREG?"] = '+CEREG: 2,5,"2AF7","01A2D003",8', ["AT+COPS?"] = '+COPS: 0,0,"Example",8',
    ["AT+CESQ"] = "+CESQ: 99,99,255,255,20,50",
  }
  eq(assert(by_at.registration(modem)).technology, "LTE")
  eq(air.lines(assert(by_at.cells(modem))), { "LTE primary cell_id=27447299 tac=10999 rsrp=-91 rsrq=-10" })
end

function T.test_signal_by_the_standard()
  local function line(csq, cesq)
    return air.signal_line(assert(by_at.signal(unknown_modem { ["AT+CSQ"] = csq, ["AT+CESQ"] = cesq })))
  end
  eq(line("+CSQ: 17,99", "+CESQ: 99,99,255,255,31,62"), "dbm=-79 lte.rsrp=-79 lte.rsrq=-4.5")
  eq(line("+CSQ: 9, 99", "+CESQ: 17,99,255,255,4,29,75,52,57"), -- Fibocom's FM350
    "dbm=-95 lte.rsrp=-112 lte.rsrq=-18 nr.rsrp=-105 nr.rsrq=-6 nr.sinr=5")
  eq(line("+CSQ: 20,99", "+CESQ: 99,99,40,30,255,255"), "dbm=-73 umts.rscp=-81 umts.ecio=-9.5")
  eq(line("+CSQ: 20,99", "+CESQ: 37,0,255,255,255,255"), "dbm=-74 gsm.rssi=-74")
  eq(line("+CSQ: 31,0", nil), "dbm=-51")
  eq(line("+CSQ: 99,99", "+CESQ: 99,99,255,255,255,255,255,255,255"), "")
  eq(line("+CSQ:", "+CESQ: ,,,,,"), "")
end

local COPS = { ["AT+COPS=3,0"] = "", ["AT+COPS=3,2"] = "" }

local function registration_of(answers)
  for command, answer in pairs(COPS) do answers[command] = answers[command] or answer end
  local modem = unknown_modem(answers)
  local registration, err = by_at.registration(modem)
  return registration or err, modem.at
end

function T.test_registration()
  eq(registration_of {
    ["AT+C5GREG?"] = "+C5GREG: 2,0", ["AT+CEREG?"] = '+CEREG: 2,1,"1206","19E4A03",13',
    ["AT+COPS?"] = '+COPS: 0,2,"20201",13', -- Sierra's EM9191: github.com/koshev-msk/modemfeed/issues/30
  }, { state = "home", provider = { id = "20201", name = "" }, technology = "5G NSA", tac = 0x1206,
    cell_id = 0x19E4A03 })
  eq(registration_of { -- a modem that has the number, whatever it was asked for
    ["AT+C5GREG?"] = '+C5GREG: 2,1,"14225C","0000000C027F5065",11,1,"01"', ["AT+COPS?"] = '+COPS: 0,0,"CHN-UNICOM",7',
  }, { state = "home", provider = { id = "", name = "CHN-UNICOM" }, technology = "5G SA", tac = 0x14225C,
    cell_id = 0xC027F5065 })
  eq(registration_of { -- MC74xx: an empty value before the cell's
    ["AT+CEREG?"] = '+CEREG: 2,5,"8C65",,"0A14666A",7', ["AT+COPS?"] = '+COPS: 0,0,"",7',
  }, { state = "roaming", provider = { id = "", name = "" }, technology = "LTE", tac = 0x8C65, cell_id = 0x0A14666A })
  eq(registration_of { -- registered for SMS alone, says firmware of L850 while data flow
    ["AT+CREG?"] = '+CREG: 2,6,"7D08","04E23C04",7', ["AT+COPS?"] = "+COPS: 0",
  }, { state = "home", provider = { id = "", name = "" }, technology = "LTE", lac = 0x7D08, cell_id = 0x04E23C04 })
  eq(registration_of { ["AT+CEREG?"] = "+CEREG: 0,2", ["AT+CREG?"] = "+CREG: 0,0" },
    { state = "searching", provider = { id = "", name = "" } })
  eq(registration_of { ["AT+CEREG?"] = "+CEREG: 0,3" }, { state = "denied", provider = { id = "", name = "" } })
end

-- A modem whose maker's commands are not known, or tell nothing of 5G, still tells where it is registered.
function T.test_cells_by_the_standard()
  local function cells_of(answers)
    for command, answer in pairs(COPS) do answers[command] = answer end
    return air.lines(assert(by_at.cells(unknown_modem(answers))))
  end
  eq(cells_of {
    ["AT+C5GREG?"] = '+C5GREG: 2,1,"2AF7","01F3C2041",11', ["AT+COPS?"] = '+COPS: 0,2,"26202",11',
    ["AT+CESQ"] = "+CESQ: 99,99,255,255,255,255,65,62,82",
  }, { "5G primary plmn=26202 cell_id=524034113 tac=10999 rsrp=-95 rsrq=-11 sinr=17.5" })
  eq(cells_of {
    ["AT+CEREG?"] = '+CEREG: 2,1,"1206","19E4A03",13', ["AT+COPS?"] = '+COPS: 0,2,"20201",13',
    ["AT+CESQ"] = "+CESQ: 99,99,255,255,20,43,65,62,82",
  }, {
    "LTE primary plmn=20201 cell_id=27150851 tac=4614 rsrp=-98 rsrq=-10", "5G secondary rsrp=-95 rsrq=-11 sinr=17.5",
  })
  eq(cells_of { ["AT+CREG?"] = '+CREG: 2,1,"7D08","04E23C04",2', ["AT+COPS?"] = '+COPS: 0,2,"51011",2' },
    { "UMTS primary plmn=51011 cell_id=81935364 lac=32008" })
  eq(cells_of { ["AT+CREG?"] = "+CREG: 0,2" }, {})
end

-- The report that has the place is switched on for the question, and off again.
function T.test_the_place_of_a_registration_leaves_no_setting_changed()
  local answers = { ["AT+CEREG?"] = "+CEREG: 0,1", ["AT+CEREG=0"] = "", ["AT+COPS?"] = "+COPS: 0" }
  local registration, port
  answers = setmetatable(answers, { __index = function(self, command)
    if command == "AT+CEREG=2" then
      rawset(self, "AT+CEREG?", '+CEREG: 2,1,"1A2B","0123AB01",7')
      return ""
    end
  end })
  registration, port = registration_of(answers)
  eq({ registration.tac, registration.cell_id, registration.technology }, { 0x1A2B, 0x0123AB01, "LTE" })
  local sent = table.concat(port.asked, " ")
  lu.assertStrContains(sent, "AT+CEREG? AT+CEREG=2 AT+CEREG? AT+CEREG=0")
end

-- Also when the question is cancelled before it is answered.
function T.test_the_place_of_a_registration_that_is_cancelled()
  local modem, port = modem_of("quectel", { ["AT+CEREG?"] = "+CEREG: 0,1", ["AT+CEREG=2"] = "", ["AT+CEREG=0"] = "" })
  local command = port.command
  function port:command(text)
    local reply, err = command(self, text)
    if text == "AT+CEREG?" and self.asked[#self.asked - 1] == "AT+CEREG=2" then task.sleep(60) end
    return reply, err
  end
  eq(task.timeout(0.01, by_at.registration, modem), nil)
  eq(port.asked[#port.asked], "AT+CEREG=0")
end

function T.test_networks_in_reach()
  eq(standard.networks {
    '+COPS: (2,"Play","Play","26006",7),(1,"Orange","Orange","26003",7),(1,"Orange","Orange","26003",2),'
      .. '(3,"T-Mobile","T-Mobile","26002",11),(1,"","","310260"),,(0,1,2,3,4),(0,1,2)' }, {
    { id = "26006", name = "Play", state = "current", technologies = { "LTE" } },
    { id = "26003", name = "Orange", state = "available", technologies = { "LTE", "UMTS" } },
    { id = "26002", name = "T-Mobile", state = "forbidden", technologies = { "5G" } },
    { id = "310260", name = "", state = "available", technologies = {} },
  })
  eq(standard.networks { "+COPS: ", "+COPS: ,,(0,1)", "+CSQ: 1", "" }, {})
end

-- ---- asking ----

-- AT+CSCS="UCS2", which another program may have chosen.
function T.test_names_of_networks_in_ucs2()
  for text, name in pairs {
    ["0053007000720069006E0074"] = "Sprint", ["4E2D56FD79FB52A8"] = "中国移动", ["FACE"] = "FACE",
    ["Sprint"] = "Sprint", ["310120"] = "310120",
  } do
    eq(registration_of { ["AT+CREG?"] = "+CREG: 0,1", ["AT+COPS?"] = ('+COPS: 0,0,"%s",7'):format(text) },
      { state = "home", provider = { id = "", name = name }, technology = "LTE" })
    eq(standard.networks({ ('+COPS: (2,"%s","x","310120",7)'):format(text) })[1].name, name)
  end
end

-- Many want to know whose it is; a slow modem has better things to do than to say so to each.
function T.test_it_is_asked_once_whose_it_is()
  local modem, port = modem_of("quectel", {})
  local both = { function() return at_port.maker(modem) end, function() return at_port.maker(modem) end }
  eq({ assert(task.all(table.unpack(both)))[2].name, by_at.cells(modem) ~= nil }, { "quectel", true })
  local count = select(2, table.concat(port.asked, "\n"):gsub("ATI", ""))
  eq(count, 1)
end

function T.test_a_refused_command_is_not_sent_again()
  local modem, port = modem_of("quectel", { ['AT+QENG="servingcell"'] = '+QENG: "servingcell","SEARCH"' })
  by_at.cells(modem)
  local first = #port.asked
  by_at.cells(modem)
  eq(#port.asked - first, 1, "the one command that it knows")
end

function T.test_a_modem_that_does_not_answer()
  local modem, port = modem_of("quectel", { ['AT+QENG="servingcell"'] = false })
  local cells, err = by_at.cells(modem)
  eq({ cells, err.code }, { nil, "timeout" })
  eq(port.asked[#port.asked], 'AT+QENG="servingcell"', "nothing is asked behind it")

  modem = modem_of("quectel", { ['AT+QENG="servingcell"'] =
    '+QENG: "servingcell","NOCONN","LTE","FDD",222,88,4CAA71F,28,1500,3,3,3,77B8,-84,-9,-56,21,35',
    ["AT+QCAINFO"] = false })
  eq(#assert(by_at.cells(modem)).serving, 1, "what it has told counts")
  eq(select(2, by_at.signal { at = false, at_error = { code = "busy" } }).code, "busy")
end

-- ---- hostile answers ----

local NOISE = {
  "-", "", '"', ",", "(", ")", "\0", "99999999999999999999", "-32768", "0x", "FFFFFFFF", "nan", "1e999", "\255",
  ("9"):rep(5000), "\t", "  ", ":", "%", "-0", "+CSQ: 1",
}

local function mutated(text, random)
  local place = random(#text + 1)
  local noise = NOISE[random(#NOISE)]
  local kind = random(5)
  if kind == 1 then
    return text:sub(1, place - 1) .. noise .. text:sub(place)
  elseif kind == 2 then
    return text:sub(1, place - 1) .. noise .. text:sub(place + random(6))
  elseif kind == 3 then
    return text:sub(1, place - 1)
  elseif kind == 4 then
    return (text:gsub(",", noise:gsub("%%", "%%%%"), random(4)))
  end
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do table.insert(lines, random(#lines + 1), line) end
  return table.concat(lines, "\n")
end

local limits = {
  rsrp = { -156, -31 }, rsrq = { -43, 20 }, sinr = { -23, 40 }, rssi = { -125, -10 }, rscp = { -125, -15 },
  ecio = { -35, 0 }, pci = { 0, 1007 }, psc = { 0, 511 }, cell_id = { 1, 0xffffffffe }, tac = { 1, 0xfffffd },
  lac = { 1, 0xfffd }, channel = { 1, 3279165 }, bandwidth = { 0.1, 2000 },
}

local function check_values(values, text)
  for name, limit in pairs(limits) do
    local value = values[name]
    lu.assertTrue(value == nil or value == value and value >= limit[1] and value <= limit[2],
      ("%s = %s of %q"):format(name, value, text))
  end
end

-- Whatever comes, nothing raises, and no value is one that there cannot be.
function T.test_hostile_answers()
  local seed = tonumber(os.getenv "MT_SEED") or 4711
  math.randomseed(seed)
  print("seed", seed)
  local cells_of = require "at.cells"
  for _, name in ipairs(MAKERS) do
    local dialect = require(("makers.%s.air"):format(name))
    local commands = table.move(dialect.cells, 1, #dialect.cells, 1, { table.unpack(dialect.signal) })
    table.move({ standard.quality, standard.strength, standard.operator, table.unpack(standard.registrations) }, 1, 6,
      #commands + 1, commands)
    for _, one in ipairs(air.recorded(name)) do
      for _, answer in pairs(one.answers) do
        for _ = 1, 15 do
          local text, lines = mutated(answer, math.random), {}
          for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
          local records = {}
          for _, command in ipairs(commands) do
            for _, record in ipairs(command:read(lines)) do records[#records + 1] = record end
          end
          standard.networks(lines)
          local cells = cells_of.of(records)
          for _, list in ipairs { cells.serving, cells.neighbours } do
            for _, cell in ipairs(list) do check_values(cell, text) end
          end
          for _, values in pairs(cells_of.signal_of(records)) do
            if type(values) == "table" then check_values(values, text) end
          end
        end
      end
    end
  end
end

-- ---- makers ----

function T.test_each_makers_commands_are_declared()
  for _, name in ipairs(MAKERS) do
    local found
    for _, made in ipairs(maker.all()) do found = made.name == name and made:load "air" or found end
    lu.assertTrue(#found.signal > 0 and #found.cells > 0, name)
  end
end

return T
