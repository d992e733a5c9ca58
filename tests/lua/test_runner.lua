-- SPDX-License-Identifier: MIT
-- All processes of a test end with it, also when the test is killed, its temporary files go, and this computer's own
-- modems are none of its business: see runner.lua.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local state = require "state"
local task = require "task"

local T = {}

local LEFT = "test_runner" -- nobody else's, either
local SLEEPS = "86399.25" -- seconds: nobody else's

-- A test that leaves a process of another session behind, and does not end.
local TEST = [[
return { test_it = function()
  require("core.process").run { "sh", "-c", "setsid sleep %s & sleep %s" }
end }
]]

local function sleepers()
  local count = 0
  for _, name in ipairs(assert(fs.list "/proc")) do
    local words = name:find "^%d+$" and fs.read("/proc/" .. name .. "/cmdline") or ""
    count = count + (words:find("sleep\0" .. SLEEPS, 1, true) and 1 or 0)
  end
  return count
end

local function wait_for_sleepers(count)
  lu.assertTrue(task.timeout(60, function()
    while sleepers() ~= count do task.sleep(0.05) end
    return true
  end), ("there are %d, not %d"):format(sleepers(), count))
end

function T.test_a_test_that_is_killed_leaves_nothing()
  if fs.geteuid() ~= 0 then
    lu.skip "only root has a PID namespace"
  end
  local pid_file = os.tmpname()
  local file = pid_file:gsub("[^/]*$", "test_%0.lua", 1) -- lua-unit 3.5 runs only what is called a test
  local _ <close> = task.finally(function() os.remove(file) os.remove(pid_file) end)
  assert(fs.write(file, TEST:format(SLEEPS, SLEEPS)))
  local runner = package.searchpath("runner", package.path)
  for _, signal in ipairs { "KILL", "TERM" } do
    local group <close> = task.group()
    local running = group:spawn(process.run, {
      "sh", "-c", 'echo $$ >"$3"; exec "$0" run "$1" "$2"', fs.realpath "/proc/self/exe", runner, file, pid_file,
    })
    wait_for_sleepers(2)
    assert(process.run { "kill", "-" .. signal, (fs.read(pid_file):match "%d+") })
    wait_for_sleepers(0)
    running:join()
  end
end

-- A port that is opened is noted in /run/moontower.
function T.test_it_leaves_no_state_behind()
  if fs.geteuid() ~= 0 then
    lu.skip "only root has a mount namespace"
  end
  local left = state.path("at_ports", LEFT)
  local folder = os.tmpname()
  local file = folder:gsub("[^/]*$", "test_%0.lua", 1)
  local _ <close> = task.finally(function() os.remove(file) os.remove(folder) end)
  assert(fs.write(file, ([[
    return { test_it = function()
      assert(require("state").save("at_ports", %q, { owed = {} }))
      assert(require("core.fs").stat(%q))
    end }
  ]]):format(LEFT, left)))
  local runner = package.searchpath("runner", package.path)
  local ran = assert(process.run { fs.realpath "/proc/self/exe", "run", runner, file })
  lu.assertEquals({ ran.status, fs.stat(left) == nil }, { 0, true }, ran.stdout)
end

-- Also what it puts beside a temporary file.
function T.test_a_test_leaves_no_temporary_files()
  local told = os.tmpname()
  local file = told:gsub("[^/]*$", "test_%0.lua", 1)
  assert(fs.write(file, ([[
    local fs, path = require "core.fs", os.tmpname()
    assert(fs.mkdir(path .. ".state") and fs.write(path .. ".state/pins", "x") and fs.write(%q, path))
    return { test_it = function() error "it fails" end }
  ]]):format(told)))
  local result = process.run { fs.realpath "/proc/self/exe", "run", package.searchpath("runner", package.path), file }
  lu.assertEquals(result.status, 1)
  local folder = fs.read(told):match "^(.*)/"
  lu.assertStrContains(folder, "/tmp/")
  lu.assertNil((fs.stat(folder)))
end

return T
