-- SPDX-License-Identifier: MIT
-- How much of a month's data a SIM has used: counted from the kernel's counters, kept per ICCID across restarts.
--
-- A counter lives as long as its interface. Its value is written down, so traffic that passes between two runs counts
-- at the next look; a counter that restarted counts from zero.

local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local net = require "net"
local state = require "state"
local time_window = require "usage.time_window"

local M = {}

local KIND = "usage"
local UNITS = { B = 1, kB = 1e3, KB = 1e3, MB = 1e6, GB = 1e9, TB = 1e12, KiB = 2 ^ 10, MiB = 2 ^ 20, GiB = 2 ^ 30 }
local FASTEST = 20e6 -- bytes a second: what a good day in 4G brings
local SOONEST, LATEST = 2, 300 -- seconds between looks

---@param text string "5 GB"
---@return integer? bytes
---@return moontower.error? err
function M.parse(text)
  local number, unit = tostring(text):match("^%s*([%d.]+)%s*(%a+)%s*$")
  local bytes = tonumber(number) and UNITS[unit] and tonumber(number) * UNITS[unit]
  if not bytes or bytes < 1 or bytes > 1e18 then
    return errors.fail {
      code = "invalid", source = "usage", message = ("'%s' is no amount of data"):format(tostring(text)),
      hint = 'It looks like this: "5 GB", "500 MB" or "1.5 GiB".',
    }
  end
  return math.floor(bytes)
end

-- Which counter it is: another one after the interface was made again, or the computer has restarted.
local function counter(modem)
  local link = modem.net and net.link(modem.net)
  if link and link.statistics then
    local boot = (fs.read "/proc/sys/kernel/random/boot_id" or ""):match("%S*")
    return ("%s %s %d"):format(boot, modem.description.incarnation or "", link.index),
      link.statistics.rx.bytes + link.statistics.tx.bytes
  end
end

-- The traffic since it was last written down; for a SIM that is seen for the first time, none.
local function passed(record, key, total)
  if not record.counter then
    return 0
  elseif record.counter == key and total >= (record.total or 0) then
    return total - (record.total or 0)
  end
  return total
end

---@class usage.record
---@field since string the first day of the latest month that the clock has ever said
---@field bytes integer used in it
---@field before { since: string, bytes: integer }? the month that the clock said before it came to that one
---@field behind usage.behind? the month that the clock says now, where that is an earlier one
---@field counter string?
---@field total integer?

---@class usage.behind
---@field since string
---@field next string when the next one begins
---@field bytes integer used in it, without what counts in `since`
---@field counts boolean does what was used in the latest month belong to this one?

-- The clock says that it is this month. One that went back, as one without a battery does at each start, begins no
-- month; nor has one that was ahead for a while begun a month that lasts until the calendar comes to it: in either case
-- what the latest month has belongs to the present one, until that is over. Returns whether anything has changed.
local function turn_to(record, month, next_month)
  local behind, before = record.behind, record.before
  local has_passed = behind ~= nil and behind.next == month
  if month > record.since or month == record.since and has_passed then
    record.before = month > record.since and not behind and { since = record.since, bytes = record.bytes } or nil
    record.since, record.bytes, record.behind = month, 0, nil
  elseif month == record.since then
    record.behind = nil
    return behind ~= nil
  elseif behind and behind.since == month then
    return false
  else
    record.behind = {
      since = month, next = next_month, counts = not has_passed,
      bytes = not behind and before and before.since == month and before.bytes or 0,
    }
  end
  return true
end

local function add(record, bytes)
  local to = record.behind and not record.behind.counts and record.behind or record
  to.bytes = to.bytes + bytes
end

local function used(record)
  local behind = record.behind
  return behind and behind.bytes + (behind.counts and record.bytes or 0) or record.bytes
end

-- Policies that let a month begin on different days count for themselves.
local function name_of(sim, day) return day == 1 and sim or ("%s.%d"):format(sim, day) end

-- The count so far. Returns nil and an error when it cannot be read; then it must not be written either.
local function record_of(name, month)
  local record, err = state.persistent.load(KIND, name)
  if not record and err and err.code ~= "malformed" then
    return nil, err
  end
  return record or { since = month, bytes = 0 }
end

---Counts what has passed, and writes it down.
---@param modem modem.modem
---@param sim string whose data that is: an ICCID
---@param day integer of the month on which it starts at zero again
---@param now integer as os.time() has it
---@return integer bytes since then
---@return integer next when it starts at zero again
function M.read(modem, sim, day, now)
  local first, next_first = time_window.month(day, now)
  local month = os.date("%Y-%m-%d", first)
  local name = name_of(sim, day)
  local record, err = record_of(name, month)
  if not record then
    log.warn("cannot find out what %s has used: %s", modem, err)
    return 0, next_first
  end
  local has_turned = turn_to(record, month, os.date("%Y-%m-%d", next_first))
  local key, total = counter(modem)
  if key and (record.counter ~= key or record.total ~= total) then
    add(record, passed(record, key, total))
    record.counter, record.total = key, total
  elseif not key or not has_turned then
    return used(record), next_first
  end
  local ok
  ok, err = state.persistent.save(KIND, name, record)
  if not ok then
    log.warn("what %s has used may be forgotten: %s", modem, err)
  end
  return used(record), next_first
end

---When to look again: not before the fastest modem could have used up the rest.
---@param left integer bytes
---@return number seconds
function M.pause(left) return math.max(SOONEST, math.min(left / FASTEST, LATEST)) end

return M
