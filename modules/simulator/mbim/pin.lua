-- SPDX-License-Identifier: MIT
-- Answers to MBIM's PIN and PIN List commands.

local pin = {}

local LOCK_TRIES = 10

-- That it needs none; some firmware names another PIN then, see the personality's idle_pin.
local NONE = { type = "pin1", state = "unlocked", remaining_attempts = 0xffffffff }

local function query(modem)
  local state, card = modem:sim_state(), modem.card
  if state == "missing" or state == "no-profile" then
    return nil, "sim-not-inserted"
  elseif state == "dead" then
    return nil, "bad-sim"
  elseif state == "other" then
    return { type = modem.lock, state = "locked", remaining_attempts = LOCK_TRIES }
  elseif state == "puk" then
    return { type = "puk1", state = "locked", remaining_attempts = card.puk_tries }
  elseif state == "pin" then
    return { type = "pin1", state = "locked", remaining_attempts = card.tries }
  end
  return modem.personality.idle_pin or NONE
end

local operations = {}

function operations.enter(card, values)
  return card:verify(values.pin)
end

function operations.enable(card, values)
  return card:enable(values.pin, true)
end

function operations.disable(card, values)
  return card:enable(values.pin, false)
end

function operations.change(card, values)
  return card:change(values.pin, values.new_pin)
end

local function is_pin(text)
  return text:find("^%d%d%d%d+$") ~= nil and #text <= 8
end

-- Returns whether it worked, or nil and a status when the card has not even been asked.
local function operate(card, values)
  if values.type == "puk1" and values.operation == "enter" then
    if not is_pin(values.new_pin) then
      return nil, "invalid-parameters"
    end
    return card:unblock(values.pin, values.new_pin)
  elseif values.type ~= "pin1" or not operations[values.operation] then
    return nil, "operation-not-allowed"
  elseif not card.pin_enabled and values.operation ~= "enable" then
    return nil, "pin-disabled"
  elseif not is_pin(values.pin) or values.operation == "change" and not is_pin(values.new_pin) then
    return nil, "invalid-parameters"
  end
  return operations[values.operation](card, values)
end

local function set(modem, values)
  local card, before = modem.card, modem:sim_state()
  if before == "missing" or before == "no-profile" or before == "dead" then
    return query(modem)
  end
  local worked, status = operate(card, values)
  if worked == nil then
    return query(modem), status
  end
  if modem:sim_state() ~= before then
    modem:sim_changed()
  end
  if worked then
    return { type = values.type, state = "unlocked", remaining_attempts = card.tries }
  elseif modem:sim_state() == "dead" then
    return nil, "bad-sim"
  elseif card.tries == 0 then
    return { type = "puk1", state = "locked", remaining_attempts = card.puk_tries }, "failure"
  end
  return { type = values.type, state = "locked", remaining_attempts = card.tries }, "failure"
end

pin.state = { query = query, set = set }

pin.list = {
  query = function(modem)
    local card = modem.card
    if not card then
      return nil, "sim-not-inserted"
    end
    local function numeric(mode)
      return { mode = mode, format = "numeric", min_length = 4, max_length = 8 }
    end
    local none = { mode = "not-supported" }
    return {
      pin1 = numeric(card.pin_enabled and "enabled" or "disabled"), pin2 = numeric "enabled",
      device_sim_pin = none, device_first_sim_pin = none, network_pin = none, network_subset_pin = none,
      service_provider_pin = none, corporate_pin = none, subsidy_lock = none, custom = none,
    }
  end,
}

return pin
