---@meta _
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/tap.c.

---@class core.tap
---@field dropped integer tap.dropped -> integer: how many transfers were not taken in time.
local tap = {}

--- tap:close(): a task that waits for it gets an error with the code "gone".
function tap:close() end

--- tap:next() waits -> { sent, bytes, time } | nil, err. The time is on task.now()'s clock. Nil once the exchange
--- has ended.
---@return { sent: boolean, bytes: string, time: number }?
---@return moontower.error? err
function tap:next() end

--- tap:transfers() -> list of { sent, bytes, time }, boolean. What it holds, the oldest first; it stays. Also once
--- the exchange has ended: then the second value is false.
---@return { sent: boolean, bytes: string, time: number }[]
---@return boolean
function tap:transfers() end

return tap
