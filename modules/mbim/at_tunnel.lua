-- SPDX-License-Identifier: MIT
-- A port for AT commands inside MBIM: what is written to it goes out in the body of a command of a maker's own, and the
-- body of its answer is what is read.
--
-- Makers declare that command with a body "bytes", both ways; an answer may have a "status" before it. One that is no
-- whole answer is taken for a part of one: the rest may come in indications.

local at = require "core.at"
local errors = require "errors"
local task = require "task"

local ANSWER_TIME = 10

---@class mbim.at_tunnel a stand-in for a core.port
---@field is_matched true an answer is that of its command, as MBIM has numbers for both
---@field private device mbim.device
---@field private command mbim.command
---@field private bytes core.queue a queue of what came
---@field private group task.group
local Tunnel = { is_matched = true }
Tunnel.__index = Tunnel

local M = {}

-- Does a text end a command, or ask for its data?
local function is_whole(text)
  local tokens = at.parser():feed(text .. "\r\n")
  local last = tokens[#tokens]
  return last ~= nil and (last.kind == "final" or last.kind == "prompt")
end

local finals = { ok = "\r\nOK\r\n", fail = "\r\nERROR\r\n" }

local function text_of(values)
  local text = values.bytes or ""
  if is_whole(text) then
    return text .. "\r\n" -- which some leave out, or have zeros for
  end
  return text .. (finals[values.status] or "")
end

local function read_indications(self, told)
  while true do
    local item, err = told:pop()
    if not item then
      self.bytes:close(err)
      return
    elseif item.values then
      self.bytes:push(text_of(item.values))
    end
  end
end

---@param device mbim.device
---@param command mbim.command
---@return mbim.at_tunnel
function M.new(device, command)
  local self = setmetatable({ device = device, command = command, bytes = task.queue(), group = task.group() }, Tunnel)
  self.told = device:subscribe(command)
  self.group:spawn(read_indications, self, self.told)
  return self
end

---Waits until the modem has answered.
---@param bytes string
---@param seconds number? 0: it is only sent
---@return true? ok
---@return moontower.error? err
function Tunnel:write(bytes, seconds)
  local ask = self.command.set and self.device.set or self.device.query
  local values = { bytes = bytes:gsub("\r$", "\r\n") } -- as libmbim's and ModemManager's users end a line
  if seconds == 0 then
    self.group:spawn(ask, self.device, self.command, values, ANSWER_TIME)
    return true
  end
  local reply, err = ask(self.device, self.command, values, seconds or ANSWER_TIME)
  if reply then
    self.bytes:push(text_of(reply))
  end
  return reply and true, err
end

---@return string? bytes
---@return moontower.error? err
function Tunnel:read() return self.bytes:pop() end

function Tunnel:close()
  self.device:unsubscribe(self.told)
  self.bytes:close(errors.new { code = "gone", source = "mbim", message = "the port is closed" })
  self.group:__close()
end

Tunnel.__close = Tunnel.close

return M
