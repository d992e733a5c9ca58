-- SPDX-License-Identifier: MIT
-- `moontower console`: Lua typed at a prompt, with the simulated modem in hand; and how it shows values.

local lu = require "luaunit"
local pty = require "support.pty"
local show = require "terminal.inspect"
local world = require "support.world"

local T = {}

-- ---- values ----

function T.test_values_in_words()
  for text, value in pairs {
    ["1"] = 1, ["true"] = true, ['"a\\n\\"b\\""'] = 'a\n"b"', ['"\\x1b[2J"'] = "\27[2J", ['"\\xff\\x00"'] = "\xff\0",
    ['"\u{e4}"'] = "\u{e4}", ['"\\u{9b}"'] = "\u{9b}", ["{}"] = {}, ["{ 1, 2, [4] = 4 }"] = { 1, 2, nil, 4 },
    ["{ 1, [1.5] = 0, a = { b = true } }"] = { 1, [1.5] = 0, a = { b = true } },
    ['{ ["a b"] = 1 }'] = { ["a b"] = 1 },
    ["words"] = setmetatable({}, { __tostring = function() return "words" end }),
  } do
    lu.assertEquals(show(value), text)
  end
end

function T.test_endless_values_are_bounded()
  local circle = { 1 }
  circle.me = circle
  lu.assertEquals(show(circle), "{ 1, me = (itself, further up) }")
  local deep = {}
  for _ = 1, 100 do deep = { deep } end
  lu.assertStrContains(show(deep), "{...}")
  local long = {}
  for i = 1, 100000 do long[i] = i end
  lu.assertTrue(#show(long) < 3000)
end

function T.test_long_tables_get_lines()
  lu.assertEquals(show { ("x"):rep(60), { ("y"):rep(60) } },
    '{\n  "' .. ("x"):rep(60) .. '",\n  { "' .. ("y"):rep(60) .. '" }\n}')
end

-- ---- from a pipe ----

local function run(text, options)
  return world.run("moontower console <<'END'\n" .. text .. "\nEND", nil, nil, options)
end

function T.test_a_session()
  local result = run [[
1 + 1
_ * 21
modem:registration().state
modem.at:command("AT+CPIN?").lines
for i = 1, 2 do
  task.sleep(0.01)
  print("tick", i)
end
function double(x) return 2 * x end
double(4), nil, double "3", nil
modem:connect {}
]]
  lu.assertEquals(result.status, 1, result.err) -- the last one is a mistake
  lu.assertStrContains(result.out,
    '2\n42\n"home"\n{ "+CPIN: READY" }\ntick\t1\ntick\t2\n8\tnil\t6\nconsole:1: connect wants a table with an apn')
  lu.assertStrContains(result.out, "stack traceback")
  lu.assertEquals(result.err, "")
end

function T.test_errors_are_values()
  local result = run 'modem.at:command "AT!NONSENSE"\nselect(2, modem.at:command("AT!NONSENSE")).detail.result'
  world.assert_success(result)
  lu.assertEquals(result.out, 'nil\tAT!NONSENSE: ERROR\n"error"\n')
end

function T.test_qmi_and_mbim_at_once()
  local result = run [[
modem.qmi:request(require("qmi.dms").get_ids).imei
modem.mbim:query(require("mbim.basic_connect").device_caps).device_id
]]
  world.assert_success(result)
  lu.assertEquals(result.out, '"359072060000011"\n"359072060000011"\n')
  result = run([[modem.at:command("AT").text, modem:identity().imei]], { "--composition", "qmi" })
  world.assert_success(result)
  lu.assertEquals(result.out, '"OK"\t"359072060000011"\n')
end

-- What is typed runs in the daemon.
function T.test_nothing_that_is_typed_ends_the_daemon_or_changes_it_for_others()
  local result = world.run([[moontower serve 2>/dev/null & until moontower why; do sleep 0.1; done >/dev/null 2>&1
    for line in "os.exit()" "os.exit(0, true)" "os.execute 'sleep 1000'" "debug.getregistry()"; do
      echo "$line" | moontower console; echo "status $?"; done
    printf 'string.rep = nil\ntable.concat = nil\nload = nil\n_G.print = nil\nx = 1\n_G.x\n' | moontower console
    moontower why; moontower status; kill $!; wait $!; exit 0]])
  local _, refused = result.out:gsub("status 1\n", "")
  lu.assertEquals(refused, 4, result.out .. result.err)
  lu.assertStrContains(result.out, "os.exit would end all scripts")
  lu.assertStrContains(result.out, "status 1\n1\nmodem simulated is ")
  lu.assertStrContains(result.out, "network   registered at home")
end

function T.test_half_a_chunk_at_the_end()
  local result = run "for i = 1, 2 do"
  lu.assertEquals(result.status, 1)
  lu.assertStrContains(result.out, "'end' expected")
end

-- ---- typed ----

function T.test_typing()
  local status, output = pty.run({ "simulate", "--", "moontower", "console" }, function(t)
    t:expect "\n> "
    t:type "modem:signal()\r"
    t:expect "dbm"
    t:expect "\n> "
    t:type "for i = 1, 2 do\r"
    t:expect ">> "
    t:type "print(i) end\r"
    t:expect "1\r\n2"
    t:expect "\n> "
    for _, call in ipairs { "while true do end", "task.sleep(60)", "modem:wait_for('sim', modem.sim, error, 60)" } do
      t:type("print 'now' " .. call .. "\r")
      t:expect "now"
      t:expect "now"
      if call:find "wait_for" then
        t:expect "\n> " -- which fails
      else
        t:type "\3"
        t:expect "interrupted"
        t:expect "\n> "
      end
    end
    t:type "if\r"
    t:expect ">> "
    t:type "\3"
    t:expect "\n> "
    t:type "error { code = 'x' }\r"
    t:expect "\n> "
    t:type "modem:signal().dbm\r"
    t:expect "-71"
    t:expect "\n> "
    t:type "\4"
  end, { XDG_STATE_HOME = "/nonexistent" })
  lu.assertEquals(status, 0, output)
  lu.assertNotStrContains(output, "left open")
end

return T
