-- SPDX-License-Identifier: MIT
-- The SIM's PIN over MBIM: is it asked for, and entering it.

local answers = require "modem.mbim.answers"
local basic = require "mbim.basic_connect"
local errors = require "errors"

local PIN_TIME = 20

---@class modem.mbim
local M = {}

local hinders_nothing = { none = true, pin2 = true, puk2 = true }

function M:pin()
  return answers.ask(self, basic.pin, function(reply)
    local tries = reply.remaining_attempts
    if not reply.state then
      return nil
    end
    -- A Qualcomm modem that requires no PIN names PIN2, which connecting does not need. "custom" is the maker's.
    if reply.state ~= "locked" or hinders_nothing[reply.type or "none"] then
      return { type = "pin1", locked = false }
    end
    -- 0xffffffff: it cannot tell
    return { type = reply.type, locked = true, tries = tries ~= 0xffffffff and tries or nil }
  end)
end

---Enters PIN1. Whether it may be: modem/pin.lua.
function M:enter_pin(pin)
  local reply, err = self.mbim:set(basic.pin, { type = "pin1", operation = "enter", pin = pin }, PIN_TIME)
  if reply and reply.type == "pin1" and reply.state == "locked" then
    return errors.fail { code = "rejected", source = "mbim", message = "PIN: the SIM is still locked" }
  end
  return reply and true, err
end

return M
