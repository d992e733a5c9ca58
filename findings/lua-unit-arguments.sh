#!/bin/sh
# SPDX-License-Identifier: MIT
# lua-unit 3.5: runSuiteByInstances() takes the program's own arguments (the global `arg`) for names of tests, and runs
# none; 3.4 does not look at them. It returns nothing where 3.4 returns the number of failures.
#
# A runner with arguments of its own then runs 0 tests and succeeds. runSuiteByInstancesNoCmdLineParsing(), which 3.4
# lacks, runs them.

# shellcheck source=findings/packages.sh
. "$(dirname "$0")/packages.sh"

cat >"$folder/suite.lua" <<'END'
local lu = require "luaunit"
local runner = lu.LuaUnit.new()
runner:setOutputType "nil"
local result = runner:runSuiteByInstances { { "suite", { test_one = function() end, test_two = function() end } } }
print(("%d tests have run, it returned %s"):format(runner.result.runCount, tostring(result)))
END
run() { lua5.4 -e "package.path = '$folder/root/usr/share/lua/5.4/?.lua'" "$folder/suite.lua" my.file; }

unpack bookworm lua-unit=3.4-2
expect "lua-unit 3.4" "2 tests have run, it returned 0" "$(run)"
unpack sid lua-unit=3.5-1
expect "lua-unit 3.5" "0 tests have run, it returned nil" "$(run)"
