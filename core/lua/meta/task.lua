---@meta core.task
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/task.c.

local M = {}

--- account { seconds = number?, bytes = integer?, tasks = integer?, cleanup = number?, name = string? } -> account:
--- for limit(), which a task shares with those that it starts. Together they may run for `seconds` of the
--- processor's time until each that was ready has run once, hold `bytes`, and be `tasks` in number; 0 or nil: no
--- limit. Shields hold no longer than `cleanup` seconds after the cancellation that they hide.
---@param options { seconds: number?, bytes: integer?, tasks: integer?, cleanup: number?, name: string? }
---@return core.task.account account
function M.account(options) end

--- context() -> any: the running task's context, which the tasks that it starts inherit; nil at first.
---@return any
function M.context() end

--- current() -> task: the one that calls it.
---@return core.task task
function M.current() end

--- foreground(task = task | boolean?): from now on Ctrl-C interrupts this task; with true, no task at all; with
--- nil, the first task, as at the start.
---@param task (core.task|boolean)?
function M.foreground(task) end

--- limit(account = account | table?): from now on for the calling task, and those that it starts; the table is what
--- account() takes. limit(nil): no limits.
---@param account (core.task.account|table)?
function M.limit(account) end

--- now() -> seconds: on a clock that only runs forward.
---@return number seconds
function M.now() end

--- scope(seconds?, shield = boolean?) -> scope. It is kept in a <close> variable.
---@param seconds number?
---@param shield boolean?
---@return core.task.scope scope
function M.scope(seconds, shield) end

--- set_context(value)
---@param value any
function M.set_context(value) end

--- sleep(seconds) waits.
---@param seconds number
function M.sleep(seconds) end

--- spawn(fn, ...) -> task. The raw start: scripts use a group, which also waits for its end.
---@param fn function
---@param ... any
---@return core.task task
function M.spawn(fn, ...) end

--- traceback(err = any) -> any: the message handler of such a call; gives an error its traceback, once.
---@param err any
---@return any
function M.traceback(err) end

--- try(fn, ...) -> true, ... | false, err. A whole C function: pcall() with both.
---@param fn function
---@param ... any
---@return boolean
---@return any ...
function M.try(fn, ...) end

---@class core.task.account
local account = {}

--- account:held() -> integer: bytes.
---@return integer
function account:held() end

---@class core.task.scope
local scope = {}

--- scope:cancel(reason): every wait inside the scope raises `reason` from now on.
---@param reason any
function scope:cancel(reason) end

--- scope:reason() -> any: what its waits raise, or nil while it is not cancelled.
---@return any
function scope:reason() end

---@class core.task
local task = {}

--- task:cancel(reason): every wait of the task raises `reason` from now on.
---@param reason any
function task:cancel(reason) end

--- task:ended() -> boolean
---@return boolean
function task:ended() end

--- task:join() waits -> true, ... | false, err: the results or the error of the task, once it has ended. A whole C
--- function.
---@return boolean
---@return any ...
function task:join() end

--- task:set_owner(scope): its waits raise the task's error, should the engine have to end the task.
---@param scope core.task.scope
function task:set_owner(scope) end

return M
