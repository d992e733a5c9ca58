-- SPDX-License-Identifier: MIT
-- Which of its maker's carrier configurations (MCFG, MBN) a modem uses: by name, or "auto", where it chooses by the
-- SIM. A maker whose modems have something else of the kind says how these are listed and selected.

local configurations = require "modem.carrier_configurations"
local errors = require "errors"
local setting = require "settings.setting"

local AUTO = "auto"

local Configuration = setting.class { name = "carrier_configuration", restart = true, blank = "none" }

function Configuration:normalise(wanted)
  for _, name in ipairs(self.names) do
    if name:lower() == tostring(wanted):lower() then
      return name
    end
  end
  return tostring(wanted):lower() == AUTO and AUTO or tostring(wanted)
end

-- What will be active after a restart.
function Configuration:read(modem)
  local found, err = self.ways.list(modem)
  if not found then
    return nil, err
  elseif found.automatic then
    return AUTO
  end
  for _, one in ipairs(found.list) do
    if one.selected then
      return one.name
    end
  end
  return "none"
end

function Configuration:choices()
  return table.concat(self.names, ", ") .. (self.has_auto and ", " .. AUTO or "")
end

function Configuration:why_not(_, wanted)
  for _, name in ipairs(self.names) do
    if name == wanted then
      return nil
    end
  end
  return not (wanted == AUTO and self.has_auto) and errors.new {
    code = "unsupported", source = "settings",
    message = ("the modem has no carrier configuration '%s'"):format(wanted),
    hint = "It has these: " .. self:choices() .. ".",
  } or nil
end

function Configuration:how(_, wanted)
  if self.ways.how then
    return self.ways.how(wanted ~= AUTO and wanted)
  end
  return wanted == AUTO and "by the SIM" or ("carrier configuration %s"):format(wanted)
end

function Configuration:set(modem, wanted)
  return self.ways.select(modem, wanted ~= AUTO and wanted)
end

-- None cannot be chosen.
function Configuration:undo(now) return now ~= "none" and now or nil end

---@class settings.carrier_configuration_ways
---@field list fun(modem: table): modem.carrier_configurations?, moontower.error?
---@field select fun(modem: table, name: string|false): true?, moontower.error? false: as the modem chooses
---@field how (fun(name: string|false): string)? the command that select() sends

return {
  ---The setting of a modem that has carrier configurations.
  ---@param modem table
  ---@param ways settings.carrier_configuration_ways?
  ---@return settings.setting?
  ---@return moontower.error? err
  new = function(modem, ways)
    ways = ways or configurations
    local found, err = ways.list(modem)
    if not found then
      return nil, err
    end
    local names = {}
    for i, one in ipairs(found.list) do names[i] = one.name end
    return setting.new(Configuration, { names = names, has_auto = found.automatic ~= nil, ways = ways })
  end,
}
