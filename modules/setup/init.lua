-- SPDX-License-Identifier: MIT
-- Setting a modem up: the plan, doing it, one restart, following the modem through it, and looking whether it holds.

local apply = require "setup.apply"
local errors = require "errors"
local follow = require "setup.follow"
local log = require "log"
local modem_module = require "modem"
local modes = require "modem.modes"
local pins = require "modem.pin"
local plan = require "setup.plan"
local reports = require "setup.report"
local task = require "task"
local undo = require "setup.undo"
local verify = require "setup.check"
local wanted_of = require "setup.wanted"

local check, protect = errors.check, errors.protect

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
---@field trial trial.terms? what it changes is on trial: see ../trial
---@field make fun(modem: modem.modem): setup.plan?, moontower.error?
local Session = {}
Session.__index = Session

local M = { is_empty = plan.is_empty }

-- While their SIM is locked, some modems tell little and refuse much. Without a PIN we do what can be done.
local function enter_pin(self)
  if modes.is_stranded(self.modem.description) then
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
  -- A lock of the modem needs no PIN, and only keeps it off the network.
  return (sim or err.code == "modem-locked") and true, err
end

-- A trial says what it puts back, and is a command of its own: what `setup` says of its changes is none of it.
local function told(self, report, err)
  if self.trial then
    return nil, err
  end
  return reports.explain(report, err)
end

local prepare = protect(function(self)
  check(self.modem:ensure_started())
  check(enter_pin(self))
  self.key = check(reports.key(self.modem))
  local report, err = reports.load(self.key, self.trial and "trials" or "setup")
  check(not err, err)
  self.report = report
  return self
end)

---Opens a modem to set it up. Keep the session in a <close> variable.
---@param description modem.description
---@param options { proxy: boolean?, take_over: boolean?, wait: number?, pin: pin.options|false, watcher: up.watcher,
--- trial: trial.terms? } wait: seconds for a restart; pin: false enters none, since looking must not cost a try; trial:
--- what it changes is on trial
---@return setup.session?
---@return moontower.error? err
function M.open(description, options)
  local modem, err = modem_module.open(description, {
    proxy = options.proxy, take_over = options.take_over, at_only = true,
  })
  if not modem then
    return told(options, nil, err)
  end
  local self = setmetatable({
    modem = modem, watcher = options.watcher, wait = options.wait, pin = options.pin, trial = options.trial,
  }, Session)
  local ready, why = prepare(self)
  if not ready then
    self:close()
    return told(options, nil, why)
  end
  return ready
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
    return told(self, self.report, err)
  end
  return made
end

---A plan from a carrier's wishes for this modem. Changes nothing.
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

---A plan that puts back what an earlier setup has changed. Changes nothing.
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

-- `watch`: it restarts already, and this has watched since before.
local follow_restart = protect(function(self, interfaces, watch)
  local report, old = self.report, self.modem
  report.restart = old.description.incarnation or "?"
  check(report:save())
  self.modem = nil
  self.modem = check(follow.restart(old, interfaces, self, watch))
  report.restart = nil
  report:save() -- where that fails, one restart too many is harmless
  return check(enter_pin(self))
end)

local function restart(self, interfaces, watch)
  local ok, err = follow_restart(self, interfaces, watch)
  if not ok then
    return self.report:explain(err)
  end
  return true
end

-- By Ctrl-C, for example: the person learns what was changed until then. What is on trial is put back.
local function tell_if_interrupted(self)
  return task.finally(function(reason)
    if reason ~= nil and not self.trial then
      local interrupted = errors.new { code = "interrupted", message = "interrupted", source = "setup" }
      local _, err = self.report:explain(interrupted)
      self.watcher:rest()
      for line in (tostring(err) .. "\n" .. err.hint):gmatch("[^\n]+") do log.warn("%s", line) end
    end
  end)
end

local in_rounds = protect(function(self, made)
  for round = 1, ROUNDS do
    local watch <close> = made.at_once and check(follow.watch(self.modem)) or nil
    check(apply.apply(self.modem, made, self.report, self.watcher))
    if made.restart then
      check(restart(self, made.interfaces, watch))
    end
    if #made.later == 0 or round == ROUNDS then
      return true
    end
    made = check(planned(self))
  end
end)

local function carry_out(self, made)
  local _ <close> = tell_if_interrupted(self)
  return in_rounds(self, made)
end

local function outcome_of(self)
  self.watcher:doing("Check", "reading everything back")
  local outcome, err = verify.check(self.modem, self.wanted, { names = self.names })
  if not outcome then
    return self.report:explain(err)
  end
  return outcome
end

---Does it, and looks whether it holds.
---@param made setup.plan
---@param carrier_name string
---@return setup.outcome?
---@return moontower.error? err
Session.apply = protect(function(self, made, carrier_name)
  self.report = reports.begin(self.key, carrier_name, self.modem, self.trial)
  check(carry_out(self, made))
  local outcome = check(outcome_of(self))
  self.report.finished = outcome.holds
  local ok, err = self.report:save()
  if not ok then
    err = select(2, errors.during(err, outcome.holds and "all is as wanted, but that is not written down"
      or "not all is as wanted, and that is not written down"))
    return self.report:explain(err)
  end
  return outcome
end)

---Puts back what was changed, and looks whether it holds. Then there is no report any more.
---@param made setup.plan from plan_undo()
---@return setup.outcome?
---@return moontower.error? err
Session.undo = protect(function(self, made)
  check(carry_out(self, made))
  local outcome = check(outcome_of(self))
  if outcome.holds then
    check(self.report:remove())
  end
  return outcome
end)

return M
