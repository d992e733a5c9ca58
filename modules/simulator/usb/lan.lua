-- SPDX-License-Identifier: MIT
-- The Ethernet between the host and a modem that is a network card to it: frames, and whether the cable is in.

local ethernet = require "simulator.usb.ethernet"
local hex = require "base.hex"

local SESSION = 0 -- such a modem has one

---@class simulator.usb.lan
---@field modem simulator.modem
---@field place simulator.usb.card_place
---@field given string the MAC address that the modem gives the host
---@field host string the host's MAC address: that one, until it is known to have another
---@field network table
local Lan = {}
Lan.__index = Lan

local lan = {}

---@class simulator.usb.card_place a network card among the personality's interfaces
---@field interface integer the control interface; the data interface is the next one
---@field notification integer endpoint numbers
---@field input integer
---@field output integer
---@field is_merged boolean? one vendor-specific interface is both, with a control channel for AT commands
---@field subclass integer? of that one
---@field protocol integer? likewise
---@field mac string the address that the modem gives the host: twelve hexadecimal digits
---@field silent boolean? it answers neither ARP nor neighbour solicitations
---@field unplugs boolean? its cable is in during a session only

---@param modem simulator.modem
---@param new_network fun(modem, options): table
---@param place simulator.usb.card_place
---@param on { frame: fun(frame: string), link: fun(is_up: boolean) } for the host; link: has changed
---@return simulator.usb.lan
function lan.new(modem, new_network, place, on)
  local given = assert(hex.decode(place.mac))
  local self = setmetatable({ modem = modem, place = place, given = given, host = given, send = on.frame }, Lan)
  self.network = new_network(modem, {
    send = function(session, packet)
      if session == SESSION then
        on.frame(ethernet.wrap(packet, self.host))
      end
    end,
  })
  local told = self:is_up()
  modem:listen(function(event)
    if event == "unplugged" then
      told = self:is_up() -- without sessions, and no host is there to be told
    elseif (event == "session" or event == "forgotten") and self:is_up() ~= told then
      told = not told
      on.link(told)
    end
  end)
  return self
end

---Is the cable in?
---@return boolean
function Lan:is_up()
  return not self.place.unplugs or self.modem.sessions[SESSION] ~= nil
end

---Takes a frame of the host's.
---@param frame string
function Lan:receive(frame)
  local source = ethernet.source(frame)
  if not source then
    return
  end
  self.host = source
  local packet, answer = ethernet.receive(frame, source)
  if answer and not self.place.silent then
    self.send(answer)
  elseif packet then
    self.network:receive(SESSION, packet)
  end
end

return lan
