---@meta core.namespace
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/namespace.c.

local M = {}

--- empty(): kills all other processes in them; the last thing that is done there.
function M.empty() end

--- enter() -> true | nil, err. From now on this process has a private network, /sys, /run and /etc/resolv.conf;
--- there is no way back. To be called first of all: a netlink request or monitor of before, and whatever else is
--- open, stays outside.
---@return true?
---@return moontower.error? err
function M.enter() end

return M
