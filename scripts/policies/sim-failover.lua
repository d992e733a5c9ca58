-- SPDX-License-Identifier: MIT
-- Policy: the SIM in one slot first. When it does not get online, is received badly, or its data is used up, that in
-- another slot takes over, for a while.

local log, policy, state, status = require "log", require "policy", require "state", require "status"
local task, usage, validate = require "task", require "usage", require "base.validate"

local KIND, DAY = "sim_switches", 86400

local declared = {
  { "slots", validate.list_of(validate.whole(1, 255), "a list of numbers", 2),
    "the SIM slots, the preferred one first", otherwise = "`{ 1, 2 }`" },
  { "offline", validate.seconds, "how long it may be offline, whatever `reconnect` tries", default = 600 },
  { "rsrp", validate.finite, "in dBm: how badly it may be received", otherwise = "however badly" },
  { "seconds", validate.seconds, "for how long without a break", default = 600 },
  { "budget", validate.parsed_by(usage.parse), 'what each SIM may use in a month: `"5 GB"`', otherwise = "no limit" },
  { "day", validate.whole(1, 31), "the day of the month on which the budgets start again", default = 1 },
  { "back_after", validate.seconds, "how long another slot is used before the preferred one is tried again",
    default = 21600 },
  { "cooldown", validate.seconds_or_none, "the least time from one switch to the next", default = 900 },
  { "most", validate.count, "the most switches in 24 hours, also across restarts", default = 6 },
  { "modem", validate.table, "a table of options for `reconnect`", otherwise = "{}" },
}
local options = policy.options(..., declared)
local slots = options.slots or { 1, 2 }
local budget = options.budget and assert(usage.parse(options.budget))
assert(policy.load("reconnect", options.modem)) -- reports a mistake in them now

-- ---- how often ----

-- Those of some times that are in the last day. A clock that was wrong has no say.
local function of_last_day(times)
  local now, recent = os.time(), {}
  for _, time in ipairs(times) do
    if time > now - DAY and time <= now then recent[#recent + 1] = time end
  end
  return recent
end

-- When it was switched in the last day.
local function switches_of(modem)
  local kept = state.persistent.load(KIND, modem.description.name)
  return of_last_day(kept and kept.times or {})
end

local function seconds_until_next(times)
  local last, earliest = times[#times], times[#times - options.most + 1]
  local next_one = math.max(last and last + options.cooldown or 0, earliest and earliest + DAY or 0)
  return math.max(next_one - os.time(), 0)
end

-- ---- why: each waits, and returns a reason ----

-- Follows whether the modem is online, by what `reconnect` calls.
local function follow()
  local seen = { since = task.now(), changed = task.queue(1) }
  function seen.online()
    seen.since = nil
    seen.changed:push(true)
    return task.finally(function()
      seen.since = task.now()
      seen.changed:push(true)
    end)
  end
  return seen
end

local function offline(seen)
  while true do
    local left = seen.since and seen.since + options.offline - task.now()
    if not left then
      seen.changed:pop()
    elseif left <= 0 then
      return ("it has not been online for %g seconds"):format(options.offline)
    else
      task.timeout(left, seen.changed.pop, seen.changed)
    end
  end
end

local function weak(modem)
  local signal, err = modem:signal_below { rsrp = options.rsrp, seconds = options.seconds }
  if signal then
    return ("it has been received worse than %g dBm for %g seconds"):format(options.rsrp, options.seconds)
  end
  log.warn("%s: its signal cannot be watched: %s", modem.description.name, err)
end

local function used_up(modem, resting, current)
  while true do
    local month = modem:usage(options.day)
    if month.bytes >= budget then
      resting[current] = month.next
      return ("its %s for the month are used up"):format(options.budget)
    end
    task.sleep(usage.pause(budget - month.bytes))
  end
end

local function back(resting)
  repeat
    task.sleep(math.max(options.back_after, (resting[slots[1]] or 0) - os.time()))
  until (resting[slots[1]] or 0) <= os.time()
  return ("slot %d is preferred"):format(slots[1]), slots[1]
end

local function first_of(reasons)
  local found = task.queue(1)
  local group <close> = task.group()
  for _, wait in ipairs(reasons) do
    group:spawn(function()
      local reason, slot = wait()
      if reason then found:push { reason, slot } end
    end)
  end
  return table.unpack(found:pop())
end

-- Runs `reconnect` until another slot is to be used. Leaving this takes the modem offline.
local function stay(modem, current, resting, pause)
  local seen, of_modem = follow(), {}
  for key, value in pairs(options.modem or {}) do of_modem[key] = value end
  of_modem.online = seen.online
  local group <close> = task.group()
  group:spawn(assert(policy.load("reconnect", of_modem)).run, modem)
  task.sleep(pause)
  return first_of {
    function() return offline(seen) end,
    options.rsrp and function() return weak(modem) end or function() end,
    budget and function() return used_up(modem, resting, current) end or function() end,
    current ~= slots[1] and function() return back(resting) end or function() end,
  }
end

-- ---- which ----

-- The next one in the list, or the wanted one, that may have a card, with data left.
local function choose(list, current, resting, wanted)
  local position, is_empty = 0, {}
  for i, number in ipairs(slots) do position = number == current and i or position end
  for _, slot in ipairs(list) do is_empty[slot.number] = slot.state == "empty" end
  for i = 1, wanted and 1 or #slots do
    local number = wanted or slots[(position + i - 1) % #slots + 1]
    if number ~= current and is_empty[number] == false and (resting[number] or 0) <= os.time() then
      return number
    end
  end
end

local function in_use(list)
  for _, slot in ipairs(list) do
    if slot.in_use then return slot.number end
  end
  return 0 -- none, or the modem does not say
end

local function slots_of(modem)
  local list, err
  for attempt in task.backoff { first = 2 } do
    local started
    started, err = modem:ensure_started()
    if started then list, err = modem:slots() end
    if list or err.code == "unsupported" then
      return list, err
    end
    status.of(modem):schedule("ask for the SIM slots", attempt.pause, err)
  end
end

return policy {
  name = "sim-failover",
  summary = "Use another SIM slot while the preferred one fails.",
  options = declared,
  each = { modem = "ready" },

  run = function(modem)
    local told, times, resting, pause = status.of(modem), switches_of(modem), {}, 0
    local list, err = slots_of(modem)
    if not list then
      log.warn("%s: sim-failover does what reconnect does: %s", modem.description.name, err)
      return assert(policy.load("reconnect", options.modem)).run(modem)
    end
    while true do
      local current = in_use(list)
      pause = math.max(seconds_until_next(times), pause)
      if pause > 0 then
        log.of(modem.description.name):info("it stays with SIM slot %d for %.0f seconds at least", current, pause)
      end
      local reason, wanted = stay(modem, current, resting, pause)
      list = slots_of(modem) or list
      local number = choose(list, current, resting, wanted)
      pause = 0
      if not number then
        log.of(modem.description.name):info("no other SIM slot has a card and data left, though %s", reason)
        pause = math.max(options.cooldown, 60)
      else
        local ended = told:attempt(("use SIM slot %d"):format(number), reason)
        times = of_last_day(times)
        times[#times + 1] = os.time()
        state.persistent.save(KIND, modem.description.name, { times = times }) -- before it: no crash makes it one more
        local switched, why = modem:use_slot(number)
        ended(switched and ("its card is %s"):format(switched.sim.state) or why)
        list = slots_of(modem) or list
      end
    end
  end,
}
