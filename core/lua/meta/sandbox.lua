---@meta core.sandbox
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/sandbox.c.

local M = {}

--- copy(value) -> value: a copy that shares no table with it; raises if it nests too deeply.
---@param value any
---@return any value
function M.copy(value) end

--- new_math() -> table: another `math`, with random numbers of its own, for a script that seeds them.
---@return table
function M.new_math() end

--- run(source, chunk_name, environment, seconds, bytes = integer) -> true, ... | nil, err. Text chunks only. The
--- chunk sees a copy of `environment`, of the tables in it and in those, and nothing else; it gets `seconds` of the
--- processor's time and `bytes` of memory. The results are plain tables that the chunk cannot change any more.
---@param source string
---@param chunk_name string
---@param environment table
---@param seconds number
---@param bytes integer
---@return true?
---@return any ...
function M.run(source, chunk_name, environment, seconds, bytes) end

return M
