---@meta core.clock
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/clock.c.

local M = {}

--- alarm(when) -> monitor | nil, err. In seconds as os.time() has them. Its next() returns true: it is time; or
--- false: the clock was set, so compute the time again.
---@param when number
---@return core.monitor? monitor
---@return moontower.error? err
function M.alarm(when) end

--- slept() -> number: the seconds that the computer has slept since it was started.
---@return number
function M.slept() end

return M
