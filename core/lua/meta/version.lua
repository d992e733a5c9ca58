---@meta core.version
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/version.c.

local M = {}

--- running() -> { kernel, libnl, libuv, machine } | nil, err. The versions of the kernel and of the libraries that
--- are loaded, which need not be those that the build has found.
---@return { kernel: string, libnl: string, libuv: string, machine: string }?
---@return moontower.error? err
function M.running() end

return M
