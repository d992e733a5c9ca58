---@meta core.queue
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/queue.c.

local M = {}

--- new(limit) -> queue
---@param limit integer
---@return core.queue queue
function M.new(limit) end

---@class core.queue
local queue = {}

--- queue:close(reason): what is queued can still be taken; then pop() returns nil and the reason, an error.
---@param reason any
function queue:close(reason) end

--- queue:length() -> integer: how many values are waiting to be taken.
---@return integer
function queue:length() end

--- queue:pop() waits -> value | nil, err. Nil and the error once the queue is closed and empty.
---@return any value
---@return moontower.error? err
function queue:pop() end

--- queue:push(value) -> boolean: false when it is full or closed, and the value is dropped.
---@param value any
---@return boolean
function queue:push(value) end

return M
