-- SPDX-License-Identifier: MIT
-- An IN endpoint: a queue of the modem's transfers, and a queue of the host's requests for them.

local slots = require "simulator.slots"

---@class simulator.usb.urb a request of the host for up to `length` bytes
---@field seqnum integer
---@field length integer
---@field complete fun(bytes: string)

---@class simulator.usb.pipe
---@field limit integer how many transfers are kept for a host that does not ask
---@field slots simulator.slots? when a request may be answered; nil: at once
---@field transfers string[]
---@field urbs simulator.usb.urb[]
---@field given integer? the seqnum of the request that was completed last
---@field on_unlink fun()? the host has taken a request back, maybe one that was completed already
local Pipe = {}
Pipe.__index = Pipe

local pipe = {}

-- A transfer longer than its request goes on in the next one, as it does on a bulk endpoint.
local function settle(self)
  while self.urbs[1] and self.transfers[1] and (not self.slots or self.slots:take()) do
    local urb = table.remove(self.urbs, 1)
    local transfer = self.transfers[1]
    if #transfer > urb.length then
      self.transfers[1] = transfer:sub(urb.length + 1)
    else
      table.remove(self.transfers, 1)
    end
    self.given = urb.seqnum
    urb.complete(transfer:sub(1, urb.length))
  end
end

---@param limit integer
---@param modem simulator.modem? of a notification endpoint: it is polled once in modem.interval
---@return simulator.usb.pipe
function pipe.new(limit, modem)
  local self = setmetatable({ limit = limit, transfers = {}, urbs = {} }, Pipe)
  self.slots = modem and slots.new(modem, function() settle(self) end)
  return self
end

---Sends a transfer as soon as the host asks; drops it when too many wait already.
---@param transfer string
---@return boolean taken
function Pipe:send(transfer)
  if #self.transfers == self.limit then
    return false
  end
  table.insert(self.transfers, transfer)
  settle(self)
  return true
end

---@param urb simulator.usb.urb
function Pipe:submit(urb)
  table.insert(self.urbs, urb)
  settle(self)
end

---The host takes a request back.
---@param seqnum integer
function Pipe:unlink(seqnum)
  for i, urb in ipairs(self.urbs) do
    if urb.seqnum == seqnum then
      table.remove(self.urbs, i)
      break
    end
  end
  if self.on_unlink then
    self.on_unlink()
  end
end

---Drops what was not heard yet; the host's requests stay.
function Pipe:flush()
  self.transfers = {}
end

---The cable is out: requests and transfers are gone.
function Pipe:clear()
  self.transfers, self.urbs = {}, {}
end

return pipe
