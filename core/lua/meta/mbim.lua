---@meta core.mbim
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/mbim.c.

local M = {}

---
---@alias core.mbim.message { type: string, transaction: integer?, status: integer?, max_control: integer?, service: string?, cid: integer?, set: boolean?, info: string? }

--- assembly() -> assembly: the receiving side of a modem, or of a program that plays one
---@return core.mbim.assembly assembly
function M.assembly() end

--- build(message) -> bytes
---@param message core.mbim.message
---@return string bytes
function M.build(message) end

--- decode(codec, bytes, service = string, cid = integer, shape = string?, closely = boolean?) -> table | nil, err,
--- message. The values in the answer to a command, as a whole message: what the codec decodes leniently of
--- parse()'s info, in half the time. The modem's failure, and what answers no such command, is no error: then the
--- message is the third result, and the others are nil. So it is for an answer that does not have the shape, and
--- all of it. Closely: nothing is between its fields and its data.
---@param codec core.schema.codec
---@param bytes string
---@param service string
---@param cid integer
---@param shape string?
---@param closely boolean?
---@return table?
---@return moontower.error? err
---@return core.mbim.message? message
function M.decode(codec, bytes, service, cid, shape, closely) end

--- encode(codec, value = table?, service = string, cid = integer, set = boolean?, transaction = integer?) -> bytes
--- | nil, err. A whole command: what build() makes with the info that the codec encodes, in half the time.
---@param codec core.schema.codec
---@param value table?
---@param service string
---@param cid integer
---@param set boolean?
---@param transaction integer?
---@return string? bytes
---@return moontower.error? err
function M.encode(codec, value, service, cid, set, transaction) end

--- exchange(port, max_transfer, window) -> exchange. The port is the exchange's from now on.
---@param port core.port
---@param max_transfer integer
---@param window integer
---@return core.exchange exchange
function M.exchange(port, max_transfer, window) end

--- has_shape(info = string, shape = string) -> boolean: may the bytes have this shape?
---@param info string
---@param shape string
---@return boolean
function M.has_shape(info, shape) end

--- parse(bytes) -> message | nil, err: one whole message
---@param bytes string
---@return core.mbim.message? message
---@return moontower.error? err
function M.parse(bytes) end

--- split(bytes, max_transfer) -> list of string: the fragments.
---@param bytes string
---@param max_transfer integer
---@return string[]
function M.split(bytes, max_transfer) end

---@class core.mbim.assembly
local assembly = {}

--- assembly:add(transfer) -> message | nil, err, lost: the message once it is whole; nil while more must come.
--- After an error, `lost` is what is known of the message that cannot be read (type, transaction), and `err.detail`
--- has the protocol error to answer with.
---@param transfer string
---@return core.mbim.message? message
---@return moontower.error? err
---@return integer? lost
function assembly:add(transfer) end

return M
