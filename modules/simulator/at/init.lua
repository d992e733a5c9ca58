-- SPDX-License-Identifier: MIT
-- The modem's AT function: bytes from the host in; echo, answers and unsolicited result codes (URCs) out.
--
-- Each subject has a file of commands, which returns fn(handle); handle(name, parts) adds a command:
--   query, test, set, run   fn(modem, arguments, at, command): lines of the answer, or nil and the error: nothing
--                           for ERROR, a number of +CME ERROR, { cms = number }, or a whole final result; and what
--                           is to be done once the answer has gone out
--   events                  by event of the modem: fn(at, data), the URC for it, or nil
--   protected               the command needs AT!ENTERCND first: true, or only this form of it
-- A set that returns { prompt = fn(text) } asks for a text, and answers with what fn returns.

local line = require "simulator.at.line"
local maker = require "maker"
local words = require "simulator.at.errors"
local faults = require "simulator.faults"

local MAX_LINE, MAX_TEXT = 1024, 4096
local CTRL_Z, ESCAPE = "\x1a", "\x1b"
local SIM_BUSY = 14

local standard = { "basic", "identity", "card", "network", "packet", "sms", "uicc", "ussd", "network_card" }

-- A maker's commands are in the file or folder of its name.
local function learn(self, subjects)
  local function handle(name, parts)
    self.commands[name] = parts
    for event, listener in pairs(parts.events or {}) do
      self.listeners[event] = self.listeners[event] or {}
      table.insert(self.listeners[event], listener)
    end
  end
  for _, subject in ipairs(subjects) do
    require("simulator.at." .. subject)(handle, self.modem.personality)
  end
end

-- How answers go over the wire, and in what way they can be wrong there.
local wire = {
  protocol = "at",
  payload = "text",
  build = function(message) return message.text end,
  split = function(message) return { message.text } end,
  strange_id = function() return nil end, -- there are none
}

---@class simulator.at_function
---@field modem simulator.modem
---@field send fun(bytes: string)
---@field idle fun()?
---@field repeats boolean what it is sent, until ATE0
---@field commands table<string, table> by name
---@field listeners table<string, (fun(at: simulator.at_function, data: any): string?)[]> by event of the modem
---@field input string not looked at yet
---@field line string the part of a command that is there
---@field busy boolean is an answer due?
---@field prompt nil|fun(text: string): string[]?, any what takes the text that was asked for
---@field settings table<string, any> what ATE, AT+CMEE, AT+CREG and others have set on this port
local Function = {}
Function.__index = Function

local M = {}

---@param modem simulator.modem
---@param options { send: fun(bytes: string), idle: fun()?, quiet: boolean? } idle: called when a command is done;
--- quiet: nothing is repeated
---@return simulator.at_function
function M.new(modem, options)
  local self = setmetatable({
    modem = modem, send = options.send, idle = options.idle, repeats = not options.quiet,
    commands = {}, listeners = {},
  }, Function)
  learn(self, standard)
  learn(self, { modem.personality.at or nil })
  self:reset()
  modem:listen(function(event, data) self:on_event(event, data) end)
  return self
end

---As it is after power has come on.
function Function:reset()
  self.input, self.line, self.busy, self.prompt = "", "", false, nil
  self.settings = {
    echo = self.repeats, cmee = 0, text_mode = false, operator_format = 0, new_message = 0, reports = {},
    letters = "IRA",
  }
  self.era = (self.era or 0) + 1 -- what is under way belongs to an earlier one
end

-- Out ----------------------------------------------------------------------------------------------------------------

local function final(self, failure)
  if type(failure) == "string" then
    return failure
  end
  local kind = type(failure) == "table" and "cms" or "cme"
  local number = kind == "cms" and failure.cms or failure
  if not number or kind == "cme" and self.settings.cmee == 0 then
    return "ERROR"
  end
  local in_words = self.settings.cmee == 2 and words[kind][number]
  return ("+%s ERROR: %s"):format(kind:upper(), in_words or number)
end

-- Information comes between empty lines, and so does the result.
local function answer(self, lines, result, command)
  local text = #lines > 0 and "\r\n" .. table.concat(lines, "\r\n") .. "\r\n" or ""
  for _, bytes in ipairs(faults.transfers(self.modem, {
    type = "response", text = text .. "\r\n" .. result .. "\r\n", command = command,
  }, wire)) do
    self.send(bytes)
  end
end

---Tells news, unless a text is being written.
---@param text string a line
function Function:tell(text)
  if self.modem.plugged and not self.prompt and not faults.hangs(self.modem) then
    self.send("\r\n" .. text .. "\r\n")
  end
end

---Something has happened to the modem.
function Function:on_event(event, data)
  if event == "unplugged" then
    return self:reset()
  end
  for _, listener in ipairs(self.listeners[event] or {}) do
    local text = listener(self, data)
    if text then
      self:tell(text)
    end
  end
end

-- In -----------------------------------------------------------------------------------------------------------------

local function run_command(self, command)
  local modem, parts = self.modem, self.commands[command.name]
  local handler = parts and parts[command.kind]
  if not handler then
    return nil
  elseif (parts.protected == true or parts.protected == command.kind) and not modem.unlocked then
    return nil
  end
  return handler(modem, command.arguments, self, command)
end

-- Runs all commands of a line; the first failure ends it. Returns what is to be said, or the prompt.
local function run_line(self, text)
  local commands, lines, afterwards = line.parse(text), {}, nil
  if not commands then
    return lines, "ERROR"
  end
  local forced = faults.status(self.modem)
  if forced then
    return lines, final(self, SIM_BUSY)
  end
  for _, command in ipairs(commands) do
    local more, failure, after = run_command(self, command)
    if not more then
      return lines, final(self, failure)
    elseif more.prompt then
      return more
    end
    table.move(more, 1, #more, #lines + 1, lines)
    afterwards = after or afterwards
  end
  return lines, "OK", afterwards
end

local work

-- Does something after the time that a modem takes, unless it was reset in between.
local function later(self, fn)
  local modem, era = self.modem, self.era
  local seconds = modem.latency + faults.delay(modem)
  self.busy = true
  modem:after(seconds, function()
    if self.era == era then
      self.busy = false
      fn()
      work(self)
      if self.idle then
        self.idle()
      end
    end
  end)
end

local function finish(self, lines, result, after, command)
  answer(self, lines, result, command)
  if after then
    local modem = self.modem
    modem:after(modem.group and 0.05 or 0, after) -- the answer goes out before the modem does
  end
end

local function execute(self, text)
  local modem = self.modem
  modem:count_command()
  if not modem.plugged or faults.hangs(modem) then
    return
  end
  later(self, function()
    local lines, result, after = run_line(self, text)
    if lines.prompt then
      self.prompt = lines.prompt
      return self.send("\r\n> ")
    end
    finish(self, lines, result, after, "AT" .. text)
  end)
end

local function echo(self, bytes)
  if self.settings.echo and bytes ~= "" then
    self.send(bytes)
  end
end

-- A line ends with CR. What comes before "AT" in it is noise, and without "AT" nothing is answered.
local function take_line(self)
  local before, after = self.input:match("^(.-)\r()")
  local bytes = before or self.input
  self.input = before and self.input:sub(after) or ""
  echo(self, before and before .. "\r" or bytes)
  self.line = (self.line .. bytes):sub(1, MAX_LINE + 1)
  if not before then
    return
  end
  local text = self.line
  self.line = ""
  local command = line.edit(text):match("[Aa][Tt](.*)$")
  if #text > MAX_LINE then
    answer(self, {}, "ERROR")
  elseif command then
    execute(self, command)
  end
end

-- A text ends with Ctrl-Z; Escape takes all of it back.
local function take_text(self)
  local before, stop, after = self.input:match("^(.-)([" .. CTRL_Z .. ESCAPE .. "])()")
  local bytes = before or self.input
  self.input = before and self.input:sub(after) or ""
  echo(self, bytes)
  self.line = (self.line .. bytes):sub(1, MAX_TEXT)
  if not before then
    return
  end
  local text, take = self.line, self.prompt
  self.line, self.prompt = "", nil
  later(self, function()
    if stop == ESCAPE then
      return answer(self, {}, "OK")
    end
    local lines, failure = take(text)
    answer(self, lines or {}, lines and "OK" or final(self, failure))
  end)
end

-- One line after the other: the next one is looked at when this one is answered.
function work(self)
  if self.working then
    return
  end
  self.working = true
  while not self.busy and self.input ~= "" do
    (self.prompt and take_text or take_line)(self)
  end
  self.working = false
end

-- To a modem that hangs: nothing but an order to reset is obeyed.
local function obey(self, bytes)
  local line_before, rest = (self.input .. bytes):upper():match("^(.*)\r(.-)$")
  self.input = (rest or self.input .. bytes):sub(-MAX_LINE)
  local orders = { "AT+CFUN=1,1", "AT+CFUN=6" }
  for _, made in ipairs(maker.all()) do
    local resets = made.name == self.modem.personality.at and made.at.resets or {}
    table.move(resets, 1, #resets, #orders + 1, orders)
  end
  for _, order in ipairs(orders) do
    local known = order:match "^AT([^%w]%w+)"
    if line_before and line_before:find(order:sub(3), 1, true) and self.commands[known] then
      return faults.ordered_to_reset(self.modem)
    end
  end
end

---Takes what the host has written.
---@param bytes string
function Function:receive(bytes)
  if not self.modem.plugged then
    return
  elseif faults.hangs(self.modem) then
    obey(self, bytes)
  else
    self.input = self.input .. bytes
    work(self)
  end
end

return M
