-- SPDX-License-Identifier: MIT
-- Times of the day and days of the month, as people mean them: on the local clock, across midnight and daylight saving.
--
-- Pure: what time it is, the caller says, in seconds as os.time() has them. What a time is on the local clock, only the
-- C library knows; so edges are looked for minute by minute, and it is asked about each.

local errors = require "errors"
local validate = require "base.validate"

local M = {}

local MINUTE, DAY = 60, 24 * 60
local FAR = 3 * DAY -- minutes: a window inside an hour that is left out in spring is not there on that day

---@class usage.time_window
---@field from integer minutes after midnight
---@field to integer not in it any more; where it is before `from`: on the next day

local function minutes(hour, minute)
  hour, minute = tonumber(hour), tonumber(minute)
  return minute < 60 and hour * 60 + minute <= DAY and math.tointeger(hour * 60 + minute) or nil
end

local function parse_one(text)
  local h1, m1, h2, m2 = tostring(text):match("^%s*(%d%d?):(%d%d)%s*%-%s*(%d%d?):(%d%d)%s*$")
  local from, to = h1 and minutes(h1, m1), h1 and minutes(h2, m2)
  if not from or not to or from == to or from == DAY then
    return errors.fail {
      code = "invalid", source = "hours", message = ("'%s' are no hours of the day"):format(tostring(text)),
      hint = 'They look like this: "22:00-06:00", or "08:00-24:00".',
    }
  end
  return { from = from, to = to }
end

---Reads "22:00-06:00", or a list of such.
---@param spec string|string[]
---@return usage.time_window[]?
---@return moontower.error? err
function M.parse(spec)
  local why = type(spec) == "table" and (validate.not_a_list(spec) or not spec[1] and "it is empty")
  if why then
    return errors.fail { code = "invalid", source = "hours", message = "that is no list of hours: " .. why }
  end
  local windows = {}
  for i, text in ipairs(type(spec) == "table" and spec or { spec }) do
    local err
    windows[i], err = parse_one(text)
    if not windows[i] then
      return nil, err
    end
  end
  return windows
end

---Is it within one of them?
---@param windows usage.time_window[]
---@param now integer
---@return boolean
function M.within(windows, now)
  local at = os.date("*t", now)
  local minute = at.hour * 60 + at.min
  for _, window in ipairs(windows) do
    local after, before = minute >= window.from, minute < window.to
    if window.from < window.to and after and before or window.from > window.to and (after or before) then
      return true
    end
  end
  return false
end

---When that changes next.
---@param windows usage.time_window[]
---@param now integer
---@return integer? time nil: it does not
function M.next_edge(windows, now)
  local is = M.within(windows, now)
  local first = (now // MINUTE + 1) * MINUTE
  for time = first, first + FAR * MINUTE, MINUTE do
    if M.within(windows, time) ~= is then
      return time
    end
  end
end

-- 00:00 on that day of the month, or on the month's last day if the month is shorter.
local function midnight(year, month, day)
  local last = os.date("*t", os.time { year = year, month = month + 1, day = 0, hour = 12 }).day
  return os.time { year = year, month = month, day = math.min(day, last), hour = 0 }
end

---The month that begins on a certain day, with the time in it.
---@param day integer 1 to 31
---@param now integer
---@return integer first
---@return integer next when the next one begins
function M.month(day, now)
  local at = os.date("*t", now)
  local this = midnight(at.year, at.month, day)
  if now < this then
    return midnight(at.year, at.month - 1, day), this
  end
  return this, midnight(at.year, at.month + 1, day)
end

return M
