---@meta core.version
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/version.c.

local M = {}

--- running() -> { kernel, libuv, machine } | nil, err. The versions of the kernel and of the library that is
--- loaded, which need not be that which the build has found.
---@return { kernel: string, libuv: string, machine: string }?
---@return moontower.error? err
function M.running() end

return M
