-- SPDX-License-Identifier: MIT
-- An open AT port: one command at a time for all tasks; unsolicited results go to the listeners.

local core_port = require "core.port"
local errors = require "errors"
local task = require "task"
local verdict = require "cause.verdict"
local at_errors = require "at.errors"
local demux = require "at.demux"
local finals = require "at.finals"
local in_use = require "at.in_use"
local listeners = require "at.listeners"
local resync = require "at.resync"
local text = require "at.text"
local texts = require "at.texts"

local ANSWER_TIME = 10
local COMMANDS_MAX = 1024 -- waiting for their turn
local CTRL_Z, ESCAPE = "\26", "\27"

---@class at.reply
---@field result "ok"|"connect"
---@field text string the final result as it came: "OK", "CONNECT 150000000"
---@field lines string[] what came before it, without echo, blank lines and URCs
---@field truncated boolean? some of it was too long to be kept

---@class at.job a command, from when it is asked for until its answer
---@field command string
---@field shown string the command as people may see it
---@field seconds number
---@field asked number when
---@field sent number when
---@field data (string|fun(): string?)?
---@field foreign boolean? another program's: it gets the lines as they came, secrets included
---@field lines string[]
---@field done core.queue a queue that its answer is put into
---@field given_up boolean? no task waits for it any more
---@field echoed boolean? its echo has come
---@field prompted boolean? the modem has asked for its data
---@field has_texts boolean? SMS in text mode are in its answer
---@field text_begins boolean? the next line is the first one of such a text
---@field restarted number? when the modem said that it has restarted
---@field doubtful table? a final result that may be a line of a text: it is the end if nothing follows
---@field kept table? the last one that something has followed
---@field question string? what the modem has been asked since, whose answer comes behind the end
---@field asked_at table? after which of them

---@class at.port
---@field path string
---@field port (core.port|mbim.at_tunnel)? nil once closed
---@field lost moontower.error? why there is nothing to hear from the modem any more
---@field current at.job? what the modem is at
---@field unsure boolean? the next answer may not be the next command's: at/resync.lua
---@field late at.job? the last that had no answer in time
---@field owed at.owed[] what answers may still come, in their order
---@field came_at number when the last of them came
---@field pace number seconds that the modem took for the last probe
---@field has_marks boolean? does it answer the questions that resync.lua knows answers by? nil: not known yet
---@field mute { err: moontower.error, since: number }? it has not answered, however often it was asked
---@field last_line string? what came before the next result, where no task awaits that
---@field is_noted boolean? is it known to other runs?
---@field has_note boolean? what is owed is written down for them, as it is more than one
---@field prompted boolean? the modem may be waiting for text
---@field echo boolean? the modem repeats what it is sent
---@field turn task.mutex what needs several commands in a row has it: no other task's come between them
---@field listeners at.listeners
---@field package finals core.queue a queue of final results and prompts for the current command
local Port = {}
Port.__index = Port

function Port:__tostring()
  return "AT port " .. self.path
end

-- The port has ended: all waiting tasks get the reason.
local function lose(self, err)
  if self.lost then
    return
  end
  self.lost = err
  self.jobs:close(err)
  self.finals:close(err)
  for job in pairs(self.waiting) do
    job.done:close(err)
  end
  self.listeners:close(err)
end

local function read_tokens(self, opened)
  lose(self, demux.all(self, opened))
end

-- ---- commands ----

local function failure(job, final)
  local number = final.number or at_errors.number_of(final.result, final.words)
  local detail = {
    result = final.result, number = number, words = final.words, lines = job.lines, text = final.text,
  }
  local found = number and at_errors.verdict(final.result, number)
  if found then
    detail.words, detail.nw_error, detail.procedure = found.words, found.nw_error, found.procedure
    found.words = ("%s (%s)"):format(found.words, final.text)
  else
    found = verdict.new(final.result == "command-not-supported" and "unsupported" or "bare-error", final.text)
  end
  return verdict.fail(job.shown, found, { source = "at", detail = detail })
end

local function reply_of(job, final)
  if job.prompted and not job.data then
    return errors.fail {
      code = "rejected", source = "at", message = job.shown .. ": the modem wants text to go with this command",
      detail = { result = "prompt", lines = job.lines, text = final.text },
    }
  elseif final.result ~= "ok" and final.result ~= "connect" then
    return failure(job, final)
  end
  return { result = final.result, text = final.text, lines = job.lines, truncated = job.truncated }
end

local function answer_prompt(self, job)
  if type(job.data) == "function" then
    job.data = job.data()
  end
  if not job.data then
    return self:send(ESCAPE, job.seconds)
  end
  job.data_lines = { [""] = true }
  for line in job.data:gmatch("[^\r]+") do
    job.data_lines[line] = true
  end
  self.listeners:show(("(%d bytes)"):format(#job.data), "sent")
  return self:send(job.data .. CTRL_Z, job.seconds)
end

local function await_final(self, job)
  local deadline, unproved, was_asked = task.now() + job.seconds, nil, false
  while true do
    local token, err = texts.next_for(self, job, deadline, unproved)
    if token and token.kind == "prompt" then
      local sent, why = answer_prompt(self, job)
      if not sent then
        return nil, why
      end
      if not was_asked then
        was_asked, deadline = true, task.now() + job.seconds -- which a person may have used up to write the text
      end
    elseif token and not token.unproved then
      if job.doubtful then
        self.listeners:show(token.text, "final")
      end
      return token
    elseif token then
      unproved = token
    elseif err.code ~= "timeout" or not unproved then
      return nil, err
    elseif job.echoed then
      unproved = nil -- it was an earlier command's
    else
      self.echo = false -- another program has switched it off
      return unproved
    end
  end
end

local function exchange(self, job)
  if self.mute and job.asked < self.mute.since then
    return errors.during(self.mute.err, job.shown) -- its turn came as late as any answer to it could
  end
  local ok, err = resync.ensure(self, job.seconds)
  if not ok then
    return errors.during(err, job.shown)
  end
  local final
  ok, err = self:ask(job)
  if ok then
    final, err = await_final(self, job)
  end
  self.current = nil
  if final then
    return reply_of(job, final)
  end
  resync.lose_count(self, job)
  if err.code == "timeout" then
    return errors.fail {
      code = "timeout", source = "at", message = job.restarted and job.shown .. ": the modem has restarted, and does "
        .. "not answer this any more" or ("%s: no answer in %g seconds"):format(job.shown, job.seconds),
    }
  end
  return errors.during(err, job.shown)
end

-- One task at a time has the port. If the caller of a command has gone, its answer is still awaited: the modem is
-- working on it.
local function run_jobs(self)
  for job in self.jobs.pop, self.jobs do
    if not job.given_up then
      job.done:push(table.pack(exchange(self, job)))
    end
  end
end

local Job = {}

function Job:__close()
  self.given_up = true
  self.port.waiting[self] = nil
end

local function check(command, options)
  if type(command) ~= "string" or command:find("%c") then
    error("an AT command is a string without control characters", 3)
  elseif type(options.data) == "string" and options.data:find("[\26\27]") then
    error("an AT command's data cannot contain Ctrl-Z or Escape", 3)
  end
end

---Sends a command and waits for its final result. Several tasks may call it at once: each has its turn.
---@param command string "AT!SELRAT?"
---@param options { seconds: number?, data: (string|fun(): string?)?, secret: boolean?, private: boolean?,
--- foreign: boolean? }? seconds: how long the answer may take, 10 if not given; data: what to send at the modem's
--- prompt, Ctrl-Z follows it, or a function that returns it when the prompt is there, nil for none; secret: hide the
--- command's values (those of known commands with a PIN or password are hidden anyway); private: hide the lines of the
--- answer; foreign: it is another program's, which gets its answer as it came
---@return at.reply? reply
---@return moontower.error? err "rejected" or as its number says, detail { result, number, words, lines }; "timeout";
---"gone". detail.result is "prompt" when the modem asks for data and there is none
function Port:command(command, options)
  options = options or {}
  check(command, options)
  local shown = text.hide(command, options.secret)
  if self.lost then
    return errors.during(self.lost, shown)
  end
  local job <close> = setmetatable({
    port = self, command = command, shown = shown, seconds = options.seconds or ANSWER_TIME, asked = task.now(),
    lines = {},
    data = type(options.data) == "string" and options.data:gsub("\r?\n", "\r") or options.data,
    private = options.private, foreign = options.foreign, done = task.queue(1),
  }, Job)
  self.waiting[job] = true
  if not self.jobs:push(job) then
    return errors.fail { code = "busy", source = "at", message = shown .. ": too many commands are waiting" }
  end
  local result, err = job.done:pop()
  if not result then
    return errors.during(err, shown)
  end
  return table.unpack(result, 1, result.n)
end

---Sends a command to a modem that does not answer, and waits for nothing: firmware that hangs may still take an order.
---@param command string
---@return true? ok
---@return moontower.error? err
function Port:order(command)
  check(command, {})
  self.listeners:show(text.hide(command), "sent")
  return self:send(command .. "\r", 0)
end

---Sends a command; what comes now is for it.
---@package
function Port:ask(job)
  self.listeners:show(job.shown, "sent")
  self.current, job.sent = job, task.now()
  self.parser:mark()
  return self:send(job.command .. "\r", job.seconds)
end

---@package
---@param bytes string
---@param seconds number how long a port may wait that has the answer when it is written
function Port:send(bytes, seconds)
  if not self.port then
    return nil, self.lost
  end
  local ok, err = self.port:write(bytes, seconds)
  if err and err.detail and err.detail.errno == "EIO" then
    err.code = "gone" -- a terminal that has hung up
  end
  return ok, err
end

-- ---- listening ----

---Unsolicited results, from now on, also those in the middle of an answer: queue:pop() waits for the
---next. Lines are lost for a listener that lets too many come together. The queue ends when the modem is gone.
---@return core.queue queue of strings
function Port:urcs()
  return self.listeners:listen "urcs"
end

---All that is sent and comes from now on, for a terminal or a trace: { text =, kind = "sent" | "echo" | "line" |
---"final" | "prompt" | "urc" }. PINs, passwords and data are hidden.
---@return core.queue queue of tables
function Port:raw()
  return self.listeners:listen "all"
end

Port.fields = function(_, line, options) return text.fields(line, options) end

-- ---- opening and closing ----

---@param opened core.port
---@param path string
---@return at.port
function Port.new(opened, path)
  local self = setmetatable({
    path = path, port = opened, group = task.group(), parser = finals.parser(), unsure = true, owed = {},
    came_at = 0, pace = 0, jobs = task.queue(COMMANDS_MAX), waiting = {}, finals = task.queue(), turn = task.mutex(),
    listeners = listeners.new(path),
  }, Port)
  self.group:spawn(read_tokens, self, opened)
  self.group:spawn(run_jobs, self)
  return self
end

---@param path string
---@return at.port? port
---@return moontower.error? err
function Port.open(path)
  local opened, err = core_port.open(path)
  if not opened then
    return nil, err
  end
  local self = Port.new(opened, path)
  self.is_noted = true
  for i, left in ipairs(in_use.begin(path)) do
    self.owed[i] = { sent = task.now(), mark = left.mark, is_probe = left.is_probe }
  end
  self.has_note = #self.owed > 1
  return self
end

---Closes it; a terminal gets its settings back, and keeps its DTR up.
---A task that waits for an answer gets an error with the code "gone".
function Port:close()
  if not self.port then
    return
  end
  if self.is_noted then
    if self.current and not self.current.probe then
      table.insert(self.owed, { sent = self.current.sent })
    end
    in_use.finish(self.path, self.lost and {} or self.owed)
  end
  lose(self, errors.new { code = "gone", source = "at", message = "the port is closed" })
  self.port:close()
  self.port = nil
  self.group:__close()
end

Port.__close = Port.close

return Port
