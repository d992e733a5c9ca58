---@meta core.probe
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/probe.c.

local M = {}

--- dns { address=, port = 53, name = "", link?, timeout = 5, aaaa = boolean? } waits -> seconds, list of string? |
--- nil, err. Any answer of that server counts, "no such name" as well. The root, "", is asked for its servers, any
--- other name for its IPv4 addresses; with `aaaa`, for its IPv6 addresses, which are returned.
---@param options { address: string, port: integer?, name: string?, link: string?, timeout: number?, aaaa: boolean? }
---@return number? seconds
---@return string[]?|moontower.error? err
function M.dns(options) end

--- tcp { address=, port = integer, link?, timeout = 5, say = string?, ending = string? } waits -> seconds, answer,
--- string? | nil, err. The answer is "connected" or "refused", which says as well that there is a way to the host,
--- and back. With `say`, that is sent, and what comes back in time is returned, at most 4096 bytes: until `ending`
--- has come, or only the first bytes without it.
---@param options { address: string, port: integer, link: string?, timeout: number?, say: string?, ending: string? }
---@return number? seconds
---@return string|moontower.error? answer
---@return string? string
function M.tcp(options) end

return M
