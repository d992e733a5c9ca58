-- SPDX-License-Identifier: MIT
-- A modem that means harm over QMI: each command ends, in plain words, and leaves nothing on the host.

local executable = require("core.program").executable
local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local task = require "task"

local T = {}

local ABREAST = 10 -- as in support.world: the kernel counts a user's programs that watch folders
local SCRIPT = assert(package.searchpath("support.hostile_qmi", package.path))

local function run(attack, command)
  local result = assert(process.run { executable, "run", SCRIPT, attack, command, timeout = 600 })
  local told = json.decode(result.stdout)
  lu.assertNotNil(told, attack .. ": " .. result.stdout .. result.stderr)
  return told
end

local function attacks() return json.decode(assert(process.run { executable, "run", SCRIPT, "list" }).stdout) end

-- The mistake in its outcome, if any. Whether it got online in spite of it or not: it has ended by itself, and
-- said why if it failed.
local function problem(attack, command)
  local told = run(attack, ("PATH=%s:$PATH; %s"):format(fs.realpath(executable):match "^(.*)/", command))
  local all = ("%s: %s: %s%s"):format(attack, command, told.out, told.err)
  local is_plain = told.status == 0 or told.status < 126 and told.err:find("moontower: ", 1, true)
  for _, words in ipairs { "traceback", "left open", "Sanitizer", "\27" } do
    is_plain = is_plain and not (told.out .. told.err):find(words, 1, true)
  end
  if not is_plain then
    return ("status %d: %s"):format(told.status, all)
  elseif told.after ~= told.before then
    return ("left behind: %s\n%s"):format(told.after, all)
  end
end

local function check_all(command)
  if not process.run({ executable, "simulate", "--", "true" }) then
    lu.skip("no world of our own here")
  end
  local waiting, problems = task.queue(1000), {}
  for _, attack in ipairs(attacks()) do waiting:push(attack) end
  local group <close> = task.group()
  for _ = 1, ABREAST do
    group:spawn(function()
      while waiting:length() > 0 do
        local found = problem(waiting:pop(), command)
        problems[#problems + 1] = found
      end
    end)
  end
  group:wait()
  lu.assertEquals(table.concat(problems, "\n"), "")
end

-- down takes back the connection, if up made one; its own status counts.
function T.test_up() check_all "moontower up --apn r.ispsn --wait 3; s=$?; moontower down >/dev/null 2>&1; exit $s" end

function T.test_status() check_all "moontower status; s=$?; [ $s = 11 ] || exit $s" end

function T.test_setup() check_all "moontower setup calyx-sprint --plan --wait 3; s=$?; [ $s = 12 ] || exit $s" end

-- The daemon lives on, and answers commands.
function T.test_serve()
  check_all [[moontower serve & daemon=$!; until moontower why >/dev/null 2>&1; do sleep 0.1; done
    moontower status >/dev/null 2>&1; moontower why || exit 1; kill $daemon; wait $daemon
    moontower down >/dev/null 2>&1; exit 0]]
end

return T
