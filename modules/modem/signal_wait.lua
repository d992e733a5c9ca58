-- SPDX-License-Identifier: MIT
-- Waits until a modem receives badly for some time. The modem itself looks: it is given the limits, and tells when they
-- are passed, so that nothing polls. One that tells nothing is asked once, when the time would be over.

local log = require "log"
local task = require "task"

local M = {}

local NAMES = { "rssi", "rsrp", "rsrq", "sinr" }

---@class modem.signal_limits one of these at least; all that are given have to be undercut
---@field rssi number? dBm, as is rsrp
---@field rsrp number?
---@field rsrq number? dB, as is sinr
---@field sinr number?
---@field seconds number? without a break; 0, if not given

---@param signal modem.signal
---@return modem.signal_values? values of the primary cell; nil: none is received
function M.primary(signal) return signal.lte or signal.nr or signal.umts or signal.gsm end

-- Nothing is worse than no signal. A value that a technology does not have is no reason.
local function is_below(signal, limits)
  local values = M.primary(signal)
  for _, name in ipairs(NAMES) do
    local value, limit = values and values[name], limits[name]
    if limit and values and not (value and value < limit) then
      return false
    end
  end
  return values ~= nil or signal.dbm == nil or limits.rssi ~= nil and signal.dbm < limits.rssi
end

-- What all that wait need of the modem.
local function thresholds(modem)
  local wanted = {}
  for limits in pairs(modem.signal_waits) do
    wanted.closely = wanted.closely or limits.closely
    for _, name in ipairs(NAMES) do
      if limits[name] then
        wanted[name] = wanted[name] or {}
        table.insert(wanted[name], limits[name])
      end
    end
  end
  return wanted
end

local function tell(modem)
  local ok, err = modem:watch_signal(thresholds(modem))
  if not ok then
    log.debug("%s: not told of limits of the signal: %s", modem, err)
  end
end

-- Until the value that this returns is closed.
local function register(modem, limits)
  modem.signal_waits = modem.signal_waits or {}
  modem.signal_waits[limits] = true
  local function forget()
    modem.signal_waits[limits] = nil
    task.shield(2, tell, modem)
  end
  local undo <close> = task.undo(forget) -- this may be cancelled before the caller has what ends it
  tell(modem)
  undo.finished = true
  return task.finally(forget)
end

---Has the modem tell each change of 1 dB, until the value that this returns is closed.
---@param modem modem.modem
---@return table closely
function M.closely(modem) return register(modem, { closely = true }) end

local function checked(limits)
  local own = { seconds = limits.seconds or 0 }
  for _, name in ipairs(NAMES) do own[name] = limits[name] end
  if not next(own, next(own)) then
    error("signal_below needs a limit: rssi, rsrp, rsrq or sinr", 4)
  end
  return own
end

---@param modem modem.modem
---@param given modem.signal_limits
---@return modem.signal? signal as it is then
---@return moontower.error? err
function M.below(modem, given)
  local limits = checked(given)
  local events <close> = modem:events("signal")
  local _ <close> = register(modem, limits)
  local signal, err = modem:signal "protocol"
  local since
  while signal do
    since = is_below(signal, limits) and (since or task.now()) or nil
    local left = since and since + limits.seconds - task.now()
    if left and left <= 0 then
      signal, err = modem:signal "protocol" -- it may have told nothing since
      if not signal or is_below(signal, limits) then
        return signal, err
      end
    else
      local event
      if left then
        local is_over
        is_over, event, err = task.timeout(left, function() return true, events:next() end)
        err = is_over and err or nil
      else
        event, err = events:next()
      end
      if err then
        return nil, err
      end
      signal = event and event.value or signal
    end
  end
  return nil, err
end

return M
