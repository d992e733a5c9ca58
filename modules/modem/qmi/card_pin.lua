-- SPDX-License-Identifier: MIT
-- What keeps a SIM from being used, over QMI: its PIN, a lock, an application that was not started.

local lazy = require "base.lazy"
local cards = require "modem.qmi.card"
local dms_uim = lazy "qmi.dms.uim"
local errors = require "errors"
local uim = require "qmi.uim"

local PIN_TIME = 20

local M = {}

---@param device qmi.device
---@return table? pin { type, locked, tries }
---@return moontower.error? err
function M.pin(device)
  local card, application = cards.status(device)
  if not card and application then
    return nil, application
  elseif cards.state_of(card, application)[1] == "missing" then
    return errors.fail { code = "sim-missing", source = "qmi", message = "there is no SIM in the modem" }
  elseif application and cards.lock_of(application) then
    return cards.lock_of(application)
  elseif application and application.state == "pin1-or-upin-pin-required" then
    return { type = "pin1", locked = true, tries = application.pin1_retries }
  elseif application and application.state == "puk1-or-upin-puk-required" then
    return { type = "puk1", locked = true, tries = application.puk1_retries }
  end
  return { type = "pin1", locked = false }
end

---Starts the application that packet data uses, which the modem has found on the card, and left alone. Sends no PIN.
---@param device qmi.device
---@return true? ok
---@return moontower.error? err
function M.provision(device)
  local card, application, slot = cards.status(device)
  if not card then
    return nil, application
  elseif not application or application.state ~= "detected" or not application.application_id then
    return true -- it has started by itself
  end
  local reply, err = device:request(uim.change_provisioning_session, {
    session_change = { session_type = "primary-gw-provisioning", activate = true },
    application_information = { slot = slot, application_id = application.application_id },
  })
  return reply and true, err
end

-- The slot of the card that packet data uses, as UIM's sessions name it: a provisioning session begins with the PIN.
local function session_of(device)
  local _, _, slot = cards.status(device)
  return { session_type = ("card-slot-%d"):format(math.type(slot) == "integer" and slot or 1), application_id = "" }
end

---Enters PIN1. Whether it may be: modem/pin.lua.
---@param device qmi.device
---@param pin string
---@return true? ok
---@return moontower.error? err
function M.enter_pin(device, pin)
  local reply, err = device:request(uim.verify_pin, {
    session = session_of(device), info = { pin_id = "pin1", pin_value = pin },
  }, PIN_TIME)
  -- The older way is only for a modem that does not know the message at all: a PIN is not sent twice.
  if not reply and err.code == "unsupported" then
    reply, err = device:request(dms_uim.uim_verify_pin, { info = { pin_id = "pin", pin = pin } }, PIN_TIME)
  end
  return reply and true, err
end

return M
