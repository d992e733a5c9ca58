-- SPDX-License-Identifier: MIT
-- Answers to Microsoft's UICC Low Level Access: handlers[cid], as in basic_connect.lua.

local cards = require "simulator.card"
local uicc = require "mbim.ms_uicc_low_level_access"

local handlers = {}

local function handle(command, parts)
  handlers[command.cid] = parts
end

local statuses = {
  ["missing"] = "sim-not-inserted", ["starting"] = "not-initialized", ["no-channels"] = "no-logical-channels",
  ["select-failed"] = "select-failed", ["not-open"] = "invalid-logical-channel", ["failed"] = "failure",
}

local NORMAL = "\x90\x00"

-- What a card has said, without its status word and with it.
local function answer_of(response)
  return response:sub(1, -3), { sw1 = response:byte(-2), sw2 = response:byte(-1) }
end

handle(uicc.atr, { query = function(modem)
  if not modem.card then
    return nil, "sim-not-inserted"
  end
  return { atr = cards.ATR }
end })

handle(uicc.open_channel, { set = function(modem, values)
  local channel, why, response = modem:open_channel(values.aid, values.select_p2, values.group)
  local answer, status
  if response then
    answer, status = answer_of(response)
  end
  if not channel then
    return status and { status = status }, statuses[why]
  end
  return { status = status, channel = channel, response = answer }
end })

handle(uicc.close_channel, { set = function(modem, values)
  local numbers, response = { values.channel }, NORMAL
  if values.channel == 0 then
    numbers = modem:channels_of(values.group)
  end
  for _, number in ipairs(numbers) do
    local closed, why = modem:close_channel(number)
    if not closed then
      return nil, statuses[why]
    end
    response = closed
  end
  local _, status = answer_of(response)
  return { status = status }
end })

handle(uicc.apdu, { set = function(modem, values)
  if values.channel == 0 then
    return nil, "invalid-logical-channel"
  end
  -- Microsoft wants the class byte made of what the host says; most modems keep its kind.
  local kind = modem:has_uicc_habit "strict-class" and (values.class == "extended" and 0x80 or 0) or nil
  local response, why = modem:send_on_channel(values.channel, values.command, kind)
  if not response then
    return nil, statuses[why]
  end
  local answer, status = answer_of(response)
  return { status = status, response = answer }
end })

local function capabilities(modem) return { capabilities = modem.nv.terminal_capabilities or {} } end

handle(uicc.terminal_capability, {
  query = capabilities,
  set = function(modem, values)
    modem.nv.terminal_capabilities = values.capabilities
    return capabilities(modem)
  end,
})

local function pass_through(modem) return { pass_through = modem.passes_through and "enabled" or "disabled" } end

handle(uicc.reset, {
  query = pass_through,
  set = function(modem, values)
    if not modem.card then
      return nil, "sim-not-inserted"
    end
    modem.passes_through = values.pass_through == "enable"
    modem:reset_card()
    return pass_through(modem)
  end,
})

return handlers
