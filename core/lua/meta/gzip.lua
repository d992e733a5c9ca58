---@meta core.gzip
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/gzip.c.

local M = {}

--- reader(limit) -> reader | nil, err. How many bytes may come out, at most.
---@param limit integer
---@return core.gzip.reader? reader
---@return moontower.error? err
function M.reader(limit) end

--- writer() -> writer | nil, err. "not-found": libz is not installed.
---@return core.gzip.writer? writer
---@return moontower.error? err
function M.writer() end

---@class core.gzip.reader
local reader = {}

--- reader:add(bytes) -> text, is_end | nil, err. "malformed": they are damaged, or no gzip; "invalid": there is
--- more in them than may come out.
---@param bytes string
---@return string? text
---@return boolean|moontower.error? is_end
function reader:add(bytes) end

--- reader:close()
function reader:close() end

---@class core.gzip.writer
local writer = {}

--- writer:add(text) -> bytes | nil, err. What is added to the file: all up to here can be read.
---@param text string
---@return string? bytes
---@return moontower.error? err
function writer:add(text) end

--- writer:close()
function writer:close() end

--- writer:finish(text?) -> bytes | nil, err. The end of the file.
---@param text string?
---@return string? bytes
---@return moontower.error? err
function writer:finish(text) end

return M
