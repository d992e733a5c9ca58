-- SPDX-License-Identifier: MIT
-- A prompt for people: line editing, and a history that outlives us. Without a terminal, plain lines.

local core = require "core.task"
local core_line_editor = require "core.line_editor"
local errors = require "errors"
local fs = require "core.fs"
local task = require "task"
local terminal = require "terminal"

local HISTORY_MAX = 1000 -- lines kept in the file
local HISTORY_BYTES = 256 << 10 -- of its end, which are read

---@class edit.options
---@field prompt string? "> " if not given
---@field history string? the path of a file with earlier lines; only its owner can read it
---@field keep (fun(line: string): boolean)? may this line go into the history? Not if a password is in it
---@field foreground (fun(): core.task)? the task that Ctrl-C interrupts while nothing is read or called

---@class edit.prompt
---@field private core core.line_editor.prompt
---@field private options edit.options
---@field private is_elsewhere boolean in the daemon: the prompt is its client's
---@field private last string? what went into the history last
local Prompt = {}
Prompt.__index = Prompt

local M = {}

---Where a history belongs: below $XDG_STATE_HOME, or ~/.local/state.
---@param name string
---@return string? path nil when there is no home
function M.history_path(name)
  local home, folder = terminal.getenv("HOME"), terminal.getenv("XDG_STATE_HOME")
  if not folder or folder == "" then
    folder = home and home ~= "" and home .. "/.local/state"
  end
  return folder and ("%s/moontower/%s"):format(folder, name) or nil
end

-- The newest part of a file, and whether it is all; nil when there is none to read.
local function read_newest(path)
  local info, err = errors.there(fs.stat(path))
  if not info then
    return info == false and "" or nil, err == nil
  elseif info.type ~= "file" then
    return nil, false
  end
  local file <close> = io.open(path, "rb")
  if not file then
    return nil, false
  end
  local is_all = info.size <= HISTORY_BYTES
  if not is_all then
    file:seek("end", -HISTORY_BYTES)
  end
  local text = file:read "a"
  return text and (is_all and text or text:match "\n(.*)$" or text), is_all
end

local function load_history(self)
  local text, is_all = read_newest(self.options.history)
  if not text then
    return
  end
  local lines = {}
  for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line end
  local first = math.max(#lines - HISTORY_MAX + 1, 1)
  for i = first, #lines do self.core:remember(lines[i]) end
  self.last = lines[#lines]
  -- Now and then the file is cut to size; if it is not there, it is made, for its owner alone.
  if text == "" or not is_all or #lines > 2 * HISTORY_MAX then
    local kept = table.concat(lines, "\n", first)
    fs.mkdir(self.options.history:match("^(.*)/") or ".", 448) -- 0700
    fs.write_atomic(self.options.history, kept ~= "" and kept .. "\n" or "", 384) -- 0600
  end
end

---Puts a line into the history.
---@param line string
function Prompt:remember(line)
  self.core:remember(line)
  local file <close> = not self.is_elsewhere and self.options.history and io.open(self.options.history, "a")
  if file then
    file:write(line, "\n")
  end
end

local function remember(self, line)
  local keep = self.options.keep
  if line:find("^%s*$") or line == self.last or keep and not keep(line) then
    return
  end
  self.last = line
  self:remember(line)
end

-- Nothing is being read or called.
local function rest(self) terminal.foreground(self.options.foreground and self.options.foreground() or true) end

---Opens the prompt on standard input and output; there is one at a time. Keep it in a <close> variable. As long as it
---is open, Ctrl-C at the terminal does not end the program: it gives up a line, and interrupts what prompt:call() does.
---@param options edit.options?
---@return edit.prompt? prompt
---@return moontower.error? err
function M.open(options)
  local session = terminal.session()
  options = options or {}
  local opened, err
  if session then
    opened = session:edit(options.history) -- the client reads and writes the history: it is a file of its user's
  else
    opened, err = core_line_editor.open()
  end
  if not opened then
    return nil, err
  end
  local self = setmetatable({ core = opened, options = options, is_elsewhere = session ~= nil }, Prompt)
  if self:is_terminal() then
    rest(self)
  end
  if self:is_terminal() and options.history and not session then
    load_history(self)
  end
  return self
end

---Is the input a terminal? Else lines come from a file or a program, and no prompt is shown.
---@return boolean
function Prompt:is_terminal() return self.core:is_terminal() end

-- On a dumb terminal Ctrl-C is a signal, which interrupts the task that reads.
local function read_interruptibly(self, prompt, multiline)
  local group <close> = task.group()
  local child = group:spawn(core.try, self.core.read, self.core, prompt, multiline)
  terminal.foreground(child)
  local _, ok, line, ended = child:join()
  rest(self)
  if ok then
    return line, ended
  elseif type(line) ~= "table" or line.code ~= "interrupted" then
    error(line, 0)
  end
  self.core:print "" -- after the terminal's own ^C
  return nil, line
end

---Asks for a line, as it is: neither it nor the usual prompt is looked after.
---@param prompt string
---@param multiline boolean? Ctrl-Z ends the last one
---@return string? line
---@return any ended
function Prompt:line(prompt, multiline)
  if self:is_terminal() and not self.is_elsewhere and not self.core:is_edited() then
    return read_interruptibly(self, prompt, multiline)
  end
  return self.core:read(prompt, multiline)
end

---Asks for a line, and waits for it.
---@param prompt string? instead of the usual one
---@return string? line nil at the end: Ctrl-D, or the end of the file
---@return moontower.error? err "interrupted": Ctrl-C, and what was typed is given up
function Prompt:read(prompt)
  local line, err = self:line(prompt or self.options.prompt or "> ", false)
  if not line then
    return nil, err
  end
  if self:is_terminal() then
    remember(self, line)
  end
  return line
end

---Asks for several lines, which Ctrl-Z ends.
---@param prompt string? before each line
---@return string? text nil when it was given up, by Ctrl-C or Ctrl-D
---@return moontower.error? err
function Prompt:text(prompt)
  local lines = {}
  while true do
    local line, ended = self:line(prompt or "> ", true)
    if not line then
      return nil, ended
    end
    lines[#lines + 1] = line
    if ended then
      return table.concat(lines, "\n")
    end
  end
end

---Shows text, above the line that is being typed.
---@param text string
function Prompt:print(text)
  if self.is_elsewhere or self:is_terminal() then
    self.core:print(text)
  else
    io.stdout:write(text, text:sub(-1) == "\n" and "" or "\n")
    io.stdout:flush()
  end
end

---Calls fn(...) so that Ctrl-C at the terminal interrupts it.
---@param fn function
---@return boolean ok
---@return any # what fn returns, or what it raised; the code is "interrupted" after Ctrl-C
function Prompt:call(fn, ...)
  local group <close> = task.group()
  local child = group:spawn(function(...)
    return xpcall(fn, core.traceback, ...)
  end, ...)
  if self:is_terminal() then
    terminal.foreground(child)
  end
  return select(2, child:join())
end

---Gives the terminal back.
function Prompt:close()
  terminal.foreground(nil)
  self.core:close()
end
Prompt.__close = Prompt.close

return M
