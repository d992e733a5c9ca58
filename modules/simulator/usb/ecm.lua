-- SPDX-License-Identifier: MIT
-- A network card by CDC ECM: each transfer is a frame.

local card = require "simulator.usb.card"
local pipe = require "simulator.usb.pipe"

local kind = { subclass = 0x06, data_protocol = 0x00 }

local Port = {}
Port.__index = Port

function Port:reset() self.data:flush() end

function Port:send(_, frame)
  self.modem.transfers.to_host = self.modem.transfers.to_host + 1
  self.data:send(frame)
end

function Port:receive(frame, take)
  self.modem.transfers.from_host = self.modem.transfers.from_host + 1
  take(0, frame)
end

function Port.request() end

local ecm = {}

---@param modem simulator.modem
---@param new_network fun(modem, options): table
---@param place simulator.usb.card_place
---@param new_at fun(modem, options): table
---@return simulator.usb.card
function ecm.new(modem, new_network, place, new_at)
  local port = setmetatable({ modem = modem, data = pipe.new(1024) }, Port)
  return card.new(modem, new_network, place, kind, port, 0, new_at)
end

return ecm
