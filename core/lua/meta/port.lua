---@meta core.port
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/port.c.

local M = {}

--- adopt(fd, kind = "messages" | "stream") -> port | nil, err. The descriptor is the port's from now on.
---@param fd integer
---@param kind "messages"|"stream"
---@return core.port? port
---@return moontower.error? err
function M.adopt(fd, kind) end

--- all_nodes(link) -> port | nil, err. A message is an ICMPv6 message of neighbour discovery to all nodes on the
--- link; the kernel fills in its checksum. Nothing is received.
---@param link string
---@return core.port? port
---@return moontower.error? err
function M.all_nodes(link) end

--- listen(path, kind = "messages" | "stream") -> listener | nil, err
---@param path string
---@param kind "messages"|"stream"
---@return core.port.listener? listener
---@return moontower.error? err
function M.listen(path, kind) end

--- open(path) -> port | nil, err. A character device, a unix socket, or "@abstract". A terminal is raw while it is
--- open. A socket of another user's, root's apart, is an error with the code "permission" and the user's
--- detail.uid.
---@param path string
---@return core.port? port
---@return moontower.error? err
function M.open(path) end

--- open_input(path) -> port | nil, err. Opens a FIFO, a terminal or a pipe to read only, and leaves a terminal's
--- settings as they are. Regular files never block: see core.fs.
---@param path string
---@return core.port? port
---@return moontower.error? err
function M.open_input(path) end

--- packets(link) -> port | nil, err. A message is a frame of the link, with IPv4 inside.
---@param link string
---@return core.port? port
---@return moontower.error? err
function M.packets(link) end

--- receive(path) -> port | nil, err. A unix socket, or "@abstract", that reads datagrams.
---@param path string
---@return core.port? port
---@return moontower.error? err
function M.receive(path) end

--- send(path, bytes) -> true | nil, err. One datagram, to a unix socket or "@abstract".
---@param path string
---@param bytes string
---@return true?
---@return moontower.error? err
function M.send(path, bytes) end

---@class core.port.listener
local listener = {}

--- listener:accept() waits -> port | nil, err. The code is "permission" for the first stranger since the last
--- strangers(); further ones are only counted.
---@return core.port? port
---@return moontower.error? err
function listener:accept() end

--- listener:close(): a task that waits for it gets an error with the code "gone".
function listener:close() end

--- listener:strangers() -> count, uid: how many connections of other users than root and us were turned away since
--- this was called last, and the last one's user.
---@return integer count
---@return integer uid
function listener:strangers() end

---@class core.port
local port = {}

--- port:close(): a task that waits for it gets an error with the code "gone".
function port:close() end

--- port:max_message() -> integer | nil: how many bytes the driver takes in one control message.
---@return integer?
function port:max_message() end

--- port:peer() -> { pid, uid, gid } | nil, err. Of the process at the other end of a unix socket.
---@return { pid: integer, uid: integer, gid: integer }?
---@return moontower.error? err
function port:peer() end

--- port:read() waits -> string | nil, err. On a message port, a whole message.
---@return string?
---@return moontower.error? err
function port:read() end

--- port:renew() -> true | nil, err. Drops what waits to be written; a terminal is raw again, and what was written
--- there and not read is dropped.
---@return true?
---@return moontower.error? err
function port:renew() end

--- port:write(bytes) -> true | nil, err. Does not wait: what the kernel does not take is queued.
---@param bytes string
---@return true?
---@return moontower.error? err
function port:write(bytes) end

return M
