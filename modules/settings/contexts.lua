-- SPDX-License-Identifier: MIT
-- PDP contexts: an APN and an IP type by number, as AT+CGDCONT (3GPP TS 27.007) has them, or the WDS profiles of QMI.

local at = require "at"
local errors = require "errors"
local maker = require "maker"
local setting = require "settings.setting"

local ANSWER_TIME = 10

local function done(reply, err)
  return reply and true or nil, err
end

---A modem's contexts, by number. As wanted, `false` is one that is not to be there; those not named stay as they are.
---@alias settings.contexts table<integer, { apn: string, ip: "ipv4"|"ipv6"|"ipv4v6" }|false>

-- The modem sends the first context to the network when it attaches: so it has to attach again.
local contexts = { name = "contexts", restart = true, blank = {} }

local ip_types = { ipv4 = true, ipv6 = true, ipv4v6 = true }

local function invalid_context(number, message)
  return errors.fail {
    code = "invalid", source = "settings", message = ("context %s: %s"):format(tostring(number), message),
    hint = 'Contexts are written as { [1] = { apn = "internet", ip = "ipv4v6" } }.',
  }
end

function contexts:normalise(wanted)
  local list = {}
  for key, context in pairs(wanted) do
    local number = math.tointeger(tonumber(key)) -- JSON has made strings of them
    local apn = type(context) == "table" and context.apn
    if not number or number < 1 or number > 255 then
      return invalid_context(key, "no such number")
    elseif context and (type(apn) ~= "string" or apn:find('[%c"]') or #apn > 100) then
      return invalid_context(key, "it needs an apn")
    elseif context and not ip_types[context.ip or "ipv4v6"] then
      return invalid_context(key, "ip is one of ipv4, ipv6, ipv4v6")
    end
    list[number] = context and { apn = apn, ip = context.ip or "ipv4v6" }
  end
  return list
end

local function numbers_of(list)
  local numbers = {}
  for number in pairs(list) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  return numbers
end

local function same_context(now, wanted)
  if not now or not wanted then
    return not now and not wanted
  end
  return now.apn:lower() == wanted.apn:lower() and now.ip == wanted.ip
end

-- The numbers that have to change.
local function different(now, wanted)
  local numbers = {}
  for _, number in ipairs(numbers_of(wanted)) do
    if not same_context(now[number], wanted[number]) then
      numbers[#numbers + 1] = number
    end
  end
  return numbers
end

function contexts:same(now, wanted)
  return #different(now, wanted) == 0
end

function contexts:show(value)
  local words = {}
  for _, number in ipairs(numbers_of(value)) do
    local context = value[number]
    words[#words + 1] = context and ("%d: %s (%s)"):format(number, context.apn, context.ip) or number .. ": none"
  end
  return #words > 0 and table.concat(words, ", ") or "none"
end

function contexts:how(now, wanted)
  local list = {}
  for i, number in ipairs(different(now, wanted)) do
    list[i] = self.command(number, wanted[number])
  end
  return table.concat(list, "; ")
end

function contexts:set(modem, wanted, now)
  for _, number in ipairs(different(now, wanted)) do
    local ok, err = self:set_one(modem, number, wanted[number], now[number])
    if not ok then
      return nil, err
    end
  end
  return true
end

-- A context that was not there before is removed; other contexts of the modem are left alone.
function contexts:undo(now, wanted)
  local list = {}
  for number in pairs(wanted) do list[number] = now[number] or false end
  return list
end

function contexts:undo_both(earlier, later)
  local list = self:normalise(later)
  for number, context in pairs(self:normalise(earlier)) do list[number] = context end
  return list
end

local function with(methods)
  for key, value in pairs(contexts) do methods[key] = methods[key] or value end
  return setting.class(methods)
end

local type_of_ip = { ipv4 = "IP", ipv6 = "IPV6", ipv4v6 = "IPV4V6" }
local ip_of_type = { IP = "ipv4", IPV6 = "ipv6", IPV4V6 = "ipv4v6" }

local ContextsByAt = with {
  command = function(number, context)
    if not context then
      return ("AT+CGDCONT=%d"):format(number)
    end
    return ('AT+CGDCONT=%d,"%s","%s"'):format(number, type_of_ip[context.ip], context.apn)
  end,

  read = function(_, modem)
    local reply, err = modem.at:command("AT+CGDCONT?", { seconds = ANSWER_TIME })
    if not reply then
      return nil, err
    end
    local list = {}
    for _, line in ipairs(reply.lines) do
      local number, kind, apn = table.unpack(at.prefix(line) == "+CGDCONT" and at.fields(line) or {})
      number = math.tointeger(tonumber(number))
      if number and type(kind) == "string" then
        list[number] = { apn = apn or "", ip = ip_of_type[kind:upper()] or kind:lower() }
      end
    end
    return list
  end,

  set_one = function(self, modem, number, context)
    return done(modem.at:command(self.command(number, context), { seconds = ANSWER_TIME }))
  end,
}

local pdp_of_ip = { ipv4 = "ipv4", ipv6 = "ipv6", ipv4v6 = "ipv4-or-ipv6" }
local ip_of_pdp = { ["ipv4"] = "ipv4", ["ipv6"] = "ipv6", ["ipv4-or-ipv6"] = "ipv4v6" }

local function profile_id(number)
  return { profile_type = "3gpp", profile_index = number }
end

-- The usual message lets the modem choose the number; some makers have one that takes the number that is asked for.
local function create(modem, number, values)
  local profiles = require "qmi.wds.profile"
  local reply, err
  values.profile_identifier = profile_id(number)
  for create_profile in maker.each "create_profile" do
    reply, err = create_profile(modem, values)
    if reply or not setting.is_refusal(err) then
      return done(reply, err)
    end
  end
  values.profile_identifier, values.profile_type, values.pdp_context_number = nil, "3gpp", number
  reply, err = modem.qmi:request(profiles.create_profile, values)
  local made = reply and reply.profile_identifier
  if not made or made.profile_index == number then
    return done(reply, err)
  end
  modem.qmi:request(profiles.delete_profile, { profile_identifier = made })
  return errors.fail {
    code = "unsupported", source = "settings",
    message = ("by QMI, this modem makes no context %d, only %d"):format(number, made.profile_index),
  }
end

-- On a modem with QMI, context N is what profile N says.
local ContextsByQmi = with {
  command = function(number, context)
    return context and ("QMI WDS profile %d: %s, %s"):format(number, context.apn, context.ip)
      or ("QMI WDS delete profile %d"):format(number)
  end,

  read = function(_, modem)
    local profiles = require "qmi.wds.profile"
    local reply, err = modem.qmi:request(profiles.get_profile_list, { profile_type = "3gpp" })
    if not reply then
      return nil, err
    end
    local list = {}
    for _, entry in ipairs(reply.profile_list or {}) do
      local profile
      profile, err = modem.qmi:request(profiles.get_profile_settings,
        { profile_identifier = profile_id(entry.profile_index) })
      if not profile and not setting.is_refusal(err) then
        return nil, err
      elseif profile then
        local kind = profile.pdp_type or "ipv4"
        list[entry.profile_index] = { apn = profile.apn_name or "", ip = ip_of_pdp[kind] or tostring(kind) }
      end
    end
    return list
  end,

  set_one = function(_, modem, number, context, now)
    local profiles = require "qmi.wds.profile"
    local identifier = profile_id(number)
    if not context then
      return done(modem.qmi:request(profiles.delete_profile, { profile_identifier = identifier }))
    end
    local values = { apn_name = context.apn, pdp_type = pdp_of_ip[context.ip] }
    if now then
      values.profile_identifier = identifier
      return done(modem.qmi:request(profiles.modify_profile, values))
    end
    return create(modem, number, values)
  end,
}

return {
  ---The contexts of a modem, by AT if it has a port for that.
  ---@param modem table
  ---@return settings.setting?
  new = function(modem)
    return modem.at and setting.new(ContextsByAt) or modem.qmi and setting.new(ContextsByQmi) or nil
  end,
}
