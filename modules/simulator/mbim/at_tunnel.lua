-- SPDX-License-Identifier: MIT
-- AT commands in an MBIM command of the maker's own, for a modem that may have no serial port: the personality names
-- the command, and says whether answers begin with what was asked.

local sim_at = require "simulator.at"

---@class simulator.at_tunnel
---@field command mbim.command
---@field private at simulator.at_function
---@field private waiting { bytes: string, give: fun(info: string) }[] the first of them is being answered
---@field private answer string what it has got so far
local Tunnel = {}
Tunnel.__index = Tunnel

local M = {}

local function next_command(self)
  local entry = self.waiting[1]
  if entry then
    self.answer = ""
    self.at:receive(entry.bytes)
    self:settle()
  end
end

---Has the AT function said all that there is to say?
function Tunnel:settle()
  if self.waiting[1] and not self.at.busy then
    local entry = table.remove(self.waiting, 1)
    if self.answer:find "\n" then -- else it has repeated the command, and is silent
      entry.give(assert(self.command.response:encode { bytes = self.answer }))
    end
    next_command(self)
  end
end

---@param modem simulator.modem
---@return simulator.at_tunnel? nil: it has none
function M.new(modem)
  local has = modem.personality.at_tunnel
  if not has then
    return nil
  end
  local self = setmetatable({ command = require(has.module).at_command, waiting = {}, answer = "" }, Tunnel)
  self.at = sim_at.new(modem, {
    send = function(bytes) self.answer = self.answer .. bytes end, idle = function() self:settle() end,
    quiet = not has.echo,
  })
  return self
end

---What stands in the list of handlers, so that Device Services shows it.
---@return table
function Tunnel:handlers()
  return { [self.command.service_uuid] = { [self.command.cid] = {} } }
end

---@param message table as core.mbim has it
---@return boolean
function Tunnel:is_for(message)
  return message.service == self.command.service_uuid and message.cid == self.command.cid
end

---@param message table
---@param give fun(info: string?, status: string?) called when the modem has answered, if it ever does
function Tunnel:ask(message, give)
  local codec = self.command[message.set and "set" or "query"]
  local values = codec and codec:decode(message.info)
  if not values or values.kind and values.kind ~= "at" then
    return give(nil, "no-device-support")
  end
  local bytes = values.bytes:gsub("\n", "")
  if not bytes:find "[\r\26\27]$" then
    bytes = bytes .. "\r" -- a message is a whole line, with its end or without
  end
  table.insert(self.waiting, { bytes = bytes, give = give })
  if #self.waiting == 1 then
    next_command(self)
  end
end

---To a modem that hangs.
---@param message table
function Tunnel:obey(message)
  local codec = self.command[message.set and "set" or "query"]
  local values = codec and codec:decode(message.info)
  self.at:receive(values and values.bytes or "")
end

function Tunnel:reset() self.waiting = {} end

return M
