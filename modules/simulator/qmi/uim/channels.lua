-- SPDX-License-Identifier: MIT
-- Logical channels to the card's applications, and bare commands to them, as the UIM service has them; and news of a
-- refresh.

local cards = require "simulator.card"
local uim = require "qmi.uim"

local errors = {
  ["missing"] = "no-sim", ["starting"] = "uim-uninitialized", ["no-channels"] = "insufficient-resources",
  ["select-failed"] = "sim-file-not-found", ["not-open"] = "invalid-argument", ["failed"] = "internal",
}

local SELECT_P2 = { ["no-data"] = 0x0c, ["fcp"] = 0x04, ["fci"] = 0x00 }

local function card_result(response) return { sw1 = response:byte(-2), sw2 = response:byte(-1) } end

local function open(modem, values)
  local channel, why, response = modem:open_channel(values.aid or "", SELECT_P2[values.file_control_information])
  if not channel then
    return { card_result = response and card_result(response) }, errors[why]
  end
  return { channel_id = channel, card_result = card_result(response), select_response = response:sub(1, -3) }
end

local function close(modem, values)
  local response, why = modem:close_channel(values.channel_id)
  if not response then
    return nil, errors[why]
  end
  return { channel_id = values.channel_id, card_result = card_result(response) }
end

---Adds them to the user identity module service.
return function(handle, events)
  local function handle_slot(message, handler)
    handle(message, function(modem, values)
      if values.slot ~= 1 then
        return nil, "invalid-argument"
      end
      return handler(modem, values)
    end)
  end

  handle_slot(uim.get_atr, function(modem)
    if not modem.card then
      return nil, errors.missing
    end
    return { atr = cards.ATR }
  end)

  handle_slot(uim.open_logical_channel, open)

  handle_slot(uim.logical_channel, function(modem, values)
    return (values.channel_id and close or open)(modem, values)
  end)

  handle_slot(uim.send_apdu, function(modem, values)
    local response, why = modem:send_on_channel(values.channel_id or 0, values.apdu)
    if not response then
      return nil, errors[why]
    end
    return { apdu_response = response }
  end)

  local function register(key)
    return function(_, values, client)
      client.wants.refresh = key(values)
      return {}
    end
  end
  handle(uim.refresh_register, register(function(values) return values.info.register_flag end))
  handle(uim.refresh_register_all, register(function(values) return values.register_flag end))
  handle(uim.refresh_complete, function() return {} end)

  function events.refresh(_, client, stage)
    if client.wants.refresh then
      client.fn:indicate(client, uim.refresh, { event = {
        stage = stage, mode = "reset", session_type = "primary-gw-provisioning", application_id = cards.USIM,
        files = {},
      } })
    end
  end
end
