---@meta core.line_editor
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/line_editor.c.

local M = {}

--- open() -> prompt | nil, err. There is one at a time.
---@return core.line_editor.prompt? prompt
---@return moontower.error? err
function M.open() end

---@class core.line_editor.prompt
local prompt = {}

--- prompt:close(): a task that waits for a line gets the end.
function prompt:close() end

--- prompt:is_edited() -> boolean: Ctrl-C is a key while it reads, and no signal
---@return boolean
function prompt:is_edited() end

--- prompt:is_terminal() -> boolean
---@return boolean
function prompt:is_terminal() end

--- prompt:print(text): shows it, above the line being edited if there is one.
---@param text string
function prompt:print(text) end

--- prompt:read(text, ctrl_z = boolean?) waits -> line, ended_by_ctrl_z | nil, err. Asks with `text`; `ctrl_z`:
--- Ctrl-Z ends a line, too. Nil at the end (Ctrl-D, end of file); with an error, "interrupted", for Ctrl-C.
---@param text string
---@param ctrl_z boolean?
---@return string? line
---@return boolean|moontower.error? ended_by_ctrl_z
function prompt:read(text, ctrl_z) end

--- prompt:remember(line): the arrow keys bring it back.
---@param line string
function prompt:remember(line) end

return M
