-- SPDX-License-Identifier: MIT
-- Brings a modem back when connecting again does not help: rung by rung, the cheapest first.
--
-- Which rungs are tried depends on what is wrong: see classify.lua. A rung that has been used cools down, also across
-- restarts of this program and of the modem, so that a lasting fault does not wear out modem or network. There is no
-- last state: after the highest rung it begins at the lowest again.

local errors = require "errors"
local events = require "events"
local resume = require "resume"
local rungs = require "ladder.rungs"
local state = require "state"
local status = require "status"
local task = require "task"
local classify = require "ladder.classify"

local M = { rungs = rungs.all, hook = rungs.hook, names = {} }
for i, rung in ipairs(rungs.all) do M.names[i] = rung.name end

local KIND = "ladders"

---@class ladder.ladder
---@field modem modem.modem
---@field rungs ladder.rung[] by their cost
---@field private key string
---@field private imei string? of the modem that was in the socket
---@field private position integer of the last rung that was used and did not help
---@field private failures integer in a row, since the last rung
---@field private cause integer? of a refusal that holds until something changes: see classify.of()
---@field private is_stuck boolean? it has been told that nothing helps
---@field private used table<string, integer> when each rung was used last, in seconds since 1970
local Ladder = {}
Ladder.__index = Ladder

---The rungs that a policy's options leave.
---@param options { rungs: table<string, boolean>?, cooldowns: table<string, number>?, hook: string[]? } which are used,
--- by name (nil: all); for how long they cool down; a program and its arguments as one more
---@return ladder.rung[]
function M.choose(options)
  local chosen = {}
  for _, usual in ipairs(rungs.all) do
    if not options.rungs or options.rungs[usual.name] then
      chosen[#chosen + 1] = setmetatable({ cooldown = (options.cooldowns or {})[usual.name] }, { __index = usual })
    end
  end
  if options.hook then
    chosen[#chosen + 1] = rungs.hook(options.hook)
  end
  return chosen
end

---A ladder for one modem. What it has tried before is remembered by the socket that the modem is plugged into, and
---forgotten when it has become another modem.
---@param modem modem.modem
---@param list ladder.rung[]? M.rungs if not given
---@return ladder.ladder
function M.new(modem, list)
  local self = setmetatable({ modem = modem, key = modem.description.name, failures = 0 }, Ladder)
  self.rungs = table.move(list or M.rungs, 1, #(list or M.rungs), 1, {})
  table.sort(self.rungs, function(a, b) return a.cost < b.cost end)
  local kept = state.persistent.load(KIND, self.key) or {}
  self.position, self.used, self.imei = kept.position or 0, kept.used or {}, kept.imei
  return self
end

local function save(self)
  state.persistent.save(KIND, self.key, { position = self.position, used = self.used, imei = self.imei })
end

-- Asked only of a modem that has just connected, as others may not answer. Returns whether there is something to save.
local function recognise(self)
  local identity = self.modem:identity()
  local before = self.imei
  if not identity or identity.imei == before then
    return false
  end
  self.imei = identity.imei
  self.used = before and {} or self.used
  return true
end

---The modem is online, and traffic passes: the next trouble begins at the lowest rung.
function Ladder:recovered()
  self.failures, self.cause, self.is_stuck = 0, nil, nil
  if recognise(self) or self.position > 0 then
    self.position = 0
    save(self)
  end
end

-- Seconds until a rung may be used again. A clock that was set back since proves nothing.
local function cools_down_for(self, rung)
  local ago = os.time() - (tonumber(self.used[rung.name]) or 0)
  return ago >= 0 and math.max(rung.cooldown - ago, 0) or 0
end

-- The next rung that can help and has cooled down; else the seconds until one has.
local function next_rung(self, kind)
  local shortest
  for round = 1, 2 do -- from the current position to the top, then from the bottom
    for i = round == 1 and self.position + 1 or 1, #self.rungs do
      local rung = self.rungs[i]
      if rung.helps[kind] then
        local seconds = cools_down_for(self, rung)
        if seconds == 0 then
          return rung, i
        end
        shortest = math.min(shortest or seconds, seconds)
      end
    end
  end
  return nil, shortest
end

local function use(self, rung, position, reason)
  self.position, self.failures = position, 0
  self.used[rung.name] = os.time()
  save(self) -- before it is used: it may end this task
  local ended = status.of(self.modem):attempt(rung.name, reason)
  local ok, result, err = pcall(rung.run, self.modem)
  if not ok then
    ended(result)
    error(result, 0)
  end
  ended(result or err)
  return result and true, err
end

-- Nothing that may be done now helps: told once, until it is over.
local function fail(self, reason, code, message)
  if not self.is_stuck and not classify.may_come_back(reason) then
    self.is_stuck = true
    events.publish("stuck", { modem = self.key, reason = tostring(reason), message = message })
  end
  return errors.fail { code = code, source = "ladder", message = message }
end

---Something is wrong: uses the next rung that can help, if it is time for one. Where no rung can help, because the
---network refuses the modem, or the SIM is locked, nothing is done.
---@param reason moontower.error what is wrong
---@return string? rung the name of the one that was used
---@return moontower.error? err why none was, or why it failed
function Ladder:escalate(reason)
  local kind, patience
  kind, patience, self.cause = classify.of(reason, self.cause)
  if not kind then
    return fail(self, reason, "unsupported", "restarting things does not help against that")
  end
  self.failures = self.failures + 1
  if self.failures < patience then
    return errors.fail {
      code = "busy", source = "ladder",
      message = ("%d of %d tries before the next rung"):format(self.failures, patience),
    }
  end
  local tried = {}
  while true do
    local rung, position = next_rung(self, kind)
    if not rung or tried[rung] then
      return fail(self, reason, "busy", rung and "no rung works on this modem"
        or ("all rungs are cooling down; the next one may be used in %d s"):format(position or 0))
    end
    tried[rung] = true
    local ok = use(self, rung, position, reason)
    if ok then
      return rung.name
    end
    -- A rung that this modem, or this computer, cannot do costs nothing: on to the next.
  end
end

---Waits until the modem indicates that the trouble may be over, or the computer has slept: for attempt:or_when().
---@param reason moontower.error
---@return true better
function Ladder:wait_better(reason)
  local better = task.queue(1)
  local group <close> = task.group()
  group:spawn(function()
    if classify.wait_better(self.modem, reason) then better:push(true) end
  end)
  group:spawn(function()
    if resume.wait() then better:push(true) end
  end)
  return better:pop()
end

return M
