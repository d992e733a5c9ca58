-- SPDX-License-Identifier: MIT
-- Every command that shows progress, asks, or prints a table, at terminals that are narrow, of unknown width, or dumb.

local terminals = require "support.terminals"

local T = {}

function T.test_40_columns() terminals.run_all(false, 40, "xterm") end
function T.test_a_terminal_that_does_not_say_how_wide_it_is() terminals.run_all(false, 0, "xterm") end
function T.test_a_dumb_terminal() terminals.run_all(false, 80, "dumb") end
function T.test_a_dumb_terminal_beside_the_daemon() terminals.run_all(true, 80, "dumb") end

return T
