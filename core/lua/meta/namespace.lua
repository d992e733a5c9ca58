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

--- own_devices() -> true | nil, err. In the namespaces, /sys becomes an empty folder, and /dev one to which names
--- can be added. A second call does nothing.
---@return true?
---@return moontower.error? err
function M.own_devices() end

--- tell_of_device(text) -> true | nil, err. In the namespaces, those who listen to the kernel's events of devices
--- receive this one: "add@/devices/...", and KEY=VALUE, each with a zero behind it.
---@param text string
---@return true?
---@return moontower.error? err
function M.tell_of_device(text) end

return M
