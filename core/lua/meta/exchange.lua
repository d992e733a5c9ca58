---@meta _
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/exchange.c.

---@class core.exchange
local exchange = {}

--- exchange:close(): the port, too. A task that waits for it gets an error with the code "gone".
function exchange:close() end

--- exchange:fail_after_reset(): the modem has restarted. It never answers requests that were sent before that: all
--- that are under way get one more second.
function exchange:fail_after_reset() end

--- exchange:indication() waits -> message | nil, err. The oldest, or { type = "overrun", lost = integer } in the
--- place of those that were dropped, when the queue was full.
---@return table? message
---@return moontower.error? err
function exchange:indication() end

--- exchange:received() -> integer: how many transfers have come, answers and indications, each fragment by itself.
--- 0 once it is closed.
---@return integer
function exchange:received() end

--- exchange:request(message = table|string, timeout = number) waits -> any | nil, err. The answer: a message as a
--- table or as a string, as the request is. The exchange sets the transaction's number. A string is a whole
--- message, as encode() makes it and decode() reads it.
---@param message table|string
---@param timeout number
---@return any
---@return moontower.error? err
function exchange:request(message, timeout) end

--- exchange:set_wakeup(message): is sent to a modem that owes an answer and is silent.
---@param message table
function exchange:set_wakeup(message) end

--- exchange:tap(last = 0) -> tap | nil, err. Sees every transfer from now on. With `last`, it is not to be read: it
--- keeps the newest ones, of this many bytes at most.
---@param last integer?
---@return core.tap? tap
---@return moontower.error? err
function exchange:tap(last) end

return exchange
