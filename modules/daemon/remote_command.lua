-- SPDX-License-Identifier: MIT
-- A command that a person gives beside the daemon, and that runs in it: the client is its terminal.
--
-- A line of JSON each way. The client begins with { command, arguments, folder, terminals, width, rows, environment };
-- then come { interrupt = true } for Ctrl-C, { failed = true } once its output cannot be written, { width, rows } when
-- those have changed, and { answer = ... } to a question. It receives { out = text }, { err = text }, { ask = ... },
-- { fullscreen = on } and, at the end, { exit = status }.

local command = require "cli.command"
local core = require "core.task"
local errors = require "errors"
local hex = require "base.hex"
local json = require "core.json"
local lines = require "daemon.lines"
local log = require "log"
local task = require "task"

local REFUSED = 8 -- exit status: see scripts/README.md
local HELLO_TIME, FAREWELL_TIME = 10, 5
local PART = 128 << 10 -- bytes of a file to a message: a port holds no more than eight times that
-- How long a command may run without waiting, what its objects may hold, how many tasks it may have, and how long it
-- may wait once it is to end.
local SECONDS, BYTES, TASKS, CLEANUP = 5, 64 << 20, 1000, 45

---@class daemon.session : terminal.session
---@field port core.port
---@field task core.task? that the command runs in
---@field group task.group for tasks beside it: a trace
---@field resized core.queue a mark in it: its terminal's size has changed
---@field answers core.queue a queue of the client's answers
local Session = {}
Session.__index = Session

local M = {}

---@private
function Session:send(message)
  local ok, err = self.port:write(json.encode(message) .. "\n")
  if not ok and self.task and not self.survives then
    -- The client is gone, or does not read.
    self.task:cancel(errors.new { code = "gone", source = "daemon", message = tostring(err) })
  end
  return ok, err
end

---@param stream "out"|"err"
---@param text string
function Session:write(stream, text)
  if text ~= "" then
    self:send { [stream] = text }
  end
end

---Has the client's terminal for a picture, or gives it back: see terminal.fullscreen.
---@param on boolean
function Session:fullscreen(on) self:send { fullscreen = on } end

---Waits until the size of the client's terminal has changed.
---@return true? resized nil when the client is gone
function Session:wait_resized() return self.resized:pop() end

---Asks the client something that only it can do, such as to edit a line.
---@param question table
---@return table answer raises when the client is gone
function Session:ask(question)
  self:send { ask = question }
  local answer, err = self.answers:pop()
  if not answer then
    error(err, 0)
  end
  return answer
end

-- The client's prompt, with the methods that core.line_editor's has.
local Prompt = {}
Prompt.__index = Prompt

function Prompt:is_terminal() return self.session.terminals[1] and self.session.terminals[2] end
function Prompt:read(prompt, multiline)
  local answer = self.session:ask { read = prompt, multiline = multiline }
  if answer.line then
    return answer.line, answer.ended
  end
  return nil, answer.err and errors.new(answer.err)
end
function Prompt:remember(line) self.session:send { remember = line } end
function Prompt:print(text) self.session:send { show = text } end
function Prompt:close() self.session:send { unprompt = true } end

---Opens the client's prompt.
---@param history string? path of a file of the client's
---@return table prompt
function Session:edit(history)
  self:ask { prompt = true, history = history }
  return setmetatable({ session = self }, Prompt)
end

---Reads what the client calls by this name: a file, its standard input, a pipe.
---@param path string
---@return string?
---@return moontower.error? err
function Session:read(path)
  local parts = {}
  while true do
    local answer = self:ask { file = path, part = #parts + 1 }
    if not answer.bytes then
      local err = answer.err or {}
      return nil, errors.new { code = tostring(err.code), message = tostring(err.message), source = "client" }
    end
    parts[#parts + 1] = hex.decode(answer.bytes) or ""
    if answer.is_last then
      return table.concat(parts)
    end
  end
end

---Writes what the client calls by this name.
---@param path string
---@param text string any bytes, so JSON has them in hex
---@param mode integer? of a new file
---@return true?
---@return moontower.error? err
function Session:save(path, text, mode)
  local answer
  local count = math.max(math.ceil(#text / PART), 1)
  for part = 1, count do
    answer = self:ask {
      save = path, bytes = hex.encode(text:sub((part - 1) * PART + 1, part * PART)), mode = mode, part = part,
      is_last = part == count,
    }
  end
  if answer.ok then
    return true
  end
  local err = answer.err or {}
  return nil, errors.new { code = tostring(err.code), message = tostring(err.message), source = "client" }
end

local function interrupted()
  return errors.new { code = "interrupted", source = "daemon", message = "interrupted" }
end

local function interrupt(self)
  local what = self.foreground
  if type(what) == "userdata" and not what:ended() then
    what:cancel(interrupted())
  elseif not what and self.task then
    self.task:cancel(interrupted())
  end
end

local function listen(self, messages)
  for message in messages do
    if message.interrupt then
      interrupt(self)
    elseif message.failed and self.streams and self.task then
      self.task:cancel(interrupted())
    elseif message.width then
      self.width, self.rows = math.tointeger(message.width), math.tointeger(message.rows)
      self.resized:push(true) -- one mark is enough
    elseif message.answer then
      self.answers:push(message.answer)
    end
  end
  local gone = errors.new { code = "gone", source = "daemon", message = "the client is gone" }
  self.answers:close(gone)
  self.resized:close(gone)
  if self.task and not self.survives then
    self.task:cancel(gone)
  end
end

local function words_of(list)
  local words = {}
  for i, word in ipairs(type(list) == "table" and list or {}) do words[i] = tostring(word) end
  return words
end

local function is_hello(value)
  return value and type(value.command) == "string" and type(value.folder) == "string"
    and type(value.terminals) == "table" and type(value.environment) == "table"
end

local function run(self, hello, around)
  local name = "command " .. hello.command
  core.set_context { session = self, name = name }
  core.limit { seconds = SECONDS, bytes = BYTES, tasks = TASKS, cleanup = CLEANUP, name = name }
  local group <close> = task.group()
  self.group = group
  return task.plainly(around, hello.command, words_of(hello.arguments), function(...) return command.run_here(...) end)
end

-- How it ended, as an exit status; what it raised is printed at the client.
local function run_and_tell(self, hello, around)
  local ok, status = core.try(function()
    local group <close> = task.group()
    self.task = group:spawn(run, self, hello, around)
    return select(2, self.task:join())
  end)
  self.task = nil
  if ok then
    return math.tointeger(status) or 0
  elseif type(status) == "table" and status.code == "interrupted" then
    return 130
  end
  local traceback = type(status) == "table" and status.traceback
  self:write("err", ("moontower: %s\n%s"):format(errors.text(status), traceback and traceback .. "\n" or ""))
  return 1
end

---Tells a client that its command will not be run, without waiting.
---@param port core.port its connection
---@param reason string
function M.refuse(port, reason)
  local farewell = json.encode { err = ("moontower: the daemon refuses: %s\n"):format(reason) } .. "\n"
  port:write(farewell .. json.encode { exit = REFUSED } .. "\n")
end

-- A client of this program's own: it keeps what is printed, and can answer no question.
local Kept = setmetatable({}, { __index = Session })
Kept.__index = Kept

function Kept:write(stream, text) self.printed[stream] = self.printed[stream] .. text end

function Kept.ask()
  error(errors.new { code = "unsupported", source = "daemon", message = "there is no person to ask" }, 0)
end

---Runs a command for a part of this program.
---@param name string
---@param arguments string[]
---@param around fun(command: string, arguments: string[], run: fun(command: string, arguments: string[]): integer):
--- integer as for serve()
---@return integer status
---@return string out
---@return string err what it has printed to standard error
function M.run_kept(name, arguments, around)
  local self = setmetatable({
    printed = { out = "", err = "" }, folder = "/", terminals = {}, environment = {},
  }, Kept)
  local status = run_and_tell(self, { command = name, arguments = arguments }, around)
  return status, self.printed.out, self.printed.err
end

---Serves one client until its command has ended.
---@param port core.port its connection
---@param around fun(command: string, arguments: string[], run: fun(command: string, arguments: string[]): integer):
--- integer runs the command, with all that it changes paused
function M.serve(port, around)
  local connection <close> = port
  local messages = lines.of(connection)
  local hello = task.timeout(HELLO_TIME, messages)
  if not is_hello(hello) then
    return
  end
  local self = setmetatable({
    port = connection, answers = task.queue(), resized = task.queue(1), folder = hello.folder,
    terminals = hello.terminals, width = math.tointeger(hello.width), rows = math.tointeger(hello.rows),
    environment = hello.environment,
  }, Session)
  log.debug("command: %s", hello.command)
  self:send { begun = true } -- the client waits for this only so long
  local group <close> = task.group()
  local listener = group:spawn(listen, self, messages)
  if self:send { exit = run_and_tell(self, hello, around) } then
    -- It has everything once it hangs up.
    task.timeout(FAREWELL_TIME, listener.join, listener)
  end
end

return M
