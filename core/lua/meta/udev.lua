---@meta core.udev
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/udev.c.

local M = {}

--- `initialized`: udev's rules have run for it; before that, its name and permissions are not what they will be.
--- For a device on a bus, only a monitor knows that and `devnode`.
---@alias core.udev.device { syspath: string, devnode: string?, subsystem: string, sysname: string, driver: string?, devtype: string?, initialized: boolean }

--- attribute(syspath, name) -> string | nil, err. Of a link, the name that it leads to.
---@param syspath string
---@param name string
---@return string?
---@return moontower.error? err
function M.attribute(syspath, name) end

--- device(syspath) -> device | nil, err. A link to it will do, such as /sys/class/net/wwan0.
---@param syspath string
---@return core.udev.device? device
---@return moontower.error? err
function M.device(syspath) end

--- devices(subsystem) -> list of device | nil, err. Initialised or not.
---@param subsystem string
---@return core.udev.device[]?
---@return moontower.error? err
function M.devices(subsystem) end

--- monitor { subsystems = list of string, source = "udev" | "kernel"? } -> monitor | nil, err. "udev", the default,
--- notifies of a device once its rules have run, and needs a running udevd; "kernel" does at once.
---@param options { subsystems: string[], source: ("udev"|"kernel")? }
---@return core.monitor? monitor
---@return moontower.error? err
function M.monitor(options) end

--- parent(syspath, subsystem, devtype?) -> device | nil, err. The closest such device above it.
---@param syspath string
---@param subsystem string
---@param devtype string?
---@return core.udev.device? device
---@return moontower.error? err
function M.parent(syspath, subsystem, devtype) end

return M
