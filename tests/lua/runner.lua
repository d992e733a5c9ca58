-- SPDX-License-Identifier: MIT
-- Runs one test file inside the engine: moontower run tests/lua/runner.lua FILE [PATTERN]. The file returns a table of
-- tests; with a pattern of Lua's, only those run whose names contain it.

local fs = require "core.fs"
local now = require("core.task").now
local process = require "core.process"

-- All processes of a test (daemons, simulated modems, shells) end with it, also when the test is killed: the kernel
-- ends all processes of a PID namespace with its first one, which collects the others' exit statuses, as init does
-- outside. What they keep in /run and /var/lib is about this computer's own modems, so they see neither.
local CONTAINED = "MT_TEST_CONTAINED"
local CONTAINER = {
  "setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
  "sh", "-c", [[
    mount -t tmpfs none /run && { [ ! -d /var/lib/moontower ] || mount -t tmpfs none /var/lib/moontower; } || exit
    "$@"; exit $?]], "sh",
}

-- Is such a namespace to be had? It takes root.
local function can_contain()
  local probe = table.move(CONTAINER, 1, #CONTAINER, 1, { timeout = 10 })
  probe[#probe + 1] = "true"
  local result = fs.geteuid() == 0 and process.run(probe)
  return result and result.status == 0
end

-- The program that tests start: under an emulator, the kernel itself cannot run it.
local program = os.getenv "MT_PROGRAM"

if not process.take_variable(CONTAINED) and can_contain() then
  local again = table.move(CONTAINER, 1, #CONTAINER, 1, { env = { [CONTAINED] = "yes" } })
  table.move({ program or fs.realpath "/proc/self/exe", "run", debug.getinfo(1, "S").source:sub(2) }, 1, 3,
    #again + 1, again)
  table.move(arg, 1, #arg, #again + 1, again)
  return assert(process.spawn_attached(again)).status
end

-- luaunit measures with os.clock(), which is processor time: next to nothing in a test that waits.
local clocks = setmetatable({ clock = now }, { __index = os })
local seen = setmetatable({ os = clocks }, { __index = _G, __newindex = _G })
package.loaded.luaunit = assert(loadfile(package.searchpath("luaunit", package.path), "t", seen))()
local lu = package.loaded.luaunit

if program then
  require("core.program").executable = program
end

-- What tests put beside the temporary files that they ask for goes with these, in one folder.
local temporary, temporary_count = os.tmpname(), 0
os.remove(temporary)
assert(fs.mkdir(temporary))
local _ <close> = setmetatable({}, { __close = function() process.run { "rm", "-rf", temporary } end })
function package.loaded.os.tmpname() -- a script's own `os` is not that of tests
  temporary_count = temporary_count + 1
  local path = ("%s/%d"):format(temporary, temporary_count)
  assert(fs.write(path, ""))
  return path
end

local file, pattern = assert(arg[1], "which test file?"), arg[2]
local folder = file:match("^(.*)/[^/]*$") or "."
package.path = ("%s/?.lua;%s/?/init.lua;"):format(folder, folder) .. package.path

-- luaunit finds its tests among the globals.
local name = file:match("([^/]+)%.lua$")
-- Unlike a script, a test may put something else in the place of a library's function.
_G[name] = assert(package.loaded._G.dofile(file), "a test file returns its table of tests")
for test, value in pairs(_G[name]) do
  if pattern and type(value) == "function" and test:find("^test") and not test:find(pattern) then
    _G[name][test] = nil
  end
end

local function open_descriptors()
  return #fs.list("/proc/self/fd")
end

-- The loop's own descriptors, which the first child makes it open, are no leak.
process.run { "true" }
local before = open_descriptors()
local runner = lu.LuaUnit.new()
runner:setOutputType("text")

-- One line for each test, with the time that it took; the slowest ones again at the end.
local SLOWEST = 10
local times, text_output = {}, runner.outputType

local function show(test) print(("%-7s %8.3f s  %s"):format(test.outcome, test.seconds, test.name)) end

runner.outputType = {
  new = function(...)
    local output = text_output.new(...)
    local began
    function output.startTest() began = now() end
    function output.endTest(_, node)
      times[#times + 1] = {
        name = node.testName:match "[^.]*$", seconds = now() - began,
        outcome = node:isSuccess() and "ok" or node:isSkipped() and "skipped" or "FAILED",
      }
      show(times[#times])
    end
    return output
  end,
}

local function show_slowest()
  table.sort(times, function(a, b) return a.seconds > b.seconds end)
  print(("\nThe slowest %d of %d:"):format(SLOWEST, #times))
  for i = 1, SLOWEST do show(times[i]) end
end

-- From 3.5 on, luaunit takes our arguments for names of tests, unless the function is called that parses none.
local run = runner.runSuiteByInstancesNoCmdLineParsing or runner.runSuiteByInstances
run(runner, { { name, _G[name] } })
if #times > SLOWEST then
  show_slowest()
end
if runner.result.runCount == 0 then
  io.stderr:write("no test has run\n")
  return 1
end
-- A test closes all that it opened: at the latest when its objects are collected.
collectgarbage()
collectgarbage()
local after = open_descriptors()
if after > before then
  io.stderr:write(("%d descriptors were left open\n"):format(after - before))
  return 1
end
return runner.result.notSuccessCount == 0 and 0 or 1
