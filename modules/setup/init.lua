-- SPDX-License-Identifier: MIT
-- Setting a modem up: the plan, doing it, one restart, following the modem through it, and looking whether it holds.

local apply = require "setup.apply"
local check = require "setup.check"
local errors = require "errors"
local follow = require "setup.follow"
local log = require "log"
local modem_module = require "modem"
local pins = require "modem.pin"
local plan = require "setup.plan"
local reports = require "setup.report"
local task = require "task"
local undo = require "setup.undo"
local wanted_of = require "setup.wanted"

-- The second one is for what needs an AT port that only the first one's restart brings.
local ROUNDS = 2

---A modem while it is being set up. After each restart it is another object, maybe of another protocol.
---@class setup.session
---@field modem modem.modem? nil while it is away
---@field key string of its report
---@field wait number? seconds for a restart
---@field pin pin.options
---@field report setup.report? what an earlier run has left
---@field watcher up.watcher
---@field wanted carrier.modem
---@field names string[]? the order, if not the usual one
---@field make fun(modem: modem.modem): setup.plan?, moontower.error?
local Session = {}
Session.__index = Session

local M = { is_empty = plan.is_empty }

-- While their SIM is locked, some modems tell little and refuse much. Without a PIN we do what can be done.
local function enter_pin(self)
  if self.modem.description.protocol == "at" then
    return true -- the PIN is asked for once it is out of that mode
  end
  local sim, err = self.modem:sim()
  local found
  if self.pin and sim and sim.state == "locked" then
    found, err = pins.find(sim.iccid, self.pin)
  end
  if not found then
    return not err and true or nil, err
  end
  self.watcher:doing("SIM", "entering the PIN from " .. found.from)
  sim, err = pins.enter(self.modem, sim, found, self.pin)
  -- A lock of the modem's wants no PIN, and keeps it off the network only.
  return (sim or err.code == "modem-locked") and true, err
end

---Opens a modem to set it up. Keep the session in a <close> variable.
---@param description modem.description
---@param options { proxy: boolean?, wait: number?, pin: pin.options|false, watcher: up.watcher } wait: seconds for a
---restart; pin: false enters none, since looking must not cost a try
---@return setup.session?
---@return moontower.error? err
function M.open(description, options)
  local modem, err = modem_module.open(description, { proxy = options.proxy, at_only = true })
  local ok, key
  if modem then
    local self = setmetatable({
      modem = modem, watcher = options.watcher, wait = options.wait, pin = options.pin,
    }, Session)
    ok, err = modem:ensure_started()
    if ok then
      ok, err = enter_pin(self)
    end
    if ok then
      key, err = reports.key(modem)
    end
    if key then
      self.key = key
      self.report, err = reports.load(key)
      if not err then
        return self
      end
    end
    self:close()
  end
  return reports.explain(nil, err)
end

function Session:close()
  if self.modem then
    self.modem:close()
    self.modem = nil
  end
end
Session.__close = Session.close

local function planned(self)
  local made, err = self.make(self.modem)
  if made and self.report and self.report:restart_is_due(self.modem.description) then
    made.restart = true
  elseif not made then
    return reports.explain(self.report, err, apply.advice)
  end
  return made
end

---What a carrier wants of this modem, as a plan. Changes nothing.
---@param carrier carrier.carrier
---@return setup.plan?
---@return moontower.error? err
function Session:plan(carrier)
  local wanted, err = wanted_of.of(carrier, self.modem)
  if not wanted then
    return nil, err
  end
  self.wanted, self.names = wanted, nil
  self.make = function(modem) return plan.make(modem, wanted) end
  return planned(self)
end

---What an earlier setup has changed, put back, as a plan. Changes nothing.
---@return setup.plan?
---@return moontower.error? err
function Session:plan_undo()
  local report = self.report
  if not report then
    return errors.fail {
      code = "not-found", source = "setup",
      message = "moontower has changed nothing in this modem, or put all of it back",
    }
  end
  self.wanted, self.names = undo.wanted(report)
  self.make = function(modem) return undo.plan(modem, report) end
  return planned(self)
end

-- `watch`: it is on its way already, and this has watched since before.
local function restart(self, interfaces, watch)
  local report, old = self.report, self.modem
  report.restart = old.description.incarnation or "?"
  local ok, err = report:save()
  if ok then
    self.modem = nil
    self.modem, err = follow.restart(old, interfaces, self, watch)
    ok = self.modem ~= nil
  end
  if ok then
    report.restart = nil
    report:save() -- where that fails, one restart too many is harmless
    ok, err = enter_pin(self)
  end
  if not ok then
    return report:explain(err, apply.advice)
  end
  return true
end

-- Ctrl-C, say: what was changed until then is told all the same.
local function tell_if_interrupted(self)
  return task.finally(function(reason)
    if reason ~= nil then
      local interrupted = errors.new { code = "interrupted", message = "interrupted", source = "setup" }
      local _, err = self.report:explain(interrupted, apply.advice)
      self.watcher:rest()
      for line in (tostring(err) .. "\n" .. err.hint):gmatch("[^\n]+") do log.warn("%s", line) end
    end
  end)
end

local function carry_out(self, made)
  local _ <close> = tell_if_interrupted(self)
  for round = 1, ROUNDS do
    local watch, ok, err = nil, true, nil
    if made.at_once then
      watch, err = follow.watch(self.modem)
      ok = watch ~= nil
    end
    local _ <close> = watch
    if ok then
      ok, err = apply.apply(self.modem, made, self.report, self.watcher)
    end
    if ok and made.restart then
      ok, err = restart(self, made.interfaces, watch)
    end
    if not ok then
      return nil, err
    elseif #made.later == 0 or round == ROUNDS then
      return true
    end
    made, err = planned(self)
    if not made then
      return nil, err
    end
  end
end

local function outcome_of(self)
  self.watcher:doing("Check", "reading everything back")
  local outcome, err = check.check(self.modem, self.wanted, { names = self.names })
  if not outcome then
    return self.report:explain(err, apply.advice)
  end
  return outcome
end

---Does it, and looks whether it holds.
---@param made setup.plan
---@param carrier_name string
---@return setup.outcome?
---@return moontower.error? err
function Session:apply(made, carrier_name)
  self.report = reports.begin(self.key, carrier_name, self.modem)
  local ok, err = carry_out(self, made)
  local outcome
  if ok then
    outcome, err = outcome_of(self)
  end
  if not outcome then
    return nil, err
  end
  self.report.finished = outcome.holds
  ok, err = self.report:save()
  if not ok then
    err = select(2, errors.during(err, outcome.holds and "all is as wanted, but that is not written down"
      or "not all is as wanted, and that is not written down"))
    return self.report:explain(err, apply.advice)
  end
  return outcome
end

---Puts back what was changed, and looks whether it holds. Then there is no report any more.
---@param made setup.plan from plan_undo()
---@return setup.outcome?
---@return moontower.error? err
function Session:undo(made)
  local ok, err = carry_out(self, made)
  local outcome
  if ok then
    outcome, err = outcome_of(self)
  end
  if outcome and outcome.holds then
    ok, err = self.report:remove()
    outcome = ok and outcome
  end
  return outcome, err
end

return M
