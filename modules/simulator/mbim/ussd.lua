-- SPDX-License-Identifier: MIT
-- Answers to the USSD service: handlers[cid], as in basic_connect.lua.

local common = require "modem.ussd"
local network = require "simulator.ussd"
local ussd = require "mbim.ussd"

local responses = {
  done = "no-action-required", reply = "action-required", refused = "terminated", silent = "network-timeout",
  unsupported = "operation-not-supported",
}

local function answer(kind, text, state)
  local scheme, payload = common.encode(text or "")
  return {
    response = responses[kind], session_state = state or "new", scheme = scheme, payload = text and payload,
  }
end

return {
  [ussd.ussd.cid] = {
    set = function(modem, values)
      if modem:sim_state() ~= "ready" then
        return nil, modem.card and "pin-required" or "sim-not-inserted"
      elseif values.action == "cancel" then
        modem.ussd_menu = nil
        return answer "refused"
      end
      local is_reply = values.action == "continue"
      local found = network.ask(modem, common.decode(values.scheme, values.payload or ""), is_reply)
      return answer(found.kind, found.text, is_reply and "existing" or "new")
    end,
    indication = function(modem) return answer("reply", modem.ussd_menu.text) end,
  },
}
