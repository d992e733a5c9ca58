-- SPDX-License-Identifier: MIT
-- Runs one test file inside the engine: moontower run tests/lua/runner.lua FILE. The file returns a table of tests.

local fs = require "core.fs"
local lu = require "luaunit"

local file = assert(arg[1], "which test file?")
local folder = file:match("^(.*)/[^/]*$") or "."
package.path = folder .. "/?.lua;" .. package.path

-- luaunit finds its tests among the globals.
local name = file:match("([^/]+)%.lua$")
_G[name] = assert(dofile(file), "a test file returns its table of tests")

local function open_descriptors()
  return #fs.list("/proc/self/fd")
end

-- The loop's own descriptors, which the first child makes it open, are no leak.
require("core.process").run { "true" }
local before = open_descriptors()
local runner = lu.LuaUnit.new()
runner:setOutputType("text")
local failures = runner:runSuiteByInstances { { name, _G[name] } }
-- What a test opened, it closes: by itself or, at the latest, when its objects are collected.
collectgarbage()
collectgarbage()
local after = open_descriptors()
if after > before then
  io.stderr:write(("%d descriptors were left open\n"):format(after - before))
  return 1
end
return failures == 0 and 0 or 1
