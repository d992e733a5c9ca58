-- SPDX-License-Identifier: MIT
-- The settings of a modem: the things about it that a carrier may want, each with the way to do it on this one.

local errors = require "errors"
local generic = require "settings.generic"
local lines = require "settings.lines"
local quectel = require "settings.quectel"
local setting = require "settings.setting"
local sierra = require "settings.sierra"

---@class settings.options
---@field modules string? where the kernel's modules are, if not in /lib/modules/VERSION

local M = {
  ---In the order to apply them: the composition comes last, as what it changes may be how we talk to the modem.
  names = { "ipv6", "contexts", "rat", "bands", "at", "qmi", "composition" },
}

local ANSWER_TIME = 10

-- Whose AT commands it takes: what it says itself, or else what USB does.
local function maker_of(modem)
  local text = modem.description and modem.description.manufacturer or ""
  local reply, err = modem.at:command("ATI", { seconds = ANSWER_TIME })
  if not reply and not setting.is_refusal(err) then
    return nil, err
  end
  text = (text .. "\n" .. table.concat(reply and reply.lines or {}, "\n")):lower()
  return text:find("sierra", 1, true) and "sierra" or text:find("quectel", 1, true) and "quectel" or "other"
end

-- A setting of the maker's, or the generic one. Only where the modem could not be asked, the search ends.
local function find(name, modem, maker, session, options)
  local found, err
  if maker == "sierra" then
    found, err = sierra.new(name, session, modem, options)
  elseif maker == "quectel" then
    found, err = quectel.new(name, modem, options)
  end
  local is_unasked = setting.is_unasked(err)
  -- Sierra's IPv6 switch counts where there is one; without an AT port, it cannot be known.
  if not found and not is_unasked and not (name == "ipv6" and not modem.at) then
    local own_err = err
    found, err = generic.new(name, modem)
    err = err or own_err
  end
  if not found and not is_unasked and name == "composition" and modem.qmi then
    found, err = require("settings.sierra_composition").by_qmi(modem, options)
  end
  if not found and not is_unasked and name == "composition" then
    found = require("settings.configuration").new(modem, options)
  end
  return found, err
end

local function missing(name, modem, err)
  return errors.new {
    code = "unsupported", source = "settings",
    message = err and ("this modem offers no way to set %s: %s"):format(name, err)
      or ("this modem offers no way to set %s"):format(name),
    hint = not modem.at and "It has no AT port in its present USB composition; with one, there may be a way." or nil,
    detail = err and err.detail,
  }
end

---The settings of a modem, chosen by what it says it can do.
---@param modem table the facade: `at`, `qmi` and `description`; what it lacks is nil
---@param wanted table? a carrier's `modem` table: only what it names is looked for. Its `unlock` is the password for
--- Sierra's protected commands
---@param options settings.options?
---@return table<string, settings.setting>? settings by the names in M.names
---@return table<string, moontower.error>|moontower.error missing why there is none of a name; or why nothing works
function M.for_modem(modem, wanted, options)
  options = options or {}
  local maker, err, session
  if modem.at then
    maker, err = maker_of(modem)
    if not maker then
      return nil, err
    end
    session = sierra.session(modem, wanted and wanted.unlock)
  end
  local settings, lacking = {}, {}
  for _, name in ipairs(M.names) do
    local found
    if name == "at" or name == "qmi" then
      found, err = nil, nil
      if wanted and wanted[name] then
        found, err = lines.new(name, wanted[name], maker == "sierra" and session or nil)
      end
      lacking[name] = err
    elseif not wanted or wanted[name] ~= nil then
      found, err = find(name, modem, maker, session, options)
      if not found and setting.is_unasked(err) then
        return nil, err
      end
      lacking[name] = not found and missing(name, modem, err) or nil
    end
    settings[name] = found
  end
  return settings, lacking
end

return M
