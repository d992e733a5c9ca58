---@meta core.fs
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/fs.c.

local M = {}

--- chgrp(path, name) -> true | nil, err. "invalid" when there is no such group.
---@param path string
---@param name string
---@return true?
---@return moontower.error? err
function M.chgrp(path, name) end

--- chmod(path, mode) -> true | nil, err
---@param path string
---@param mode integer
---@return true?
---@return moontower.error? err
function M.chmod(path, mode) end

--- executable(name) -> path | nil: the full one, searched on PATH.
---@param name string
---@return string? path
function M.executable(name) end

--- free(path) -> integer | nil, err. Bytes that are left where it is, for any user.
---@param path string
---@return integer?
---@return moontower.error? err
function M.free(path) end

--- geteuid() -> integer
---@return integer
function M.geteuid() end

--- getpid() -> integer
---@return integer
function M.getpid() end

--- isatty(fd) -> boolean
---@param fd integer
---@return boolean
function M.isatty(fd) end

--- list(path) -> list of string | nil, err. The names in a directory, sorted.
---@param path string
---@return string[]?
---@return moontower.error? err
function M.list(path) end

--- lock(path) -> lock | nil, err ("busy": another holder has it). lock:close() gives it back, and so does the end
--- of the process. The file itself stays.
---@param path string
---@return core.fs.lock? lock
---@return moontower.error? err
function M.lock(path) end

--- mkdir(path, mode = 0755) -> true | nil, err. Parents, too; no error when it is there. `mode` holds whatever the
--- umask is.
---@param path string
---@param mode integer?
---@return true?
---@return moontower.error? err
function M.mkdir(path, mode) end

--- read(path) -> string | nil, err. At most 1 MiB. Only files: reading anything else might wait for ever.
---@param path string
---@return string?
---@return moontower.error? err
function M.read(path) end

--- readlink(path) -> string | nil, err
---@param path string
---@return string?
---@return moontower.error? err
function M.readlink(path) end

--- realpath(path) -> string | nil, err
---@param path string
---@return string?
---@return moontower.error? err
function M.realpath(path) end

--- remove(path) -> true | nil, err. A file, or an empty directory.
---@param path string
---@return true?
---@return moontower.error? err
function M.remove(path) end

--- rename(from, to) -> true | nil, err. What is at `to` is replaced.
---@param from string
---@param to string
---@return true?
---@return moontower.error? err
function M.rename(from, to) end

--- stat(path, how = "link"?) -> { type = "file" | "directory" | "character" | "block" | "socket" | "fifo" | "link",
--- size, mode, uid, gid, inode, device, rdev_major?, rdev_minor?, mtime } | nil, err. With "link", a symbolic link
--- is not followed.
---@param path string
---@param how "link"?
---@return ({ type: "file"|"directory"|"character"|"block"|"socket"|"fifo"|"link", size: integer, mode: integer, uid: integer, gid: integer, inode: integer, device: integer, rdev_major: integer?, rdev_minor: integer?, mtime: number })?
---@return moontower.error? err
function M.stat(path, how) end

--- symlink(target, path) -> true | nil, err
---@param target string
---@param path string
---@return true?
---@return moontower.error? err
function M.symlink(target, path) end

--- terminal_size(fd) -> columns, rows | nil, err
---@param fd integer
---@return integer? columns
---@return integer|moontower.error? rows
function M.terminal_size(fd) end

--- write(path, string, mode = 0644) -> true | nil, err. In place, for files that can't be replaced: those in sysfs,
--- or one that something is mounted on. `mode` is for a file that is created.
---@param path string
---@param string string
---@param mode integer?
---@return true?
---@return moontower.error? err
function M.write(path, string, mode) end

--- write_atomic(path, string, mode = 0644, uid?, gid?) -> true | nil, err. A reader, also after a power failure,
--- finds the old content or the new. Who may not give the file away keeps it.
---@param path string
---@param string string
---@param mode integer?
---@param uid integer?
---@param gid integer?
---@return true?
---@return moontower.error? err
function M.write_atomic(path, string, mode, uid, gid) end

---@class core.fs.lock
local lock = {}

--- lock:close(): gives it back.
function lock:close() end

return M
