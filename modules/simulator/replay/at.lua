-- SPDX-License-Identifier: MIT
-- The AT port of a replayed modem: lines, as they were recorded.

local in_time = require "simulator.replay.in_time"
local task = require "task"
local text = require "at.text"

local M = {}

---@class simulator.replay.at
---@field private modem simulator.modem
---@field private send fun(bytes: string)
---@field private by_command table<string, table[][]> answers that were not replayed yet, and the last one
---@field private input string
---@field private texts integer how many prompts wait for their text
---@field private typed core.queue a text is there
local Port = {}
Port.__index = Port

local function add(by_command, key, answer)
  by_command[key] = by_command[key] or {}
  table.insert(by_command[key], answer)
end

local function name_of(command) return command:match "^[Aa][Tt][%+!%^%$#%%%*&_]?[%w_]*" or command end

local function answers_in(passed)
  local by_command, answer = {}, nil
  for _, line in ipairs(passed) do
    if line.kind == "sent" and line.text:find "^[Aa][Tt]" then
      answer = { time = line.t }
      add(by_command, line.text, answer)
      add(by_command, name_of(line.text) .. " *", answer)
    elseif answer and line.kind ~= "echo" and line.kind ~= "sent" then -- of a text, how long it was
      answer[#answer + 1] = { text = line.text, kind = line.kind, after = line.t - answer.time }
    end
  end
  return by_command
end

local function take(list) return list and (#list > 1 and table.remove(list, 1) or list[1]) end

-- What follows a prompt waits for the text.
local function say(self, line)
  if line.kind ~= "prompt" then
    return self.send("\r\n" .. line.text .. "\r\n")
  end
  self.texts = self.texts + 1
  self.send "\r\n> "
  self.typed:pop()
end

local function on_command(self, command)
  self.modem:count_command()
  self.send(command .. "\r") -- the echo
  local shown = text.hide(command)
  local answer = take(self.by_command[shown] or self.by_command[name_of(shown) .. " *"])
  if not answer then
    return self.send "\r\nERROR\r\n"
  end
  in_time(self.modem, answer, function(line) say(self, line) end)
end

---@param bytes string
function Port:receive(bytes)
  self.input = self.input .. bytes
  while true do
    local is_text = self.texts > 0
    local words, rest = self.input:match(is_text and "^(.-)[\26\27](.*)$" or "^%s*([^\r\n]*)[\r\n](.*)$")
    if not words then
      return
    end
    self.input = rest
    if is_text then
      self.texts = self.texts - 1
      self.typed:push(true)
    elseif words ~= "" then
      on_command(self, words)
    end
  end
end

---@param modem simulator.modem
---@param passed table[] lines of a recording
---@param send fun(bytes: string)
---@return simulator.replay.at
function M.new(modem, passed, send)
  return setmetatable({
    modem = modem, send = send, by_command = answers_in(passed), input = "", texts = 0, typed = task.queue(),
  }, Port)
end

return M
