---@meta core.xml
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/xml.c.

local M = {}

--- `at`: where its tag begins, counted from 1; of an end, where what follows the tag begins. A text may come in
--- several pieces.
---@alias core.xml.event { kind: "start"|"end"|"text", name: string?, text: string?, at: integer, attributes: table? }

--- read(bytes) -> reader | nil, err. An XML text; "not-found": libexpat is not installed.
---@param bytes string
---@return core.xml.reader? reader
---@return moontower.error? err
function M.read(bytes) end

---@class core.xml.reader
local reader = {}

--- reader:close()
function reader:close() end

--- reader:next() -> event | nil, err. nil alone: the end of the text.
---@return core.xml.event? event
---@return moontower.error? err
function reader:next() end

return M
