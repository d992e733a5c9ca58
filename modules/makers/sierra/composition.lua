-- SPDX-License-Identifier: MIT
-- Which USB interfaces a Sierra modem shows: by AT!USBCOMP or AT!UDUSBCOMP, or by QMI where there is no AT port or
-- neither command.

local composition = require "settings.composition"
local errors = require "errors"
local setting = require "settings.setting"
local sierra_qmi = require "makers.sierra.qmi"

local M = {}

-- Their names for interfaces, and ours. A modem has further rmnets beside the first one.
local ours = {
  DIAG = "dm", NMEA = "nmea", MODEM = "at", MBIM = "mbim", RMNET0 = "qmi", RMNET1 = "qmi", RMNET2 = "qmi",
  RNDIS = "rndis", ECM = "ecm", ADB = "adb", AUDIO = "audio", UBIST = "ubist",
}

-- ---- AT!USBCOMP ----

local ByAt = composition.class "usbcomp"

-- The help of AT!USBCOMP=? names each interface with its bit: "MBIM     - 0x00001000". Only a name we know, with a
-- number that is one bit, is taken for one.
local function bits_of(reply)
  local bits = {}
  for name, digits in table.concat(reply.lines, "\n"):gmatch("%f[%w](%u%u[%u%d]*)%s*[-:=]%s*0?[xX]?(%x+)") do
    local bit = tonumber(digits, 16)
    if ours[name] and bit > 0 and bit & bit - 1 == 0 then
      bits[name] = bit
    end
  end
  return bits
end

-- Where AT!USBCOMP? tells nothing: the serial ports, with the index and config type that the help calls the default.
local function usual_of(reply, bits)
  local index, kind = table.concat(reply.lines, "\n"):lower():match("default.-at!usbcomp=(%d+),(%d+),%x")
  local mask = (bits.DIAG or 0) | (bits.NMEA or 0) | (bits.MODEM or 0)
  return index and { interfaces = {}, index = tonumber(index), type = tonumber(kind), exact = mask } or nil
end

-- What is set now is told by name, too, and the help may lack some of it: "0000050D (diag,nmea,modem,rmnet0,rmnet1)"
-- names five bits, from the lowest on.
local function learn(bits, mask, shown)
  local set, names = {}, {}
  for bit = 0, 31 do
    if mask >> bit & 1 == 1 then set[#set + 1] = 1 << bit end
  end
  for name in shown:upper():gmatch("%w+") do names[#names + 1] = name end
  for i, name in ipairs(#names == #set and names or {}) do
    bits[name] = bits[name] or ours[name] and set[i]
  end
end

local function names_of(bits, mask)
  local list = {}
  for name, bit in pairs(bits) do
    if mask & bit ~= 0 then list[#list + 1] = ours[name] end
  end
  return composition.sorted(list)
end

---A composition as a person wants it, by the bits of AT!USBCOMP.
---@param mask integer
---@param now settings.composition?
---@return settings.composition
function ByAt:of_mask(mask, now)
  local wanted = {}
  for key, value in pairs(now or {}) do wanted[key] = value end
  wanted.exact, wanted.interfaces = mask, names_of(self.bits, mask)
  return wanted
end

function ByAt:read(modem)
  local reply, err = self.session:ask(modem, "AT!USBCOMP?")
  if not reply then
    return nil, err
  end
  local text = table.concat(reply.lines, "\n")
  local index = text:match("Config Index:%s*(%d+)")
  local kind, kind_name = text:match("Config Type:%s*(%d+)%s*%(?([^\n)]*)")
  local mask, shown = text:match("Interface bitmask:%s*0?[xX]?(%x+)%s*%(?([^\n)]*)")
  if not index or not kind or not mask then
    return setting.UNKNOWN
  end
  mask = tonumber(mask, 16)
  learn(self.bits, mask, shown)
  return {
    interfaces = names_of(self.bits, mask), index = tonumber(index), type = tonumber(kind), type_name = kind_name,
    by = self.by, exact = mask,
  }
end

-- The config type stays: its number means something else on each model, and may change the product id. So do the
-- interfaces that carry no data, and bits that we have no name for.
function ByAt:target(now, wanted)
  if composition.is_exact(self, wanted) then
    return wanted
  end
  if not now then
    return errors.fail {
      code = "unsupported", source = "settings",
      message = "AT!USBCOMP? does not tell the composition, nor AT!USBCOMP=? the usual one: no config type is known",
    }
  end
  local mask, has = now.exact, {}
  for name, bit in pairs(self.bits) do
    if composition.data[ours[name]] then
      mask = mask & ~bit
    end
  end
  for _, name in ipairs { "MODEM", "DIAG", "NMEA", "MBIM", "RMNET0", "RNDIS", "ECM", "ADB", "AUDIO", "UBIST" } do
    if self.bits[name] then
      has[ours[name]] = self.bits[name]
    end
  end
  for _, name in ipairs(wanted.interfaces) do
    if not has[name] then
      return errors.fail {
        code = "unsupported", source = "settings",
        message = ("AT!USBCOMP=? of this modem lists no interface for %s"):format(name:upper()),
      }
    end
    mask = mask | has[name]
  end
  return { interfaces = names_of(self.bits, mask), index = now.index, type = now.type, exact = mask }
end

function ByAt:command(target)
  return ("AT!USBCOMP=%d,%d,%X"):format(target.index, target.type, target.exact)
end

function ByAt:order(modem, target)
  local reply, err = self.session:ask(modem, self:command(target))
  return reply and true, err
end

-- ---- QMI ----

local ByQmi = composition.class "sierra-qmi"
ByQmi.blank = {}

local function our_names(list)
  local names = {}
  for i, name in ipairs(list) do
    names[i] = (name:find("^rmnet") and "qmi") or (name:find("^ecm") and "ecm") or name
  end
  return composition.sorted(names)
end

-- By number, what each has in our names; those with two USB configurations count as what they are now: unknown.
local function interfaces_of(number) return our_names(sierra_qmi.compositions[number] or {}) end

-- Some have two USB configurations, of which the host picks one.
local function each_of(number)
  return sierra_qmi.dual_compositions[number] or sierra_qmi.compositions[number] and { number } or {}
end

---A composition as a person wants it, by QMI's number; nil where there is none such.
function ByQmi:of_number(number)
  local names = {}
  for _, part in ipairs(each_of(number)) do
    for _, name in ipairs(sierra_qmi.compositions[part]) do names[#names + 1] = name end
  end
  return { by = self.by, exact = number, interfaces = our_names(names) }
end

function ByQmi:words(number)
  local words = {}
  for i, part in ipairs(each_of(number)) do words[i] = table.concat(sierra_qmi.compositions[part], "+") end
  return #words > 0 and table.concat(words, " or ") or "unknown"
end

-- By AT, a number stands for the interfaces that QMI has under it.
function ByAt:of_number(number)
  return sierra_qmi.compositions[number] and self:normalise(interfaces_of(number))
end

function ByQmi:read(modem)
  local reply, err = modem.qmi:request(sierra_qmi.get_usb_composition)
  if not reply or not reply.current then
    return reply and setting.UNKNOWN, err
  end
  return {
    interfaces = interfaces_of(reply.current), supported = reply.supported or {}, by = self.by, exact = reply.current,
  }
end

local function known_numbers()
  local list = {}
  for number in pairs(sierra_qmi.compositions) do list[#list + 1] = number end
  table.sort(list)
  return list
end

-- The smallest that has all that is wanted, of those the modem supports; of all, where it does not tell.
function ByQmi:target(now, wanted)
  if composition.is_exact(self, wanted) then
    -- What is put back was read from the modem, and so is supported.
    local is_supported = now.supported == nil or wanted.supported ~= nil
    for _, number in ipairs(now.supported or {}) do
      is_supported = is_supported or number == wanted.exact
    end
    if is_supported then
      return wanted
    end
    return errors.fail {
      code = "unsupported", source = "settings",
      message = ("this modem does not support composition %d"):format(wanted.exact),
      detail = { supported = now.supported },
    }
  end
  local best
  for _, number in ipairs(now.supported or known_numbers()) do
    local list = interfaces_of(number)
    local is_mixed = composition.is_within({ "qmi", "mbim" }, list)
    if #list > 0 and not is_mixed and composition.is_within(wanted.interfaces, list)
      and (not best or #list < #best.interfaces) then
      best = { interfaces = list, exact = number }
    end
  end
  if not best then
    return errors.fail {
      code = "unsupported", source = "settings",
      message = ("this modem supports no composition with %s"):format(table.concat(wanted.interfaces, "+")),
      detail = { supported = now.supported },
    }
  end
  return best
end

function ByQmi:command(target)
  return ("QMI DMS 0x555C, composition %d"):format(target.exact)
end

function ByQmi:order(modem, target)
  local reply, err = modem.qmi:request(sierra_qmi.set_usb_composition, { current = target.exact })
  return reply and true, err
end

-- ---- AT!UDUSBCOMP ----

-- The MC73xx and EM73xx have the numbers of QMI by AT.
local ByNumber = composition.class "udusbcomp"
ByNumber.blank, ByNumber.target, ByNumber.order = {}, ByQmi.target, ByAt.order
ByNumber.of_number, ByNumber.words = ByQmi.of_number, ByQmi.words

-- "8  - DM   NMEA  AT    MBIM           SUPPORTED"
local function supported_of(reply)
  local list = {}
  for _, line in ipairs(reply.lines) do
    local number, words = line:match("^%s*(%d+)%s*%-%s*(.*)$")
    if number and words:find "SUPPORTED" and not words:find "NOT SUPPORTED" then
      list[#list + 1] = tonumber(number)
    end
  end
  return list
end

function ByNumber:read(modem)
  local reply, err = self.session:ask(modem, "AT!UDUSBCOMP?")
  if not reply then
    return nil, err
  end
  local number = tonumber(table.concat(reply.lines, "\n"):gsub("^%s*!UDUSBCOMP:", ""):match "^%s*(%d+)%s*$")
  if not number then
    return setting.UNKNOWN
  end
  return { interfaces = interfaces_of(number), supported = self.supported, by = self.by, exact = number }
end

function ByNumber:command(target)
  return ("AT!UDUSBCOMP=%d"):format(target.exact)
end

local function by_number(session, modem, options)
  local reply, err = session:ask(modem, "AT!UDUSBCOMP=?")
  local supported = reply and supported_of(reply)
  if not supported or #supported == 0 then
    return nil, err
  end
  return setting.new(ByNumber, {
    session = session, supported = supported, modules = options.modules, blank = { supported = supported },
  })
end

-- ---- which of them ----

---By AT, as the modem lists it.
---@param session makers.sierra.session
---@param modem table
---@param options settings.options
---@return settings.setting?
---@return moontower.error? err
function M.new(session, modem, options)
  local reply, err = session:ask(modem, "AT!USBCOMP=?")
  local bits = reply and bits_of(reply)
  if not bits then
    local other, why
    if not setting.is_unasked(err) then
      other, why = by_number(session, modem, options)
    end
    return other, not other and (setting.is_unasked(why) and why or err) or nil
  elseif not bits.MBIM and not bits.RMNET0 then
    return errors.fail {
      code = "unsupported", source = "settings", message = "AT!USBCOMP=? names no interfaces",
    }
  end
  return setting.new(ByAt, {
    session = session, bits = bits, modules = options.modules, blank = usual_of(reply, bits),
  })
end

---By QMI, if the modem knows the message.
---@param modem table
---@param options settings.options
---@return settings.setting?
---@return moontower.error? err
function M.by_qmi(modem, options)
  local reply, err = modem.qmi:request(sierra_qmi.get_usb_composition)
  return reply and setting.new(ByQmi, { modules = options.modules }), err
end

return M
