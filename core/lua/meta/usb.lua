---@meta core.usb
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/usb.c.

local M = {}

--- reset(node) waits -> true | nil, err. `node` is /dev/bus/usb/BBB/DDD. The kernel resets the port and sets the
--- device up again; drivers unbind from it, and bind again. Cancelling ends the wait: the reset itself cannot be
--- interrupted.
---@param node string
---@return true?
---@return moontower.error? err
function M.reset(node) end

--- write(path, text) waits -> true | nil, err. The file has to be there. Cancelling ends the wait, as above.
---@param path string
---@param text string
---@return true?
---@return moontower.error? err
function M.write(path, text) end

return M
