-- SPDX-License-Identifier: MIT
-- Lines that look like a final result, and results that do not look like one: which command they end.

local at = require "at"
local core_port = require "core.port"
local descriptor = require "core.descriptor"
local lu = require "luaunit"
local task = require "task"

local T = {}

---Calls fn(port) with an AT port whose modem has these answers, with echo and without. A piece of an answer comes
---when the one before it has been read.
---@param answers table<string, string|string[]>
---@param fn fun(port: at.port)
local function with_modem(answers, fn)
  for _, echo in ipairs { true, false } do
    local group <close> = task.group()
    local ours, theirs = assert(descriptor.socketpair("stream"))
    local wire <close> = assert(core_port.adopt(theirs, "stream"))
    local port <close> = at.adopt(assert(core_port.adopt(ours, "stream")), "test")
    group:spawn(function()
      local rest = ""
      for bytes in wire.read, wire do
        rest = rest .. bytes
        for command, stop in rest:gmatch "([^\r\26\27]*)[\r\26\27]()" do
          if echo then wire:write(command .. "\r") end
          local answer = answers[command] or command == "AT" and "\r\nOK\r\n" or "\r\nERROR\r\n"
          for _, piece in ipairs(type(answer) == "table" and answer or { answer }) do
            wire:write(piece)
            task.sleep(0)
          end
          rest = #rest >= stop and rest:sub(stop) or ""
        end
      end
    end)
    fn(port)
    lu.assertEquals(assert(port:command "AT").lines, {}) -- in step
  end
end

local function answer_of(lines) return "\r\n" .. table.concat(lines, "\r\n") .. "\r\n\r\nOK\r\n" end

function T.test_an_sms_in_text_mode_may_say_anything()
  local list = {
    '+CMGL: 1,"REC READ","+15550100",,"26/01/02,03:04:05+00"', "OK",
    '+CMGL: 2,"REC UNREAD","+15550100",,"26/01/02,03:04:05+00"', '+CMTI: "SM",3',
    '+CMGL: 3,"REC READ","+15550100",,"26/01/02,03:04:05+00"', "ERROR", "+CME ERROR: 10", "NO CARRIER",
    '+CMGL: 4,"STO SENT","+15550100",,', "> yes, OK", ">", "OK", "OK",
  }
  local one = { '+CMGR: "REC READ","+15550100",,"26/01/02,03:04:05+00"', "RING" }
  local in_pieces = {}
  for i, line in ipairs(list) do in_pieces[i] = "\r\n" .. line end
  table.insert(in_pieces, "\r\n\r\nOK\r\n")
  with_modem({
    ['AT+CMGL="ALL"'] = answer_of(list), ['AT+CMGL="REC READ"'] = in_pieces, ["AT+CMGR=2"] = answer_of(one),
    ["AT+CMGR=3"] = '\r\n+CMGR: "REC READ","+15550100",,""\r\n\r\n\r\nOK\r\n', -- a text without letters
    ["AT+CMGR=4"] = '\r\n+CMGR: "REC READ","+15550100",,""\r\nOK\r\n\r\n+CMS ERROR: 320\r\n',
    ["AT+CMGR=5"] = "\r\n+CMGR: 1,,23\r\n07914151551512F2\r\n\r\nOK\r\n",
  }, function(port)
    table.remove(list, 11) -- the prompt alone is no line
    for _, command in ipairs { 'AT+CMGL="ALL"', 'AT+CMGL="REC READ"' } do
      lu.assertEquals(assert(port:command(command)).lines, list)
    end
    table.insert(list, 11, ">")
    lu.assertEquals(assert(port:command "AT+CMGR=2").lines, one)
    lu.assertEquals(#assert(port:command "AT+CMGR=3").lines, 1)
    local reply, err = port:command "AT+CMGR=4"
    lu.assertNil(reply)
    lu.assertEquals({ err.detail.number, err.detail.lines[2] }, { 320, "OK" })
    lu.assertEquals(#assert(port:command "AT+CMGR=5").lines, 2)
  end)
end

-- A modem that reads the card between two messages is silent then, for as long as that takes: here until it is asked
-- what comes behind, and whatever it answers to that.
local function pauses(all, first, second, registers, echo)
  local group <close> = task.group()
  local ours, theirs = assert(descriptor.socketpair("stream"))
  local wire <close> = assert(core_port.adopt(theirs, "stream"))
  local port <close> = at.adopt(assert(core_port.adopt(ours, "stream")), "test")
  group:spawn(function()
    local is_paused = false
    for bytes in wire.read, wire do
      for command in bytes:gmatch "([^\r]+)\r" do
        local rest = is_paused and answer_of(second) or ""
        is_paused = command:find "CMGL" ~= nil
        wire:write(rest .. (echo and command .. "\r" or "") .. (is_paused and "\r\n" .. table.concat(first, "\r\n")
          .. "\r\n" or command:find "ATS3" and registers or "\r\nOK\r\n"))
      end
    end
  end)
  for _ = 1, 2 do
    local reply = assert(port:command('AT+CMGL="ALL"', { seconds = 60 }))
    lu.assertEquals({ echo, registers, reply.lines }, { echo, registers, all })
    lu.assertEquals(assert(port:command "AT").lines, {})
  end
  return true
end

function T.test_a_pause_behind_a_text_that_says_ok()
  local heading = '+CMGL: %d,"REC READ","+15550100",,""'
  local first, second = { heading:format(1), "OK" }, { heading:format(2), "ERROR", "on my way" }
  local all = table.move(second, 1, #second, #first + 1, table.move(first, 1, #first, 1, {}))
  local trials = {}
  for _, registers in ipairs { "\r\n013\r\n\r\nOK\r\n", "\r\nERROR\r\n", "\r\nOK\r\n", "" } do
    for _, echo in ipairs { registers ~= "", false } do
      trials[#trials + 1] = function() return pauses(all, first, second, registers, echo) end
    end
  end
  assert(task.all(table.unpack(trials)))
end

-- Each of them may be the end, and another one follows: the deadline holds.
function T.test_texts_without_end()
  local group <close> = task.group()
  local ours, theirs = assert(descriptor.socketpair("stream"))
  local wire <close> = assert(core_port.adopt(theirs, "stream"))
  local port <close> = at.adopt(assert(core_port.adopt(ours, "stream")), "test")
  group:spawn(function()
    local is_asked
    repeat
      is_asked = assert(wire:read()):find "CMGL"
      wire:write(is_asked and '\r\n+CMGL: 1,"REC READ","+15550100",,""\r\n' or "\r\nOK\r\n")
    until is_asked
    while wire:write "\r\nOK\r\n" do task.sleep(0) end
  end)
  local reply, err = port:command('AT+CMGL="ALL"', { seconds = 0.1 })
  lu.assertEquals({ reply, err.code }, { nil, "timeout" })
end

function T.test_a_call_that_ends_is_no_answer_to_other_commands()
  local late = "\r\nNO CARRIER\r\n\r\n+X: 1\r\n\r\nOK\r\n"
  with_modem({
    ["AT+CSQ"] = late, ['AT+CMGS="5"'] = late, ["AT+CGDCONT=1"] = late, ["ATI"] = late, ["AT$X=?"] = late,
    ["ATD*99#"] = "\r\nNO CARRIER\r\n", ["AT$X=1,1"] = "\r\nNO CARRIER\r\n", ["AT+CGACT=1,1"] = "\r\nNO CARRIER\r\n",
    ["ATE0D5;+CSQ"] = "\r\nBUSY\r\n", ["ATO"] = "\r\nno carrier\r\n",
  }, function(port)
    local urcs = port:urcs()
    for _, command in ipairs { "AT+CSQ", 'AT+CMGS="5"', "AT+CGDCONT=1", "ATI", "AT$X=?" } do
      lu.assertEquals(assert(port:command(command)).lines, { "+X: 1" })
      lu.assertEquals(urcs:pop(), "NO CARRIER")
    end
    for _, command in ipairs { "ATD*99#", "AT$X=1,1", "AT+CGACT=1,1", "ATE0D5;+CSQ", "ATO" } do
      lu.assertEquals(select(2, port:command(command)).code, "rejected")
    end
    lu.assertEquals(urcs:length(), 0)
  end)
end

function T.test_failures_in_words()
  local expected = {
    ["error"] = { "rejected", "error" }, ["TOO MANY PARAMETERS"] = { "rejected", "error" },
    ["ABORTED"] = { "rejected", "aborted" }, ["+EXT ERROR: 2"] = { "rejected", "error" },
    ["MODEM ERROR: 4"] = { "rejected", "error" },
    [" command not supported "] = { "unsupported", "command-not-supported" },
    ["+cme error: 10"] = { "sim-missing", "cme", 10 }, ["+CME ERROR: SIM not inserted"] = { "sim-missing", "cme", 10 },
    ["+CME ERROR: operation not supported"] = { "unsupported", "cme", 4 },
    ["+CME ERROR: Incorrect  Password"] = { "sim-locked", "cme", 16 },
    ["+CMS ERROR: SIM not inserted"] = { "sim-missing", "cms", 310 },
    ["+CMS ERROR: Invalid PDU mode parameter"] = { "rejected", "cms", 304 },
    ["+CME ERROR: no such words"] = { "rejected", "cme" },
  }
  for line, e in pairs(expected) do
    with_modem({ ["AT+X"] = "\r\n" .. line .. "\r\n", ["AT+Y"] = "\r\n+Y: Ok\r\nOk\r\nError\r\nAborted\r\n\r\nok\r\n" },
      function(port)
        local _, err = port:command "AT+X"
        lu.assertEquals({ err.code, err.detail.result, err.detail.number }, e)
        lu.assertEquals(assert(port:command "AT+Y").lines, { "+Y: Ok", "Ok", "Error", "Aborted" })
      end)
  end
end

function T.test_what_a_starting_modem_says_is_no_answer()
  local said = {
    "RDY", "^SYSSTART", "+CFUN: 1", "+CPIN: READY", "SMS DONE", "PB DONE", "*EUSBSTATUS: 1", '+QIND: "csq",20,99',
    "^RSSI: 20", '^HCSQ: "LTE",50,40,100,20', "+UUSIMSTAT: 1", "+EUSIM: 1", "MODEM:STARTUP", "+ZUSIMR:2",
  }
  local before = "\r\n" .. table.concat(said, "\r\n\r\n") .. "\r\n"
  with_modem({ ["AT+CSQ"] = before .. "\r\n+CSQ: 17,99\r\n" .. before .. "\r\nOK\r\n" }, function(port)
    local urcs = port:urcs()
    lu.assertEquals(assert(port:command "AT+CSQ").lines, { "+CSQ: 17,99" })
    for i = 1, 2 * #said do lu.assertEquals(urcs:pop(), said[(i - 1) % #said + 1]) end
  end)
end

function T.test_other_ends_of_lines_long_lines_and_any_bytes()
  local long, bytes = ("x"):rep(4000), {}
  for i = 128, 255 do bytes[#bytes + 1] = string.char(i) end
  bytes = table.concat(bytes)
  local answers = {}
  for name, stop in pairs { LF = "\n", CR = "\r", DOUBLE = "\r\r\n", BOTH = "\n\r" } do
    answers["AT+" .. name] = stop .. "+X: 1" .. stop .. long .. stop .. long .. stop .. bytes .. stop .. "OK" .. stop
  end
  with_modem(answers, function(port)
    for command in pairs(answers) do
      lu.assertEquals(assert(port:command(command)).lines, { "+X: 1", long, long, bytes })
    end
  end)
end

return T
