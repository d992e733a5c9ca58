-- SPDX-License-Identifier: MIT
-- The SIM slots over MBIM: Microsoft's Sys Caps, Device Slot Mappings and Slot Info Status, which count from 0.

local errors = require "errors"
local extensions = require "mbim.ms_basic_connect_extensions"
local slots = require "modem.slots"

local SWITCH_TIME = 30
local MOST = 16 -- slots: a modem that tells of more tells nonsense

local M = {}

local states = { ["off-empty"] = "empty", ["empty"] = "empty", ["error"] = "error", ["unknown"] = "unknown" }
local esim = { ["active-esim"] = true, ["active-esim-no-profiles"] = true, ["active"] = false }

-- Which slot each executor uses. An executor is one of the modems that a device with several active SIMs is; we speak
-- to the first, unless the device says that it is another.
local function mapping_of(self)
  local reply, err = self.mbim:query(extensions.device_slot_mappings)
  local executors = reply and reply.executors
  if not executors then
    return nil, err
  end
  local caps = #executors > 1 and self.mbim:query(extensions.device_caps)
  local own = caps and caps.executor or 0
  own = executors[own + 1] and own + 1 or 1
  if not executors[own] or not executors[own].slot then
    return errors.lacks("mbim", extensions.device_slot_mappings.name, "slot in use")
  end
  return executors, own
end

---@param self modem.mbim
---@return modem.slot[]?
---@return moontower.error? err "unsupported": it has one, or tells of none
function M.slots(self)
  local caps, err = self.mbim:query(extensions.sys_caps)
  local executors, own
  if caps and caps.slots and caps.slots > 1 and caps.slots <= MOST then
    executors, own = mapping_of(self)
    err = not executors and own or nil
  elseif caps or err.code == "unsupported" then
    return slots.none("mbim", caps and caps.slots)
  end
  if not executors then
    return nil, err
  end
  local list = {}
  for number = 1, caps.slots do
    local reply = self.mbim:query(extensions.slot_info_status, { slot = number - 1 })
    local state, in_use = reply and reply.state or "unknown", executors[own].slot == number - 1
    list[number] = {
      number = number, in_use = in_use, is_esim = esim[state],
      state = states[state] or in_use and "active" or "inactive",
    }
    if in_use and list[number].state ~= "empty" then
      list[number].iccid = (self:sim() or {}).iccid
    end
  end
  return list
end

---Has the modem use a slot; that it has the card there takes longer.
---@param self modem.mbim
---@param number integer from 1 on
---@return true? ok
---@return moontower.error? err
function M.select_slot(self, number)
  local executors, own = mapping_of(self)
  if not executors then
    return nil, own
  end
  for _, other in ipairs(executors) do -- two executors cannot use one slot
    if other.slot == number - 1 then
      other.slot = executors[own].slot
    end
  end
  executors[own].slot = number - 1
  self.asked_sim, self.packet = nil, nil -- of the old card
  local reply, err = self.mbim:set(extensions.device_slot_mappings, { executors = executors }, SWITCH_TIME)
  local now = reply and reply.executors and reply.executors[own]
  if now and now.slot and now.slot ~= number - 1 then
    return errors.fail {
      code = "rejected", source = "mbim",
      message = ("the modem stays with SIM slot %d"):format(now.slot + 1),
    }
  end
  return reply and true, err
end

return M
