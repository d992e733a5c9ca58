-- SPDX-License-Identifier: MIT
-- Which carrier's settings (PRI) a Sierra Wireless modem uses, of those that it stores: by AT!IMPREF, or AT!GOBIIMPREF
-- on the MC73xx. "AUTO-SIM" is its own choice, by the SIM. What is preferred is in use after the next restart.
--
-- The names are those of the files that AT!IMAGE? lists ("02.24.05.06_GENERIC"). A modem refuses one that it does not
-- store; qmi-firmware-update brings such files.

local carrier_configuration = require "settings.carrier_configuration"
local preference = require "makers.sierra.image_preference"
local setting = require "settings.setting"

local M = {}

-- The fields that the modem shows, and the command that has them.
local function ask(session, modem)
  local reply, err
  for _, command in ipairs(preference.commands) do
    reply, err = session:ask(modem, command .. "?")
    if reply then
      return preference.fields(reply.lines), command
    elseif not setting.is_refusal(err) then
      break
    end
  end
  return nil, err
end

local function stored(session, modem)
  local reply, err = session:ask(modem, "AT!IMAGE?")
  if not reply and not setting.is_refusal(err) then
    return nil, err
  end
  local names = {}
  for _, line in ipairs(reply and reply.lines or {}) do
    local name = line:match "^PRI%s.*%s[%d.]+_([%w_-]+)%s*$"
    if name then names[#names + 1] = name end
  end
  return names
end

local function list(session, modem)
  local fields, err = ask(session, modem)
  local current = fields and fields["current carrier name"]
  if not current then
    return nil, err
  end
  local names
  names, err = stored(session, modem)
  if not names then
    return nil, err
  end
  local preferred, seen, found = fields["preferred carrier name"], {}, { list = {} }
  found.automatic = preferred == preference.automatic
  table.insert(names, current) -- in case it lists none
  for _, name in ipairs(names) do
    if not seen[name] then
      seen[name] = true
      table.insert(found.list, { name = name, active = name == current, selected = name == preferred })
    end
  end
  return found
end

---The setting, for a modem that shows its preference.
---@param session makers.sierra.session
---@param modem table
---@return settings.setting?
---@return moontower.error? err
function M.new(session, modem)
  local fields, command = ask(session, modem)
  if not fields then
    return nil, command
  end
  local function sets(name) return ('%s="%s"'):format(command, name or preference.automatic) end
  return carrier_configuration.new(modem, {
    list = function(now) return list(session, now) end,
    select = function(now, name)
      local reply, err = session:ask(now, sets(name))
      return reply and true, err
    end,
    how = sets,
  })
end

return M
