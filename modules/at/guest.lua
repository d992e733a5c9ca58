-- SPDX-License-Identifier: MIT
-- Another program at a pseudo terminal of ours, as if it had the modem's AT port to itself: its commands take turns
-- with ours, and it gets their answers, and what the modem sends without being asked.
--
-- Echo, quiet and numeric results (ATE, ATQ, ATV, and ATZ and AT&F, which reset them) are the program's own: they never
-- reach the modem, where they would be everyone's. What would take the port away from us is refused.

local command_line = require "at.command_line"
local log = require "log"
local task = require "task"
local text = require "at.text"

local COMMAND_TIME = 180 -- a search for networks takes minutes
local LINE_MAX, TEXT_MAX, URCS_MAX = 4000, 4096, 64 -- a longer line could not be told when the modem repeats it
local CTRL_Z, ESCAPE = "\26", "\27"

---@alias at.send fun(port: at.port, command: string, options: table): at.reply?, moontower.error?

---@class at.guest
---@field private wire core.port our side of the terminal
---@field private port fun(): at.port?, moontower.error? opens the modem's, if need be
---@field private send at.send
---@field private name string of the terminal, for people
---@field private bytes core.queue a queue of what has come; false: the program has gone
---@field private wanted core.queue a queue of one: the next bytes may be read
---@field private input string what of it is not used yet
---@field private settings { echo: boolean, quiet: boolean, words: boolean }
---@field private answers boolean? is a command's answer due?
---@field private held string[] what the modem has sent by itself since
---@field private era integer of the program; another one begins another
local Guest = {}
Guest.__index = Guest

local M = {
  ---How long a program may take for all of a text: seconds. Until then, the modem waits for nothing else.
  text_time = 120,
}

local function usual() return { echo = true, quiet = false, words = true } end

---@param wire core.port
---@param port fun(): at.port?, moontower.error?
---@param options { name: string, send: at.send? }
---@return at.guest
function M.new(wire, port, options)
  return setmetatable({
    wire = wire, port = port, name = options.name,
    send = options.send or function(opened, ...) return opened:command(...) end,
    bytes = task.queue(), wanted = task.queue(1), input = "", settings = usual(), held = {}, era = 0,
  }, Guest)
end

---The program has gone: the next one finds a port as after power has come on.
function Guest:reset()
  self.input, self.settings, self.held = "", usual(), {}
  self.era = self.era + 1
  while self.bytes:length() > 0 do
    if self.bytes:pop() then self.wanted:push(true) end
  end
  self.bytes:push(false)
end

-- ---- out ----

-- ITU-T V.250's numbers, for results without words.
local numbers = {
  ["OK"] = 0, ["CONNECT"] = 1, ["RING"] = 2, ["NO CARRIER"] = 3, ["ERROR"] = 4, ["NO DIALTONE"] = 6, ["BUSY"] = 7,
  ["NO ANSWER"] = 8,
}

local function write_result(self, result)
  local settings = self.settings
  if settings.quiet then
    return
  elseif settings.words then
    self.wire:write("\r\n" .. result .. "\r\n")
  else
    self.wire:write((numbers[result] or result) .. "\r")
  end
end

local function write_lines(self, lines)
  if #lines > 0 then
    local start = self.settings.words and "\r\n" or ""
    self.wire:write(start .. table.concat(lines, "\r\n") .. "\r\n")
  end
end

---The modem has sent this without being asked. In the middle of an answer it waits for its end.
---@param line string
function Guest:tell(line)
  if not self.answers then
    self.wire:write("\r\n" .. line .. "\r\n")
  elseif #self.held < URCS_MAX then
    table.insert(self.held, line)
  end
end

local function tell_held(self)
  local held = self.held
  self.held = {}
  for _, line in ipairs(held) do self:tell(line) end
end

-- ---- in ----

-- Reads no further than is used: the kernel has the program wait.
local function read_bytes(self)
  while true do
    local bytes, err = self.wire:read()
    if not bytes then
      self.bytes:close(err)
      return
    end
    task.sleep(0) -- the departure of the program before it may wait to be noticed
    self.bytes:push(bytes)
    self.wanted:pop()
  end
end

-- What has come up to one of these characters, and that one; nil when the program has gone, or does not go on in time.
local function take(self, pattern, deadline, most, on_bytes)
  local taken = ""
  while true do
    local before, stop, after = self.input:match("^(.-)(" .. pattern .. ")()")
    local bytes = before and before .. stop or self.input
    self.input = before and self.input:sub(after) or ""
    on_bytes(bytes)
    taken = (taken .. bytes):sub(-most - 2) -- with the last character, and one more, so that the caller sees that
    if before then
      return taken:sub(1, -2), stop
    end
    local more, err
    if deadline then
      more, err = task.timeout(math.max(deadline - task.now(), 0), self.bytes.pop, self.bytes)
    else
      more, err = self.bytes:pop()
    end
    if not more then
      return nil, err
    end
    self.wanted:push(true)
    self.input = more
  end
end

local function echo(self, bytes)
  if self.settings.echo and bytes ~= "" then
    self.wire:write((bytes:gsub("[\b\127]", "\b \b")))
  end
end

-- A text ends with Ctrl-Z; Escape gives it up, as does a program that does not go on. Runs while the modem waits.
local function read_text(self, era)
  if self.era ~= era then
    return nil
  end
  self.wire:write "\r\n> "
  self.input = self.input:gsub("^\n", "") -- which ends the command of some programs
  local typed, stop = take(self, "[" .. CTRL_Z .. ESCAPE .. "]", task.now() + M.text_time, TEXT_MAX, function(bytes)
    if self.settings.echo then
      self.wire:write((bytes:gsub("\r", "\r\n> "):gsub("[\26\27]", "")))
    end
  end)
  local is_whole = typed and #typed <= TEXT_MAX
  if not is_whole then
    log.info("%s: the program does not finish its text, or it is too long: it is given up", self.name)
  end
  return stop == CTRL_Z and is_whole and typed or nil
end

-- ---- a command line ----

local own = {
  E = function(settings, value) settings.echo = value ~= "0" end,
  Q = function(settings, value) settings.quiet = value == "1" end,
  V = function(settings, value) settings.words = value ~= "0" end,
}
local function reset(settings)
  for key, value in pairs(usual()) do settings[key] = value end
end
own.Z, own["&F"] = reset, reset

-- Takes the program's own settings out of the commands of a line. Returns the others.
local function take_own(settings, parts)
  local others = {}
  for _, part in ipairs(parts) do
    local set = part.kind == "basic" and own[part.name]
    if set then
      set(settings, part.value)
    else
      others[#others + 1] = part
    end
  end
  return others
end

local FRAMING = { [3] = "13", [4] = "10", [5] = "8" } -- registers of the characters that end lines, and edit them

-- They turn the port into one for data, or into several, or change its speed, or how lines end: then it is none for our
-- commands any more. An extended command that lacks its semicolon is found, too.
local function takes_port(part)
  if part.kind == "dial" then
    return not part.is_voice -- a call by voice is none of this
  elseif part.kind == "basic" then
    return part.name == "O"
  elseif part.kind == "register" then
    local fixed = FRAMING[part.register]
    return fixed and part.value and part.value:gsub("^0+", "") ~= fixed
  end
  local plain = part.text:upper():gsub('"[^"]*"', ""):gsub("%s", "") .. ";"
  return plain:find "%+CGDATA[^?]" and not plain:find "%+CGDATA=%?" or plain:find "%+CMUX=[^?]"
    or plain:find "%+IPR=[^?]" or plain:find "%+ICF=[^?]"
end

local function is_refused(parts)
  for _, part in ipairs(parts) do
    if takes_port(part) then
      return true
    end
  end
  return false
end

local function run(self, body)
  local port, err = self.port()
  if not port then
    return {}, "ERROR", err
  end
  local era = self.era
  local _ <close> = port.turn:lock()
  local reply
  reply, err = self.send(port, "AT" .. body, {
    seconds = COMMAND_TIME, foreign = true, data = function() return read_text(self, era) end,
  })
  local detail = err and err.detail or {}
  if reply then
    return reply.lines, reply.text
  elseif detail.text then
    return detail.lines, detail.text
  end
  return {}, "ERROR", err
end

local function answer(self, parts)
  local lines, result, err = {}, "ERROR", nil
  local body = command_line.join(parts):gsub("\t", " ")
  if is_refused(parts) then
    log.info("%s: %s is refused: the port would be none for commands any more", self.name, text.hide("AT" .. body))
  else
    local era = self.era
    lines, result, err = run(self, body)
    if self.era ~= era then
      return -- it was for a program that has gone
    end
  end
  if err then
    log.info("%s: %s", self.name, err)
  end
  write_lines(self, lines)
  write_result(self, result)
end

local function edit(line)
  local out = {}
  for character in line:gmatch "." do
    if character == "\b" or character == "\127" then
      out[#out] = nil
    elseif character:byte() >= 32 or character == "\t" then
      out[#out + 1] = character
    end
  end
  return table.concat(out)
end

local function one_line(self, line)
  local body = edit(line):match "[Aa][Tt](.*)$"
  if #line > LINE_MAX then
    return write_result(self, "ERROR")
  elseif not body then
    return
  end
  local parts = command_line.split(body)
  local others = take_own(self.settings, parts)
  self.answers = true
  if #parts > 0 and #others == 0 then
    write_result(self, "OK")
  else
    answer(self, others)
  end
  self.answers = false
  tell_held(self)
end

---Serves programs until the terminal is closed.
---@return moontower.error why
function Guest:run()
  local group <close> = task.group()
  group:spawn(read_bytes, self)
  while true do
    local line, err = take(self, "\r", nil, LINE_MAX, function(bytes) echo(self, bytes) end)
    if line then
      one_line(self, line)
    elseif err then
      return err
    end
  end
end

return M
