---@meta core.json
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/json.c.

local M = {}

--- decode(text) -> value | nil, string. null is nil. A table made of an object is an object again when it is
--- written, even if it is empty.
---@param text string
---@return any value
---@return string?
function M.decode(text) end

--- encode(value, indent = boolean?) -> string. Keys are sorted. A metatable's __jsontype = "object" makes an empty
--- table an object; its __jsonorder names the keys that come first.
---@param value any
---@param indent boolean?
---@return string
function M.encode(value, indent) end

return M
