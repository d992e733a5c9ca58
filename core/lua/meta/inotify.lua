---@meta core.inotify
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/inotify.c.

local M = {}

--- folder(path) -> monitor | nil, err
---@param path string
---@return core.monitor? monitor
---@return moontower.error? err
function M.folder(path) end

--- users(path) -> monitor | nil, err. Of a device: those that open it from now on.
---@param path string
---@return core.monitor? monitor
---@return moontower.error? err
function M.users(path) end

return M
