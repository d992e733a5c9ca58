-- SPDX-License-Identifier: MIT
-- The plan: a modem's present settings, the wanted ones, and the steps between. Making a plan changes nothing.

local compositions = require "settings.composition"
local errors = require "errors"
local settings = require "settings"

---@class setup.step
---@field name string
---@field title string
---@field setting settings.setting
---@field now any
---@field wanted any
---@field differs boolean is there anything to do?
---@field how string the commands; "" when there is nothing to do
---@field entry setup.entry? that of the report, where it puts something back

---@class setup.plan
---@field steps setup.step[] in the order to do them
---@field later string[] settings that need an AT port, which the modem has after the restart
---@field restart boolean
---@field at_once boolean? a step of it restarts the modem
---@field interfaces string[]? what the modem will show on USB, where that changes

local M = {}

-- What a carrier wishes has to leave a way to connect the modem; what was read from it, and is put back, was there.
local function refusal_of(modem, setting, wanted, now, modules)
  local refusal = setting:why_not(modem, wanted, now)
  local target = not refusal and setting.name == "composition" and not wanted.by and setting:target(now, wanted)
  return refusal or target and compositions.refusal_of_choice(modem, target, modules) or nil
end

-- A setting as a step; an error when it may not be done.
local function make_step(modem, setting, value, modules)
  local wanted, now, err
  wanted, err = setting:normalise(value)
  if wanted ~= nil then
    now, err = setting:read(modem)
  end
  if wanted == nil or now == nil then
    return errors.during(err, setting.title)
  end
  local differs = not setting:same(now, wanted)
  local refusal = differs and refusal_of(modem, setting, wanted, now, modules)
  if refusal then
    return errors.during(refusal, setting.title)
  end
  return {
    name = setting.name, title = setting.title, setting = setting, now = now, wanted = wanted, differs = differs,
    how = differs and setting:how(now, wanted) or "",
  }
end

local function contains(list, name)
  for _, element in ipairs(list or {}) do
    if element == name then
      return true
    end
  end
  return false
end

-- Without an AT port some things can't be done; if the composition brings one, they can after the restart.
local function is_for_later(modem, wanted, found)
  local composition = wanted.composition
  local interfaces = composition and (composition.interfaces or composition)
  return not modem.at and found.composition ~= nil and contains(interfaces, "at")
end

-- Another program at the AT port is no reason to do without it.
local function check_port(modem)
  local err = not modem.at and modem.at_error
  if err and err.code ~= "not-found" then
    return nil, err
  end
  return true
end

-- Its interfaces on USB differ from the composition that it reports: it has not restarted since.
local function is_pending(modem, step)
  local interfaces = step.now.interfaces
  return interfaces ~= nil and not step.differs and #interfaces > 0
    and not compositions.is_shown(modem.description, interfaces)
end

local function add(plan, modem, step)
  plan.steps[#plan.steps + 1] = step
  if step.differs then
    plan.changes = true
    plan.restart = plan.restart or step.setting.restart
    plan.at_once = plan.at_once or step.setting.at_once
  end
  if step.name == "composition" then
    plan.restart = plan.restart or is_pending(modem, step)
    local target = step.differs and step.setting:target(step.now, step.wanted) or step.now
    plan.interfaces = target and target.interfaces
  end
end

---@param modem modem.modem
---@param wanted carrier.modem
---@param options { names: string[]?, modules: string? }? names: in this order, instead of the usual one
---@return setup.plan?
---@return moontower.error? err why it can't be done; then nothing of it should be
function M.make(modem, wanted, options)
  options = options or {}
  local found, missing, ok, err
  ok, err = check_port(modem)
  if ok then
    found, missing = settings.for_modem(modem, wanted, { modules = options.modules })
    err = missing
  end
  if not found then
    return nil, err
  end
  local plan = { steps = {}, later = {}, restart = false, changes = false }
  for _, name in ipairs(options.names or settings.names) do
    if found[name] then
      local step
      step, err = make_step(modem, found[name], wanted[name], options.modules)
      if not step then
        return nil, err
      end
      add(plan, modem, step)
    elseif wanted[name] ~= nil and is_for_later(modem, wanted, found) then
      plan.later[#plan.later + 1] = name
    elseif wanted[name] ~= nil then
      return nil, missing[name]
    end
  end
  return plan
end

---Is there anything to do?
---@param plan setup.plan
---@return boolean
function M.is_empty(plan)
  return not plan.changes and not plan.restart and #plan.later == 0
end

return M
