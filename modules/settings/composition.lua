-- SPDX-License-Identifier: MIT
-- USB compositions of all makers: which interfaces a modem shows the host, by name, and what may not be asked for.

local drivers = require "settings.drivers"
local errors = require "errors"
local maker = require "maker"
local setting = require "settings.setting"

---@class settings.composition
---@field interfaces string[] "at", "mbim" ...; as wanted: these at least
---@field by string? what read it; `exact` is that one's own number for it, and means exactly this composition
---@field exact integer?
---@field product string? of a target: the product id that the modem has then, where that changes; "2cb7:0007", where
--- the vendor's does, too
---@field classes table<string, string>? of a target: the class of a port by its role, as "02:02:01", where it is not
--- the usual one

local M = {}

-- In the order in which they are named.
M.names = { "dm", "nmea", "at", "qmi", "mbim", "ecm", "ncm", "rndis", "adb", "audio", "ubist", "ms", "hip" }
local known = {}
for _, name in ipairs(M.names) do known[name] = true end

---What carries the data; a modem has one of them.
M.data = { qmi = true, mbim = true, ecm = true, ncm = true, rndis = true }

local NO_DATA = "without MBIM or QMI, nothing could connect the modem"

local function invalid(message)
  return errors.fail {
    code = "invalid", source = "settings", message = message,
    hint = 'A composition is a list such as { "at", "mbim" }, with either mbim or qmi in it.',
  }
end

---Sorts names into the order they are shown in, once each.
---@param list string[]
---@return string[]
function M.sorted(list)
  local set, sorted = M.set(list), {}
  for _, name in ipairs(M.names) do
    if set[name] then sorted[#sorted + 1] = name end
  end
  return sorted
end

---@param list string[]
---@return table<string, true>
function M.set(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

---@param list string[]
---@param others string[]
---@return boolean all of list are among others
function M.is_within(list, others)
  local set = M.set(others)
  for _, name in ipairs(list) do
    if not set[name] then return false end
  end
  return true
end

---Does the modem show what it says that it was set to? If not, it has not restarted since.
---@param description modem.description
---@param interfaces string[]
---@return boolean
function M.is_shown(description, interfaces)
  local set = M.set(interfaces)
  if description.protocol == "at" then
    return not set.mbim and not set.qmi
  end
  return set[description.protocol] ~= nil
end

-- Makes what a carrier file says, or an earlier read(), a composition.
local function normalise(_, wanted)
  if type(wanted) == "table" and wanted.interfaces then
    return wanted
  elseif type(wanted) ~= "table" or #wanted == 0 then
    return invalid("a composition is a list of interfaces")
  end
  local list = {}
  for i, name in ipairs(wanted) do
    list[i] = type(name) == "string" and name:lower() or "?"
    if not known[list[i]] then
      return invalid(("'%s' is no USB interface"):format(tostring(name)))
    end
  end
  local set = M.set(list)
  if set.qmi and set.mbim then
    return invalid("a composition has MBIM or QMI, not both")
  elseif not set.qmi and not set.mbim then
    return invalid(NO_DATA)
  end
  return { interfaces = M.sorted(list) }
end

---Why a person may not choose a composition by its number, where names would be refused; nil if it may be chosen.
---Putting one back is no choice: an earlier read() has found it.
---@param wanted settings.composition
---@return moontower.error?
function M.refusal_of_number(wanted)
  local set = M.set(wanted.interfaces)
  if wanted.exact and not set.mbim and not set.qmi then
    return errors.new {
      code = "unsupported", source = "settings", message = NO_DATA,
      hint = "With that composition, it connects itself, and is a network card to the host.",
    }
  end
end

-- The number that an interface will have: its maker's table knows it for most modems.
local function number_of(description, role)
  local numbers = maker.quirks("usb", description.vendor, description.product).ports or {}
  local lowest
  for _, wanted in ipairs { role, role .. "-ppp" } do
    for number, name in pairs(lowest and {} or numbers) do
      if name == wanted and (not lowest or number < lowest) then
        lowest = number
      end
    end
  end
  return lowest or description.protocol == role and description.interface or 0
end

-- The same modem under another id. What its own descriptor says of it is not known then.
local function renamed(description, product)
  local vendor, number = (product or ""):match "^(%x+):(%x+)$"
  vendor, number = vendor or description.vendor, number or product
  if not product or number == description.product and vendor == description.vendor then
    return description
  end
  return { usb = description.usb, vendor = vendor, product = number }
end

---Why the host could not use a modem with these interfaces; nil if it could.
---@param description modem.description
---@param target settings.composition
---@param folder string? where the kernel's modules are
---@return moontower.error?
function M.refusal(description, target, folder)
  local set, needed = M.set(target.interfaces), {}
  description = renamed(description, target.product)
  if not set.mbim and not set.qmi and not set.at then
    return errors.new {
      code = "unsupported", source = "settings", message = "that composition has no port for commands",
      hint = "With it, no program could talk to the modem any more.",
    }
  elseif not description.usb then
    return nil -- no driver between us
  end
  for _, role in ipairs { "mbim", "qmi", "at" } do
    if set[role] then
      needed[#needed + 1] = {
        role = role, number = number_of(description, role), class = (target.classes or {})[role],
      }
    end
  end
  return drivers.refusal(description, needed, folder)
end

---Does a wanted composition name one by the number that this way of setting has for it?
---@param self settings.setting
---@param wanted settings.composition
---@return boolean
function M.is_exact(self, wanted)
  return wanted.exact ~= nil and wanted.by == self.by
end

---Makes a class of composition settings. To it belong, too: read, command(self, target),
---order(self, modem, target) -> ok | nil, err, and target(self, now, wanted) -> { interfaces, exact } | nil, err.
---Where a person may give a number: of_number(self, number) -> wanted | nil; bits: of_mask(self, mask, now) -> wanted.
---@param by string
---@return table class
function M.class(by)
  local fields = { by = by }
  fields.name, fields.restart = "composition", true
  fields.normalise = normalise

  function fields:same(now, wanted)
    if M.is_exact(self, wanted) then
      return now.exact == wanted.exact
    end
    return M.is_within(wanted.interfaces, now.interfaces)
  end

  function fields.show(_, value)
    if #value.interfaces == 0 and value.exact then
      return ("composition %d"):format(value.exact)
    end
    return table.concat(value.interfaces, "+")
  end

  ---@return string for people: what a number stands for
  function fields:words(number)
    local wanted = self:of_number(number)
    return wanted and table.concat(wanted.interfaces, "+") or "unknown"
  end

  function fields:how(now, wanted)
    local target, err = self:target(now, wanted)
    return target and self:command(target) or tostring(err)
  end

  function fields:why_not(modem, wanted, now)
    local target, err = self:target(now, wanted)
    return err or M.refusal(modem.description, target, self.modules)
  end

  function fields:set(modem, wanted, now)
    local target, err = self:target(now, wanted)
    if not target then
      return nil, err
    end
    return self:order(modem, target)
  end

  return setting.class(fields)
end

return M
