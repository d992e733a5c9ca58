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

local MONTHS = 12 -- that are over, and kept
local MOST = 1 << 53 -- bytes that a file takes: one that is damaged may have nearly that

---@class usage.counter
---@field key string which counter it is: another one after the interface was made again, or the computer has restarted
---@field total integer bytes, both directions together
---@field first integer what it showed when this run saw it first: the data of a SIM that is new here counts from there

---@type table<string, string> by the counter's key: whose data it has counted last, in this run
local counted_for = {}
---@type table<string, integer> and what it showed at first
local first_seen = {}

---Reads the counter of a modem's interface.
---@param modem modem.modem
---@return usage.counter? counter nil: it has no interface now
function M.counter(modem)
  local link = modem.net and net.link(modem.net)
  if link and link.statistics then
    local boot = (fs.read "/proc/sys/kernel/random/boot_id" or ""):match("%S*")
    local key = ("%s %s %d"):format(boot, modem.description.incarnation or "", link.index)
    local total = link.statistics.rx.bytes + link.statistics.tx.bytes
    first_seen[key] = first_seen[key] or total
    return { key = key, total = total, first = first_seen[key] }
  end
end

---Its interface has gone.
---@param counter usage.counter
function M.forget(counter) counted_for[counter.key], first_seen[counter.key] = nil, nil end

-- How far other SIMs have counted it: a modem with two cards has one interface.
local function counted_by_others(sim, key)
  local most = 0
  if counted_for[key] ~= sim then
    for _, name in ipairs(state.persistent.list(KIND) or {}) do
      local is_own = name == sim or name:sub(1, #sim + 1) == sim .. "."
      local record = not is_own and state.persistent.look(KIND, name)
      if record and record.counter == key then
        most = math.max(most, record.total or 0)
      end
    end
  end
  return most
end

-- The data since it was last written down; of a SIM that is seen for the first time, since counting began.
local function passed(record, counter, by_others)
  local total, from = counter.total, by_others
  if not record.counter then
    from = math.max(from, counter.first)
  elseif record.counter == counter.key then
    from = math.max(from, record.total or 0)
  end
  return total >= from and total - from or total
end

---@class usage.record
---@field since string the first day of the latest month that the clock has ever said
---@field bytes integer used in it
---@field before { since: string, bytes: integer }? the month that the clock said before it came to that one
---@field behind usage.behind? the month that the clock says now, where that is an earlier one
---@field months usage.month[]? those that are over, the latest one first
---@field counter string?
---@field total integer?

---@class usage.month
---@field since string its first day
---@field bytes integer

---@class usage.behind
---@field since string
---@field next string when the next one begins
---@field bytes integer used in it, without what counts in `since`
---@field counts boolean does what was used in the latest month belong to this one?

local function keep_month(record, since, bytes)
  local months = record.months or {}
  for i = #months, 1, -1 do
    if months[i].since == since then table.remove(months, i) end
  end
  table.insert(months, { since = since, bytes = bytes })
  table.sort(months, function(a, b) return a.since > b.since end)
  months[MONTHS + 1] = nil
  record.months = months
end

local function used(record)
  local behind = record.behind
  return math.min(MOST, behind and behind.bytes + (behind.counts and record.bytes or 0) or record.bytes)
end

-- The clock says that it is this month. One that went back, as one without a battery does at each start, begins no
-- month; nor has one that was ahead for a while begun a month that lasts until the calendar comes to it: in either case
-- what the latest month has belongs to the present one, until that is over. Returns whether anything has changed.
local function turn_to(record, month, next_month)
  local behind, before = record.behind, record.before
  local has_passed = behind ~= nil and behind.next == month
  if has_passed or month > record.since then
    keep_month(record, has_passed and behind.since or record.since, used(record))
  end
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
  to.bytes = math.min(to.bytes + bytes, MOST)
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

-- The record as it is now, and whether that is news.
local function tally(sim, day, now, counter)
  local first, next_first = time_window.month(day, now)
  local month = os.date("%Y-%m-%d", first)
  local record, err = record_of(name_of(sim, day), month)
  if not record then
    return nil, err, next_first
  end
  local has_changed = turn_to(record, month, os.date("%Y-%m-%d", next_first))
  if counter and (record.counter ~= counter.key or record.total ~= counter.total) then
    add(record, passed(record, counter, counted_by_others(sim, counter.key)))
    record.counter, record.total = counter.key, counter.total
    has_changed = true
  end
  return record, has_changed, next_first
end

---Counts what has passed, and writes it down.
---@param modem string for messages
---@param sim string whose data that is: an ICCID
---@param day integer of the month on which it starts at zero again
---@param now integer as os.time() has it
---@param counter usage.counter? nil: there is no interface
---@return integer bytes since then
---@return integer next when it starts at zero again
function M.count(modem, sim, day, now, counter)
  local record, has_changed, next_first = tally(sim, day, now, counter)
  if not record then
    log.warn("cannot find out what %s has used: %s", modem, has_changed)
    return 0, next_first
  end
  local ok, err = true, nil
  if has_changed then
    ok, err = state.persistent.save(KIND, name_of(sim, day), record)
  end
  if not ok then
    log.warn("what %s has used may be forgotten: %s", modem, err)
  elseif counter then
    counted_for[counter.key] = sim
  end
  return used(record), next_first
end

---Counts what has passed through a modem's interface, and writes it down.
---@param modem modem.modem
---@param sim string
---@param day integer
---@param now integer
---@return integer bytes
---@return integer next
function M.read(modem, sim, day, now) return M.count(tostring(modem), sim, day, now, M.counter(modem)) end

---@class usage.of_sim
---@field sim string its ICCID; of a SIM that does not say it, the modem's name
---@field day integer of the month on which it starts at zero again
---@field since string the first day of this month
---@field next string and of the next one
---@field bytes integer used since then
---@field months usage.month[] those that are over, the latest one first

---What a SIM has used, counted up to now; nothing is written.
---@param sim string
---@param day integer
---@param now integer
---@param counter usage.counter? of the modem that it is in
---@return usage.of_sim? used nil without an error: nothing is known of it
---@return moontower.error? err
function M.look(sim, day, now, counter)
  if not fs.stat(state.persistent.path(KIND, name_of(sim, day))) then
    return nil
  end
  local record, err, next_first = tally(sim, day, now, counter)
  return record and {
    sim = sim, day = day, bytes = used(record), next = os.date("%Y-%m-%d", next_first),
    since = record.behind and record.behind.since or record.since, months = record.months or {},
  }, not record and err or nil
end

---All SIMs that something is known of.
---@return { sim: string, day: integer }[]?
---@return moontower.error? err
function M.known()
  local names, err = state.persistent.list(KIND)
  local list = {}
  for i, name in ipairs(names or {}) do
    local sim, day = name:match "^(%d%d%d%d%d%d+)%.(%d+)$"
    list[i] = { sim = sim or name, day = math.tointeger(tonumber(day)) or 1 }
  end
  return names and list, err
end

---When to look again: not before the fastest modem could have used up the rest.
---@param left integer bytes
---@return number seconds
function M.pause(left) return math.max(SOONEST, math.min(left / FASTEST, LATEST)) end

return M
