-- SPDX-License-Identifier: MIT
-- The common part of all settings: one thing about a modem that can be read, compared and set.

local errors = require "errors"

---A setting. Values are plain tables and strings: they may go through JSON, and what read() gave can be given
---to normalise() and set() later to put things back.
---@class settings.setting
---@field name string the key in a carrier's `modem` table
---@field title string for people
---@field restart boolean does it hold from the next restart of the modem on?
---@field blank any? what `how`, `set`, `why_not` and `target` get as `now` where that is unknown
---@field read fun(self: settings.setting, modem: table): any, moontower.error? what it says, or UNKNOWN; nil, err
---@field set fun(self: settings.setting, modem: table, wanted: any, now: any): true?, moontower.error?
local Setting = {}

---What a carrier file, or an earlier read(), says, in this setting's own form.
---@param wanted any
---@return any? value
---@return moontower.error? err
function Setting:normalise(wanted) return wanted end

---Is the modem as it is wanted?
---@param now any what read() gave
---@param wanted any what normalise() gave
---@return boolean
function Setting:same(now, wanted) return now == wanted end

---Afterwards: has it worked, as far as that can be seen?
---@param now any
---@param wanted any
---@return boolean
function Setting:holds(now, wanted) return self:same(now, wanted) end

---@param value any
---@return string for people
function Setting:show(value) return tostring(value) end

---What it can be set to, as far as the modem tells.
---@return string? for people
function Setting:choices() end

---Of a setting of bands: all that the modem has.
---@return settings.bands? nil: it does not tell
function Setting:all_bands() return self.able end

---The commands that set() would send.
---@param now any
---@param wanted any
---@return string
function Setting:how(now, wanted) return ("%s -> %s"):format(self:show(now), self:show(wanted)) end

---A reason not to do it.
---@param modem table
---@param wanted any
---@param now any
---@return moontower.error?
function Setting:why_not(modem, wanted, now) end -- luacheck: ignore 212

---What to set to put things back after now became wanted; nil where nothing can.
---@param now any
---@param wanted any
---@return any?
function Setting:undo(now, wanted) return now end -- luacheck: ignore 212

---What to set to put things back after two changes.
---@param earlier any what undo() gave for the first
---@param later any what it gave for the second
---@return any
function Setting:undo_both(earlier, later) return earlier end -- luacheck: ignore 212

---What read() gives where the modem refuses to tell, or answers something that we do not understand: no modem is to be
---left as it is for that. It differs from whatever is wanted, can be set, and cannot be put back.
local UNKNOWN = { unknown = true }

local M = {
  UNKNOWN = UNKNOWN,

  ---What people read, by name: also of a setting whose way to do it is not known yet.
  titles = {
    carrier_configuration = "Carrier configuration", ipv6 = "IPv6", attach = "Attach APN", contexts = "PDP contexts",
    rat = "Radio access", bands = "Bands", lock = "Lock", at = "AT commands", qmi = "QMI messages",
    composition = "USB composition",
  },
}

-- How a class's methods treat it, so that no class has to know.
local guards = {
  read = function(method)
    return function(self, modem)
      local value, err = method(self, modem)
      if value == nil and err and (M.is_refusal(err) or err.code == "malformed") then
        return UNKNOWN
      end
      return value, err
    end
  end,
  same = function(method)
    return function(self, now, wanted) return now ~= UNKNOWN and method(self, now, wanted) end
  end,
  show = function(method)
    return function(self, value) return value == UNKNOWN and "unknown" or method(self, value) end
  end,
  undo = function(method)
    return function(self, now, wanted)
      if now ~= UNKNOWN then
        return method(self, now, wanted)
      end
    end
  end,
  set = function(method)
    return function(self, modem, wanted, now) return method(self, modem, wanted, self:known(now)) end
  end,
}
guards.holds = guards.same
guards.why_not = guards.set
function guards.how(method)
  return function(self, now, wanted) return method(self, self:known(now), wanted) end
end
guards.target = guards.how

---What to go by instead of what is there now, where that is unknown.
---@param now any
---@return any
function Setting:known(now)
  if now == UNKNOWN then
    return self.blank
  end
  return now
end

---Makes a class of settings.
---@param fields table name, restart, read, set, and what differs from the above
---@return table class
function M.class(fields)
  local class = setmetatable(fields, { __index = Setting })
  class.title = M.titles[class.name]
  function class.__index(_, key)
    local value = class[key]
    return value and guards[key] and guards[key](value) or value
  end
  return class
end

---Makes a setting of a class.
---@param class table
---@param fields table?
---@return settings.setting
function M.new(class, fields)
  return setmetatable(fields or {}, class)
end

---Did the modem answer, if only to refuse? What else went wrong is about the way to it.
---@param err moontower.error
---@return boolean
function M.is_refusal(err)
  return err.code == "rejected" or err.code == "unsupported" or err.source == "at" and err.detail ~= nil
    and err.detail.who ~= nil
end

---Could the modem not be asked at all? That says nothing of what it can do.
---@param err moontower.error?
---@return boolean
function M.is_unasked(err)
  return err ~= nil and (err.code == "timeout" or err.code == "gone" or err.detail ~= nil and err.detail.errno ~= nil)
end

---"on" or "off": a switch's value is never false, which would read as an error.
---@param value any true, false, "on" or "off"
---@return "on"|"off"|nil value
---@return moontower.error? err
function M.switch(value)
  if value == true or value == "on" then
    return "on"
  elseif value == false or value == "off" then
    return "off"
  end
  return errors.fail {
    code = "invalid", source = "settings", message = ("'%s' is neither true nor false"):format(tostring(value)),
  }
end

---Do two lists hold the same, in any order?
---@param a any[]
---@param b any[]
---@return boolean
function M.same_set(a, b)
  if #a ~= #b then
    return false
  end
  local seen = {}
  for _, value in ipairs(a) do seen[value] = true end
  for _, value in ipairs(b) do
    if not seen[value] then return false end
  end
  return true
end

return M
