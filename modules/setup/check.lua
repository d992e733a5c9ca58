-- SPDX-License-Identifier: MIT
-- Reads everything back after a setup, and says what holds.

local plan = require "setup.plan"
local setting = require "settings.setting"

---@class setup.outcome
---@field rows { name: string, title: string, now: string, wanted: string, holds: boolean }[]
---@field holds boolean all of it

local M = {}

---@param modem modem.modem
---@param wanted carrier.modem
---@param options { names: string[]? }?
---@return setup.outcome?
---@return moontower.error? err
function M.check(modem, wanted, options)
  local made, err = plan.make(modem, wanted, options)
  if not made then
    return nil, err
  end
  local outcome = { rows = {}, holds = #made.later == 0 }
  for i, step in ipairs(made.steps) do
    local holds = step.setting:holds(step.now, step.wanted)
    outcome.rows[i] = {
      name = step.name, title = step.title, holds = holds,
      now = step.setting:show(step.now), wanted = step.setting:show(step.wanted),
    }
    outcome.holds = outcome.holds and holds
  end
  for _, name in ipairs(made.later) do
    outcome.rows[#outcome.rows + 1] = {
      name = name, title = setting.titles[name], now = "unknown", wanted = "", holds = false,
    }
  end
  return outcome
end

return M
