-- SPDX-License-Identifier: MIT
-- Shows a plan and its outcome.

local columns = require "terminal.columns"
local json = require "base.json"
local plan = require "setup.plan"
local setting = require "settings.setting"
local wrap = require "terminal.wrap"

local M = {}

local function rows_of(made)
  local rows = {}
  for i, step in ipairs(made.steps) do
    rows[i] = {
      name = step.name, title = step.title, now = step.setting:show(step.now), wanted = step.setting:show(step.wanted),
      how = step.how, differs = step.differs,
    }
  end
  for _, name in ipairs(made.later) do
    rows[#rows + 1] = {
      name = name, title = setting.titles[name], now = "unknown", wanted = "as the carrier says", differs = true,
      how = "after the restart: it takes an AT port",
    }
  end
  return rows
end

---The plan as a table.
---@param made setup.plan
function M.plan(made)
  local rows = { { "SETTING", "NOW", "WANTED", "HOW" } }
  for _, row in ipairs(rows_of(made)) do
    rows[#rows + 1] = { row.title, row.now, row.wanted, row.differs and row.how or "as it is" }
  end
  columns.print(rows)
  for _, step in ipairs(made.steps) do
    local target = step.differs and step.setting.note and step.setting:target(step.now, step.wanted)
    local note = target and step.setting:note(target)
    if note then
      wrap.print(note)
    end
  end
  if made.restart then
    wrap.print("Then the modem restarts, once, and comes back by itself.")
  end
end

---How the settings are afterwards, as a table.
---@param outcome setup.outcome
function M.outcome(outcome)
  local rows = { { "SETTING", "NOW", "" } }
  for _, row in ipairs(outcome.rows) do
    rows[#rows + 1] = { row.title, row.now, row.holds and "as wanted" or ("NOT as wanted: %s"):format(row.wanted) }
  end
  columns.print(rows)
end

---Both, for programs.
---@param session setup.session
---@param made setup.plan
---@param outcome setup.outcome?
---@param more table? further fields
function M.json(session, made, outcome, more)
  local steps = setmetatable({}, { __jsontype = "array" })
  for i, row in ipairs(rows_of(made)) do
    steps[i] = { setting = row.name, before = row.now, wanted = row.wanted, how = row.how, differs = row.differs }
  end
  for i, row in ipairs(outcome and outcome.rows or {}) do
    steps[i] = steps[i] or { setting = row.name, wanted = row.wanted }
    steps[i].now, steps[i].holds = row.now, row.holds
  end
  local values = {
    modem = session.key, steps = steps, restart = made.restart, changed = outcome ~= nil,
    holds = outcome and outcome.holds or not outcome and plan.is_empty(made),
    report = session.report and session.report:is_written() and session.report:path() or nil,
  }
  for key, value in pairs(more or {}) do values[key] = value end
  print(json.encode(values, { indent = true }))
end

return M
