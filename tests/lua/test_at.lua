-- SPDX-License-Identifier: MIT
-- AT ports: answers of every kind, tasks side by side, unsolicited result codes, noise, late answers, secrets.

local at = require "at"
local core = require "core.at"
local core_port = require "core.port"
local descriptor = require "core.descriptor"
local errors = require "errors"
local lu = require "luaunit"
local process = require "core.process"
local resync = require "at.resync"
local task = require "task"

local T = {}

---Plays a modem: calls answer(command, wire) for each line, text with Ctrl-Z, or Escape that comes, and sends what it
---returns, which is OK for a bare AT. With echo, it repeats what came first.
local function play(wire, echo, answer)
  local rest = ""
  for bytes in wire.read, wire do
    rest = rest .. bytes
    while true do
      local stop = rest:find("[\r\26\27]")
      if not stop then
        break
      end
      local typed = rest:sub(1, stop)
      rest = rest:sub(stop + 1)
      if echo then
        wire:write(typed)
      end
      local command = typed:gsub("\r$", "")
      wire:write(answer(command, wire) or command == "AT" and "\r\nOK\r\n" or "")
    end
  end
end

---Calls fn(port, group, wire) with an AT port whose modem is `answer`.
local function with_modem(echo, answer, fn)
  local group <close> = task.group()
  local ours, theirs = assert(descriptor.socketpair("stream"))
  local wire <close> = assert(core_port.adopt(theirs, "stream"))
  local port <close> = at.adopt(assert(core_port.adopt(ours, "stream")), "test")
  group:spawn(play, wire, echo, answer)
  fn(port, group, wire)
end

-- As real modems answer: what at-port users have pasted, in form.
local transcripts = {
  ["AT!SELRAT?"] = "\r\n!SELRAT: 06, LTE Only\r\n\r\nOK\r\n",
  ["AT!USBCOMP?"] = "\r\nConfig Index: 1\r\nConfig Type:  1 (Generic)\r\n"
    .. "Interface bitmask: 00001009 (diag,modem,mbim)\r\n\r\nOK\r\n",
  ["AT!GSTATUS?"] = "\r\n!GSTATUS: \r\nCurrent Time:  1205\t\tTemperature: 38\r\nMode:          ONLINE         \r\n"
    .. "LTE Scell band:B12\t\tLTE Scell bw:10 MHz\r\n\r\nPCC RxM RSSI:  -66\t\tRSRP (dBm):    -98\r\n\r\n\r\nOK\r\n",
  ["AT+CGDCONT?"] = '\r\n+CGDCONT: 1,"IPV4V6","r.ispsn","0.0.0.0",0,0\r\n+CGDCONT: 2,"IP","a,b","",0,0\r\n\r\nOK\r\n',
  ["AT+CSQ;+CPIN?"] = "\r\n+CSQ: 17,99\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n",
  ["AT!BAND=?"] = "\r\nIndex, Name,                        GW Band Mask     L Band Mask      TDS Band Mask\r\n"
    .. "00, All bands                     0002000007C00000 00000100130818DF 0000000000000000\r\n"
    .. "\r\n0000010000000000 - B41\r\n\r\nOK\r\n",
  ["ATI"] = "\r\nManufacturer: Sierra Wireless, Incorporated\r\nModel: MC7455\r\n\r\n+GCAP: +CGSM\r\n\r\n\r\nOK\r\n",
  ["AT"] = "\r\nOK\r\n",
}

local function answer_as_usual(command)
  return command ~= "\27" and (transcripts[command] or "\r\nERROR\r\n") or nil
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch("[^\r\n]+") do
    lines[#lines + 1] = line
  end
  lines[#lines] = nil
  return lines
end

function T.test_answers_with_echo_and_without()
  for _, echo in ipairs { true, false } do
    with_modem(echo, answer_as_usual, function(port)
      for command, answer in pairs(transcripts) do
        local reply = assert(port:command(command))
        lu.assertEquals(reply.lines, lines_of(answer), command)
        lu.assertEquals(reply.result, "ok")
        lu.assertEquals(reply.text, "OK")
      end
    end)
  end
end

-- A run that is cut off leaves a command in the modem, which answers it before what the next run asks.
function T.test_an_answer_to_a_run_that_has_ended()
  local fd, path = assert(descriptor.pty())
  local wire <close> = assert(core_port.adopt(fd, "stream"))
  local _ <close> = assert(core_port.open(path)) -- without that, it would be hung up in between
  local group <close> = task.group()
  local at_work, is_working = task.queue(1), false
  group:spawn(play, wire, false, function(command)
    local late = is_working and "\r\nOK\r\n" or ""
    is_working = command == "AT+CGACT=1,1"
    return is_working and (at_work:push(true) and "") or late .. answer_as_usual(command)
  end)
  do
    local port <close> = assert(at.open(path))
    local other <close> = task.group()
    other:spawn(port.command, port, "AT+CGACT=1,1")
    at_work:pop()
  end
  local port <close> = assert(at.open(path))
  lu.assertEquals(assert(port:command "AT!SELRAT?").lines, { "!SELRAT: 06, LTE Only" })
end

function T.test_terminal_is_given_its_settings_back()
  local fd, path = assert(descriptor.pty())
  local wire <close> = assert(core_port.adopt(fd, "stream"))
  local function settings()
    return assert(process.run { "stty", "-a", "-F", path }).stdout
  end
  local before = settings()
  local group <close> = task.group()
  do
    local port <close> = assert(at.open(path))
    group:spawn(play, wire, true, answer_as_usual)
    lu.assertEquals(assert(port:command("AT!SELRAT?")).lines, { "!SELRAT: 06, LTE Only" })
    lu.assertNotEquals(settings(), before)
  end
  lu.assertEquals(settings(), (before:gsub(" hupcl", " -hupcl")))
  local nothing, err = at.open "/dev/no-such-port"
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "not-found")
end

-- What ends a call comes when it does; a question is not answered so.
function T.test_a_call_that_ends_while_the_modem_is_asked()
  for _, echo in ipairs { true, false } do
    with_modem(echo, function(command)
      return command == "AT+CSQ?" and "\r\nNO CARRIER\r\n\r\n+CSQ: 17,99\r\n\r\nOK\r\n" or answer_as_usual(command)
    end, function(port)
      local urcs = port:urcs()
      lu.assertEquals(assert(port:command "AT+CSQ?").lines, { "+CSQ: 17,99" })
      lu.assertEquals(urcs:pop(), "NO CARRIER")
      lu.assertEquals(assert(port:command "ATI").lines[2], "Model: MC7455")
    end)
  end
end

function T.test_failures()
  local answers = {
    ["AT!USBCOMP=1"] = "\r\nERROR\r\n",
    ['AT+CPIN="9876"'] = "\r\n+CME ERROR: 16\r\n",
    ["AT+COPS=1"] = "\r\n+CME ERROR: SIM busy\r\n",
    ["AT+CIMI"] = "\r\n+CME ERROR: SIM not inserted\r\n",
    ["AT+CMGR=1"] = "\r\n+CMGR: x\r\n+CMS ERROR: 321\r\n",
    ["AT+X"] = "\r\n+CME ERROR: 4\r\n",
    ["AT^X"] = "\r\nCOMMAND NOT SUPPORT\r\n",
    ["ATD*99#"] = "\r\nNO CARRIER\r\n",
    ["AT+CME"] = "\r\n+CME ERROR: 9999\r\n",
  }
  local expected = {
    ["AT!USBCOMP=1"] = { "rejected", "AT!USBCOMP=1: ERROR", "error" },
    ['AT+CPIN="9876"'] = { "sim-locked", "AT+CPIN=(hidden): incorrect password (+CME ERROR: 16)", "cme", 16 },
    ["AT+COPS=1"] = { "rejected", "AT+COPS=1: SIM busy (+CME ERROR: SIM busy)", "cme", 14 },
    ["AT+CIMI"] = { "sim-missing", "AT+CIMI: no SIM inserted (+CME ERROR: SIM not inserted)", "cme", 10 },
    ["AT+CMGR=1"] = { "rejected", "AT+CMGR=1: invalid memory index (+CMS ERROR: 321)", "cms", 321 },
    ["AT+X"] = { "unsupported", "AT+X: operation not supported (+CME ERROR: 4)", "cme", 4 },
    ["AT^X"] = { "unsupported", "AT^X: COMMAND NOT SUPPORT", "command-not-supported" },
    ["ATD*99#"] = { "rejected", "ATD*99#: NO CARRIER", "no-carrier" },
    ["AT+CME"] = { "rejected", "AT+CME: +CME ERROR: 9999", "cme", 9999 },
  }
  with_modem(true, function(command) return answers[command] end, function(port)
    for command, e in pairs(expected) do
      local reply, err = port:command(command)
      lu.assertNil(reply)
      lu.assertEquals({ err.code, tostring(err), err.detail.result, err.detail.number }, e)
    end
    local _, err = port:command("AT+CMGR=1")
    lu.assertEquals(err.detail.words, "invalid memory index")
    lu.assertEquals(err.detail.lines, { "+CMGR: x" })
    _, err = port:command("AT+COPS=1")
    lu.assertEquals(err.detail.words, "SIM busy")
  end)
end

function T.test_tasks_take_turns()
  local busy, order = false, {}
  local function answer(command, wire)
    if command == "AT" then
      return nil
    end
    lu.assertFalse(busy, "two commands at once")
    busy = true
    wire:write("\r\n+NUMBER: ")
    task.sleep(0.001)
    wire:write(command:match("%d+") .. "\r\n")
    order[#order + 1] = math.tointeger(tonumber(command:match("%d+")))
    task.sleep(0.001)
    busy = false
    return "\r\nOK\r\n"
  end
  with_modem(false, answer, function(port, group)
    local children = {}
    for i = 1, 40 do
      children[i] = group:spawn(function()
        for round = 1, 3 do
          local number = ("%d"):format(i + 100 * round)
          lu.assertEquals(assert(port:command("AT+NUMBER=" .. number)).lines, { "+NUMBER: " .. number })
        end
      end)
    end
    for _, child in ipairs(children) do
      lu.assertTrue((child:join()))
    end
    for i = 1, 40 do
      lu.assertEquals(order[i], i + 100) -- first come, first served
    end
    lu.assertEquals(#order, 120)
  end)
end

local function fetch(queue, count)
  local items = {}
  for i = 1, count do
    items[i] = assert(task.timeout(60, queue.pop, queue))
  end
  lu.assertEquals(queue:length(), 0)
  return items
end

function T.test_unsolicited_lines()
  local function answer(command)
    if command == "AT+CREG?" then
      return "\r\n+CEREG: 1\r\n\r\n+CREG: 0,1\r\n\r\nRING\r\n$GPGGA,1,N,,*4A\r\n+CMT: ,5\r\nOK\r\n\r\nOK\r\n"
        .. "\r\n+CREG: 5\r\n"
    elseif command == "AT+CNMI" then
      return '\r\n+CDS: 6,1,"+49",145\r\nERROR\r\n'
    end
  end
  with_modem(true, answer, function(port, _, wire)
    local urcs, others = port:urcs(), port:urcs()
    wire:write "\r\n^RSSI: 5\r\n"
    lu.assertEquals(fetch(urcs, 1), { "^RSSI: 5" })
    lu.assertEquals(assert(port:command "AT+CREG?").lines, { "+CREG: 0,1" })
    lu.assertEquals(fetch(urcs, 6), { "+CEREG: 1", "RING", "$GPGGA,1,N,,*4A", "+CMT: ,5", "OK", "+CREG: 5" })
    local _, err = port:command "AT+CNMI"
    lu.assertEquals(err.detail.result, "error") -- a report in text mode has no second line
    lu.assertEquals(fetch(urcs, 1), { '+CDS: 6,1,"+49",145' })
    wire:write "\r\nNO CARRIER\r\n\r\nsomething nobody knows\r\nOK\r\nERROR\r\n> \r\n"
    lu.assertEquals(fetch(urcs, 2), { "NO CARRIER", "something nobody knows" })
    lu.assertEquals(others:length(), 10)
  end)
end

function T.test_prompt()
  local last
  local function answer(command)
    if command == 'AT+CMGS="+15550100"' then
      return "\r\n> "
    elseif command:sub(-1) == "\26" then
      last = command
      return "\r\n+CMGS: 7\r\n\r\nOK\r\n"
    elseif command == "\27" then
      return "\r\nOK\r\n"
    end
    return command == "AT+X" and "\r\n>no prompt\r\nOK\r\n" or nil
  end
  for _, echo in ipairs { true, false } do
    with_modem(echo, answer, function(port)
      local options = { data = "Hello, it's me" }
      lu.assertEquals(assert(port:command('AT+CMGS="+15550100"', options)).lines, { "+CMGS: 7" })
      lu.assertEquals(last, options.data .. "\26")
      local reply, err = port:command('AT+CMGS="+15550100"')
      lu.assertNil(reply)
      lu.assertEquals({ err.code, err.detail.result }, { "rejected", "prompt" })
      lu.assertEquals(assert(port:command "AT+X").lines, { ">no prompt" })
    end)
  end
end

function T.test_late_answers_are_dropped()
  for _, echo in ipairs { true, false } do
    for _, delay in ipairs { 0.03, 0.1, 0.2 } do
      local function answer(command)
        if command == "AT+SLOW" then
          task.sleep(delay)
          return "\r\n+SLOW: 1\r\n\r\nERROR\r\n"
        elseif command == "AT+GONE" then
          return ""
        end
        return "\r\n+X: " .. command .. "\r\n\r\nOK\r\n"
      end
      with_modem(echo, answer, function(port)
        local urcs = port:urcs()
        for _, command in ipairs { "AT+SLOW", "AT+GONE" } do
          local reply, err = port:command(command, { seconds = 0.02 })
          lu.assertNil(reply)
          lu.assertEquals(err.code, "timeout")
          task.sleep(delay == 0.1 and 0.15 or 0)
          lu.assertEquals(assert(port:command "AT+A").lines, { "+X: AT+A" })
          lu.assertEquals(assert(port:command "AT+B").lines, { "+X: AT+B" })
        end
        lu.assertEquals(urcs:length(), 0)
      end)
    end
  end
end

function T.test_a_second_result_is_no_answer()
  local answers = { ["AT+A"] = "\r\nOK\r\n", ["AT+B"] = "\r\n+B: 1\r\n\r\nOK\r\n" }
  with_modem(true, function(command) return answers[command] end, function(port, _, wire)
    wire:write "\r\nOK\r\n" -- is there, but not read yet, when the command is sent
    lu.assertEquals(assert(port:command "AT+B").lines, { "+B: 1" })
    wire:write "\r\n+A: 1\r\nERROR\r\n"
    lu.assertEquals(assert(port:command "AT+B").lines, { "+B: 1" })
    answers["AT+A"] = "\r\nOK\r\n\r\nOK\r\n"
    lu.assertEquals(assert(port:command "AT+A").lines, {})
    lu.assertEquals(assert(port:command "AT+B").lines, { "+B: 1" })
  end)
end

function T.test_echo_may_change()
  local group <close> = task.group()
  local ours, theirs = assert(descriptor.socketpair("stream"))
  local wire <close> = assert(core_port.adopt(theirs, "stream"))
  local port <close> = at.adopt(assert(core_port.adopt(ours, "stream")), "test")
  local echo = true
  group:spawn(play, wire, false, function(command)
    local text = (echo and command .. "\r" or "") .. "\r\n+X: " .. command .. "\r\n\r\nOK\r\n"
    echo = command == "ATE1" or echo and command ~= "ATE0"
    return text
  end)
  for _, command in ipairs { "AT+A", "ATE0", "AT+B", "AT+C", "ATE1", "AT+D", "AT+E", "ATE0", "AT+F" } do
    lu.assertEquals(assert(port:command(command)).lines, { "+X: " .. command })
  end
end

local function kinds_of(queue)
  local seen = {}
  while queue:length() > 0 do
    local item = queue:pop()
    seen[#seen + 1] = item.kind .. " " .. item.text
  end
  return seen
end

function T.test_secrets_are_never_shown()
  local function answer(command)
    if command:find "CPIN" then
      return "\r\n+CME ERROR: 16\r\n"
    elseif command:find "CMGS" then
      return "\r\n> "
    end
    return "\r\nOK\r\n" .. (command:find "LATE" and 'AT+CPIN="1357"\r\nx AT$QCPDPP=1,1,"1357","1357"\r\n' or "")
  end
  with_modem(true, answer, function(port)
    local raw, urcs = port:raw(), port:urcs()
    local _, err = port:command 'AT+CPIN="1357"'
    lu.assertNotStrContains(tostring(err), "1357")
    assert(port:command('at!vendor="1357"', { secret = true }))
    assert(port:command "AT+LATE")
    _, err = port:command('AT+CMGS="1"', { data = "1357", seconds = 0.05 })
    lu.assertNotStrContains(tostring(err), "1357")
    assert(port:command "AT+CSQ")
    local seen = kinds_of(raw)
    lu.assertNotStrContains(table.concat(seen, "\n"), "1357")
    lu.assertEquals({ table.unpack(seen, 1, 11) }, {
      "sent AT", "echo AT", "final OK",
      "sent AT+CPIN=(hidden)", "echo AT+CPIN=(hidden)", "final +CME ERROR: 16",
      "sent at!vendor=(hidden)", "echo at!vendor=(hidden)", "final OK", "sent AT+LATE", "echo AT+LATE",
    })
    lu.assertEquals(fetch(urcs, 2), { "AT+CPIN=(hidden)", "x AT$QCPDPP=(hidden)" })
  end)
  local hidden = {
    ['AT!ENTERCND="A710"'] = "AT!ENTERCND=(hidden)",
    ['at+clck="SC",1,"1234"'] = "at+clck=(hidden)",
    ['AT+CSQ;+CPIN = "1234","5678"'] = "AT+CSQ;+CPIN =(hidden)",
    ['AT+CGAUTH=1,2,"user","pass"'] = "AT+CGAUTH=(hidden)",
    ['AT^AUTHDATA=1,2,"","pass","user"'] = "AT^AUTHDATA=(hidden)",
    ['AT+ C PIN="1234"'] = "AT+ C PIN=(hidden)",
    ['AT+CGLA=1,26,"00200001083132"'] = "AT+CGLA=(hidden)",
    ["AT+CLCK=?"] = "AT+CLCK=?",
    ["AT+CPIN?"] = "AT+CPIN?",
    ['AT+CGDCONT=1,"IP","x"'] = 'AT+CGDCONT=1,"IP","x"',
  }
  for command, shown in pairs(hidden) do
    lu.assertEquals(at.hide(command), shown)
  end
end

function T.test_fields()
  local fields = at.fields
  lu.assertEquals(fields '+CGDCONT: 1,"ipv4v6","r.ispsn","",0', { "1", "ipv4v6", "r.ispsn", "", "0" })
  lu.assertEquals(fields('+CGDCONT: 1,"ip","a,(b","1",-7,08', { numbers = true }), { 1, "ip", "a,(b", "1", -7, 8 })
  lu.assertEquals(fields '+COPS: (2,"A, B","",7),(1,"C")(3),,(0,1),(0-2)',
    { { "2", "A, B", "", "7" }, { "1", "C" }, { "3" }, "", { "0", "1" }, { "0-2" } })
  lu.assertEquals(fields "!SELRAT: 06, LTE Only", { "06", "LTE Only" })
  lu.assertEquals(fields "06, LTE Only,", { "06", "LTE Only", "" })
  lu.assertEquals(fields "", {})
  lu.assertEquals(fields '"open', { "open" })
  lu.assertEquals(fields('0x1f,12ab,+5,99999999999999999999', { numbers = true }),
    { "0x1f", "12ab", "+5", "99999999999999999999" })
  lu.assertEquals(fields(("("):rep(2000))[1][1][1][1][1][1][1], { ("("):rep(1992) })
  lu.assertEquals({ at.prefix "+cops: 0" }, { "+COPS", "0" })
  lu.assertEquals({ at.prefix "!GSTATUS: " }, { "!GSTATUS", "" })
  lu.assertEquals({ at.prefix '+QENG:"x": 1' }, { "+QENG", '"x": 1' })
  lu.assertEquals(table.pack(at.prefix "Revision: 0.5"), { nil, "Revision: 0.5", n = 2 })
  lu.assertEquals(at.errors.verdict("cme", 10).words, "no SIM inserted")
end

function T.test_mistakes_raise()
  with_modem(true, answer_as_usual, function(port)
    lu.assertErrorMsgContains("control characters", port.command, port, "AT\rAT+CFUN=0")
    lu.assertErrorMsgContains("Ctrl-Z", port.command, port, "AT+CMGS=1", { data = "a\26b" })
    assert(port:command "AT")
  end)
end

function T.test_modem_goes()
  with_modem(false, function() return "" end, function(port, group, wire)
    local urcs = port:urcs()
    local results = {}
    for i = 1, 3 do
      group:spawn(function() results[i] = table.pack(port:command "AT") end)
    end
    task.sleep(0.01)
    wire:close()
    local line, err = task.timeout(60, urcs.pop, urcs)
    lu.assertNil(line)
    lu.assertEquals(err.code, "gone")
    task.sleep(0.01)
    for i = 1, 3 do
      lu.assertEquals(results[i][2].code, "gone")
    end
    lu.assertEquals(select(2, port:command "AT").code, "gone")
    lu.assertEquals(select(2, port:raw():pop()).code, "gone")
  end)
end

function T.test_closing_wakes_waiting_tasks()
  with_modem(false, function() return "" end, function(port, group)
    local child = group:spawn(function() return port:command "AT" end)
    task.sleep(0.01)
    port:close()
    local _, _, err = child:join()
    lu.assertEquals(err.code, "gone")
    err = select(2, port:command "AT")
    lu.assertEquals(err.code, "gone")
  end)
end

function T.test_giving_up_a_command()
  local commands = {}
  with_modem(false, function(command)
    if command == "AT" then
      return nil
    end
    commands[#commands + 1] = command
    task.sleep(0.05)
    return "\r\n+X: " .. command .. "\r\nOK\r\n"
  end, function(port, group)
    local first = group:spawn(port.command, port, "AT+1")
    local second = group:spawn(port.command, port, "AT+2")
    task.sleep(0.01)
    first:cancel(task.unwanted)
    second:cancel(task.unwanted)
    lu.assertEquals(assert(port:command "AT+3").lines, { "+X: AT+3" })
    lu.assertEquals(commands, { "AT+1", "AT+3" })
  end)
end

function T.test_modem_that_does_not_answer()
  local silent = true
  with_modem(false, function() return silent and "" or "\r\nOK\r\n" end, function(port)
    for _ = 1, 3 do
      local _, err = port:command("AT+A", { seconds = 0.02 })
      lu.assertEquals(err.code, "timeout")
      lu.assertStrContains(tostring(err), "does not answer")
    end
    silent = false
    assert(port:command "AT+B")
    silent = true
    local _, err = port:command("AT+C", { seconds = 0.02 })
    lu.assertEquals(tostring(err), "AT+C: no answer in 0.02 seconds")
  end)
end

-- Who asked while the modem was found to be mute has waited long enough; who asks then waits a second.
function T.test_a_mute_modem_is_not_waited_for_again_and_again()
  local seen, silent, usual = 0, true, resync.MUTE_AFTER
  local _ <close> = task.finally(function() resync.MUTE_AFTER = usual end)
  resync.MUTE_AFTER = 0.2
  with_modem(false, function(command)
    seen = seen + 1
    local number = ({ ["ATS3?"] = "\r\n013\r\n", ["ATS5?"] = "\r\n008\r\n" })[command] or ""
    return silent and "" or number .. "\r\nOK\r\n"
  end, function(port)
    local askers = {}
    for i = 1, 20 do
      askers[i] = function() return { port:command("AT+" .. i, { seconds = 0.3 }) } end
    end
    for _, result in ipairs(assert(task.all(table.unpack(askers)))) do
      lu.assertEquals(result[2].code, "timeout")
      lu.assertStrContains(tostring(result[2]), "does not answer")
    end
    lu.assertTrue(seen <= 4, seen)
    local _, err = port:command("AT+A", { seconds = 3600 })
    lu.assertEquals(err.code, "timeout")
    silent = false
    assert(port:command "AT+B")
    assert(port:command "AT+C")
  end)
end

-- The answer comes while the command is still being written, and then the rest cannot be.
function T.test_an_answer_to_a_command_that_could_not_be_written_whole()
  with_modem(false, answer_as_usual, function(port)
    assert(port:command "ATI")
    local send = port.send
    port.send = function(self, bytes, seconds)
      send(self, bytes, seconds)
      repeat task.sleep(0) until self.finals:length() > 0
      self.send = nil
      return nil, errors.new { code = "timeout", source = "test", message = "not all of it could be written" }
    end
    lu.assertEquals(select(2, port:command "ATI").code, "timeout")
    lu.assertEquals(assert(port:command "AT+CSQ;+CPIN?").lines, lines_of(transcripts["AT+CSQ;+CPIN?"]))
  end)
end

local function noise(size)
  local bytes = {}
  for i = 1, size do
    bytes[i] = string.char(math.random(0, 255))
  end
  return table.concat(bytes)
end

local function assert_usable(port)
  lu.assertEquals(assert(port:command "AT!SELRAT?").lines, { "!SELRAT: 06, LTE Only" })
  lu.assertEquals(assert(port:command "AT+CSQ;+CPIN?").lines, { "+CSQ: 17,99", "+CPIN: READY" })
end

function T.test_noise_confuses_for_one_deadline()
  math.randomseed(7)
  for _, echo in ipairs { true, false } do
    local place = 0 -- 250 KB before, within and behind answers
    with_modem(echo, function(command)
      local text = answer_as_usual(command == "AT!NOISE?" and "AT!SELRAT?" or command)
      if command == "AT!NOISE?" then
        return text:sub(1, place) .. noise(9000) .. text:sub(place + 1)
      end
      return text
    end, function(port, _, wire)
      assert_usable(port)
      for _ = 1, 25 do -- and 250 KB while idle
        wire:write(noise(10000))
        task.sleep(0)
        port:command("AT", { seconds = 0.05 })
        assert_usable(port)
      end
      for _ = 0, #transcripts["AT!SELRAT?"] do
        port:command("AT!NOISE?", { seconds = 0.05 })
        assert_usable(port)
        place = place + 1
      end
    end)
  end
end

function T.test_transcripts_cut_at_every_byte()
  for _, echo in ipairs { true, false } do
    for command, answer in pairs(transcripts) do
      local whole = (echo and command .. "\r" or "") .. answer
      with_modem(false, function(typed, wire)
        if typed ~= command then
          return nil
        end
        for cut = 1, #whole do -- comes byte by byte
          wire:write(whole:sub(cut, cut))
          task.sleep(0)
        end
        return ""
      end, function(port)
        lu.assertEquals(assert(port:command(command)).lines, lines_of(answer))
      end)
    end
  end
end

function T.test_answers_cut_off_at_every_byte()
  local text = transcripts["AT!SELRAT?"]
  local trials = {}
  for cut = 0, 2 * #text - 1 do
    trials[cut + 1] = function()
      with_modem(cut < #text, function(command)
        if command == "AT!CUT?" then
          return text:sub(1, cut % #text) -- and the rest is lost
        end
        return answer_as_usual(command)
      end, function(port)
        port:command("AT!CUT?", { seconds = 0.1 })
        assert_usable(port)
      end)
    end
  end
  assert(task.all(table.unpack(trials)))
end

function T.test_parser()
  local parser = core.parser()
  lu.assertEquals(parser:feed "\r\nO", {})
  lu.assertEquals(parser:feed "K\r\n+CME ERROR: 3\r\n> ", {
    { kind = "final", text = "OK", result = "ok" },
    { kind = "final", text = "+CME ERROR: 3", result = "cme", number = 3 },
    { kind = "prompt", text = ">" },
  })
  local long = parser:feed("\r\n" .. ("x"):rep(5000) .. "\r\n")[1]
  lu.assertEquals({ #long.text, long.truncated, long.kind }, { 4096, true, "line" })
  lu.assertEquals(core.classify "CONNECT 150000000", { result = "connect", words = "150000000" })
  lu.assertNil(core.classify "+CSQ: 1")
end

-- As chat scripts leave ports behind.
function T.test_results_in_numbers_or_none_at_all()
  for _, left in ipairs { "0\r", "" } do
    local result = left
    with_modem(false, function(command)
      if command:find "^ATQ0V1" then result = "\r\nOK\r\n" end
      local line = command == "ATI" and "MC7455" or command:find "S4%?$" and "010"
      return (line and "\r\n" .. line .. "\r\n" or "") .. result
    end, function(port)
      lu.assertEquals(assert(port:command "ATI").lines, { "MC7455" })
    end)
  end
end

function T.test_a_port_that_knows_only_errors_is_not_said_to_be_silent()
  with_modem(false, function() return "\r\nERROR\r\n" end, function(port)
    local reply, err = port:command "ATI"
    lu.assertNil(reply)
    lu.assertEquals(err.code, "modem-failed")
    lu.assertStrContains(tostring(err), "the modem answers even `AT` with ERROR")
  end)
end

return T
