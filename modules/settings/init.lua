-- SPDX-License-Identifier: MIT
-- The settings of a modem: the things about it that a carrier may want, each with the way to do it on this one.

local at_port = require "modem.at"
local errors = require "errors"
local generic = require "settings.generic"
local lines = require "settings.lines"
local maker = require "maker"
local setting = require "settings.setting"

---@class settings.options
---@field modules string? where the kernel's modules are, if not in /lib/modules/VERSION
---@field session settings.session? for a maker's settings: what its open() returned

local M = {
  ---In the order to apply them: the composition comes last, as what it changes may be how we talk to the modem.
  names = { "carrier_configuration", "ipv6", "attach", "contexts", "rat", "bands", "lock", "at", "qmi", "composition" },
}

---@class maker.settings what a maker's `settings` are: by name, a function that makes the setting of a modem; nil,
--- perhaps with an error, where the modem has none such. Settings by AT commands: see settings/by_command.lua
---@field open (fun(modem: table, password: string?): settings.session)? called first; its result is in options.session

---@class settings.session a maker's way to send commands, where there is more to that than sending
---@field has fun(self, command: string): boolean is it for this command?
---@field ask fun(self, modem: table, command: string): table?, moontower.error?

-- The settings of the maker whose AT commands it takes.
local function own_settings(modem)
  local found, err = at_port.maker(modem)
  if err then
    return nil, err
  end
  return found and found:load "settings" or {}
end

---The composition as a setting, by QMI.
---@param modem table
---@param options settings.options
---@return settings.setting?
---@return moontower.error? err
function M.composition_by_qmi(modem, options)
  local found, err
  for by_qmi in maker.each "composition_by_qmi" do
    found, err = by_qmi(modem, options)
    if found or setting.is_unasked(err) then
      break
    end
  end
  return found, err
end

-- A setting of the maker's, or the generic one. Only where the modem could not be asked, the search ends.
local function find(name, modem, own, options)
  local found, err
  if name == "composition" then
    found = require("settings.fixed_composition").new(modem)
  end
  if not found and own[name] then
    found, err = own[name](modem, options)
  end
  local is_unasked = setting.is_unasked(err)
  -- A maker's IPv6 switch counts where there is one; without an AT port, it cannot be known.
  if not found and not is_unasked and not (name == "ipv6" and not modem.at) then
    local own_err = err
    found, err = generic.new(name, modem)
    err = err or own_err
  end
  if not found and not is_unasked and name == "composition" and modem.qmi then
    found, err = M.composition_by_qmi(modem, options)
  end
  if not found and not is_unasked and name == "composition" then
    found = require("settings.configuration").new(modem, options)
  end
  return found, err
end

-- That a message of some maker's is unknown to this modem says nothing to a person.
local function missing(name, modem, err)
  local says_why = err and not (err.code == "unsupported" and (err.source == "qmi" or err.source == "mbim"))
  return errors.new {
    code = "unsupported", source = "settings",
    message = says_why and ("this modem offers no way to set %s: %s"):format(name, err)
      or ("this modem offers no way to set %s"):format(name),
    hint = not modem.at and "It has no AT port in its present USB composition; with one, there may be a way."
      or "Its maker's AT manual may have a command for it: `moontower at` sends that.",
    detail = err and err.detail,
  }
end

---The settings of a modem, chosen by what it says it can do.
---@param modem table the facade: `at`, `qmi` and `description`; what it lacks is nil
---@param wanted table? a carrier's `modem` table: only what it names is looked for. Its `unlock` is the password for
--- a maker's protected commands
---@param options settings.options?
---@return table<string, settings.setting>? settings by the names in M.names
---@return table<string, moontower.error>|moontower.error missing why there is none of a name; or why nothing works
function M.for_modem(modem, wanted, options)
  local own, err
  if modem.at then
    own, err = own_settings(modem)
    if not own then
      return nil, err
    end
  end
  own = own or {}
  local session = own.open and own.open(modem, wanted and wanted.unlock)
  options = { modules = options and options.modules, session = session }
  local settings, lacking = {}, {}
  for _, name in ipairs(M.names) do
    local found
    if name == "at" or name == "qmi" then
      found, err = nil, nil
      if wanted and wanted[name] then
        found, err = lines.new(name, wanted[name], session)
      end
      lacking[name] = err
    elseif not wanted or wanted[name] ~= nil then
      found, err = find(name, modem, own, options)
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
