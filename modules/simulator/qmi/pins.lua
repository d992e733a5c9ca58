-- SPDX-License-Identifier: MIT
-- PIN and PUK operations of the simulated card: for UIM and the older DMS, and for AT commands.

local pins = {}

-- The state of PIN1, in words that both services have.
local function pin1_state(card)
  if card.puk_tries == 0 then
    return "permanently-blocked"
  elseif card.tries == 0 then
    return "blocked"
  elseif not card.pin_enabled then
    return "disabled"
  end
  return card.verified and "enabled-verified" or "enabled-not-verified"
end

---@param card simulator.card
---@return { state: string, tries: integer, puk_tries: integer } pin1
---@return { state: string, tries: integer, puk_tries: integer } pin2
function pins.states(card)
  return { state = pin1_state(card), tries = card.tries, puk_tries = card.puk_tries },
    { state = "enabled-not-verified", tries = 3, puk_tries = 10 }
end

local function is_pin(text)
  return text:find("^%d%d%d%d+$") ~= nil and #text <= 8
end

local operations = {}

function operations.verify(card, info)
  if not card.pin_enabled then
    return nil, "no-effect"
  end
  return card:verify(info.pin)
end

function operations.protect(card, info)
  if card.pin_enabled == info.enabled then
    return nil, "no-effect"
  end
  return card:enable(info.pin, info.enabled)
end

function operations.change(card, info)
  if not card.pin_enabled then
    return nil, "no-effect"
  end
  return card:change(info.pin, info.new_pin)
end

function operations.unblock(card, info)
  return card:unblock(info.pin, info.new_pin)
end

---Has the card do something with PIN1.
---@param modem simulator.modem
---@param operation "verify"|"protect"|"change"|"unblock"
---@param info { id: string, pin: string, new_pin: string?, enabled: boolean? }
---@return string? err the name of QMI's error
---@return { verify_retries_left: integer, unblock_retries_left: integer }? retries when a wrong code has cost one
function pins.operate(modem, operation, info)
  local card, before = modem.card, modem:sim_state()
  if not card or before == "no-profile" then
    return "no-sim"
  elseif info.id ~= "pin1" and info.id ~= "pin" then
    return "invalid-pin-id"
  elseif not is_pin(info.pin) or info.new_pin and not is_pin(info.new_pin) then
    return "invalid-argument"
  elseif before == "dead" then
    return "pin-always-blocked"
  elseif card.tries == 0 and operation ~= "unblock" then
    return "pin-blocked"
  end
  local worked, err = operations[operation](card, info)
  if modem:sim_state() ~= before then
    modem:sim_changed()
  end
  if worked == nil or worked then
    return err
  end
  return card.puk_tries == 0 and "pin-always-blocked" or card.tries == 0 and operation ~= "unblock" and "pin-blocked"
    or "incorrect-pin", { verify_retries_left = card.tries, unblock_retries_left = card.puk_tries }
end

---Adds the operations to a service.
---@param handle fun(message: qmi.message, fn: function)
---@param messages { verify: qmi.message, protect: qmi.message, change: qmi.message, unblock: qmi.message }
---@param names { pin: string, enabled: string, retries: string } what it calls its fields
function pins.handle(handle, messages, names)
  local function add(operation, pin, new_pin)
    handle(messages[operation], function(modem, values)
      local info = values.info
      local err, retries = pins.operate(modem, operation, {
        id = info.pin_id, pin = info[pin], new_pin = new_pin and info[new_pin], enabled = info[names.enabled],
      })
      return { [names.retries] = retries }, err
    end)
  end
  add("verify", names.pin)
  add("protect", names.pin)
  add("change", "old_pin", "new_pin")
  add("unblock", "puk", "new_pin")
end

return pins
