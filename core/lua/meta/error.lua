---@meta core.error
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/error.c.

local M = {}

--- blaming(fn) -> function: as fn(...) -> value | nil, mistake, which must not wait; but a mistake, a text, is
--- raised, with the caller's file and line.
---@param fn function
---@return function
function M.blaming(fn) end

--- wrap(table) -> table
---@param table table
---@return table
function M.wrap(table) end

return M
