-- SPDX-License-Identifier: MIT
-- A modem that is a network card to the host (ECM, NCM, RNDIS) and has an AT port: the verbs of modem/backend.lua, put
-- into AT commands.

local at_only = require "modem.at_only"
local at_port = require "modem.at"
local at_ports = require "modem.at_ports"
local backends = require "modem.backend"
local errors = require "errors"
local text = require "at.text"

local ANSWER_TIME, RADIO_TIME, REGISTER_TIME = 10, 20, 60

---@class modem.by_at : modem.modem
---@field data_way maker.data_way? how it is connected, once that is known
local Backend = { made = { at = at_port.make } }

-- Those about the air, the card, SMS and the position are the same on a modem that cannot connect.
for _, verb in ipairs {
  "identity", "signal", "cells", "registration", "scan", "counters", "images", "slots", "select_slot", "receiver",
  "stored_messages", "send_pdu", "delete_stored", "open_card_channel", "close_card_channel", "restart_card",
  "card_file", "ussd", "cancel_ussd",
} do
  Backend[verb] = at_only[verb]
end

---Opens the AT port. Where there is one alone, nothing is sent.
---@param description modem.description
---@return table? fields of the facade
---@return moontower.error? err
function Backend.open(description)
  local port, err = at_ports.open(description)
  return port and { at = port }, err
end

function Backend:opened() end

function Backend:close_port() end -- modem:close() does

function Backend:trace() end -- the port tells those who trace it

---Errors come with their numbers from now on.
---@return true? ok
---@return moontower.error? err
function Backend:started()
  local reply, err = self.at:command("AT+CMEE=1", { seconds = ANSWER_TIME })
  return (reply or not at_port.is_silent(err)) and true or nil, err
end

---Ends the connection that an earlier program may have left.
---@return true? ok
---@return moontower.error? err
function Backend:start()
  local ok, err = self:started()
  if ok then
    ok, err = self:deactivate(0)
  end
  return ok, err
end

---An AT port is open for all that speak AT.
---@return boolean
function Backend:resume() return self:started() == true end

function Backend:channel() end

function Backend:network()
  local registration, err = self:registration()
  return registration and { registration = registration }, err
end

function Backend:radio()
  local reply, err = self.at:command("AT+CFUN?", { seconds = ANSWER_TIME })
  local value = reply and text.after(reply.lines, "+CFUN"):match "^%d+"
  if reply and not value then
    return errors.lacks("at", "AT+CFUN?", "state")
  end
  return value and { hardware = "on", software = value == "1" and "on" or "off" }, err
end

---Off: as in an aeroplane, so that the card stays readable.
---@param on boolean
---@return modem.radio?
---@return moontower.error? err
function Backend:set_radio(on)
  local reply, err = self.at:command("AT+CFUN=" .. (on and 1 or 4), { seconds = RADIO_TIME })
  if not reply then
    return nil, err
  end
  return self:radio()
end

function Backend:register()
  local reply, err = self.at:command("AT+COPS=0", { seconds = REGISTER_TIME })
  if not reply then
    return nil, err
  end
  return self:registration()
end

function Backend.watch_signal()
  return errors.fail {
    code = "unsupported", source = "at", message = "AT commands have no way to be told of changes of the signal",
  }
end

backends.elsewhere(Backend, "modem.by_at.connecting", "activate", "deactivate", "attach", "detach", "packet_service",
  "session", "ip_configuration")
backends.elsewhere(Backend, "modem.by_at.card", "sim", "sim_state", "pin", "enter_pin", "home_provider")
backends.elsewhere(Backend, "modem.by_at.news", "listen", "notified")

return Backend
