-- SPDX-License-Identifier: MIT
-- The AT port for other programs: gammu, picocom and lpac beside us; whose commands are whose; what is refused; what
-- is left at the end.

local at = require "at"
local core_port = require "core.port"
local descriptor = require "core.descriptor"
local guest = require "at.guest"
local lu = require "luaunit"
local programs = require "support.programs"
local task = require "task"
local world = require "support.world"

local T = {}

function T.setUp() programs.need { gammu = "gammu", lpac = "lpac", picocom = "picocom" } end

-- ---- a program and a modem in this process ----

local function pair()
  local one, other = assert(descriptor.socketpair("stream"))
  return assert(core_port.adopt(one, "stream")), assert(core_port.adopt(other, "stream"))
end

-- Answers each command line by answer(line), which may ask for a text: that ends with Ctrl-Z or Escape.
local function play(wire, heard, answer)
  local rest, wants_text = "", false
  for bytes in wire.read, wire do
    rest = rest .. bytes
    while true do
      local typed, stop, after = rest:match(wants_text and "^([^\26\27]*)([\26\27])()" or "^([^\r\27]*)([\r\27])()")
      if not typed then break end
      rest = rest:sub(after)
      heard[#heard + 1] = stop == "\r" and typed or typed .. stop
      local reply = stop == "\r" and answer(typed) or stop == "\26" and "\r\n+CMGS: 7\r\n\r\nOK\r\n" or "\r\nOK\r\n"
      wants_text = reply == "\r\n> "
      wire:write(reply)
    end
  end
end

-- Calls fn(program, port, heard, modem): what the program writes and reads, our own port, and what the modem has got.
local function beside(answer, fn)
  local group <close> = task.group()
  local modem_side, our_side = pair()
  local guest_side, program = pair()
  local heard = {}
  local wire <close> = modem_side
  local _ <close> = guest_side
  local _ <close> = program
  local port <close> = at.adopt(our_side, "test")
  local served = guest.new(guest_side, function() return port end, { name = "the terminal" })
  group:spawn(play, wire, heard, function(line) return answer(line) or "\r\nOK\r\n" end)
  group:spawn(served.run, served)
  local seen = ""
  local function expect(text)
    while not seen:find(text, 1, true) do
      local bytes = task.timeout(20, program.read, program)
      if not bytes then lu.fail(("no %q in %q"):format(text, seen)) end
      seen = seen .. bytes
    end
    local before, after = seen:find(text, 1, true)
    local passed = seen:sub(1, before - 1)
    seen = seen:sub(after + 1)
    return passed
  end
  fn({ type = function(text) program:write(text) end, expect = expect, guest = served }, port, heard, wire)
end

local function without_probes(heard)
  local list = {}
  for _, line in ipairs(heard) do list[#list + 1] = line ~= "AT" and line or nil end
  return list
end

function T.test_echo_and_form_of_results_are_the_program_s_own()
  beside(function(line) return line == "AT+CSQ" and "\r\n+CSQ: 20,99\r\n\r\nOK\r\n" or nil end,
    function(program, port, heard)
      program.type "AT+CSQ\r"
      lu.assertEquals(program.expect "OK\r\n", "AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\n")
      program.type "ATE0V0\rAT+CSQ\r"
      lu.assertEquals(program.expect "0\r+CSQ: 20,99\r\n0\r", "ATE0V0\r")
      program.type "ATQ1\rAT+CSQ\r"
      program.expect "+CSQ: 20,99\r\n"
      program.type "AT&F\rat+csq\r"
      program.expect "OK\r\nat+csq\r"
      program.expect "OK\r\n"
      program.type "ATZ\r"
      program.expect "OK\r\n"
      lu.assertEquals(without_probes(heard), { "AT+CSQ", "AT+CSQ", "AT+CSQ", "AT+csq" })
      lu.assertEquals(assert(port:command "AT+CSQ").lines, { "+CSQ: 20,99" })
    end)
end

function T.test_minicom_s_first_line_and_a_corrected_one()
  beside(function() end, function(program, _, heard)
    program.type "AT S7=45 S0=0 L1 V1 X4 &c1 E1 Q0\rAX\bT+CIMI\r\n\nnoise\rAT+GMR\r"
    program.expect "OK\r\n"
    program.expect "OK\r\n"
    program.expect "OK\r\n"
    lu.assertEquals(without_probes(heard), { "ATS7=45S0=0L1X4&c1", "AT+CIMI", "AT+GMR" })
  end)
end

function T.test_a_line_and_a_text_that_are_too_long()
  beside(function(line) return line:find "CMGS" and "\r\n> " or nil end, function(program, _, heard)
    program.type "ATE0\r"
    program.expect "OK\r\n"
    program.type("AT+X=" .. ("1"):rep(4500) .. "\r")
    program.expect "\r\nERROR\r\n"
    program.type("AT+X=" .. ("1"):rep(3900) .. "\rAT+CMGS=1\r")
    program.expect "\r\nOK\r\n"
    program.expect "\r\n> "
    program.type(("a"):rep(5000) .. "\26")
    program.expect "\r\nOK\r\n"
    lu.assertEquals(without_probes(heard), { "AT+X=" .. ("1"):rep(3900), "AT+CMGS=1", "\27" })
  end)
end

-- Wherever in a line they are: a modem without words for its results is none that we could use.
function T.test_its_own_settings_never_reach_the_modem()
  beside(function() end, function(program, _, heard)
    for _, line in ipairs { "ATE0;+CSQ", "AT+CMGF=1;Q1", "ATQ0", "ATX4V0&C1", "AT+CMEE=2;Z;+CREG=1", "ATI;&F" } do
      program.type(line .. "\r")
    end
    program.expect "ATI;&F" -- the echo is back, by Z
    program.expect "OK\r\n"
    lu.assertEquals(without_probes(heard), { "AT+CSQ", "AT+CMGF=1", "ATX4&C1", "AT+CMEE=2;+CREG=1", "ATI" })
  end)
end

function T.test_what_would_take_the_port_away_is_refused()
  beside(function() end, function(program, _, heard)
    for _, line in ipairs {
      "ATD*99#", "AT+CGDATA=\"PPP\",1", "AT+CMUX=0", "ATE1;+IPR=9600", "ATO", "ATX4D*99#", "ATS0=0DT*99#",
      "ATH;D*99***1#", "ATI0O0", "ATX4+CMUX=0", "AT+CSQ+CMUX=0", "ATD1;+CMUX=0", "AT+CSQ;ATD*99#", 'AT+X="ab;+CMUX=0',
      "AT+CGDATA", "ATS3=65", "ATS5=0;+CSQ", "AT+ICF=3",
    } do
      program.type(line .. "\r")
      program.expect "\r\nERROR\r\n"
    end
    program.type "ATD+15550100;\rATS3=013;+CMUX=?\r"
    program.expect "OK\r\n"
    program.expect "OK\r\n"
    lu.assertEquals(without_probes(heard), { "ATD+15550100;", "ATS3=013;+CMUX=?" })
  end)
end

function T.test_commands_are_never_interleaved()
  local function answer(line) return ("\r\n+N: %s\r\n\r\nOK\r\n"):format(line:match "%d+" or "") end
  beside(answer, function(program, port, heard)
    local group <close> = task.group()
    group:spawn(function()
      for number = 1, 50 do
        lu.assertEquals(assert(port:command("AT+OURS=" .. number)).lines, { "+N: " .. number })
      end
    end)
    program.type "ATE0\r"
    program.expect "OK\r\n"
    for number = 1001, 1050 do
      program.type "AT+TH" -- half a command must not hold the port, nor be completed by ours
      task.sleep(0)
      program.type(("EIRS=%d\r"):format(number))
      lu.assertEquals(program.expect "OK\r\n", ("\r\n+N: %d\r\n\r\n"):format(number))
    end
    group:wait()
    for _, line in ipairs(without_probes(heard)) do
      lu.assertTrue((line:find "^AT%+OURS=%d+$" or line:find "^AT%+THEIRS=%d+$") ~= nil, line)
    end
  end)
end

function T.test_a_text_and_one_that_is_given_up()
  local function answer(line) return line:find "CMGS" and "\r\n> " or nil end
  beside(answer, function(program, port, heard)
    program.type 'AT+CMGS="+15550100"\r\n'
    program.expect "\r\n> "
    local group <close> = task.group()
    local ours = group:spawn(function() return assert(port:command "AT+CSQ").result end)
    program.type "two\rlines\26"
    program.expect "+CMGS: 7\r\n\r\nOK\r\n"
    lu.assertEquals({ ours:join() }, { true, "ok" })
    program.type 'AT+CMGS="+15550100"\r'
    program.expect "\r\n> "
    program.type "no\27"
    program.expect "\r\nOK\r\n"
    program.type 'AT+CMGS="+15550100"\r'
    program.expect "\r\n> "
    program.type "half"
    program.guest:reset() -- the program has gone
    lu.assertEquals(assert(port:command "AT+CSQ").result, "ok")
    lu.assertEquals(without_probes(heard), {
      'AT+CMGS="+15550100"', "two\rlines\26", "AT+CSQ", 'AT+CMGS="+15550100"', "\27", 'AT+CMGS="+15550100"', "\27",
      "AT+CSQ",
    })
  end)
end

function T.test_a_program_that_hangs_in_its_text_does_not_hold_the_port()
  local usual = guest.text_time
  guest.text_time = 0.3
  local _ <close> = task.finally(function() guest.text_time = usual end)
  beside(function(line) return line:find "CMGS" and "\r\n> " or nil end, function(program, port, heard)
    program.type 'AT+CMGS="+15550100"\r'
    program.expect "\r\n> "
    program.type "half"
    lu.assertEquals(assert(port:command "AT+CSQ").result, "ok")
    program.expect "\r\nOK\r\n" -- to the Escape
    lu.assertEquals(without_probes(heard), { 'AT+CMGS="+15550100"', "\27", "AT+CSQ" })
    program.type "AT+CIMI\r"
    program.expect "OK\r\n"
  end)
end

function T.test_secrets_reach_the_program_and_no_listener()
  local function answer(line)
    return line == "AT+CGAUTH?" and '\r\n+CGAUTH: 1,1,"me","word"\r\n\r\nOK\r\n'
      or line == "AT+CSIM=2" and "\r\n+CSIM=secret\r\n\r\nOK\r\n" or nil
  end
  beside(answer, function(program, port)
    local all = port:raw()
    program.type "AT+CSIM=2\r"
    lu.assertStrContains(program.expect "OK\r\n", "+CSIM=secret")
    while all:length() > 0 do lu.assertNotStrContains(all:pop().text, "secret") end
  end)
end

function T.test_what_the_modem_sends_by_itself()
  beside(function(line)
    return line == "AT+COPS=?" and "\r\n+CREG: 1\r\n\r\n+COPS: (1)\r\n\r\nOK\r\n" or nil
  end, function(program, port, _, modem)
    local ours = port:urcs()
    program.guest:tell "RING"
    program.expect "\r\nRING\r\n"
    local group <close> = task.group()
    group:spawn(function() for line in ours.pop, ours do program.guest:tell(line) end end)
    program.type "ATE0\rAT+COPS=?\r"
    program.expect "+COPS: (1)\r\n\r\nOK\r\n"
    program.expect "\r\n+CREG: 1\r\n"
    modem:write "\r\n+CMTI: \"SM\",3\r\n"
    program.expect "\r\n+CMTI: \"SM\",3\r\n"
  end)
end

-- ---- real programs ----

-- $DEVICE is the terminal, at which the daemon serves them.
local SERVE = [[
. $SUPPORT/daemon.sh
DEVICE=/run/moontower/at/simulated
echo 'return { modems = { { policy = false, at_port = AT_PORT or true } } }' >/run/test/config.lua
printf '[gammu]\nport = %s\nconnection = at\n' $DEVICE >/run/test/gammurc

# A name that a killed daemon left may lead to a terminal of another program.
daemon() {
  start --config /run/test/config.lua
  until_true 'grep "\"pid\":$daemon[,}]" /run/moontower/ptys/simulated.json && test -e $DEVICE'
}

begin() {
  mkfifo /run/test/typed
  picocom -q $DEVICE </run/test/typed >/run/test/seen 2>&1 & program=$!
  exec 4>/run/test/typed
  rm /run/test/typed
}
say() { printf '%s\r' "$1" >&4; until_in /run/test/seen "$2"; }
leave() { printf '\001\030' >&4; exec 4>&-; wait $program; }
our_gammu() { gammu -c /run/test/gammurc "$@" 2>&1; }
]]

function T.test_gammu()
  local result = world.run(SERVE .. [[
    daemon
    our_gammu --identify && our_gammu networkinfo
    echo 'on my way' | our_gammu sendsms TEXT +15550100
    moontower at AT+CSQ 'AT+CMGF?'
    moontower simulate fault sms hello
    moontower sms
    our_gammu getallsms | grep -c hello
    end || true
  ]])
  world.assert_success(result)
  for _, words in ipairs {
    "359072060000011", "SWI9X30C_02.24.05.06", "310120 (Sprint", "message reference=1", "+CSQ: 21,99", "hello\n",
  } do
    lu.assertStrContains(result.out, words)
  end
end

function T.test_picocom_and_what_why_says()
  local result = world.run(SERVE .. [[
    daemon
    begin
    say AT+CIMI 310120000000123
    say 'AT+CFUN=4;+CGMM' MC7455
    cat /run/test/seen
    leave
    moontower at 'AT+CFUN?'
    moontower why
    end
  ]])
  for _, words in ipairs {
    "310120000000123", "+CFUN: 4", "picocom, process ", "switched the radio off",
  } do
    lu.assertStrContains(result.out, words)
  end
end

function T.test_a_group_may_use_it()
  local result = world.run(SERVE .. [[
    sed -i 's/AT_PORT or true/"root"/' /run/test/config.lua
    daemon
    stat -L -c 'terminal %a %G' $DEVICE
    stat -c 'folder %a' /run/moontower /run/moontower/at
    sed -i 's/"root"/"no-such-group"/' /run/test/config.lua
    moontower reload
    until_in /run/test/log 'no-such-group'
    cat /run/test/log
    sed -i 's/"no-such-group"/false/' /run/test/config.lua
    moontower reload
    until_true '! test -e /run/moontower/at/simulated'
    end
  ]])
  for _, words in ipairs { "terminal 660 root\n", "folder 711\nfolder 711\n", "no AT port for other programs" } do
    lu.assertStrContains(result.out, words)
  end
end

function T.test_a_terminal_on_request()
  local result = world.run [[
    . $SUPPORT/daemon.sh
    moontower at --pty >/run/test/path & ours=$!
    until_true 'test -s /run/test/path'
    cat /run/test/path
    moontower at --pty; echo "status $?"
    moontower at --pty ATI; echo "status $?"
    printf '[gammu]\nport = %s\nconnection = at\n' $(cat /run/test/path) >/run/test/gammurc
    gammu -c /run/test/gammurc getsmsc 2>&1
    kill -INT $ours; wait $ours; echo "status $?"
    ls /run/moontower/at
  ]]
  lu.assertEquals(result.out:match "^[^\n]*", "/run/moontower/at/simulated")
  lu.assertStrContains(result.err, "is there already")
  lu.assertStrContains(result.out, "status 8\nstatus 2\n")
  lu.assertStrContains(result.out, '"+13123149810"')
  lu.assertStrContains(result.out, "status 130\n")
end

-- Its "at" driver, on a serial port and inside MBIM.
function T.test_lpac()
  for _, model in ipairs { "mc7455", "fm101", "em05" } do
    local result = world.run([[
      . $SUPPORT/daemon.sh
      moontower at --pty >/run/test/path & ours=$!
      until_true 'test -s /run/test/path'
      export LPAC_APDU=at LPAC_HTTP=curl LPAC_APDU_AT_DEVICE=$(cat /run/test/path)
      lpac chip info; lpac profile nickname 89011200000123456781 home; lpac profile list
      kill -INT $ours; wait $ours
    ]], { "euicc" }, nil, { "--modem", model })
    for _, words in ipairs { '"eidValue":"89049032000000000000000000005595"', '"profileNickname":"home"' } do
      lu.assertStrContains(result.out, words, false, model .. ": " .. result.out .. result.err)
    end
  end
end

function T.test_it_hangs_up_at_unplug_and_is_there_again()
  local result = world.run(SERVE .. [[
    daemon
    ls -l $(readlink $DEVICE)
    begin
    say AT+CGSN 359072060000011
    moontower simulate fault unplug 1
    wait $program
    echo "hung up"
    until_true "test -e $DEVICE"
    begin
    say AT+CGMM MC7455
    cat /run/test/seen
    leave
    kill -KILL $daemon; wait $daemon 2>/dev/null
    readlink $DEVICE
    daemon
    readlink $DEVICE
    end
    ls /run/moontower/at /run/moontower/ptys
  ]])
  lu.assertStrContains(result.out, "crw-------")
  lu.assertStrContains(result.out, "hung up")
  lu.assertStrContains(result.out, "MC7455")
  local _, terminals = result.out:gsub("/dev/pts/%d+", "%0")
  lu.assertEquals(terminals, 3, result.out) -- one listed, one left by the kill, one made anew
  lu.assertNotStrContains(result.out:match "ptys:.*$", "simulated")
end

return T
