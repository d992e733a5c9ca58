-- SPDX-License-Identifier: MIT
-- The client of the daemon: gives it a command, and is that command's terminal until it has ended.

local lazy = require "base.lazy"
local control = require "daemon.control"
local core = require "core.task"
local edit = lazy "terminal.line_editor"
local errors = require "errors"
local files = lazy "terminal.files"
local fs = require "core.fs"
local fullscreen = lazy "terminal.fullscreen"
local hex = lazy "base.hex"
local json = require "core.json"
local ports = require "core.port"
local signal = lazy "core.signal"
local task = lazy "task"
local terminal = require "terminal"

local M = {
  ANSWER_TIME = 60, -- seconds in which a daemon takes a command; twice what its watchdog allows it to stand still
}

-- The variables that commands look at: the daemon need not know the others.
local VARIABLES = {
  "HOME", "XDG_STATE_HOME", "TERM", "LANG", "LC_CTYPE", "LC_ALL", "MOONTOWER_PASSWORD", "MOONTOWER_PIN",
}
local UNWRITTEN = 1 -- exit status when the command's output cannot be written
local PART = 64 << 10 -- bytes of a file in one message

local function environment()
  local values = {}
  for _, name in ipairs(VARIABLES) do values[name] = os.getenv(name) end
  return setmetatable(values, { __jsontype = "object" })
end

local function send(port, message) return port:write(json.encode(message) .. "\n") end

local function hello(name, arguments)
  return {
    command = name, arguments = setmetatable(arguments, { __jsontype = "array" }), folder = fs.realpath("."),
    terminals = { fs.isatty(0), fs.isatty(1), fs.isatty(2) }, width = terminal.width(),
    rows = terminal.rows(), environment = environment(),
  }
end

---@class daemon.client
---@field port core.port
---@field prompt edit.prompt?
---@field file string? the text that the command reads
---@field width integer? of the terminal, as the daemon knows it
---@field rows integer?
---@field watcher core.task? while the command has the whole terminal: tells when its size changes
---@field group task.group
---@field has_failed boolean? some output of the command could not be written
---@field has_begun boolean? the daemon has taken the command
---@field interruptible core.task the task that Ctrl-C interrupts while a prompt is open and nothing is read
local Client = {}
Client.__index = Client

-- Questions that only this side can answer: line editing.
local questions = {}

function questions.prompt(self, question)
  local prompt, err = edit.open { history = question.history, foreground = function() return self.interruptible end }
  self.prompt = prompt
  return { ok = prompt ~= nil, err = err and { code = err.code, message = err.message } }
end

function questions.read(self, question)
  local line, ended
  if question.multiline then
    line, ended = self.prompt:line(question.read, true)
  else
    line, ended = self.prompt:line(question.read)
  end
  if line then
    return { line = line, ended = ended }
  end
  return { err = ended and { code = ended.code, message = ended.message } }
end

-- A file that the command has been given: its name means something here only.
function questions.file(self, question)
  local err
  if question.part == 1 then
    self.file, err = files.read(question.file)
  end
  if not self.file then
    return { err = err and { code = err.code, message = err.message } or {} }
  end
  local last = question.part * PART
  return { bytes = hex.encode(self.file:sub(last - PART + 1, last)), is_last = last >= #self.file }
end

function questions.save(self, question)
  self.parts = question.part == 1 and {} or self.parts
  table.insert(self.parts, hex.decode(question.bytes) or "")
  if not question.is_last then
    return { ok = true }
  end
  local ok, err = files.save(question.save, table.concat(self.parts), question.mode)
  return { ok = ok, err = err and { code = err.code, message = err.message } }
end

local handlers = {}

local function tell_failure(self)
  if terminal.failure_text() and not self.has_failed then
    self.has_failed = true
    send(self.port, { failed = true })
  end
end

-- A terminal that was made narrower would wrap a line that is to be redrawn.
local function tell_size(self)
  local width, rows = terminal.width(), terminal.rows()
  if width ~= self.width or rows ~= self.rows then
    self.width, self.rows = width, rows
    send(self.port, { width = width or 0, rows = rows or 0 })
  end
end

local function watch_size(self, monitor)
  local resized <close> = monitor
  while resized and resized:next() do tell_size(self) end
end

-- Another screen of the terminal, which we leave whatever becomes of the daemon.
function handlers.fullscreen(self, on)
  if on ~= (self.watcher ~= nil) then
    fullscreen.switch(on)
  end
  if on then
    self.watcher = self.watcher or self.group:spawn(watch_size, self, (signal.open "WINCH"))
  elseif self.watcher then
    self.watcher:cancel(task.unwanted)
    self.watcher = nil
  end
end

function handlers.out(self, text)
  io.stdout:write(text)
  io.stdout:flush()
  tell_failure(self)
  tell_size(self)
end
function handlers.err(_, text) io.stderr:write(text) end
function handlers.show(self, text)
  self.prompt:print(text)
  tell_failure(self)
end
function handlers.remember(self, line) self.prompt:remember(line) end
function handlers.unprompt(self)
  if self.prompt then
    self.prompt:close()
    self.prompt = nil
  end
end

function handlers.ask(self, question)
  local kind = question.prompt and "prompt" or question.file and "file" or question.save and "save" or "read"
  send(self.port, { answer = questions[kind](self, question) })
end

-- A prompt keeps Ctrl-C from ending us; unless a line is being read, it is for what the command calls there.
local function pass_interrupts_on(self, group)
  while true do
    local never = task.queue(1)
    self.interruptible = group:spawn(core.try, never.pop, never)
    if self.prompt and self.prompt:is_terminal() then
      terminal.foreground(self.interruptible)
    end
    self.interruptible:join()
    send(self.port, { interrupt = true })
  end
end

-- The next message; nil when the daemon is gone. What has come of those behind it is kept, should a handler be
-- interrupted.
local function next_message(self)
  while true do
    local stop = self.buffer:find("\n", 1, true)
    if stop then
      local line = self.buffer:sub(1, stop - 1)
      self.buffer = self.buffer:sub(stop + 1)
      return json.decode(line) or {}
    end
    local bytes = self.port:read()
    if not bytes then
      return nil
    end
    self.buffer = self.buffer .. bytes
  end
end

-- A daemon that hangs, or has no descriptor left for us, takes no command. How long that runs is its own affair.
local function wait_begun(self)
  local bytes, err = task.timeout(M.ANSWER_TIME, self.port.read, self.port)
  self.has_begun, self.buffer = bytes ~= nil, self.buffer .. (bytes or "")
  if err and err.code == "timeout" then
    return errors.new {
      code = "timeout", source = "daemon", message = "the daemon does not answer; the command was not begun",
      hint = "Does it hang? Its log may tell. Restart it (`systemctl restart moontower`): connections stay.",
    }
  end
end

-- Returns the exit status, or nil when the daemon is gone; and an error when it does not answer.
local function converse(self)
  local err = not self.has_begun and wait_begun(self)
  if err then
    return nil, err
  end
  for message in next_message, self do
    if message.exit then
      return math.tointeger(message.exit) or 1
    end
    for name, handler in pairs(handlers) do
      if message[name] ~= nil then
        handler(self, message[name])
      end
    end
  end
end

---Why a command that is about the daemon cannot be run in it.
---@param source string
---@return nil
---@return moontower.error err
function M.not_there(source)
  local port <close>, err = ports.open(control.path(os.getenv "MOONTOWER_DAEMON"))
  if not port and err.code == "permission" then
    return errors.fail {
      code = "permission", source = source, message = "only root may ask whether a daemon runs, and talk to it",
      hint = "Run it as root, for example with sudo.",
    }
  end
  return errors.fail {
    code = "not-found", source = source, message = "no daemon runs",
    hint = "Start one: `moontower serve`. `moontower status` tells what the modem is like now.",
  }
end

---Runs a command in the daemon.
---@param connection core.port to the daemon: closed at the end
---@param name string
---@param arguments string[]
---@return integer? status
---@return moontower.error? err
function M.run(connection, name, arguments)
  local port <close> = connection
  local group <close> = task.group()
  local self = setmetatable({
    width = terminal.width(), rows = terminal.rows(), port = port, buffer = "", group = group,
  }, Client)
  group:spawn(pass_interrupts_on, self, group)
  send(port, hello(name, arguments))
  -- Ctrl-C here is for the command in the daemon, which answers by ending.
  local ok, status, failure = pcall(converse, self)
  while not ok and type(status) == "table" and status.code == "interrupted" do
    send(port, { interrupt = true })
    ok, status, failure = task.shield(10, pcall, converse, self)
  end
  handlers.unprompt(self)
  handlers.fullscreen(self, false)
  if not ok then
    error(status, 0)
  elseif failure then
    return nil, failure
  elseif not status then
    return errors.fail {
      code = "cancelled", source = "daemon", message = "the daemon has ended, and the command with it",
    }
  end
  return self.has_failed and UNWRITTEN or status
end

return M
