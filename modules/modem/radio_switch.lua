-- SPDX-License-Identifier: MIT
-- A radio that is off: it is switched on, and unlocked where the owner has allowed it.

local errors = require "errors"
local lazy = require "base.lazy"
local unlock = lazy "modem.unlock"

local M = {}

local RADIO_TIME, SIM_TIME = 5, 30 -- seconds

local FCC_OFF_HINT = "Laptop modems may need the maker's FCC unlock (`moontower help fcc`); others are low on power, "
  .. "or too hot."

---A switch of the computer keeps the radio off.
---@return nil
---@return moontower.error
function M.off_by_hardware()
  return errors.fail {
    code = "radio-off", source = "modem", message = "the radio is switched off by hardware",
    hint = "A switch on the computer, or the W_DISABLE pin of the modem's slot, keeps it off.",
    detail = { switch = "hardware" },
  }
end

-- As far as the owner has allowed it.
local function unlock_radio(modem, watcher, options)
  watcher:doing("radio", "unlocking")
  local result, err = unlock.unlock(modem, options.fcc_unlock == true)
  if result then
    watcher:done("radio", result.by and ("unlocked by %s"):format(result.by) or "switched on")
  end
  return result and true, err
end

-- Some modems answer first, and switch it on then; a locked one does not.
local function order_on(modem, may_unlock)
  local now, err = modem:set_radio(true)
  if now and now.software ~= "on" and not may_unlock then
    now, err = modem:wait_for("radio", function() return modem:radio() end, function(value)
      return value.software == "on"
    end, RADIO_TIME)
  end
  return now and now.software == "on", err
end

---@param modem modem.modem
---@param radio modem.radio that is not on
---@param watcher up.watcher
---@param undo table `radio` is set in it
---@param options { fcc_unlock: boolean? } the owner allows it
---@return true? on
---@return moontower.error? err
function M.on(modem, radio, watcher, undo, options)
  if radio.hardware == "off" then
    return M.off_by_hardware()
  end
  watcher:doing("radio", "switching on")
  undo.radio = true
  local may_unlock, refused = unlock.is_allowed(modem, options.fcc_unlock)
  local is_on, err = order_on(modem, may_unlock)
  if is_on then
    watcher:done("radio", "switched on")
    return true
  elseif may_unlock then
    return unlock_radio(modem, watcher, options)
  end
  err = refused or err
  return errors.fail {
    code = "radio-off", source = "modem",
    message = "the radio is off and stays off" .. (err and ": " .. tostring(err) or ""),
    hint = refused and refused.hint or FCC_OFF_HINT, detail = err and err.detail,
  }
end

---While the maker's lock keeps the radio off, the modems of some laptops do not see their card: so it is unlocked
---first, where that is allowed, and the card is waited for.
---@param modem modem.modem
---@param now modem.snapshot its card is missing; `radio` is on afterwards, if it is unlocked
---@param watcher up.watcher
---@param undo table
---@param options { fcc_unlock: boolean? }
---@return modem.sim? sim as it is then
---@return moontower.error? err
function M.seen_sim(modem, now, watcher, undo, options)
  if now.radio.software ~= "off" or now.radio.hardware == "off" or not unlock.is_allowed(modem, options.fcc_unlock) then
    return now.sim
  end
  local on, err = M.on(modem, now.radio, watcher, undo, options)
  if not on then
    return nil, err
  end
  now.radio = { hardware = "on", software = "on" }
  watcher:doing("SIM", "starting")
  return watcher:during(function()
    return modem:wait_for("sim", function() return modem:sim() end, function(value)
      return value.state ~= "missing" and value.state ~= "starting"
    end, SIM_TIME)
  end)
end

return M
