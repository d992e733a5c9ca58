-- SPDX-License-Identifier: MIT
-- The report of `setup`, in /var/lib/moontower/setup: written before each step, so that later runs know what was
-- changed and how to put it back, whatever happens. That of a change on trial is in /var/lib/moontower/trials: as long
-- as it is there, the change is not kept (../trial).

local errors = require "errors"
local fs = require "core.fs"
local state = require "state"

local UNCHANGED = "Nothing was changed."
local ADVICE = "The same `moontower setup` again completes it; `moontower setup --undo` puts it back."

---@class setup.entry a step that was begun
---@field name string of the setting
---@field title string
---@field before string for people; no values of commands with passwords
---@field wanted string
---@field how string the commands
---@field back any? what the setting is given to put things back; nil when nothing can
---@field back_how string? the commands for that
---@field state "begun"|"done"|"failed"
---@field err string? why it failed
---@field undone boolean?

---@class setup.report
---@field key string
---@field carrier string the name that `setup` was given
---@field modem string for people
---@field date string
---@field entries setup.entry[] the oldest first
---@field restart string? the incarnation of the modem that still has to restart
---@field finished boolean is the modem as it was wanted?
---@field trial trial.terms? of a change on trial
local Report = {}
Report.__index = Report

local M = {}

---The name of a modem's report: its IMEI, which is the same in every port and composition, or else its place.
---@param modem modem.modem
---@return string? key
---@return moontower.error? err
function M.key(modem)
  local identity, err = modem:identity()
  if identity and not identity.imei then
    identity, err = modem:identity() -- it may have been busy
  end
  if not identity then
    return nil, err
  end
  return identity.imei or modem.description.name
end

---@param key string
---@param kind "setup"|"trials"
---@return setup.report? report nil: nothing was changed, or all of it put back
---@return moontower.error? err there is a report, and it cannot be read
function M.load(key, kind)
  local values, err = state.persistent.load(kind, key)
  if values then
    return setmetatable(values, Report)
  elseif err and err.code == "malformed" then
    err.hint = "So it is unknown what was changed. The file is kept; run the command again to go on without it."
  end
  return nil, err
end

---The report to go on with: that of an earlier run which did not come to its end, or of a trial, whose changes are kept
---only when its report is removed; or a new one.
---@param key string
---@param carrier string
---@param modem modem.modem
---@param trial trial.terms? of a change on trial
---@return setup.report
function M.begin(key, carrier, modem, trial)
  local report = M.load(key, trial and "trials" or "setup")
  if not report or report.finished and not trial then
    report = setmetatable({ key = key, entries = {} }, Report)
  end
  report.carrier, report.modem, report.finished, report.trial = carrier, tostring(modem), false, trial
  report.date = os.date("!%Y-%m-%dT%H:%M:%SZ")
  return report
end

---@private
---@return "setup"|"trials"
function Report:kind() return self.trial and "trials" or "setup" end

---@return string
function Report:path() return state.persistent.path(self:kind(), self.key) end

---@return boolean is there a file at all?
function Report:is_written() return fs.stat(self:path()) ~= nil end

---@return true? ok
---@return moontower.error? err
function Report:save() return state.persistent.save(self:kind(), self.key, self) end

---@return true? ok
---@return moontower.error? err
function Report:remove()
  state.persistent.remove(self:kind(), self.key)
  if not self:is_written() then
    return true
  end
  return errors.fail {
    code = "io", source = "setup", message = ("all is put back, but %s cannot be removed"):format(self:path()),
    hint = "Remove it: else it is taken for what is still changed.",
  }
end

---Is a restart still due? Unplugging is one, too.
---@param description modem.description
---@return boolean
function Report:restart_is_due(description)
  return self.restart ~= nil and self.restart == (description.incarnation or "?")
end

---The changes that can still be put back, the newest first.
---@return setup.entry[]
function Report:to_undo()
  local list = {}
  for i = #self.entries, 1, -1 do
    local entry = self.entries[i]
    if not entry.undone and entry.back ~= nil then list[#list + 1] = entry end
  end
  return list
end

---The changes that cannot be put back, for people. A refused command is none of it: it changed nothing.
---@return { how: string, is_sure: boolean }[] is_sure: the modem has taken it; else its answer is not known
function Report:lost()
  local list = {}
  for _, entry in ipairs(self.entries) do
    if entry.back == nil and entry.state ~= "failed" then
      list[#list + 1] = { how = entry.how, is_sure = entry.state == "done" }
    end
  end
  return list
end

---@return nil
---@return moontower.error
function M.with_hint(err, hint)
  local _, copy = errors.during(err, "setup")
  copy.hint = (err.hint and err.hint .. "\n  " or "") .. hint
  return nil, copy
end

local words = { begun = " (its end is not known: it may be so)", failed = " (refused)", done = "" }

local function line_of(entry)
  local back = entry.state ~= "failed" and entry.back_how
  return ("%s: %s -> %s%s%s"):format(entry.title, entry.before, entry.wanted, words[entry.state] or "",
    back and "; back with " .. back or "")
end

---Adds to an error what was changed, and what to do now. The file says that: each step is written
---before it is done, and where writing failed, the step was not done. What is on trial is put back in any case.
---@param err moontower.error
---@return nil
---@return moontower.error
function Report:explain(err)
  if self.trial then
    return nil, err
  end
  local written = M.load(self.key, self:kind())
  local lines, is_changed = {}, false
  for _, entry in ipairs(written and written.entries or {}) do
    if not entry.undone then
      lines[#lines + 1] = line_of(entry)
      is_changed = is_changed or entry.state ~= "failed"
    end
  end
  if #lines == 0 then
    return M.with_hint(err, UNCHANGED)
  end
  return M.with_hint(err, ("%s:\n    %s\n  %s\n  All of this is in %s"):format(
    is_changed and "Changed so far" or "Tried so far", table.concat(lines, "\n    "), ADVICE, self:path()))
end

---Says of an error that nothing was changed, if there is no report that says otherwise.
---@param report setup.report?
---@param err moontower.error
---@return nil
---@return moontower.error
function M.explain(report, err)
  if report and not report.finished then
    return report:explain(err)
  end
  return M.with_hint(err, UNCHANGED)
end

return M
