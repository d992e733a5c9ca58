-- SPDX-License-Identifier: MIT
-- A network card by CDC NCM: frames in NTBs.

local card = require "simulator.usb.card"
local descriptors = require "simulator.usb.descriptors"
local ntb = require "simulator.usb.ntb"
local ntb_port = require "simulator.usb.ntb_port"

local kind = {
  subclass = 0x0d, data_protocol = 0x01,
  -- The packet filter (bit 0) and the datagram size (bit 3) can be set.
  descriptors = descriptors.ncm { subtype = "ncm", version = 0x0100, network_capabilities = 0x09 },
}

local ncm = {}

---@param modem simulator.modem
---@param new_network fun(modem, options): table
---@param place simulator.usb.card_place
---@param new_at fun(modem, options): table
---@return simulator.usb.card
function ncm.new(modem, new_network, place, new_at)
  return card.new(modem, new_network, place, kind, ntb_port.new(modem, ntb.ETHERNET), ntb.NO_CHECKSUM, new_at)
end

return ncm
