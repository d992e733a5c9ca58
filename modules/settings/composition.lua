-- SPDX-License-Identifier: MIT
-- USB compositions of all makers: which interfaces a modem shows the host, by name, and what may not be asked for.

local at_port = require "modem.at"
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

local cards = { "ecm", "ncm", "rndis" }

local NO_DATA = "without MBIM, QMI or a network card, the modem could only dial by PPP, which moontower does not speak"

local function invalid(message)
  return errors.fail {
    code = "invalid", source = "settings", message = message,
    hint = 'A composition is a list such as { "at", "mbim" }, with one of mbim, qmi, ecm, ncm and rndis in it.',
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
  local sorted, data = M.sorted(list), {}
  for _, name in ipairs(sorted) do
    if M.data[name] then data[#data + 1] = name:upper() end
  end
  if #data > 1 then
    return invalid(("a composition has one way to carry packets, not %s"):format(table.concat(data, " and ")))
  elseif #data == 0 then
    return invalid(NO_DATA)
  end
  return { interfaces = sorted }
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

-- What makes it a network card to the host, where neither MBIM nor QMI carries its packets.
local function card_of(interfaces)
  local set = M.set(interfaces)
  for _, name in ipairs(set.mbim and {} or set.qmi and {} or cards) do
    if set[name] then return name end
  end
end

local function unconnectable(message, hint)
  return errors.new { code = "unsupported", source = "settings", message = message, hint = hint }
end

---Why a person or a carrier may not choose a composition, as moontower could not connect the modem then; nil if it may
---be chosen. Putting one back is no choice: an earlier read() has found it.
---@param modem table
---@param target settings.composition
---@param folder string? where the kernel's modules are
---@return moontower.error?
function M.refusal_of_choice(modem, target, folder)
  local set, card = M.set(target.interfaces), card_of(target.interfaces)
  if set.mbim or set.qmi then
    return nil
  elseif not card then
    return unconnectable(NO_DATA, "ModemManager or pppd dial.")
  elseif not set.at then
    return unconnectable("as a network card without an AT port, the modem could only be connected by its own firmware")
  end
  local maker_of, err = at_port.maker(modem)
  if not maker_of or not maker_of.data then
    return err or unconnectable("no command of this modem's maker is known that connects it as a network card",
      "With 3GPP's AT+CGACT, `moontower up` may do it, and may not; with MBIM or QMI, it does.")
  end
  return modem.description.usb and drivers.refusal(renamed(modem.description, target.product), {
    { role = card, number = number_of(modem.description, card), class = (target.classes or {})[card] },
  }, folder) or nil
end

---What people have to know of a composition.
---@param target settings.composition
---@return string?
function M.note(target)
  return card_of(target.interfaces) and "Then it is a network card, which moontower connects by AT commands. With MBIM "
    .. "or QMI, it learns more from the modem, and sooner." or nil
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

  function fields.note(_, target) return M.note(target) end

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
