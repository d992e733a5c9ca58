---@meta core.inet
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/inet.c.

local M = {}

--- checksum(...) -> integer: RFC 1071 over the strings, as if they were one.
---@param ... any
---@return integer
function M.checksum(...) end

--- family(text) -> "ipv4" | "ipv6" | nil: nil when it is no numeric address.
---@param text string
---@return ("ipv4"|"ipv6")?
function M.family(text) end

return M
