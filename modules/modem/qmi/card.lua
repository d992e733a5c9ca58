-- SPDX-License-Identifier: MIT
-- The SIM of a modem over QMI: its state. card_numbers.lua has its numbers, card_pin.lua what concerns its PIN.

local lazy = require "base.lazy"
local dms_uim = lazy "qmi.dms.uim"
local uim = require "qmi.uim"

local M = {}

local NONE = 0xffff

-- An application's state as the facade has it, and the reason: in MBIM's words, as far as it has any.
local states = {
  ["ready"] = { "ready", "initialized" },
  ["pin1-or-upin-pin-required"] = { "locked", "device-locked" },
  ["puk1-or-upin-puk-required"] = { "locked", "device-locked" },
  ["pin1-blocked"] = { "failure", "blocked" },
  ["illegal"] = { "failure", "illegal" },
}
-- Detected and no more: an application that was not started. A modem that has just started does so itself, mostly.
local detected = { "starting", "not-provisioned" }
local starting, missing = { "starting", "not-initialized" }, { "missing", "sim-not-inserted" }
local bad, locked = { "failure", "bad-sim" }, { "locked", "device-locked" }

-- Applications that packet data can use, the best first.
local fitting = { "usim", "sim" }

local function best_application(card)
  for _, kind in ipairs(fitting) do
    for _, application in ipairs(card.applications) do
      if application.type == kind then
        return application
      end
    end
  end
  return card.applications[1]
end

---The card and the application that packet data uses, and the card's slot. A modem that points nowhere, since none is
---started yet, still has them: the first card that is there, and on it not just the first application, which
---may be one for calls (ISIM).
---@param status table as UIM has the status of all cards
---@return table? card
---@return table? application
---@return integer slot
function M.primary(status)
  local index, cards = status.index_gw_primary or NONE, status.cards or {}
  local card = index ~= NONE and cards[(index >> 8) + 1]
  local application = card and card.applications[(index & 0xff) + 1]
  if application then
    return card, application, (index >> 8) + 1
  end
  for slot, other in ipairs(cards) do
    if other.state == "present" then
      return other, best_application(other), slot
    end
  end
  return cards[1], nil, 1
end

local lock_names = {
  ["gw-network"] = "network", ["gw-network-subset"] = "network-subset", ["gw-service-provider"] = "service-provider",
  ["gw-corporate"] = "corporate", ["gw-uim"] = "device-sim",
}

---A lock of the modem's, by MBIM's name for it; nil when it hinders nothing.
---@param application table
---@return modem.pin?
function M.lock_of(application)
  local state = application.personalization_state
  local name = lock_names[application.personalization_feature] or "subsidy"
  if application.state ~= "check-personalization-state" then
    return nil
  elseif state == "code-required" then
    return { type = name == "subsidy" and "subsidy-lock" or name .. "-pin", locked = true,
      tries = application.personalization_retries }
  elseif state == "puk-code-required" or state == "permanently-blocked" then
    return { type = name .. "-puk", locked = true, tries = application.personalization_unblock_retries }
  end
end

-- Modems from before UIM have the same in DMS, where the oldest tell the state of PIN1 alone.
local dms_states = {
  ["initialization-completed"] = "ready", ["not-present"] = "absent",
  ["locked-or-failed"] = "pin1-or-upin-pin-required",
}
local dms_pin_states = {
  ["enabled-not-verified"] = "pin1-or-upin-pin-required", ["enabled-verified"] = "ready", ["disabled"] = "ready",
  ["unblocked"] = "ready", ["changed"] = "ready", ["blocked"] = "puk1-or-upin-puk-required",
  ["permanently-blocked"] = "pin1-blocked",
}

local function older_status(device)
  local reply, err = device:request(dms_uim.uim_get_state)
  if not reply and err.code ~= "unsupported" then
    return nil, err
  end
  local pins, pin_err = device:request(dms_uim.uim_get_pin_status)
  if not reply and not pins then
    return nil, pin_err
  end
  local pin = pins and pins.pin1_status or {}
  local state, by_pin = reply and (dms_states[reply.state] or "unknown"), dms_pin_states[pin.current_status]
  if not state then
    state = by_pin or "unknown"
  elseif by_pin == "pin1-blocked" or state == "pin1-or-upin-pin-required" and by_pin == "puk1-or-upin-puk-required" then
    state = by_pin
  end
  return { state = state == "absent" and "absent" or "present" }, {
    state = state, pin1_retries = pin.verify_retries_left, puk1_retries = pin.unblock_retries_left,
  }
end

-- After a time-out, do not try the fallback.
local function speaks(err)
  return err.code ~= "timeout" and err.code ~= "gone"
end

---@param device qmi.device
---@return table? card
---@return table|moontower.error|nil application
---@return integer? slot
function M.status(device)
  local reply, err = device:request(uim.get_card_status)
  if reply and reply.card_status then
    return M.primary(reply.card_status)
  elseif not reply and not speaks(err) then
    return nil, err
  end
  local card, application = older_status(device)
  if not card and not reply and err.code ~= "unsupported" and speaks(application) then
    return nil, err
  elseif not card and reply and speaks(application) then
    return { state = "unknown", applications = {} } -- one that is just starting has nothing to say of its card yet
  end
  return card, application
end

---@param card table?
---@param application table?
---@return string[] state as modem.sim has it, and the reason
function M.state_of(card, application)
  if not card or card.state == "absent" then
    return missing
  elseif card.state == "error" then
    return card.error == "possibly-removed" and missing or bad
  end
  if application and application.state == "detected" then
    return detected
  end
  return application and (M.lock_of(application) and locked or states[application.state]) or starting
end

---@param device qmi.device
---@return table? sim { state, reason } without its numbers, which take more questions
---@return moontower.error? err
function M.state(device)
  local card, application = M.status(device)
  if not card and application then
    return nil, application
  end
  local state = M.state_of(card, application)
  return { state = state[1], reason = state[2] }
end

return M
