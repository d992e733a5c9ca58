-- SPDX-License-Identifier: MIT
-- `moontower at` on the simulated modem: commands as arguments, from a file, and typed at its prompt.

local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local pty = require "support.pty"
local world = require "support.world"

local T = {}

local function run(command, faults)
  return world.run(command, faults)
end

-- ---- arguments ----

function T.test_the_answer_and_nothing_else()
  local result = run "moontower at 'AT!SELRAT?'"
  world.assert_success(result)
  lu.assertEquals(result.out, "!SELRAT: 00, Automatic\n")
end

function T.test_one_after_the_other()
  local result = run [[moontower at 'AT!ENTERCND="A710"' 'AT!USBCOMP?' AT+CPIN?]]
  world.assert_success(result)
  lu.assertEquals(result.out, "Config Index: 1\nConfig Type:  1 (Generic)\n"
    .. "Interface bitmask: 0000100D (diag,nmea,modem,mbim)\n+CPIN: READY\n")
end

function T.test_typographic_quotation_marks_are_replaced()
  local result = run "moontower at 'AT!ENTERCND=\u{201d}A710\u{201d}' 'AT!USBPID?'"
  world.assert_success(result)
  lu.assertStrContains(result.out, "9071")
end

function T.test_exit_statuses()
  local result = run "moontower at AT+CSQ 'AT!NONSENSE' ATI"
  lu.assertEquals(result.status, 1)
  lu.assertStrContains(result.err, "AT!NONSENSE: ERROR")
  lu.assertStrContains(result.err, "AT!ENTERCND")
  lu.assertStrContains(result.out, "+CSQ: ")
  lu.assertNotStrContains(result.out, "Manufacturer")
  world.assert_clean_failure(run("moontower at --timeout 0.5 ATI", { "hang" }), 7, "does not answer")
  world.assert_clean_failure(run "moontower at nonsense", 2, "begins with AT")
  lu.assertEquals(run("moontower at --json").status, 2)
  world.assert_clean_failure(run "moontower at -d nowhere ATI", 3, "nowhere")
  lu.assertEquals(run("moontower at --port /nowhere ATI").status, 1)
end

function T.test_json()
  local result = run "moontower at --json ATI AT+CPIN?"
  world.assert_success(result)
  local values = json.decode(result.out)
  lu.assertEquals(values.commands[2], { command = "AT+CPIN?", lines = { "+CPIN: READY" }, result = "ok", text = "OK" })
  result = run "moontower at --json 'AT!NONSENSE'"
  lu.assertEquals(json.decode(result.out).error.code, "rejected")
end

function T.test_a_text_for_the_modem_s_prompt()
  local result = run [[moontower at --text 'On my way' AT+CMGF=1 'AT+CMGS="+15550100"']]
  world.assert_success(result)
  lu.assertStrContains(result.out, "+CMGS: ")
  result = run [[moontower at AT+CMGF=1 'AT+CMGS="+15550100"']]
  lu.assertEquals(result.status, 1)
  lu.assertStrContains(result.err, "wants text")
end

function T.test_no_pin_is_shown()
  local result = run [[moontower at --json 'AT+CPIN="1234"'; moontower at 'AT+CPIN="1234"']]
  lu.assertNotStrContains(result.out .. result.err, "1234")
  lu.assertStrContains(result.err, "(hidden)")
end

function T.test_without_an_at_port()
  local result = run "moontower usbcomp 9 --by qmi --reset && moontower at ATI"
  lu.assertEquals(result.status, 1)
  lu.assertStrContains(result.err, "no AT port")
  lu.assertStrContains(result.err, "usbcomp")
end

-- ---- from a file ----

function T.test_a_recipe()
  local result = run [[printf '# who\nAT+CMGF=1\n\nAT+CMGS="+1"\ntwo\nlines\032AT+CPIN?\n' | moontower at]]
  world.assert_success(result)
  lu.assertStrMatches(result.out, "OK\n%+CMGS: %d+\nOK\n%+CPIN: READY\nOK\n")
end

function T.test_a_recipe_ends_at_the_first_mistake()
  local result = run [[printf 'AT!NONSENSE\nATI\n' | moontower at]]
  lu.assertEquals(result.status, 1)
  lu.assertEquals(result.out, "ERROR\n")
  lu.assertStrContains(result.err, "AT!NONSENSE: ERROR")
end

-- ---- typed ----

local function typed(talk, options)
  local home = os.tmpname()
  os.remove(home)
  local arguments = table.move({ "--", "moontower", "at" }, 1, 3, #(options or {}) + 2,
    table.move(options or {}, 1, #(options or {}), 2, { "simulate" }))
  local status, output = pty.run(arguments, function(t)
    t:expect "at> "
    talk(t)
  end, { XDG_STATE_HOME = home })
  local history = fs.read(home .. "/moontower/at_history")
  process.run { "rm", "-rf", home }
  lu.assertNotStrContains(output, "stack traceback")
  lu.assertNotStrContains(output, "left open")
  return status, output, history
end

local function say(t, line, answer)
  t:type(line .. "\r")
  t:expect(answer)
  t:expect "at> "
end

function T.test_typing()
  local status, _, history = typed(function(t)
    say(t, "ati", "Model: MC7455")
    say(t, "AT+CMEE=1", "OK")
    say(t, 'AT+CPIN="1234"', "(operation not allowed)")
    say(t, "foo", "begins with AT")
    say(t, "AT+CMGF=1", "OK")
    t:type 'AT+CMGS="+1"\r'
    t:expect "Ctrl-Z"
    t:expect "> "
    t:type "hey\ryou\26"
    t:expect "+CMGS: "
    t:expect "at> "
    t:type "\4"
  end)
  lu.assertEquals(status, 0)
  lu.assertEquals(history, 'ati\nAT+CMEE=1\nfoo\nAT+CMGF=1\nAT+CMGS="+1"\n')
end

function T.test_typing_inside_mbim()
  for _, model in ipairs { "l860", "em05" } do
    local status = typed(function(t)
      say(t, "AT+CPIN?", "+CPIN: READY")
      say(t, "AT+CMEE=1", "OK")
      say(t, 'AT+CPIN="1234"', "(operation not allowed)")
      say(t, "AT+CMGF=1", "OK")
      t:type 'AT+CMGS="+1"\r'
      t:expect "> "
      t:type "hey\ryou\26"
      t:expect "+CMGS: "
      t:expect "at> "
      t:type "\4"
    end, { "--modem", model })
    lu.assertEquals(status, 0)
  end
end

function T.test_the_path_for_another_program_at_a_terminal()
  local status, output = pty.run({ "simulate", "--", "moontower", "at", "--pty" }, function(t)
    t:expect "/run/moontower/at/simulated"
    t:type "\3"
  end)
  lu.assertEquals(status, 130)
  lu.assertNotStrContains(output, "stack traceback")
end

function T.test_news_are_shown_while_typing()
  typed(function(t)
    say(t, "AT+CREG=1", "OK")
    t:type "AT+CS"
    t:expect "AT+CS"
    t:type "\3"
    t:expect "at> "
    say(t, "AT+CFUN=4", "+CREG: ")
    t:type "\4"
  end)
end

function T.test_ctrl_c_gives_up_waiting()
  local status = typed(function(t)
    say(t, "AT+CMGF=1", "OK")
    t:type "AT+COPS=?\r"
    require("task").sleep(0.3)
    t:type "\3"
    t:expect "at> "
    t:type "\4"
  end, { "--latency", "2" })
  lu.assertEquals(status, 0)
end

function T.test_the_modem_restarts_during_a_command()
  local status, output = typed(function(t)
    t:type "AT!RESET\r"
    t:expect "OK"
    t:expect "is gone"
  end)
  lu.assertEquals(status, 3)
  lu.assertStrContains(output, "moontower devices")
end

return T
