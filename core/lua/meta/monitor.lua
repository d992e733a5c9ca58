---@meta _
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/monitor.c.

---@class core.monitor
local monitor = {}

--- monitor:close(): a task that waits for it gets an error with the code "gone".
function monitor:close() end

--- monitor:next() waits -> any | nil, err. The event, as the function that opened the monitor says.
---@return any
---@return moontower.error? err
function monitor:next() end

return monitor
