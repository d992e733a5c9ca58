---@meta core.signal
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/signal.c.

local M = {}

--- end_on_closed_output(failed = boolean?) -> boolean: from now on the program ends, as SIGPIPE ends others, when
--- its standard output or error has lost its reader. With true, a write has just failed for that reason: the result
--- says whether the program ends.
---@param failed boolean?
---@return boolean
function M.end_on_closed_output(failed) end

--- open(name = "HUP" | "USR1" | "USR2" | "WINCH") -> monitor | nil, err: "busy" where another monitor has it. Its
--- next() returns true once the signal has come.
---@param name "HUP"|"USR1"|"USR2"|"WINCH"
---@return core.monitor? monitor
---@return moontower.error? err
function M.open(name) end

return M
