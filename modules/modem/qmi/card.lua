-- SPDX-License-Identifier: MIT
-- The SIM of a modem over QMI: its state, its numbers, and whether it is locked by a PIN.

local lazy = require "base.lazy"
local dms_uim = lazy(function() return require "qmi.dms.uim" end)
local errors = require "errors"
local task = require "task"
local uim = require "qmi.uim"
local uim_files = lazy(function() return require "qmi.uim.files" end)

local M = {}

local NONE = 0xffff
local PIN_TIME = 20

-- An application's state as the facade has it, and the reason in MBIM's words, which are the facade's.
local states = {
  ["ready"] = { "ready", "initialized" },
  ["pin1-or-upin-pin-required"] = { "locked", "device-locked" },
  ["puk1-or-upin-puk-required"] = { "locked", "device-locked" },
  ["pin1-blocked"] = { "failure", "bad-sim" },
  ["illegal"] = { "failure", "bad-sim" },
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

-- The card and the application that packet data uses, and the card's slot. A modem that points nowhere, since none is
-- started yet, still has them: the first card that is there, and on it not just the first application, which
-- may be one for calls (ISIM).
local function primary(status)
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

-- A lock of the modem's, by MBIM's name for it; nil when it hinders nothing.
local lock_names = {
  ["gw-network"] = "network", ["gw-network-subset"] = "network-subset", ["gw-service-provider"] = "service-provider",
  ["gw-corporate"] = "corporate", ["gw-uim"] = "device-sim",
}

local function lock_of(application)
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

-- Modems from before UIM have the same in DMS.
local dms_states = {
  ["initialization-completed"] = "ready", ["not-present"] = "absent",
  ["locked-or-failed"] = "pin1-or-upin-pin-required",
}

local function older_status(device)
  local reply, err = device:request(dms_uim.uim_get_state)
  if not reply then
    return nil, err
  end
  local pins = device:request(dms_uim.uim_get_pin_status) or {}
  local pin = pins.pin1_status or {}
  local state = dms_states[reply.state] or "unknown"
  if state == "pin1-or-upin-pin-required" and pin.current_status == "blocked" then
    state = "puk1-or-upin-puk-required"
  elseif pin.current_status == "permanently-blocked" then
    state = "pin1-blocked"
  end
  return { state = state == "absent" and "absent" or "present" }, {
    state = state, pin1_retries = pin.verify_retries_left, puk1_retries = pin.unblock_retries_left,
  }
end

-- After a time-out, do not try the fallback.
local function speaks(err)
  return err.code ~= "timeout" and err.code ~= "gone"
end

-- Returns the card, its application and its slot; or nil and an error.
local function card_status(device)
  local reply, err = device:request(uim.get_card_status)
  if reply and reply.card_status then
    return primary(reply.card_status)
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

local function state_of(card, application)
  if not card or card.state == "absent" then
    return missing
  elseif card.state == "error" then
    return card.error == "possibly-removed" and missing or bad
  end
  if application and application.state == "detected" then
    return detected
  end
  return application and (lock_of(application) and locked or states[application.state]) or starting
end

-- Digits two a byte, the low half first, filled up with 0xf (3GPP TS 31.102).
local function digits_of(bytes)
  local digits = {}
  for i = 1, #bytes do
    local byte = bytes:byte(i)
    digits[#digits + 1] = ("%x%x"):format(byte & 0xf, byte >> 4)
  end
  return (table.concat(digits):match("^%d*"))
end

local function read_file(device, id, path)
  local reply = device:request(uim_files.read_transparent, {
    session = { session_type = "primary-gw-provisioning" },
    file = { file_id = id, file_path = path },
    read_information = {},
  })
  return reply and reply.read_result or ""
end

-- EF_ICCID and EF_IMSI; the latter has its length first, and a parity digit.
local function iccid_of(device)
  local reply, err = device:request(dms_uim.uim_get_iccid)
  if reply then
    return reply.iccid or ""
  end
  return speaks(err) and digits_of(read_file(device, 0x2fe2, "\x00\x3f")) or ""
end

local function imsi_of(device)
  local reply, err = device:request(dms_uim.uim_get_imsi)
  if reply then
    return reply.imsi or ""
  end
  return speaks(err) and digits_of(read_file(device, 0x6f07, "\x00\x3f\xff\x7f"):sub(2)):sub(2) or ""
end

local function numbers_of(device)
  local reply = device:request(require("qmi.dms").get_msisdn)
  return reply and reply.msisdn and reply.msisdn ~= "" and { reply.msisdn } or {}
end

-- A card that is ready gives all its numbers; one that is locked, only its ICCID.
local function with_numbers(device, sim)
  local questions = { function() return iccid_of(device) end }
  if sim.state == "ready" then
    questions[2] = function() return imsi_of(device) end
    questions[3] = function() return numbers_of(device) end
  end
  local answers = assert(task.all(table.unpack(questions)))
  sim.iccid = answers[1] ~= "" and answers[1] or nil
  sim.imsi = answers[2] ~= "" and answers[2] or nil
  sim.numbers = answers[3] or {}
  return sim
end

-- A modem with two slots may change from one card to the other while both are ready.
local slots = setmetatable({}, { __mode = "k" }) -- by what sim_of() has returned

local function sim_of(device, card, application, slot, last)
  local state = state_of(card, application)
  local sim = { state = state[1], reason = state[2], numbers = {} }
  slots[sim] = slot
  if sim.state ~= "ready" and sim.state ~= "locked" then
    return sim
  end
  local is_same = last and slots[last] == slot and last.state == sim.state
  if is_same and last.iccid and (last.imsi or sim.state == "locked") then
    return last -- the card in a slot cannot be changed without its state changing
  end
  return with_numbers(device, sim)
end

---@param device qmi.device
---@return table? sim { state, reason, imsi, iccid, numbers }
---@return moontower.error? err
function M.read(device)
  local card, application, slot = card_status(device)
  if not card and application then
    return nil, application
  end
  return sim_of(device, card, application, slot)
end

---The same without its numbers, which take more questions.
---@param device qmi.device
---@return table? sim { state, reason }
---@return moontower.error? err
function M.state(device)
  local card, application = card_status(device)
  if not card and application then
    return nil, application
  end
  local state = state_of(card, application)
  return { state = state[1], reason = state[2] }
end

---How an indication of the card's status reads.
---@param device qmi.device
---@param values table
---@param last table? the last value
---@return table? sim
function M.notified(device, values, last)
  if not values.card_status then
    return (M.read(device))
  end
  local card, application, slot = primary(values.card_status)
  return sim_of(device, card, application, slot, last)
end

---@param device qmi.device
---@return table? pin { type, locked, tries }
---@return moontower.error? err
function M.pin(device)
  local card, application = card_status(device)
  if not card and application then
    return nil, application
  elseif state_of(card, application) == missing then
    return errors.fail { code = "sim-missing", source = "qmi", message = "there is no SIM in the modem" }
  elseif application and lock_of(application) then
    return lock_of(application)
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
  local card, application, slot = card_status(device)
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
  local _, _, slot = card_status(device)
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
