-- SPDX-License-Identifier: MIT
-- Puts back what a setup has changed, the newest first, as its report says.

local carrier = require "carrier"
local errors = require "errors"
local plan = require "setup.plan"
local printable = require "base.printable"
local setting = require "settings.setting"

local M = {}

---The earlier values to set again, in order.
---@param report setup.report
---@return carrier.modem wanted
---@return string[] names
function M.wanted(report)
  local chosen = report.carrier and carrier.load(report.carrier) -- for its password; it may be gone
  local wanted, names = { unlock = chosen and chosen.modem and chosen.modem.unlock }, {}
  for _, entry in ipairs(report:to_undo()) do
    wanted[entry.name] = entry.back
    names[#names + 1] = entry.name
  end
  return wanted, names
end

local function damaged(report, why)
  return errors.fail {
    code = "malformed", source = "setup",
    message = "what was changed in this modem is written down in a way that makes no sense: " .. printable(why),
    hint = ("Put it back by hand, with the help of %s, and remove that file."):format(
      report:path()),
  }
end

-- Each setting has its own form of values, and raises on a mistake in them.
local function tried(report, fn, ...)
  local ok, value, err = pcall(fn, ...)
  if ok then
    return value, err
  elseif type(value) == "table" then
    error(value, 0)
  end
  return damaged(report, value)
end

---@param modem modem.modem
---@param report setup.report
---@return setup.plan?
---@return moontower.error? err before anything is sent
function M.plan(modem, report)
  local wanted, names = M.wanted(report)
  for _, name in ipairs(names) do
    if not setting.titles[name] then
      return damaged(report, ("there is no setting '%s'"):format(name:sub(1, 40)))
    end
  end
  local made, err = tried(report, plan.make, modem, wanted, { names = names })
  for _, step in ipairs(made and made.steps or {}) do
    local shown, mistake = tried(report, step.setting.show, step.setting, step.wanted)
    if not shown then
      return nil, mistake
    end
  end
  if not made then
    return nil, err
  end
  for _, entry in ipairs(report:to_undo()) do
    for _, step in ipairs(made.steps) do
      if step.name == entry.name then step.entry = entry end
    end
  end
  return made
end

return M
