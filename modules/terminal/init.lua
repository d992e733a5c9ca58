-- SPDX-License-Identifier: MIT
-- The terminal that a task talks to: this program's own or, in the daemon, that of the person who gave the command.
--
-- A command's task carries its session in its context, which the tasks that it starts inherit. So print() and the rest
-- reach the right person from any module. All that is written passes through here: so a line that is redrawn in
-- place is never written into, and a full disk is reported.

local core = require "core.task"
local errors = require "errors"
local fs = require "core.fs"
local signal = require "core.signal"

local M = {}

local EPIPE = 32
local FAILED, NO_READER = 1, 141 -- exit statuses when not all could be written
local ERASE = "\r\27[K"

---@class terminal.session a client of the daemon: see modules/daemon/remote_command.lua
---@field write fun(self, stream: "out"|"err", text: string)
---@field terminals boolean[] which of its descriptors 0, 1 and 2 are a terminal
---@field width integer?
---@field rows integer?
---@field fullscreen fun(self, on: boolean) switches its terminal to another screen, and back: see terminal.fullscreen
---@field wait_resized fun(self): true?
---@field folder string where the command was given
---@field environment table<string, string>
---@field foreground core.task|boolean|nil see core.task.foreground
---@field survives boolean? see terminal.survive_hangup
---@field edit fun(self): core.line_editor.prompt? its prompt, as core.line_editor opens one
---@field read fun(self, path: string): string?, moontower.error? a file of the client's
---@field save fun(self, path: string, text: string, mode: integer?): true?, moontower.error? writes one
---@field line string? what is redrawn in place: see terminal.show_line
---@field streams boolean? see terminal.stream
---@field listener fun(name: string, text: string)? see terminal.listen

-- The same of this program's own terminal.
local own = {}

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

---@param fd 1|2|nil which terminal: that of standard output, if nothing is said
---@return integer? columns nil when the terminal does not say
function M.width(fd)
  local session = M.session()
  local columns
  if session then
    columns = session.width
  else
    columns = fs.terminal_size(fd or 1)
  end
  return columns and columns > 0 and columns or nil
end

---@return integer? rows of the terminal; nil when it does not say
function M.rows()
  local session = M.session()
  local columns, rows = fs.terminal_size(1)
  if session then
    columns, rows = true, session.rows
  end
  return columns and rows and rows > 0 and rows or nil
end

---Can a line of it be written again? A "dumb" terminal, such as Emacs's, shows escape sequences as they are.
---@return boolean
function M.can_redraw()
  local kind = M.getenv("TERM")
  return M.is_terminal(1) and kind ~= nil and kind ~= "" and kind ~= "dumb"
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

---In the daemon: whether what a command does by a modem's verbs counts as a person's orders, and under which words.
---@param words string|false|nil such as "moontower console": from now on it does; false: it does no more
---@return string|false|nil words nil or false: it does not, as the command says itself what it orders
function M.orders_as(words)
  local session = M.session()
  if session and words ~= nil then
    session.orders_as = words
  end
  return session and session.orders_as
end

---Does it show more than ASCII? The locale says so; the console of the kernel has few characters in its font.
---@return boolean
function M.is_utf8()
  local locale = ""
  for _, name in ipairs { "LANG", "LC_CTYPE", "LC_ALL" } do
    local value = M.getenv(name)
    locale = value and value ~= "" and value or locale
  end
  local kind = M.getenv "TERM" or ""
  return locale:upper():find "UTF%-?8" ~= nil and kind ~= "linux" and not kind:find "^vt%d"
end

---A path, relative to the folder in which the command was given.
---@param path string
---@return string
function M.path(path)
  local session = M.session()
  return session and path:sub(1, 1) ~= "/" and ("%s/%s"):format(session.folder, path) or path
end

---What Ctrl-C interrupts: see core.task.foreground.
---@param what core.task|boolean|nil
function M.foreground(what)
  local session = M.session()
  if session then
    session.foreground = what
  else
    core.foreground(what)
  end
end

-- ---- writing ----

local files = { out = io.stdout, err = io.stderr }
local numbers = { out = 1, err = 2 }

-- Without a reader, the program ends as SIGPIPE ends others; serve alone goes on.
local function note_failure(name, message, errno)
  if errno == EPIPE and not own.survives and signal.end_on_closed_output(true) then
    error(errors.new { code = "interrupted", source = "terminal", message = "the output has no reader" }, 0)
  end
  own.failure = own.failure or { stream = name, message = message, errno = errno }
  if own.streams then
    error(errors.new { code = "io", source = "terminal", message = M.failure_text() }, 0)
  end
end

local function write_own(name, text)
  local ok, message, errno = files[name]:write(text)
  if ok and name == "out" and own.streams then
    ok, message, errno = files[name]:flush()
  end
  if not ok then
    note_failure(name, message, errno)
  end
end

---Writes what is no text, such as a picture: see terminal.fullscreen.
---@param name "out"|"err"
---@param text string
function M.write_raw(name, text)
  local session = M.session()
  if session then
    session:write(name, text)
  else
    write_own(name, text)
  end
end

---Writes what is kept back of this program's own output.
function M.flush()
  if not M.session() then
    local ok, message, errno = files.out:flush()
    if not ok then
      note_failure("out", message, errno)
    end
  end
end

local function write(name, text)
  local screen = M.session() or own
  if screen.listener then
    screen.listener(name, text)
  end
  local line = screen.line and M.is_terminal(numbers[name]) and screen.line
  if not line then
    return M.write_raw(name, text)
  end
  M.write_raw("out", ERASE)
  M.flush()
  M.write_raw(name, text)
  if text:sub(-1) == "\n" then
    M.write_raw("out", line)
    M.flush()
  end
end

---Tells of all text that is written here from now on, but for lines that are redrawn in place.
---@param listener fun(name: "out"|"err", text: string)|nil nil: no more
function M.listen(listener) (M.session() or own).listener = listener end

---Shows a line that the next one replaces; whatever else is written goes above it. Where that cannot be done, nothing
---is shown.
---@param line string? printable, and no wider than the terminal; nil: none any more
function M.show_line(line)
  local screen = M.session() or own
  if M.can_redraw() and (line or screen.line) then
    M.write_raw("out", ERASE .. (line or ""))
    M.flush()
    screen.line = line
  end
end

---Clears the current line of the terminal, which may hold another program's progress.
function M.clear_line()
  if M.can_redraw() and M.is_terminal(2) then
    M.write_raw("err", ERASE)
  end
end

---The output of the command in this task is all that it is for: it ends as soon as that cannot be written.
function M.stream() (M.session() or own).streams = true end

---Why this program's own output could not be written.
---@return string?
function M.failure_text()
  local failure = own.failure
  return failure and ("standard %s: %s"):format(failure.stream == "out" and "output" or "error", failure.message)
end

---Writes all pending output, at the end of the program.
---@param status integer of the command
---@return integer status
function M.finish(status)
  M.flush()
  local failure = own.failure
  if not failure then
    return status
  elseif failure.errno == EPIPE then
    return status == 0 and NO_READER or status
  end
  files.err:write("moontower: ", M.failure_text(), "\n  Not all of the output could be written.\n")
  return status == 0 and FAILED or status
end

---While this is kept in a <close> variable, the end of the terminal does not end the command: a command that was given
---over the connection that it replaces, by ssh, still finishes.
---@return table
function M.survive_hangup()
  local session = M.session()
  if session then
    session.survives = true
    return setmetatable({}, { __close = function() session.survives = false end })
  end
  local hangups = signal.open "HUP" -- unless it is heard already
  own.survives = true
  return setmetatable({}, { __close = function()
    own.survives = false
    if hangups then hangups:close() end
  end })
end

-- A file of the io library, written by the rules of the task that writes.
local function stream(name, file)
  local made = {}
  function made:write(...)
    write(name, table.concat({ ... }))
    return self
  end
  function made:flush()
    M.flush()
    return self
  end
  return setmetatable(made, {
    __index = function(_, method)
      return function(_, ...) return file[method](file, ...) end
    end,
  })
end

---Makes print() and io.write() go to the terminal of the task that calls them. Once, before anything is written.
function M.install()
  files.out:setvbuf "line" -- a script that runs for days, piped into another program, is read while it runs
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
