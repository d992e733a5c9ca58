---@meta core.at
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/at.c.

local M = {}

--- classify(line) -> { result = string, number = integer?, words = string? } | nil: nil when the line ends no
--- command.
---@param line string
---@return { result: string, number: integer?, words: string? }?
function M.classify(line) end

--- fields(text, numbers = boolean?) -> table: a list of strings; of lists for what is in parentheses; and, if
--- `numbers`, of integers for decimal numbers without quotation marks.
---@param text string
---@param numbers boolean?
---@return table
function M.fields(text, numbers) end

--- parser() -> parser: the receiving side of an AT port
---@return core.at.parser parser
function M.parser() end

---@class core.at.parser
local parser = {}

--- parser:feed(bytes) -> list of { kind = "line" | "final" | "prompt", text, truncated = true?, old = true?, result
--- = string?, number = integer?, words = string? }: those that are complete now. `old`: it began before the last
--- mark. A final has a result.
---@param bytes string
---@return ({ kind: "line"|"final"|"prompt", text: string, truncated: true?, old: true?, result: string?, number: integer?, words: string? })[]
function parser:feed(bytes) end

--- parser:mark(): a command is sent now; what has begun already is no answer to it.
function parser:mark() end

return M
