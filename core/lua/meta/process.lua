---@meta core.process
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/process.c.

local M = {}

--- holders(path) -> list of { pid, name } | nil, err. The other processes that have this device open.
---@param path string
---@return { pid: integer, name: string }[]?
---@return moontower.error? err
function M.holders(path) end

--- named(name) -> list of integer: the pids of all processes of this name, of at most 15 letters.
---@param name string
---@return integer[]
function M.named(name) end

--- pid_alive(pid, start_time?) -> boolean: does it run, and is it the one that started then?
---@param pid integer
---@param start_time integer?
---@return boolean
function M.pid_alive(pid, start_time) end

--- run { "program", "argument", ..., stdin = string?, env = table?, timeout = number? } waits -> { status, signal =
--- integer?, stdout, stderr, truncated } | nil, err. No shell: the program is looked up on PATH and gets the
--- arguments as they are. It has no terminal. `env` has variables by name; false takes one away. A status of 128 +
--- n means that signal n ended it. Each output is cut at 1 MiB. At the time-out, or when the waiting task is
--- cancelled, the program and what it started get SIGTERM, and SIGKILL a second later.
---@param options { [integer]: string, stdin: string?, env: table?, timeout: number? }
---@return { status: integer, signal: integer?, stdout: string, stderr: string, truncated: boolean }?
---@return moontower.error? err
function M.run(options) end

--- spawn_attached { "program", ..., env = table? } waits -> { status, signal = integer? } | nil, err. The program
--- shares our terminal: an editor, a pager. It is in our process group, so that Ctrl-C goes to both.
---@param options { [integer]: string, env: table? }
---@return { status: integer, signal: integer? }?
---@return moontower.error? err
function M.spawn_attached(options) end

--- start_detached { "program", "argument", ... } -> true | nil, err. The program outlives us: it has a session of
--- its own, and neither terminal nor descriptor of ours.
---@param options { [integer]: string }
---@return true?
---@return moontower.error? err
function M.start_detached(options) end

--- start_time(pid) -> integer | nil, err. Pids are used again; a pid with its start time is not.
---@param pid integer
---@return integer?
---@return moontower.error? err
function M.start_time(pid) end

--- take_variable(name) -> string | nil: from our environment; children do not inherit it then.
---@param name string
---@return string?
function M.take_variable(name) end

return M
