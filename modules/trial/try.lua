-- SPDX-License-Identifier: MIT
-- Tries a change: the guard that would undo it is started, the change is made, and the modem has to be as before within
-- the time.

local errors = require "errors"
local follow = require "setup.follow"
local guards = require "trial.guard"
local recovery = require "trial.recovery"
local task = require "task"
local trial = require "trial"

local check = errors.check

local M = {}

local function undone(err, words)
  return errors.fail {
    code = "undone", source = "trial", message = ("%s; %s"):format(err, words), hint = err.hint, detail = err.detail,
  }
end

-- The modem took the order, and is as it was, or otherwise not as wanted.
local function ignored(outcome)
  local words = {}
  for _, row in ipairs(outcome.rows) do
    if not row.holds then
      words[#words + 1] = ("%s: %s is wanted, the modem says %s"):format(row.title, row.wanted, row.now)
    end
  end
  return errors.fail {
    code = "rejected", source = "trial",
    message = "the modem accepted the order and does not follow it: " .. table.concat(words, "; "),
  }
end

-- Of a change that takes a restart, the time begins when the modem is back.
local carry_out = errors.protect(function(session, made, before, within)
  local deadline = task.now() + within
  local outcome = check(session:apply(made, session.trial.command))
  if not outcome.holds then
    return ignored(outcome)
  end
  deadline = made.restart and task.now() + within or deadline
  return check(recovery.wait(session.modem, before, math.max(deadline - task.now(), 0), session.watcher))
end)

---@class trial.options
---@field within number seconds
---@field confirm boolean? a person has to confirm it
---@field command string

---The terms of a change: for setup.open().
---@param description modem.description
---@param options trial.options
---@return trial.terms
function M.terms(description, options)
  return {
    within = options.within, confirm = options.confirm or nil, command = options.command, modem = description.name,
    deadline = 0, was = "offline",
  }
end

---@return trial.before? before
---@return number|moontower.error within seconds
local function begin(session, made)
  local terms, within = session.trial, session.trial.within
  if session.report then
    return errors.fail {
      code = "busy", source = "trial",
      message = ("`%s` is on trial in this modem"):format(session.report.trial.command),
      hint = "`moontower lock --keep` keeps that, `moontower lock --undo` ends it.",
    }
  end
  local before = recovery.before(session.modem)
  terms.within = within + (made.restart and follow.BACK_TIME or 0)
  terms.was, terms.deadline = before.state, math.floor(os.time() + terms.within)
  return before, within
end

---Lets fn change the modem, puts the modem back, and waits until it is as before. If fn raises, as it does when a
---person interrupts it, the guard puts the modem back.
---@param session setup.session opened with terms
---@param fn fun(before: trial.before): true?, moontower.error?
---@return true? ok
---@return moontower.error? err of fn, or why the modem is not as it was
function M.borrow(session, fn)
  local before, within = begin(session, {})
  if not before then
    return nil, within
  end
  local guarding <close>, err = guards.start(session.key, session.trial)
  if not guarding then
    return nil, err
  end
  local ok, failed, back
  ok, err = trial.remember(session.key, before)
  if ok then
    ok, failed = fn(before)
  end
  if session.modem and session.report then
    back, err = trial.put_back(session, session.watcher)
    ok, failed = ok and back, failed or not back and err or nil
  else
    trial.forget(session.key)
  end
  return ok, failed or not ok and err or nil
end

---Makes a change. Should this fail, or the modem not be as it was before within the time, it is undone.
---@param session setup.session opened with terms
---@param made setup.plan
---@return "kept"|"waiting"|nil result waiting: for a person who confirms it
---@return moontower.error? err "undone", or the reason why nothing was changed
function M.try(session, made)
  local before, within = begin(session, made)
  if not before then
    return nil, within
  end
  local guarding <close>, err = guards.start(session.key, session.trial)
  if not guarding then
    return nil, err
  end
  local ok
  ok, err = trial.remember(session.key, before)
  if not ok then
    return nil, err
  end
  ok, err = carry_out(session, made, before, within)
  if ok and session.trial.confirm then
    return "waiting"
  elseif ok then
    ok, err = trial.keep(session.key)
    return ok and "kept", err
  elseif err.code == "gone" or not session.modem then
    return nil, err -- the guard puts it back when the modem is there again
  end
  session.watcher:rest()
  session.watcher:done("undo", tostring(err))
  local back, why = trial.put_back(session, session.watcher)
  return undone(err, back and "it is as before" or ("and putting it back failed, too: %s"):format(why))
end

return M
