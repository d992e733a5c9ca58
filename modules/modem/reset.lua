-- SPDX-License-Identifier: MIT
-- Restarts a modem, in whichever way it takes: by AT, by QMI, by MBIM.

local dms = require "qmi.dms"
local errors = require "errors"
local extensions = require "mbim.ms_basic_connect_extensions"
local maker = require "maker"
local task = require "task"

local M = {}

local ANSWER_TIME = 10
-- After this number of seconds, a modem gets its orders even if it does not answer.
local MUTE_TIME, START_TIME, ORDER_TIME = 4, 5, 3

local STANDARD = "AT+CFUN=1,1" -- 3GPP TS 27.007

-- The commands to try, in order: those of its maker, or of all makers if that is not known (each refuses the others'),
-- and the standard's, which not all modems obey.
local function resets_of(modem)
  local own, list = maker.of(modem.description), {}
  for commands in maker.each("resets", "at") do
    if not own or own.at.resets == commands then
      table.move(commands, 1, #commands, #list + 1, list)
    end
  end
  list[#list + 1] = STANDARD
  return list
end

-- The answer may be lost together with the modem.
local function is_on_its_way(ok, err)
  return ok ~= nil or err ~= nil and err.code == "gone"
end

-- Nothing was heard. The order goes out nevertheless; if it is taken, the port goes.
local function order_by_at(port, commands, err)
  for _, command in ipairs(commands) do port:order(command) end
  task.timeout(ORDER_TIME, function()
    local heard = port:raw()
    while not port.lost and heard:pop() do end -- luacheck: ignore 542
  end)
  return port.lost ~= nil or nil, err
end

local function by_at(modem)
  if not modem.at then
    return nil, modem.at_error
  end
  local commands = resets_of(modem)
  local answers, err = modem.at:command("AT", { seconds = MUTE_TIME })
  if not answers and err.code == "timeout" then
    return order_by_at(modem.at, commands, err)
  end
  for _, command in ipairs(commands) do
    answers, err = modem.at:command(command, { seconds = ANSWER_TIME })
    if not (err and err.detail and err.detail.result) then
      return answers, err -- taken, or lost
    end
  end
  return nil, err
end

-- In time, and once: a modem that has not answered is not asked again.
local function started(modem, state)
  if not state.err then
    state.ok, state.err = task.timeout(START_TIME, function() return modem:ensure_started() end)
  end
  return state.ok, state.err
end

local function is_mute(err) return err ~= nil and (err.code == "timeout" or err.code == "modem-mute") end

local function by_qmi(modem, state)
  local ok, err = started(modem, state)
  if not ok and not is_mute(err) then
    return nil, err
  elseif not modem.qmi then
    return nil, nil
  end
  local seconds = ok and ANSWER_TIME or ORDER_TIME
  local function set_mode(mode)
    return modem.qmi:request(dms.set_operating_mode, { mode = mode }, seconds)
  end
  ok, err = set_mode "reset"
  if ok or err.code ~= "rejected" then
    return ok, err
  end
  -- Many modems restart from "offline" only, which they leave in no other way.
  if set_mode "offline" then
    ok, err = set_mode "reset"
    if not ok and err.code == "rejected" then
      set_mode "online"
    end
  end
  return ok, err
end

local function by_mbim(modem, state)
  local ok, err = started(modem, state)
  if not ok and not is_mute(err) then
    return nil, err
  elseif not modem.mbim then
    return nil, nil
  end
  return modem.mbim:set(extensions.device_reset, {}, ok and ANSWER_TIME or ORDER_TIME)
end

---Asks the modem to restart. It goes off the bus; what was open of it is of no use from then on.
---@param modem modem.modem
---@return "AT"|"QMI"|"MBIM"|nil how
---@return moontower.error? err
function M.reset(modem)
  local reasons, state = {}, {}
  local last
  for _, way in ipairs { { "AT", by_at }, { "QMI", by_qmi }, { "MBIM", by_mbim } } do
    local ok, err = way[2](modem, state)
    if is_on_its_way(ok, err) then
      return way[1]
    end
    if err then
      last = err
      reasons[#reasons + 1] = ("%s: %s"):format(way[1], err)
    end
  end
  return errors.fail {
    code = last and last.code or "unsupported", source = "modem",
    message = "the modem cannot be restarted: " .. table.concat(reasons, "; "),
    hint = modem.description.usb_folder and "`moontower reset --usb` resets its USB port without asking it, "
      .. "`moontower reset --power` switches the port's power. Else unplug it and plug it in again."
      or "Switch it off and on again.",
  }
end

return M
