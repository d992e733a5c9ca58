-- SPDX-License-Identifier: MIT
-- What runs: `moontower version`, and `moontower --version`.

local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"

local T = {}

local function run(...)
  local result = assert(process.run { program.executable, ... })
  lu.assertEquals({ result.status, result.stderr }, { 0, "" })
  return result.stdout
end

function T.test_the_versions_are_those_of_what_runs()
  local versions = json.decode(run("version", "--json"))
  lu.assertEquals({ versions.moontower, versions.lua }, { program.version, program.release })
  lu.assertEquals(versions.kernel .. "\n", assert(fs.read "/proc/sys/kernel/osrelease"))
  lu.assertStrMatches(versions.libuv, "1%.%d+%.%d+.*")
  lu.assertStrMatches(versions.libnl, "3%.%d+%.%d+")
  local names = {}
  for name in pairs(versions) do names[#names + 1] = name end
  lu.assertItemsEquals(names, { "kernel", "libnl", "libuv", "lua", "machine", "moontower" })
  local text = run "version"
  lu.assertEquals(text:match "^[^\n]*", "moontower " .. program.version)
  for _, version in pairs(versions) do lu.assertStrContains(text, version) end
end

function T.test_the_option_is_the_command()
  lu.assertEquals(run "--version", run "version")
  lu.assertEquals(run("--version", "--json"), run("version", "--json"))
end

return T
