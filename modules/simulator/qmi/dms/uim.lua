-- SPDX-License-Identifier: MIT
-- The card, as the simulated modem's device management service reports it.

local dms = require "qmi.dms"
local pins = require "simulator.qmi.pins"

local function status(pin)
  return { current_status = pin.state, verify_retries_left = pin.tries, unblock_retries_left = pin.puk_tries }
end

local uim_states = { ready = "initialization-completed", missing = "not-present" }

local function uim_state(modem)
  return uim_states[modem:sim_state()] or "locked-or-failed"
end

---Adds it to the device management service.
return function(device, handle)
  handle(dms.uim_get_iccid, function(modem)
    if not modem.card or not modem.card.iccid then
      return nil, "uim-uninitialized"
    end
    return { iccid = modem.card.iccid }
  end)

  handle(dms.uim_get_imsi, function(modem)
    if modem:sim_state() ~= "ready" then
      return nil, "uim-uninitialized"
    end
    return { imsi = modem.card.imsi }
  end)

  handle(dms.uim_get_state, function(modem)
    return { state = uim_state(modem) }
  end)

  handle(dms.uim_get_pin_status, function(modem)
    if not modem.card then
      return nil, "uim-uninitialized"
    end
    local pin1, pin2 = pins.states(modem.card)
    return { pin1_status = status(pin1), pin2_status = status(pin2) }
  end)

  pins.handle(handle, {
    verify = dms.uim_verify_pin, protect = dms.uim_set_pin_protection, change = dms.uim_change_pin,
    unblock = dms.uim_unblock_pin,
  }, { pin = "pin", enabled = "protection_enabled", retries = "pin_retries_status" })

  function device.events.sim(modem, client)
    local values = {}
    if client.wants.uim_state_reporting then
      values.uim_state = uim_state(modem)
    end
    if client.wants.pin_state_reporting and modem.card then
      values.pin1_status = status((pins.states(modem.card)))
    end
    if next(values) then
      client.fn:indicate(client, dms.set_event_report, values)
    end
  end
end
