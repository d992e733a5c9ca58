---@meta core.qmi
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/qmi.c.

local M = {}

---
---@alias core.qmi.message { service: integer?, client: integer?, type: string, transaction: integer?, id: integer?, tlvs: string?, from_modem: boolean? }

--- assembly() -> assembly: the receiving side of a modem, or of a program that plays one
---@return core.qmi.assembly assembly
function M.assembly() end

--- build(message) -> bytes
---@param message core.qmi.message
---@return string bytes
function M.build(message) end

--- decode(codec, bytes, id = integer) -> table | nil, err, message. The values in a whole message with this id:
--- what the codec decodes leniently of parse()'s TLVs, in half the time. Another id is no error: then the message
--- is the third result, and the others are nil.
---@param codec core.schema.codec
---@param bytes string
---@param id integer
---@return table?
---@return moontower.error? err
---@return core.qmi.message? message
function M.decode(codec, bytes, id) end

--- encode(codec, value = table?, service = integer, client = integer, id, transaction = integer?) -> bytes | nil,
--- err. A whole request: what build() makes with the TLVs that the codec encodes, in a third of the time.
---@param codec core.schema.codec
---@param value table?
---@param service integer
---@param client integer
---@param id integer
---@param transaction integer?
---@return string? bytes
---@return moontower.error? err
function M.encode(codec, value, service, client, id, transaction) end

--- exchange(port, window) -> exchange. The port is the exchange's from now on.
---@param port core.port
---@param window integer
---@return core.exchange exchange
function M.exchange(port, window) end

--- parse(bytes) -> message | nil, err: one whole QMUX frame; bytes after it are ignored
---@param bytes string
---@return core.qmi.message? message
---@return moontower.error? err
function M.parse(bytes) end

---@class core.qmi.assembly
local assembly = {}

--- assembly:add(bytes) -> list of message, err: the messages that are complete now. What could not be read is
--- dropped, and `err` says why the first of it was refused.
---@param bytes string
---@return core.qmi.message[]
---@return moontower.error? err
function assembly:add(bytes) end

return M
