---@meta core.schema
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/wire/schema.c.

local M = {}

--- compile(name, record = table) -> codec: of a record. Raises for a mistake in it, and names the field.
---@param name string
---@param record table
---@return core.schema.codec codec
function M.compile(name, record) end

--- compile_tlvs(name, record = table, is_response = boolean?, late = boolean?) -> codec: of QMI's TLVs, by their
--- types. In a response, TLV 2 is the result, and is looked at before others are missed. Late: the type of a TLV is
--- compiled when it is first met, and a mistake in it raises then: a message declares some twenty, and five are
--- met.
---@param name string
---@param record table
---@param is_response boolean?
---@param late boolean?
---@return core.schema.codec codec
function M.compile_tlvs(name, record, is_response, late) end

---@class core.schema.codec
local codec = {}

--- codec:decode(bytes, lenient = boolean?) -> table | nil, err. Lenient: an incomplete message is read as far as it
--- goes.
---@param bytes string
---@param lenient boolean?
---@return table?
---@return moontower.error? err
function codec:decode(bytes, lenient) end

--- codec:encode(value = table?) -> bytes | nil, err
---@param value table?
---@return string? bytes
---@return moontower.error? err
function codec:encode(value) end

return M
