-- SPDX-License-Identifier: MIT
-- Puts back what a setup has changed, the newest first, as its report says.

local carrier = require "carrier"
local plan = require "setup.plan"

local M = {}

---What the modem is to be like again, and in which order.
---@param report setup.report
---@return carrier.modem wanted
---@return string[] names
function M.wanted(report)
  local chosen = carrier.load(report.carrier) -- for its password; it may be gone
  local wanted, names = { unlock = chosen and chosen.modem and chosen.modem.unlock }, {}
  for _, entry in ipairs(report:to_undo()) do
    wanted[entry.name] = entry.back
    names[#names + 1] = entry.name
  end
  return wanted, names
end

---@param modem modem.modem
---@param report setup.report
---@return setup.plan?
---@return moontower.error? err
function M.plan(modem, report)
  local wanted, names = M.wanted(report)
  local made, err = plan.make(modem, wanted, { names = names })
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
