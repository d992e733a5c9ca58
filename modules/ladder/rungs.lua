-- SPDX-License-Identifier: MIT
-- The rungs: ways to bring a modem back that does not work, the cost of each, and how long it cools down afterwards.

local errors = require "errors"
local process = require "core.process"
local task = require "task"

local M = {
  detach_time = 15, -- seconds: one whose answer is lost must not keep the other rungs waiting
}

---@class ladder.rung
---@field name string
---@field cost number seconds offline that it usually takes: the cheapest rung is used first
---@field cooldown number seconds until it may be used again
---@field helps table<ladder.trouble, boolean> the kinds of trouble
---@field run fun(modem: modem.modem): any, moontower.error? its outcome, in words; nil and the reason if it failed

local RESET_TIME = 15 -- a mute modem is asked in three ways, and each would be waited for
local GOES_AWAY = 30 -- seconds until a modem that was told to restart has left; its policies are cancelled then
local RADIO_PAUSE = 2 -- for the network to notice
local RADIO_TIME = 15
local HOOK_TIME = 120

-- A modem that restarts ends this task, which belongs to it.
local function wait_until_it_is_gone(how)
  task.sleep(GOES_AWAY)
  return errors.fail {
    code = "timeout", source = "ladder", message = ("%s: the modem has not restarted"):format(how),
  }
end

local function reconnect() return "done" end

local function attach(modem)
  local ok, err = task.timeout(M.detach_time, modem.detach, modem)
  return ok and "detached; it attaches with the next try", err
end

local function radio(modem)
  -- Also when a person's order ends the policy in between: the radio is on again then.
  local undo <close> = task.undo(function() task.shield(RADIO_TIME, modem.set_radio, modem, true) end)
  local off, err = modem:set_radio(false)
  if not off then
    return nil, err
  end
  task.sleep(RADIO_PAUSE)
  local on
  on, err = modem:set_radio(true)
  undo.finished = true
  return on and "off and on", err
end

local function reset(modem)
  local how, err = task.timeout(RESET_TIME, modem.reset, modem)
  if not how then
    return nil, err
  end
  return wait_until_it_is_gone(how)
end

local function usb_reset(modem)
  local ok, err = modem:reset_usb()
  return ok and "done", err
end

local function usb_power(modem)
  local ok, err = modem:power_cycle()
  if not ok then
    return nil, err
  end
  return wait_until_it_is_gone "power cycle"
end

local path = { path = true }
local path_and_network = { path = true, network = true }
local any = { path = true, network = true, mute = true }

---@type ladder.rung[]
M.all = {
  { name = "reconnect", cost = 1, cooldown = 0, helps = path, run = reconnect },
  { name = "detach and attach", cost = 5, cooldown = 60, helps = path_and_network, run = attach },
  { name = "radio off and on", cost = 15, cooldown = 300, helps = path_and_network, run = radio },
  { name = "reset", cost = 30, cooldown = 900, helps = any, run = reset },
  { name = "USB reset", cost = 40, cooldown = 900, helps = any, run = usb_reset },
  { name = "USB power cycle", cost = 60, cooldown = 1800, helps = any, run = usb_power },
}

---A rung of a user's own: a program, which finds the modem in $MOONTOWER_MODEM (its USB path), $MOONTOWER_CONTROL and
---$MOONTOWER_NET. It helped if it ends with status 0, in two minutes.
---@param arguments string[] the program and its arguments
---@return ladder.rung
function M.hook(arguments)
  return {
    name = arguments[1], cost = 1000, cooldown = 3600, helps = any,
    run = function(modem)
      local command = table.move(arguments, 1, #arguments, 1, { timeout = HOOK_TIME, env = {
        MOONTOWER_MODEM = modem.description.name, MOONTOWER_CONTROL = modem.description.control,
        MOONTOWER_NET = modem.net or "",
      } })
      local result, err = process.run(command)
      if result and result.status == 0 then
        return "done"
      end
      return errors.fail {
        code = "io", source = "ladder",
        message = ("%s: %s"):format(arguments[1], err or "it ended with status " .. tostring(result.status)),
      }
    end,
  }
end

return M
