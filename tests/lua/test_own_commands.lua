-- SPDX-License-Identifier: MIT
-- Commands of a user's own: from a folder, or as a file that `moontower run` is given; beside the daemon and without.

local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local task = require "task"
local world = require "support.world"

local T = {}

local executable = program.executable

local GREET = [[
local errors = require "errors"
return {
  summary = "Greet a person.",
  exits = { [3] = "there is no one" },
  options = { { "name", require("base.validate").text, "Which one", args = "?" }, require("cli.option").json },
  run = function(args)
    if not args.name then
      return errors.fail { code = "no-modem", message = "there is no one", hint = "Name one." }
    end
    print(args.json and '{"hello":"' .. args.name .. '"}' or "hello " .. args.name)
    return 5
  end,
}
]]

-- A folder as $MOONTOWER_PATH names it, with these commands.
local function place(commands)
  local folder = assert(process.run { "mktemp", "-d" }).stdout:match "%S+"
  assert(fs.mkdir(folder .. "/scripts"))
  for name, text in pairs(commands) do assert(fs.write(("%s/scripts/%s.lua"):format(folder, name), text)) end
  return folder, task.finally(function() process.run { "rm", "-rf", folder } end)
end

local function run(folder, ...)
  local result = assert(process.run { executable, env = { MOONTOWER_PATH = folder }, timeout = 600, ... })
  return result.stdout, result.status, result.stderr
end

function T.test_it_has_arguments_json_help_and_an_exit_status()
  local folder, _ <close> = place { greet = GREET }
  for _, words in ipairs { { "greet" }, { "run", folder .. "/scripts/greet.lua" } } do
    local function greet(...)
      local all = table.move({ ... }, 1, select("#", ...), #words + 1, table.move(words, 1, #words, 1, {}))
      return run(folder, table.unpack(all))
    end
    lu.assertEquals({ greet "you" }, { "hello you\n", 5, "" })
    lu.assertEquals({ greet("you", "--json") }, { '{"hello":"you"}\n', 5, "" })
    lu.assertEquals({ greet() }, { "", 3, "moontower: there is no one\n  Name one.\n" })
    local out, status = greet "--json"
    lu.assertEquals({ status, json.decode(out).error.code }, { 3, "no-modem" })
    out, status = greet("--json", "--bogus")
    lu.assertEquals({ status, json.decode(out).error.code }, { 2, "usage" })
    out, status = greet "--help"
    lu.assertEquals(status, 0)
    lu.assertStrContains(out, "Usage: moontower " .. table.concat(words, " "):gsub("%-", "%%-"))
    lu.assertStrContains(out, "\nGreet a person.\n")
    lu.assertStrContains(out, "3 there is no one")
  end
end

function T.test_standard_input_may_be_the_script()
  local function pipe(text, ...)
    local result = assert(process.run { "sh", "-c",
      'text=$1; shift; printf %s "$text" | "$0" run - "$@"', executable, text, ... })
    return result.stdout, result.status, result.stderr
  end
  lu.assertEquals({ pipe(GREET, "you") }, { "hello you\n", 5, "" })
  lu.assertEquals({ pipe("print(arg[0], ...)", "--help") }, { "-\t--help\n", 0, "" })
end

function T.test_help_lists_them_apart_from_ours()
  local folder, _ <close> = place {
    greet = GREET, status = GREET, wrong = "return { run = 5 }", syntax = "return +",
    raises = 'error "no"',
    options = "return { summary = 'x', run = print, options = { { '--x' } } }",
    keys = "return { summary = 'x', run = print, sumary = 'y' }",
  }
  local text = run(folder, "help"):gsub("%s+", " ")
  lu.assertStrContains(text, "Commands of your own: greet Greet a person. keys not usable: ")
  lu.assertStrContains(text, " status Show modem, SIM") -- ours
  for _, words in ipairs {
    "keys.lua: a command: there is no field 'sumary'",
    "wrong.lua returns no command; end it with: return { summary = ",
    "syntax not usable: " .. folder .. "/scripts/syntax.lua:1: unexpected symbol", "raises.lua:1: no",
    "options.lua: a command: option 1 should be { name, kind, text }",
    "status not used: a command of moontower has this name",
  } do
    lu.assertStrContains(text, words)
  end
  local lists = json.decode((run(folder, "help", "--json")))
  lu.assertEquals({ lists.own[1].name, lists.own[1].summary }, { "greet", "Greet a person." })
  lu.assertEquals({ lists.own[1].options[1].names, lists.own[1].options[2].names }, { { "name" }, { "--json" } })
  lu.assertStrContains((run(folder, "help", "greet")), "Usage: moontower greet ")
  lu.assertStrContains(select(3, run(folder, "gret")), "Did you mean `moontower greet`?")
  local _, status, words = run(folder, "wrong")
  lu.assertEquals(status, 1)
  lu.assertStrContains(words, "returns no command")
  lu.assertNotStrContains(run("", "help"), "Commands of your own")
end

-- By bash, with the file that is installed for it.
function T.test_it_is_completed_as_ours_are()
  local folder, _ <close> = place { greet = GREET, wrong = "return +" }
  local function complete(...)
    local result = assert(process.run {
      "bash", "-c", '. "$1/scripts/host/completion/moontower.bash"; COMP_WORDS=("${@:2}"); COMP_CWORD=$(($# - 2))\n'
        .. '_moontower "$2"; echo "${COMPREPLY[@]}"', "bash", program.home, executable,
      env = { MOONTOWER_PATH = folder }, ...
    })
    lu.assertEquals(result.stderr, "")
    return (result.stdout:gsub("\n$", ""))
  end
  for words, expected in pairs {
    ["gre"] = "greet", ["sta"] = "status", ["recon"] = "reconnect", ["greet --j"] = "--json", ["greet --"] =
    "--help --json", ["greet "] = "", ["wrong --"] = "", ["nope --"] = "", ["up --carr"] = "--carrier",
    ["up --carrier calyx-s"] = "calyx-sprint", ["up -c calyx-s"] = "calyx-sprint", ["up --ip ipv4"] = "ipv4 ipv4v6",
    ["up --apn "] = "", ["setup --plan calyx-s"] = "calyx-sprint", ["radio o"] = "off on",
    ["radio --device x o"] = "off on",
    ["trace --brief up --pr"] = "--probe --protocol --proxy", ["trace sta"] = "status", ["help exi"] = "exit",
    ["help gre"] = "greet",
  } do
    local list = {}
    for word in (words .. " "):gmatch "([^ ]*) " do list[#list + 1] = word end
    lu.assertEquals(complete(table.unpack(list)), expected, words)
  end
  lu.assertStrContains(complete "", "greet guard help")
end

function T.test_a_file_that_does_not_end_does_not_delay_help()
  local folder, _ <close> = place { spins = "while true do end" }
  local text = run(folder, "help"):gsub("%s+", " ")
  lu.assertStrContains(text, "spins not usable: " .. folder .. "/scripts/spins.lua:1: command spins: ran ")
end

function T.test_a_file_that_others_can_write_is_refused()
  local folder, _ <close> = place { greet = GREET }
  process.run { "chmod", "go+w", folder .. "/scripts/greet.lua" }
  local out, status, words = run(folder, "greet", "you")
  lu.assertEquals({ out, status }, { "", 8 })
  lu.assertEquals(words, ("moontower: %s/scripts/greet.lua is refused: it can be written by others than its owner\n"
    .. "  chmod go-w %s/scripts/greet.lua\n"):format(folder, folder))
  out, status = run(folder, "greet", "--json")
  lu.assertEquals({ status, json.decode(out).error.code }, { 8, "permission" })
end

function T.test_mistakes_in_what_a_command_declares()
  for fields, mistake in pairs {
    ['options = { n = 5 }'] = "'options' should be a list: it has the key 'n'",
    ['options = 5'] = "the field 'options' should be a table",
    ['options = { { "-n", require("base.validate").whole(1, 5), "A number", default = "9" } }']
      = "the default of option '-n' should be a whole number from 1 to 5",
    ['options = { { "-n", require("base.validate").text, "A name", argname = { "A" } } }']
      = "'argname' of '-n' should be a text",
    ['options = { { "-n", require("base.validate").text, "A name", argname = 5 } }']
      = "'argname' of '-n' should be a text",
    ['options = { { "-n", require("base.validate").text, "A name", target = 5 } }']
      = "'target' of '-n' should be a text",
    ['options = { { "all", require("base.validate").flag, "All" } }']
      = "'all' is an argument, which takes a value, and so it is no flag",
    ['options = { require("cli.option").json, require("cli.parser").either {} }']
      = "option 2 should be a list of options of which one can be given",
    ['options = { require("cli.parser").either(5) }']
      = "option 1 should be a list of options of which one can be given",
    ['exits = { x = "no" }'] = "the field 'exits' should be a table, or false",
    ['exits = { [3] = 5 }'] = "the field 'exits' should be a table, or false",
  } do
    local folder, _ <close> = place { mine = ('return { summary = "x", run = print, %s }'):format(fields) }
    local _, status, err = run(folder, "mine", "--help")
    lu.assertEquals(status, 1)
    lu.assertStrContains(err, ("moontower: %s/scripts/mine.lua: a command: %s"):format(folder, mistake))
  end
end

function T.test_a_policy_of_a_users_own_runs_by_its_name()
  local folder, _ <close> = place {}
  assert(fs.mkdir(folder .. "/policies"))
  assert(fs.write(folder .. "/policies/mine.lua",
    'return require "policy" { name = "mine", summary = "It is mine.", run = print }'))
  lu.assertStrContains((run(folder, "mine", "--help")), "It is mine.")
  lu.assertStrMatches((run(folder, "help")), ".*\nPolicies: [%l ]* mine .*")
  lu.assertStrContains((run(folder, "help", "policy", "mine")), "It is mine.")
end

-- ---- beside the daemon ----

local DAEMON = [[
. $SUPPORT/daemon.sh
umask 022; chmod 755 /run/test
finish() { moontower down >/dev/null; end; }
mkdir -p /etc/moontower/scripts /run/test/mine/scripts
]]

local function beside_daemon(script)
  local result = world.run(DAEMON .. script)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertEquals(result.after, result.before)
  return result.out, result.err
end

-- It runs in the daemon, with that one's modem, and reads what the person types. The daemon takes a command of the
-- client's $MOONTOWER_PATH as it takes the file of `run`, and no modules from there.
local WHERE = [[
return { summary = "Tell where it runs.",
  options = { { "words", require("base.validate").any_text, "What it repeats", args = "*" } },
  run = function(args)
    print(require("modem").owner and "in the daemon" or "alone", io.read(), table.unpack(args.words))
    return 4
  end }
]]

function T.test_it_runs_in_the_daemon()
  local out = beside_daemon(([[cat >/etc/moontower/scripts/where.lua <<'END'
%sEND
    cp /etc/moontower/scripts/where.lua /run/test/mine/scripts/here.lua; mkdir /run/test/mine/modules
    echo 'return { mine = true }' >/run/test/mine/modules/helper.lua
    echo typed | moontower where a; echo $?; start; until_why "is online"; export MOONTOWER_PATH=/run/test/mine
    echo typed | moontower where b --; echo $?; echo typed | moontower here c; echo $?
    echo 'print(require("helper").mine)' >/run/test/x.lua; moontower run /run/test/x.lua 2>&1 | grep -c "not found"
    cd /run/test/mine/scripts; echo typed | moontower run here.lua d; echo $?
    moontower run - e <here.lua | cut -f1; moontower here --help | head -1
    unset MOONTOWER_PATH; moontower here 2>&1; echo $?; finish; true]]):format(WHERE))
  lu.assertEquals(out, "alone\ttyped\ta\n4\nin the daemon\ttyped\tb\n4\nin the daemon\ttyped\tc\n4\n1\n"
    .. "in the daemon\ttyped\td\n4\nin the daemon\nUsage: moontower here [-h] [<words>] ...\n"
    .. "moontower: there is no command 'here'\n  Did you mean `moontower where`? `moontower help` lists them.\n2\n")
end

-- The client checks what it finds, and the daemon what it finds itself.
function T.test_the_daemon_refuses_what_others_can_write()
  local out = beside_daemon(([[cat >/etc/moontower/scripts/where.lua <<'END'
%sEND
    mkdir /run/test/x; echo 'print(pcall(require, "helper"))' >/run/test/x/x.lua; mkdir /run/test/x/modules
    echo 'return "unsafe"' >/run/test/x/modules/helper.lua; chmod 777 /run/test/x/modules
    start; until_why "is online"
    chmod 666 /etc/moontower/scripts/where.lua; moontower where 2>&1; echo $?
    moontower run /run/test/x/x.lua; finish; true]]):format(WHERE))
  lu.assertStrContains(out, "/etc/moontower/scripts/where.lua is refused: it can be written by others than its owner\n"
    .. "  chmod go-w /etc/moontower/scripts/where.lua\n8\n")
  lu.assertStrContains(out, "false\t/run/test/x/modules/helper.lua is refused: /run/test/x/modules can be written by")
end

function T.test_the_command_that_it_precedes_is_declared()
  local folder, _ <close> = place {
    wrong = [[return { summary = "x", precedes_command = true, run = print,
      options = { { "words", require("base.validate").any_text, "Words", args = "+" } } }]],
    right = [[return { summary = "x", precedes_command = true, run = function(args) print(args.command[2]) end,
      options = { { "command", require("base.validate").any_text, "A command", args = "+" } } }]],
  }
  local out, status, err = run(folder, "wrong", "reset")
  lu.assertEquals({ out, status }, { "", 1 })
  lu.assertStrContains(err, 'one with `precedes_command` needs the argument { "command", ..., args = "+" }')
  lu.assertEquals({ run(folder, "right", "reset", "--usb") }, { "--usb\n", 0, "" })
end

function T.test_options_with_values_before_the_command()
  local folder, _ <close> = place {
    around = [[local validate = require "base.validate"
return { summary = "x", precedes_command = true,
  run = function(args) print(args.wait, args.quiet, table.concat(args.command, " ")) end,
  options = { { "-w --wait", validate.seconds, "Wait" }, { "-q --quiet", validate.flag, "Say less" },
    { "command", validate.any_text, "A command", args = "+" } } }]],
  }
  for words, told in pairs {
    ["-w 3"] = "3\tnil", ["-w3"] = "3\tnil", ["--wait 3"] = "3\tnil", ["--wait=3"] = "3\tnil", ["-qw 3"] = "3\ttrue",
    ["-q --wait 3"] = "3\ttrue", ["--wait 3 -q"] = "3\ttrue", ["-q"] = "nil\ttrue", ["-w 3 --"] = "3\tnil",
  } do
    local given = {}
    for word in (words .. " reset -w 5"):gmatch "%S+" do given[#given + 1] = word end
    lu.assertEquals({ run(folder, "around", table.unpack(given)) }, { told .. "\treset -w 5\n", 0, "" }, words)
  end
end

-- A configuration that names it gets the same hint.
function T.test_a_policy_that_has_become_an_option()
  local folder, _ <close> = place {}
  local out, status, err = run(folder, "ladder")
  lu.assertEquals({ out, status }, { "", 2 })
  lu.assertStrContains(err, 'Write { "reconnect", rungs = ')
end

-- Policies stand still while it runs, and what it orders lasts: in a folder, or as a file that `run` is given.
local OFF = [[
return { summary = "Switch the radio off.", order = function() return "radio off" end, exits = { [3] = true },
  options = { require("cli.option").device },
  run = function(args)
    local modem <close> = assert(require("modem").find(args.device))
    print(#require("daemon").running.supervisor:list(), assert(modem:set_radio(false)).software)
    return 0
  end }
]]

function T.test_its_orders_to_a_modem()
  local out = beside_daemon(([[cat >/etc/moontower/scripts/quiet.lua <<'END'
%sEND
    start; until_why "is online"
    moontower quiet; until_why "is offline .*: .moontower quiet. was given"
    moontower radio on >/dev/null; until_why "is online"
    moontower run /etc/moontower/scripts/quiet.lua
    until_why "is offline .*: .moontower run /etc/moontower/scripts/quiet.lua. was given"
    moontower radio on >/dev/null; until_why "is online"
    sed -i 's/order = [^,]*, *//; s/return "radio off" end,//' /etc/moontower/scripts/quiet.lua
    grep -c order /etc/moontower/scripts/quiet.lua
    moontower quiet; until_why "is offline .*: .moontower quiet. was given"
    finish; true]]):format(OFF))
  lu.assertEquals(out, "0\toff\n0\toff\n0\n1\toff\n")
end

return T
