-- SPDX-License-Identifier: MIT
-- The verbs over QMI that ask for the network.

local errors = require "errors"
local lazy = require "base.lazy"
local nas = require "qmi.nas"
local serving = require "modem.qmi.serving_system"
local system_info = lazy "modem.qmi.system_info" -- few modems need it

---@class modem.qmi
local M = {}

local tried_technologies = {
  { "nr5g", "5G SA" }, { "lte", "LTE" }, { "wcdma", "UMTS" }, { "td_scdma", "UMTS" }, { "gsm", "GPRS" },
}

-- The cause of a refusal is in the System Info of the technology that was tried.
local function reject_cause(self)
  local reply = self.qmi:request(nas.get_system_info)
  for _, tried in ipairs(tried_technologies) do
    local info = reply and reply[tried[1] .. "_system_info"]
    if info and info.registration_reject_info_valid and info.registration_reject_cause ~= 0 then
      return info.registration_reject_cause, tried[2]
    end
  end
end

---Adds why the network refuses, where it does.
---@param registration modem.registration
---@return modem.registration
function M:with_cause(registration)
  if registration.state == "denied" or registration.state == "searching" then
    registration.nw_error, self.refused_in = reject_cause(self)
  end
  return registration
end

---What Get Serving System says, or System Info, of a modem that does not answer the former with what it is for.
---@return table? reply
---@return moontower.error? err
function M:serving_system()
  local reply, err
  if not self.lacks_serving_system then
    reply, err = self.qmi:request(nas.get_serving_system)
    if reply and (reply.serving_system or {}).registration_state or err and err.code ~= "unsupported" then
      return reply, err
    end
  end
  local info, failure = self.qmi:request(nas.get_system_info)
  local told = info and system_info.as_serving_system(info)
  if told and err then
    self.lacks_serving_system = true
    require("modem.qmi.service_events").hear_system_info(self)
  end
  return told or reply, not told and (err or failure) or nil
end

local function network_of(self)
  local reply, err = self:serving_system()
  local registration = reply and serving.registration(reply)
  if reply and not registration then
    return errors.lacks("qmi", "Get Serving System", "registration state")
  end
  return registration and {
    registration = self:with_cause(registration), packet = serving.packet(reply), radio = serving.radio(reply),
  }, err
end

function M:network() return network_of(self) end

---More than network() tells, by which `up` goes: it may take another question.
function M:registration()
  local network, err = network_of(self)
  return network and self:with_nr(network.registration), err
end

function M:packet_service()
  local reply, err = self:serving_system()
  return reply and serving.packet(reply), err
end

return M
