-- SPDX-License-Identifier: MIT
-- Does the steps of a plan, each written down before it is done.

local setting = require "settings.setting"

local M = {}

-- A setting that was changed before, by a run which did not come to its end, keeps what it was at first.
local function entry_for(report, step)
  local kind = step.setting
  local back, entry = kind:undo(step.now, step.wanted), nil
  for _, earlier in ipairs(report:to_undo()) do
    if earlier.name == step.name and back ~= nil then
      entry, back = earlier, kind:undo_both(earlier.back, back)
    end
  end
  if not entry then
    entry = { name = step.name, title = step.title, before = kind:show(step.now) }
    report.entries[#report.entries + 1] = entry
  end
  entry.state, entry.err, entry.wanted, entry.how = "begun", nil, kind:show(step.wanted), step.how
  entry.back, entry.back_how = back, back ~= nil and kind:how(step.wanted, back) or nil
  return entry
end

-- Written down before it is done: later runs know of it, even if we are killed.
local function write_down(report, step, modem)
  step.entry = step.entry or entry_for(report, step)
  if step.setting.restart then
    report.restart = modem.description.incarnation or "?"
  end
  return report:save()
end

local function do_step(modem, step, report)
  local is_undoing = step.entry ~= nil
  local ok, err = write_down(report, step, modem)
  if not ok then
    return nil, err
  end
  local entry = step.entry
  ok, err = step.setting:set(modem, step.wanted, step.now)
  if is_undoing then
    entry.undone = ok or nil
  else
    -- Without an answer, the outcome is unknown: it stays as begun.
    entry.state = ok and "done" or setting.is_refusal(err) and "failed" or entry.state
    entry.err = err and tostring(err)
  end
  local saved, why = report:save()
  return ok and saved, err or why
end

---@param modem modem.modem
---@param plan setup.plan
---@param report setup.report
---@param watcher up.watcher
---@return true? ok
---@return moontower.error? err with what was changed, and how to put it back
function M.apply(modem, plan, report, watcher)
  for _, step in ipairs(plan.steps) do
    if step.differs then
      watcher:doing(step.title, step.how)
      local ok, err = do_step(modem, step, report)
      if not ok then
        return report:explain(err)
      end
      watcher:done(step.title, ("%s -> %s"):format(step.setting:show(step.now), step.setting:show(step.wanted)))
    end
  end
  return true
end

return M
