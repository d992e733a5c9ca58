---@meta core.ping
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/ping.c.

local M = {}

--- echo { address=, link?, timeout = 5, size = 56 } waits -> seconds | nil, err. The codes to expect are "timeout"
--- and "unreachable"; for the latter, detail.from is the host that said so.
---@param options { address: string, link: string?, timeout: number?, size: integer? }
---@return number? seconds
---@return moontower.error? err
function M.echo(options) end

return M
