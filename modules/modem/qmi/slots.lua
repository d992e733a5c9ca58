-- SPDX-License-Identifier: MIT
-- The SIM slots over QMI: Get Slot Status and Switch Slot of UIM.

local card_numbers = require "modem.qmi.card_numbers"
local errors = require "errors"
local slots = require "modem.slots"
local uim_pins = require "qmi.uim.pins"

local SWITCH_TIME = 30
local PRIMARY = 1 -- the logical slot that packet data uses

---@class modem.qmi
local M = {}

local function state_of(status, in_use)
  if status.physical_card_status == "absent" then
    return "empty"
  elseif status.physical_card_status ~= "present" then
    return "unknown"
  end
  return in_use and "active" or "inactive"
end

-- One of several that are active is the primary one.
local function number_in_use(statuses)
  local active
  for number, status in ipairs(statuses) do
    if status.physical_slot_status == "active" then
      if status.logical_slot == PRIMARY then
        return number
      end
      active = active or number
    end
  end
  return active
end

local function told(digits) return digits and digits ~= "" and digits or nil end

---@return modem.slot[]?
---@return moontower.error? err "unsupported": it has one, or tells of none
function M:slots()
  local reply, err = self.qmi:request(uim_pins.get_slot_status)
  local statuses = reply and reply.physical_slot_status
  if not reply and err.code == "unsupported" or statuses and #statuses <= 1 then
    return slots.none("qmi", statuses and #statuses)
  elseif not reply then
    return nil, err
  elseif not statuses then
    return errors.lacks("qmi", "Get Slot Status", "status of its slots")
  end
  local list, current = {}, number_in_use(statuses)
  for number, status in ipairs(statuses) do
    local information = (reply.physical_slot_information or {})[number] or {}
    local eid = ((reply.slot_eid or {})[number] or {}).eid or ""
    list[number] = {
      number = number, in_use = number == current, state = state_of(status, number == current),
      is_esim = information.is_euicc, iccid = told(card_numbers.digits_of(status.iccid or "")),
      eid = told((eid:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))),
    }
  end
  return list
end

---Has the modem use a slot; that it has the card there takes longer.
---@param number integer from 1 on
---@return true? ok
---@return moontower.error? err
function M:select_slot(number)
  local reply, err = self.qmi:request(uim_pins.switch_slot, {
    logical_slot = PRIMARY, physical_slot = number,
  }, SWITCH_TIME)
  if not reply and err.detail and err.detail.status == "no-effect" then
    return true
  end
  return reply and true, err
end

return M
