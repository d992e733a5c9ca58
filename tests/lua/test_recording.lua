-- SPDX-License-Identifier: MIT
-- `moontower record`: the file, whatever happens to it. test_recording_secrets: nothing in it is anybody's business.

local file = require "recording.file"
local fs = require "core.fs"
local gzip = require "core.gzip"
local hex = require "base.hex"
local json = require "base.json"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local recorded = require "support.recorded"
local world = require "support.world"

local T = {}

function T.test_a_killed_program_leaves_what_it_had()
  local out = recorded.in_world [[moontower simulate set latency=0.5
    moontower record /run/test/killed -- up >/dev/null 2>&1 & pid=$!
    until zcat /run/test/killed 2>/dev/null | grep -q '"from":"modem"'; do sleep 0.05; done
    kill -KILL $pid; wait $pid 2>/dev/null
    moontower record --inspect /run/test/killed 2>&1]]
  lu.assertStrContains(out, "open-done: ok")
  lu.assertStrContains(out, "its end is missing")
end

function T.test_a_full_disk_ends_the_recording_and_not_the_command()
  local out = recorded.in_world [[mkdir /run/test/small; mount -t tmpfs -o size=4k none /run/test/small
    echo x >/run/test/small/x
    moontower record /run/test/small/full -- up 2>&1; echo status $?; moontower status 2>&1 | grep -c DNS
    umount /run/test/small]]
  lu.assertStrContains(out, "online    8.8.8.8 answers")
  lu.assertStrContains(out, "No space left on device")
  lu.assertStrContains(out, "status 1\n1\n")
end

function T.test_a_file_that_is_there_is_not_touched()
  local out = recorded.in_world [[echo mine >/run/test/mine; moontower record /run/test/mine -- status 2>&1; echo $?
    cat /run/test/mine; moontower record 2>&1; moontower record /run/test/new 2>&1; ls /run/test/new 2>&1; true]]
  for _, words in ipairs {
    "/run/test/mine is there already", "\n1\nmine\n", "which command is to be recorded?", "No such file",
  } do lu.assertStrContains(out, words) end
end

function T.test_beside_the_daemon()
  local out = recorded.in_world [[. $SUPPORT/daemon.sh
    echo "return { modems = { { apn = 'r.ispsn', policy = { 'reconnect', probes = {} } } } }" >/run/test/config.lua
    start; until_why "is online"; cd /run/test; moontower record here -- status 2>&1; stat -c %a here
    moontower record --inspect here; end TERM; moontower down]]
  lu.assertStrContains(out, "moontower status\n")
  lu.assertStrContains(out, "Device Caps: ok")
  lu.assertStrContains(out, "the end: exit status 0")
end

-- What hangs is what is to be reported.
function T.test_a_command_that_is_interrupted()
  world.all_of({ "", [[start; until_why "is online"]] }, function(before)
    local out = recorded.in_world([[. $SUPPORT/daemon.sh
      commands() { moontower simulate state --json | sed -n 's/.*"commands": *\([0-9]*\).*/\1/p'; }
      echo "return { modems = { { apn = 'r.ispsn', policy = { 'reconnect', probes = {} } } } }" >/run/test/config.lua
      ]] .. before .. [[

      moontower simulate set latency=100 >/dev/null; sent=$(commands)
      env --default-signal=INT moontower record /run/test/file -- status >/dev/null 2>&1 & pid=$!
      until_true '[ $(commands) != $sent ]'
      kill -INT $pid; wait $pid; echo status $?; moontower record --inspect /run/test/file 2>&1
      [ -z "$daemon" ] || end KILL; true]])
    lu.assertStrContains(out, "status 130\n")
    lu.assertStrContains(out, "moontower status\n")
    lu.assertNil(out:find "its end is missing")
  end)
end

-- Each of them gets all that passes.
function T.test_a_record_of_a_trace_and_of_a_record()
  local out = recorded.in_world [[cd /run/test
    moontower record outer -- trace -q status 2>&1 >/dev/null; moontower record one -- record two -- status 2>&1
    for f in outer one two; do moontower record --inspect $f | grep -q "query Device Caps" && echo in $f; done]]
  lu.assertStrContains(out, "MBIM #")
  lu.assertStrContains(out, "in outer\nin one\nin two\n")
end

function T.test_decode_has_the_times_of_the_recording()
  local out = recorded.in_world "record status; moontower decode /run/test/1"
  local last, count = 0, 0
  for time in out:gmatch "\n +(%d+%.%d%d%d) " do
    lu.assertTrue(tonumber(time) >= last, out)
    last, count = tonumber(time), count + 1
  end
  lu.assertTrue(count > 10, out)
end

function T.test_what_is_there_is_not_touched()
  lu.assertEquals(recorded.in_world [[cd /run/test; touch file; ln -s nowhere link; mkfifo fifo; mkdir folder
    for name in file link fifo folder /dev/null; do
      moontower record $name -- status 2>&1 | grep -c "is there already"; done
    test -L link -a -p fifo -a ! -s file -a ! -e nowhere && echo untouched]], "1\n1\n1\n1\n1\nuntouched\n")
end

function T.test_one_thing_is_done_at_a_time()
  local out = recorded.in_world [[cd /run/test
    for words in "--inspect --last x" "--inspect x -- status" "--last x -- status" "--import x y -- status"; do
      moontower record $words 2>&1; echo $?; done; test ! -e x -a ! -e y]]
  for _, pair in ipairs { "inspect and --last", "inspect and a", "last and a", "import and a" } do
    lu.assertStrContains(out, "moontower: --" .. pair)
  end
  lu.assertEquals(select(2, out:gsub("\n2\n", "")), 4)
end

-- The client writes a file, and a message to it holds but a part of one.
function T.test_a_long_file_is_saved_beside_the_daemon()
  local out = recorded.in_world [[. $SUPPORT/daemon.sh
    echo 'print(require("terminal.files").save("/run/test/long", ("0123456789"):rep(300000), 384))' >/run/test/save.lua
    start; moontower run /run/test/save.lua; end TERM; stat -c "%s %a" /run/test/long
    tr -d 0-9 </run/test/long | wc -c]]
  lu.assertStrContains(out, "true\n3000000 600\n0\n")
end

local path = os.tmpname()

function T.test_what_is_no_recording()
  for text, code in pairs {
    ["no gzip"] = "malformed", [""] = "malformed",
    [process.run { "gzip", "-c", stdin = "hello\n" }.stdout] = "malformed",
    [process.run { "gzip", "-c", stdin = '{"recording":99}\n' }.stdout] = "malformed",
  } do
    assert(fs.write(path, text))
    lu.assertEquals(select(2, file.read(path)).code, code, text)
  end
  lu.assertEquals(select(2, file.read "/nowhere/at/all").code, "not-found")
end

local function read(text)
  assert(fs.write(path, process.run({ "gzip", "-c", stdin = text .. "\n" }).stdout))
  return file.read(path)
end

-- What a person reads before sending it.
function T.test_a_summary()
  local out = recorded.in_world [[record at AT+CIMI AT+CGSN AT+CGSN 'AT+CPIN="73912846"'
    moontower record --inspect /run/test/1
    moontower record --keep-cells /run/test/kept -- cells; cat /run/test/kept | moontower record --inspect /dev/stdin]]
  for _, pattern in ipairs {
    "\nIn it +1 modem, 1 port, %d+ lines at AT ports.*, in [%d.]+ s\n", "\nReplaced +IMSI once, IMEI 2 times\n",
    "\nCrossed out +nothing\nAs it was +makes and versions", "\n +%d[%d.]+ +the end: exit status %d\nIn it +1 modem",
    "\nAs it was +[^\n]+\n?[^\n]+, numbers of cells\n",
  } do lu.assertStrContains(out, pattern, true) end
end

-- A file comes from others.
function T.test_a_summary_of_strange_counts()
  local summary = require("recording.summary").new()
  summary:add { t = 1, exit = 0, replaced = { imsi = 1 << 52, ["\27[2J"] = 3 } }
  lu.assertNil(table.concat(summary:lines()):find "\27")
  for _, counts in ipairs { "5", '{"imsi":"x"}', '{"imsi":-1}' } do
    local line = '{"recording":1,"command":["up"],"cells":"kept"}\n{"t":1,"exit":0,"replaced":%s}'
    lu.assertStrContains(tostring(select(2, read(line:format(counts)))), "line 2: ")
  end
end

-- It shows a file that comes from anybody at a terminal.
function T.test_inspection_has_no_control_characters()
  local inspect = require "recording.inspect"
  local bad = "\27]0;x\7"
  for _, line in ipairs {
    { recording = 1, moontower = bad, kernel = bad, machine = bad, date = bad, cells = bad, command = { bad } },
    { t = 1, stream = 1, opened = bad }, { t = 1, stream = 1, from = "modem", kind = "line", text = bad },
    { t = 1, stream = 1, malformed = 1, why = bad }, { t = 1, event = { x = bad } }, { t = 1, modem = { model = bad } },
  } do lu.assertNil(inspect.line(line):find "[%z\1-\9\11-\31\127]", json.encode(line)) end
end

-- It may have been made by hand, or by an attacker.
function T.test_a_line_that_is_not_as_it_should_be()
  local inspect = require "recording.inspect"
  local head = '{"recording":1,"command":["up"],"cells":"kept"}\n'
  for _, line in ipairs {
    '{"t":1,"stream":1,"opened":"at"}', '{"t":1,"stream":1,"from":"host","bytes":"0110"}', '{"t":1,"exit":0}',
    '{"t":1,"stream":1,"from":"modem","kind":"line","text":"x"}',
    '{"t":1,"stream":1,"from":"modem","malformed":3,"why":"x"}',
    '{"t":1,"modem":{}}', '{"t":1,"event":{}}', '{"t":1,"stream":1,"lost":2}',
  } do lu.assertStrContains(inspect.line(assert(read(head .. line))[2]), "1.000", false, line) end
  for _, line in ipairs {
    '{}', '{"exit":0}', '{"t":"1","exit":0}', '{"t":1,"stream":1,"bytes":7}', '{"t":1,"stream":1,"bytes":"0"}',
    '{"t":1,"bytes":"01"}', '{"t":1,"stream":1,"kind":"line"}', '{"t":1,"modem":7}', '{"t":1,"modem":{"vendor":7}}',
    '{"t":1,"exit":{}}', '{"t":1,"stream":1,"lost":"x"}', '{"t":1,"recording":1}',
  } do
    local _, err = read(head .. line)
    lu.assertStrContains(tostring(err), "line 2: ", false, line)
  end
  lu.assertStrContains(tostring(select(2, read '{"recording":1,"command":[7]}')), "its first line")
end

local HEAD = '{"recording":1,"command":["up"],"cells":"replaced"}\n'

local function write(text)
  local writer <close> = assert(gzip.writer())
  assert(fs.write(path, assert(writer:finish(text))))
end

-- A file comes from others: what is wrong in it is said, and reaches neither a terminal nor what is made of it.
function T.test_a_damaged_recording()
  for _, text in ipairs {
    '{"recording":1}\n', '{"recording":1,"command":[{}],"cells":"kept"}\n', '{"recording":"\27[2J"}\n',
    HEAD .. "5\n", HEAD .. "{}\n", HEAD .. ("["):rep(100000) .. "\n", HEAD .. '{"t":1}\n',
    HEAD .. '{"stream":1,"opened":"at"}\n', HEAD .. '{"t":1e999,"exit":0}\n', HEAD .. '{"t":1,"exit":0.5}\n',
    HEAD .. '{"t":1,"stream":1,"opened":"\\u001b[2J"}\n', HEAD .. '{"t":1,"modem":5}\n',
    HEAD .. '{"t":1,"modem":{"vendor":5}}\n', HEAD .. '{"t":1,"stream":1,"from":"host","bytes":5}\n',
    HEAD .. '{"t":1,"stream":1,"from":"host","bytes":"0x"}\n',
    HEAD .. '{"t":1,"stream":1,"from":"host","kind":"sent"}\n',
    HEAD .. ("x"):rep(2 << 20),
  } do
    write(text)
    lu.assertEquals((select(2, file.read(path)) or {}).code, "malformed", text:sub(1, 200))
    local ran = process.run { program.executable, "record", "--inspect", path }
    lu.assertEquals(ran.status, 1, text:sub(1, 200))
    lu.assertNil((ran.stdout .. ran.stderr):find "\27")
    lu.assertNil(ran.stderr:find "traceback", text:sub(1, 200))
  end
end

-- A small file may unpack to a thousand times its size, of lines that take more room than they look.
function T.test_a_recording_of_too_many_lines()
  write(HEAD .. ('{"t":1,"exit":0}\n'):rep((1 << 18) + 1))
  lu.assertStrContains(tostring(select(2, file.read(path))), "more than 262144 lines")
end

-- A long one is read, however long it is, and by the command itself: not by a daemon.
function T.test_a_long_recording()
  local random <close> = assert(io.open("/dev/urandom", "rb"))
  local parts = { HEAD }
  for i = 1, 60 do
    local line = '{"t":1,"stream":1,"from":"modem","kind":"urc","text":"%s"}\n'
    parts[i + 1] = line:format(hex.encode(random:read(20000)))
  end
  write(table.concat(parts))
  lu.assertTrue(fs.stat(path).size > 1 << 20)
  lu.assertEquals(#file.read(path), 61)
  local count = process.run { "sh", "-c", '"$0" record --inspect "$1" | wc -l', program.executable, path }
  lu.assertEquals({ tonumber(count.stdout), count.stderr }, { 67, "" })
end

function T.teardownClass() fs.remove(path) end

-- What we do to the kernel's network, what it says of it, and what the person has seen.
function T.test_what_passes_between_us_and_the_kernel()
  local out = recorded.in_world [[
record up --apn r.ispsn; record up --apn r.ispsn --metric 20 --mtu 1400; record down; inspect]]
  for _, line in ipairs {
    'changed: add_address {"address":"184.250.142.38","link":"wwan0",', 'changed: set_link wwan0 {"up":true}',
    'kernel {"action":"new","address":"184.250.142.38"', "changed: del_route ", " is offline",
    "printed: network   registered at home on Sprint", "printed: wwan0     184.250.142.38/30",
  } do
    lu.assertStrContains(out, line)
  end
end

-- Beside the daemon, a modem that others use is listened to until the client is gone.
function T.test_what_comes_after_the_end_is_not_in_it()
  local name = os.tmpname()
  os.remove(name)
  local writer = assert(file.create(name))
  writer:add { recording = 1, command = { "status" }, cells = "replaced" }
  assert(writer:finish())
  writer:add { t = 1, exit = 0 }
  lu.assertEquals({ writer.problem, #assert(file.read(name)) }, { nil, 1 })
  os.remove(name)
end

return T
