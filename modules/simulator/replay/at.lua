-- SPDX-License-Identifier: MIT
-- The AT port of a replayed modem: lines, as they were recorded.

local in_time = require "simulator.replay.in_time"
local text = require "at.text"

local M = {}

---@class simulator.replay.at
---@field private modem simulator.modem
---@field private send fun(bytes: string)
---@field private by_command table<string, table[][]> answers that were not replayed yet, and the last one
---@field private input string
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
    if line.kind == "sent" then
      answer = { time = line.t }
      add(by_command, line.text, answer)
      add(by_command, name_of(line.text) .. " *", answer)
    elseif answer and line.kind ~= "echo" then
      answer[#answer + 1] = { text = line.text, after = line.t - answer.time }
    end
  end
  return by_command
end

local function take(list) return list and (#list > 1 and table.remove(list, 1) or list[1]) end

local function on_command(self, command)
  self.modem:count_command()
  self.send(command .. "\r") -- the echo
  local shown = text.hide(command)
  local answer = take(self.by_command[shown] or self.by_command[name_of(shown) .. " *"])
  if not answer then
    return self.send "\r\nERROR\r\n"
  end
  in_time(self.modem, answer, function(line) self.send("\r\n" .. line.text .. "\r\n") end)
end

---@param bytes string
function Port:receive(bytes)
  self.input = self.input .. bytes
  while true do
    local command, rest = self.input:match "^%s*([^\r\n]*)[\r\n](.*)$"
    if not command then
      return
    end
    self.input = rest
    if command ~= "" then
      on_command(self, command)
    end
  end
end

---@param modem simulator.modem
---@param passed table[] lines of a recording
---@param send fun(bytes: string)
---@return simulator.replay.at
function M.new(modem, passed, send)
  return setmetatable({ modem = modem, send = send, by_command = answers_in(passed), input = "" }, Port)
end

return M
