-- SPDX-License-Identifier: MIT
-- The terminal that a task talks to: this program's own or, in the daemon, that of whoever gave the command.
--
-- A command's task carries its session in its context, which the tasks that it starts inherit. So print() and the rest
-- reach the right person, whoever calls them.

local core = require "core.task"
local fs = require "core.fs"

local M = {}

---@class terminal.session a client of the daemon: see modules/daemon/session.lua
---@field write fun(self, stream: "out"|"err", text: string)
---@field terminals boolean[] which of its descriptors 0, 1 and 2 are a terminal
---@field width integer?
---@field folder string where the command was given
---@field environment table<string, string>
---@field foreground userdata|boolean|nil see core.task.foreground
---@field edit fun(self): userdata? its prompt, as core.edit opens one

---The session of the current task.
---@return terminal.session?
function M.session()
  local context = core.context()
  return context and context.session
end

---@param fd 0|1|2
---@return boolean
function M.is_terminal(fd)
  local session = M.session()
  if session then
    return session.terminals[fd + 1] == true
  end
  return fs.isatty(fd)
end

---@return integer? columns
function M.width()
  local session = M.session()
  if session then
    return session.width
  end
  return (fs.terminal_size(1))
end

---A variable of the environment that the command was given in.
---@param name string
---@return string?
function M.getenv(name)
  local session = M.session()
  if session then
    return session.environment[name]
  end
  return os.getenv(name)
end

---A path as the person who gave the command means it.
---@param path string
---@return string
function M.path(path)
  local session = M.session()
  return session and path:sub(1, 1) ~= "/" and ("%s/%s"):format(session.folder, path) or path
end

---What Ctrl-C interrupts: see core.task.foreground.
---@param what userdata|boolean|nil
function M.foreground(what)
  local session = M.session()
  if session then
    session.foreground = what
  else
    core.foreground(what)
  end
end

-- A file of the io library, for tasks without a session; for the others, the session's.
local function stream(name, file)
  local made = {}
  function made:write(...)
    local session = M.session()
    if not session then
      return file:write(...) and self
    end
    session:write(name, table.concat({ ... }))
    return self
  end
  return setmetatable(made, {
    __index = function(_, method)
      return function(_, ...) return file[method](file, ...) end
    end,
  })
end

---Makes print() and io.write() go to the session of the task that calls them. For the daemon, once.
function M.install()
  -- luacheck: push globals io print
  io.stdout, io.stderr = stream("out", io.stdout), stream("err", io.stderr)
  function io.write(...) return io.stdout:write(...) end
  function print(...)
    local words = table.pack(...)
    for i = 1, words.n do words[i] = tostring(words[i]) end
    io.stdout:write(table.concat(words, "\t", 1, words.n), "\n")
  end
  -- luacheck: pop
end

return M
