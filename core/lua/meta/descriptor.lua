---@meta core.descriptor
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/descriptor.c.

local M = {}

--- close(fd): for a descriptor that nothing has taken over.
---@param fd integer
function M.close(fd) end

--- pty() -> fd, path | nil, err. The master, and the slave's path. When the last process that has the slave open
--- closes it, the master reads an error: a caller that is to outlive its clients keeps it open.
---@return integer? fd
---@return string|moontower.error? path
function M.pty() end

--- socketpair(kind = "stream" | "seqpacket") -> fd, fd | nil, err
---@param kind "stream"|"seqpacket"
---@return integer? fd
---@return integer|moontower.error? fd
function M.socketpair(kind) end

--- tun(name) -> fd | nil, err. For core.port.adopt(fd, "messages"): a message is an IP packet.
---@param name string
---@return integer? fd
---@return moontower.error? err
function M.tun(name) end

return M
