-- SPDX-License-Identifier: MIT
-- The verbs over QMI that change where the modem is registered and attached.

local diagnose = require "modem.qmi.diagnose"
local nas = require "qmi.nas"
local patience = require "modem.patience"

local ATTACH_TIME = 60

---@class modem.qmi
local M = {}

function M:register()
  local reply, err = self.qmi:request(nas.initiate_network_register, { action = "automatic" }, ATTACH_TIME)
  if not reply and not (err.detail and err.detail.status == "no-effect") then
    return nil, err
  end
  return self:registration()
end

function M:attach()
  local reply, err = patience.ask(function()
    return self.qmi:request(nas.attach_detach, { action = "attach" }, ATTACH_TIME)
  end)
  if reply or err.detail and err.detail.status == "no-effect" then
    local packet
    packet, err = self:packet_service()
    if not packet or packet.state ~= "detached" then
      return packet, err
    end
    local hindered = diagnose.of_network(self, "Attach")
    packet.state = "attaching" -- the rest comes as an event
    return not hindered and packet or nil, hindered
  elseif err.code ~= "rejected" then
    return nil, err
  end
  return require("modem.network_reject").packet_service { source = "qmi", err = err }
end

---Ends the packet service, and with it all sessions.
function M:detach()
  local reply, err = self.qmi:request(nas.attach_detach, { action = "detach" }, ATTACH_TIME)
  if not reply and not (err.detail and err.detail.status == "no-effect") then
    return nil, err
  end
  local packet
  packet, err = self:packet_service()
  if packet and packet.state == "attached" then
    packet.state = "detaching" -- the rest comes as an event
  end
  return packet, err
end

return M
