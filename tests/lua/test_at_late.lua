-- SPDX-License-Identifier: MIT
-- Slow AT modems: an answer that comes after its command's deadline is never taken for the next command's.

local at = require "at"
local core_port = require "core.port"
local descriptor = require "core.descriptor"
local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local task = require "task"

local T = {}

local SLOW = 0.4 -- longer than the engine takes silence for an end
local registers = { ["ATS3?"] = "013", ["ATQ0V1S4?"] = "010", ["ATS4?"] = "010", ["ATS5?"] = "008" }

---@class slow_modem
---@field seconds number that it takes for each answer
---@field registers "numbers"|"ERROR"|"OK" what it says of S3 and S4
---@field echo "none"|"at once"|"in turn"
---@field late string what it answers to AT+LATE
---@field waits boolean? it does that when the next command has come
---@field repeated core.queue? it does that when one thing has been asked twice since, which this tells
---@field flood string? what it sends without end then
---@field numeric boolean? it begins with results in numbers
---@field urc string? what it sends before each answer
---@field seen string[] what it has worked off
---@field heard core.queue? tells what it is sent

local function answer_of(modem, command)
  if command == "AT+LATE" then
    modem.held = modem.waits and modem.late
    return modem.waits and "" or modem.late
  elseif command:find "^ATQ0V1" then
    modem.numeric = false
  end
  local number = registers[command]
  if number and modem.registers == "ERROR" then
    return "\r\nERROR\r\n"
  elseif number and modem.registers == "numbers" then
    return "\r\n" .. number .. "\r\n\r\nOK\r\n"
  end
  return command:find "^AT%+" and "\r\n+X: " .. command .. "\r\n\r\nOK\r\n" or "\r\nOK\r\n"
end

-- A modem works off what it is sent in order; what comes after a prompt is text until its end.
local function work(modem, wire, jobs)
  for command in jobs.pop, jobs do
    modem.seen[#modem.seen + 1] = command
    if command == "AT+LATE" and modem.repeated then modem.repeated:pop() end
    task.sleep(modem.seconds)
    while command == "AT+LATE" and modem.flood do
      wire:write(modem.flood)
      task.sleep(0.02)
    end
    if modem.echo == "in turn" then wire:write(command .. "\r") end
    if modem.urc then wire:write("\r\n" .. modem.urc .. "\r\n") end
    local held = modem.held
    modem.held = nil
    local text = (held or "") .. answer_of(modem, command)
    wire:write((modem.numeric and text:gsub("\r\nOK\r\n$", "0\r"):gsub("\r\nERROR\r\n$", "4\r") or text))
    if text:find "> $" then
      local line
      repeat line = jobs:pop() until not line or line:find "\27"
      wire:write "\r\nOK\r\n"
      if line and #line > 1 then jobs:push((line:gsub("^.*\27", ""))) end
    end
  end
end

local function play(modem, wire)
  local jobs, asked, group <close> = task.queue(), {}, task.group()
  group:spawn(work, modem, wire, jobs)
  local rest = ""
  for bytes in wire.read, wire do
    if modem.echo == "at once" then wire:write(bytes) end
    rest = rest .. bytes
    for line in rest:gmatch "([^\r]*)\r" do
      asked = line == "AT+LATE" and {} or asked
      if asked[line] and modem.repeated then modem.repeated:push(true) end
      asked[line] = true
      jobs:push(line)
      if modem.heard then modem.heard:push(line) end
    end
    rest = rest:match "[^\r]*$"
  end
end

---Calls fn(port) with a modem that is as `fields` say.
local function with_modem(fields, fn)
  local modem = { seconds = SLOW, registers = "numbers", echo = "none", late = "\r\n+LATE: 1\r\n\r\nOK\r\n", seen = {} }
  for key, value in pairs(fields) do modem[key] = value end
  local group <close> = task.group()
  local ours, theirs = assert(descriptor.socketpair("stream"))
  local wire <close> = assert(core_port.adopt(theirs, "stream"))
  local port <close> = at.adopt(assert(core_port.adopt(ours, "stream")), "test")
  group:spawn(play, modem, wire)
  fn(port, modem)
end

---Calls fn(path) with such a modem at a terminal, which one run after the other may open.
local function with_terminal(fields, fn)
  local modem = { seconds = SLOW, registers = "numbers", late = "", seen = {} }
  for key, value in pairs(fields) do modem[key] = value end
  local group <close> = task.group()
  local peer, path = assert(descriptor.pty())
  local _ <close> = assert(core_port.open(path)) -- without that, it would be hung up when the first run closes it
  local wire <close> = assert(core_port.adopt(peer, "stream"))
  group:spawn(play, modem, wire)
  fn(path, modem)
end

local function described(fields)
  local words = {}
  for key, value in pairs(fields) do words[#words + 1] = ("%s=%q"):format(key, value) end
  table.sort(words)
  return table.concat(words, " ")
end

local function assert_in_step(port, fields)
  for _, command in ipairs { "AT+A?", "AT+B?" } do
    local reply = assert(port:command(command, { seconds = 60 }))
    lu.assertEquals(reply.lines, { "+X: " .. command }, described(fields))
  end
end

-- All at the same time: each modem mostly waits.
local function each(list, fn)
  local trials = {}
  for i, fields in ipairs(list) do
    trials[i] = function()
      with_modem(fields, function(port, modem) fn(port, fields, modem) end)
      return true
    end
  end
  assert(task.all(table.unpack(trials)))
end

local function product(base, key, values)
  local list = {}
  for _, fields in ipairs(base) do
    for _, value in ipairs(values) do
      local one = { [key] = value }
      for name, other in pairs(fields) do one[name] = other end
      list[#list + 1] = one
    end
  end
  return list
end

local ECHOES = { "none", "at once", "in turn" }

local function is_late(port)
  local reply, err = port:command("AT+LATE", { seconds = 0.1 })
  lu.assertNil(reply)
  lu.assertEquals(err.code, "timeout")
end

local RESULTS = { "\r\n+LATE: 1\r\n\r\nOK\r\n", "\r\nERROR\r\n", "\r\n+CME ERROR: SIM busy\r\n", "" }

function T.test_a_late_answer()
  each(product(product({ {} }, "late", RESULTS), "echo", ECHOES), function(port, fields)
    port:command("AT", { seconds = 60 })
    is_late(port)
    assert_in_step(port, fields)
  end)
end

function T.test_a_late_answer_of_a_modem_without_those_registers()
  local list = product({ { seconds = 0, waits = true } }, "registers", { "ERROR", "OK" })
  each(product(product(list, "late", RESULTS), "echo", ECHOES), function(port, fields)
    for _ = 1, 2 do -- the second time, that is known
      is_late(port)
      assert_in_step(port, fields)
    end
  end)
end

-- A short message, or a menu, may say what a result does.
function T.test_a_late_answer_with_lines_like_results()
  local list = product(product({ {} }, "late", {
    "\r\n+LATE: 1\r\nOK\r\n\r\nOK\r\n", "\r\n+LATE: 1\r\nOK\r\nERROR\r\nOK\r\n\r\nOK\r\n",
    "\r\n+LATE: 1\r\n0\r\n4\r\n\r\nERROR\r\n",
  }), "echo", ECHOES)
  each(list, function(port, fields)
    port:command("AT", { seconds = 60 })
    is_late(port)
    assert_in_step(port, fields)
  end)
end

function T.test_a_late_prompt()
  each(product(product({ {} }, "late", { "\r\n> ", "\r\n>" }), "echo", ECHOES), function(port, fields)
    port:command("AT", { seconds = 60 })
    is_late(port)
    assert_in_step(port, fields)
  end)
end

function T.test_a_late_answer_amid_unsolicited_lines()
  each(product(product({ {} }, "urc", { "^RSSI: 5", "+CREG: 1", "NO CARRIER" }), "echo", ECHOES), function(port, fields)
    is_late(port)
    assert_in_step(port, fields)
  end)
end

-- It answers the first of two questions alike just after the second has come: that is not the second one's answer.
function T.test_a_question_that_was_asked_twice()
  each(product({ { seconds = 0.1 } }, "echo", ECHOES), function(port, fields, modem)
    port:command("AT+LATE", { seconds = 0.05 })
    assert_in_step(port, fields)
    modem.repeated = task.queue(1)
    is_late(port)
    for i = 1, 4 do
      local command = "AT+" .. i
      local reply = port:command(command, { seconds = 2 })
      lu.assertEquals(reply and reply.lines or { "+X: " .. command }, { "+X: " .. command }, described(fields))
    end
    assert_in_step(port, fields)
  end)
end

-- Results, or prompts, that never end keep no command waiting beyond its time.
function T.test_a_modem_that_does_not_stop()
  local list = product({ {} }, "flood", { "\r\nOK\r\n", "\r\nERROR\r\n", "\r\n> boot\r\n" })
  each(product(product(list, "first", { 0.1, 2 }), "echo", ECHOES), function(port, fields)
    port:command("AT", { seconds = 60 })
    for _, seconds in ipairs { fields.first, 1 } do
      local _, err = task.timeout(15, port.command, port, "AT+LATE", { seconds = seconds })
      lu.assertNotStrContains(tostring(err), "timed out", described(fields))
    end
  end)
end

-- The first question is answered late, too, and its results may be numbers.
function T.test_a_slow_modem_from_the_start()
  each(product(product({ {} }, "numeric", { true, false }), "echo", ECHOES), function(port, fields, modem)
    port:command("AT+LATE", { seconds = 0.1 })
    assert_in_step(port, fields)
    local count = 0
    for _, command in ipairs(modem.seen) do count = count + (command:find "^AT%+" and 0 or 1) end
    lu.assertTrue(count <= 8, ("%d questions of ours: %s"):format(count, table.concat(modem.seen, " ")))
  end)
end

-- A run that ends without its answers leaves them to the next one.
function T.test_a_late_answer_to_a_run_before()
  local trials = {}
  for i, fields in ipairs(product({ {} }, "echo", ECHOES)) do
    trials[i] = function()
      with_terminal(fields, function(path)
        for _ = 1, 2 do
          local port <close> = assert(at.open(path))
          local _, err = port:command("AT+X", { seconds = 0.1 })
          lu.assertEquals(err and err.code, "timeout")
        end
        local port <close> = assert(at.open(path))
        assert_in_step(port, fields)
      end)
      return true
    end
  end
  assert(task.all(table.unpack(trials)))
end

local IMPATIENT = [[
  local fs = require "core.fs"
  assert(fs.write(arg[2], tostring(fs.getpid())))
  local port = assert(require("at").open(arg[1]))
  while true do port:command("AT+X", { seconds = 0.05 }) end
]]

-- Nor does one that is killed leave less: by then it has asked several times.
function T.test_late_answers_to_a_run_that_was_killed()
  local script = os.tmpname()
  local _ <close> = task.finally(function() os.remove(script) end)
  assert(fs.write(script, IMPATIENT))
  local trials = {}
  for i, fields in ipairs(product({ {} }, "echo", ECHOES)) do
    trials[i] = function()
      fields.heard = task.queue()
      with_terminal(fields, function(path)
        for _ = 1, 2 do -- the second one has not even begun to work off what the first one has left
          local group <close>, pid = task.group(), os.tmpname()
          local running = group:spawn(process.run, { program.executable, "run", script, path, pid })
          local count = 0
          while count < 3 or fs.read(pid) == "" do -- some of them may be the first one's
            fields.heard:pop()
            count = count + 1
          end
          assert(process.run { "kill", "-KILL", fs.read(pid) })
          running:join()
          os.remove(pid)
        end
        local port <close> = assert(at.open(path))
        fields.heard = nil
        assert_in_step(port, fields)
      end)
      return true
    end
  end
  assert(task.all(table.unpack(trials)))
end

-- One that says that it has just started has forgotten what it was asked; unless it answers all the same.
function T.test_a_restart_in_the_middle_of_a_question()
  local lines = { "RDY", "^SYSSTART", "+SYSSTART" }
  local restarted, answers = {}, {}
  for i, line in ipairs(lines) do
    restarted[i] = { seconds = 0, late = "\r\n" .. line .. "\r\n" }
    answers[i] = { seconds = 0, urc = line, late = "\r\n+LATE: 1\r\n\r\nOK\r\n" }
  end
  each(restarted, function(port, fields)
    local reply, err = port:command("AT+LATE", { seconds = 3600 })
    lu.assertEquals({ reply, err.code }, { nil, "timeout" }, described(fields))
    lu.assertStrContains(tostring(err), "restarted")
    assert_in_step(port, fields)
  end)
  each(answers, function(port, fields)
    lu.assertEquals(assert(port:command("AT+LATE", { seconds = 3600 })).lines, { "+LATE: 1" }, described(fields))
    assert_in_step(port, fields)
  end)
end

-- One that goes on with numbers for results, whatever it is told, cannot be understood.
function T.test_numbers_that_do_not_end()
  local ours, theirs = assert(descriptor.socketpair("stream"))
  local wire <close> = assert(core_port.adopt(theirs, "stream"))
  local port <close> = at.adopt(assert(core_port.adopt(ours, "stream")), "test")
  local group <close> = task.group()
  group:spawn(function()
    while wire:read() do wire:write "0\r" end
  end)
  local _, err = port:command("AT+X", { seconds = 1 })
  lu.assertEquals(err.code, "modem-failed")
  lu.assertStrContains(tostring(err), "goes on with numbers")
end

-- Those registers are what it does not know; to AT itself it says nothing.
function T.test_it_is_not_said_to_refuse_what_it_does_not_answer()
  for _, result in ipairs { "ERROR", "OK" } do
    local ours, theirs = assert(descriptor.socketpair("stream"))
    local wire <close> = assert(core_port.adopt(theirs, "stream"))
    local port <close> = at.adopt(assert(core_port.adopt(ours, "stream")), "test")
    local group <close> = task.group()
    group:spawn(function()
      for bytes in wire.read, wire do
        if bytes:find "ATS" then wire:write("\r\n" .. result .. "\r\n") end
      end
    end)
    port:command("AT+X", { seconds = 0.1 })
    local _, err = port:command("AT+Y", { seconds = 0.3 })
    lu.assertEquals({ err.code, tostring(err):find "does not answer" ~= nil }, { "timeout", true }, tostring(err))
  end
end

return T
