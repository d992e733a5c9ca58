-- SPDX-License-Identifier: MIT
-- AT commands about packet data (3GPP TS 27.007). Context n is profile n, and what is active there session n - 1.

local schema = require "schema"

local dial = require "simulator.at.dial"

local INCORRECT_PARAMETERS, NO_SERVICE = 50, 30
local MAX_CONTEXTS = 16

local type_names = { ["ipv4"] = "IP", ["ipv6"] = "IPV6", ["ipv4-or-ipv6"] = "IPV4V6", ["ppp"] = "PPP" }
local types = {}
for name, word in pairs(type_names) do
  types[word] = name
end
local NO_ADDRESS = { ["ipv4"] = "0.0.0.0", ["ppp"] = "0.0.0.0" }
local NO_LONG_ADDRESS = ("0"):rep(16, ".")

local function context_number(text)
  local number = math.tointeger(tonumber(text))
  return number and number >= 1 and number <= MAX_CONTEXTS and number or nil
end

local function each_profile(modem, line_of)
  local lines = {}
  for number = 1, MAX_CONTEXTS do
    local profile = modem.profiles[number]
    lines[#lines + 1] = profile and line_of(number, profile)
  end
  return lines
end

-- Definitions -------------------------------------------------------------------------------------------------------

local function show_contexts(modem)
  return each_profile(modem, function(number, profile)
    return ('+CGDCONT: %d,"%s","%s","%s",0,0,0,0'):format(number, type_names[profile.pdp_type] or "IP",
      profile.apn_name, NO_ADDRESS[profile.pdp_type] or NO_LONG_ADDRESS)
  end)
end

local function tell(modem, number, change)
  modem:profiles_changed()
  modem:emit("profile", { profile_type = "3gpp", profile_index = number, change_event = change })
  return {}
end

-- Without anything behind its number, a context is deleted.
local function define_context(modem, arguments)
  local number, wanted = context_number(arguments[1]), types[(arguments[2] or ""):upper()]
  local profile = modem.profiles[number]
  if not number or arguments[2] and not wanted then
    return nil, INCORRECT_PARAMETERS
  elseif not wanted then
    modem.profiles[number] = nil
    return profile and tell(modem, number, "delete-event") or {}
  end
  modem.profiles[number] = profile or { profile_name = "profile" .. number, apn_name = "" }
  modem.profiles[number].pdp_type = wanted
  modem.profiles[number].apn_name = arguments[3] or ""
  return tell(modem, number, profile and "modify-event" or "create-event")
end

-- Activation --------------------------------------------------------------------------------------------------------

local function attach(modem, arguments)
  local wanted = arguments[1]
  if wanted ~= "0" and wanted ~= "1" then
    return nil, INCORRECT_PARAMETERS
  elseif wanted == "1" and not modem:is_registered() then
    return nil, NO_SERVICE
  end
  modem.packet.wanted = wanted == "1"
  modem:settle()
  return {}
end

local function activate(modem, arguments)
  local wanted, number = arguments[1], context_number(arguments[2] or "1")
  if wanted ~= "0" and wanted ~= "1" or not number then
    return nil, INCORRECT_PARAMETERS
  elseif wanted == "0" then
    dial.stop(modem, number)
    return {}
  end
  local ok, failure = dial.start(modem, number)
  return ok and {}, failure
end

-- Settings that the network gave -------------------------------------------------------------------------------------

local codec = { ipv4 = schema.compile("IPv4", { schema.ipv4 "a" }), ipv6 = schema.compile("IPv6", { schema.ipv6 "a" }) }

-- Numbers with dots between them, in IPv6 as well.
local function dotted(family, address)
  local bytes = address and codec[family]:encode { a = address } or ""
  return (table.concat({ bytes:byte(1, -1) }, "."))
end

local function mask(family, prefix_length)
  local bytes = {}
  for i = 1, family == "ipv4" and 4 or 16 do
    local bits = math.max(0, math.min(8, prefix_length - 8 * (i - 1)))
    bytes[i] = 0xff << 8 - bits & 0xff
  end
  return table.concat(bytes, ".")
end

-- A context's settings, a line for each family.
local function settings(modem, arguments)
  local lines = {}
  for number = 1, MAX_CONTEXTS do
    local session = (not arguments[1] or context_number(arguments[1]) == number) and modem.sessions[number - 1]
    for _, family in ipairs(session and { "ipv4", "ipv6" } or {}) do
      local given = session[family]
      if given then
        lines[#lines + 1] = ('+CGCONTRDP: %d,%d,"%s","%s.%s","%s","%s","%s"'):format(number, number + 4, session.apn,
          dotted(family, given.address), mask(family, given.prefix_length), dotted(family, given.gateway),
          dotted(family, given.dns[1]), dotted(family, given.dns[2]))
      end
    end
  end
  return lines
end

local function addresses(modem, arguments)
  return each_profile(modem, function(number)
    local session = modem.sessions[number - 1]
    if arguments[1] and context_number(arguments[1]) ~= number then
      return nil
    elseif not session then
      return "+CGPADDR: " .. number
    end
    local list = {}
    for _, family in ipairs { "ipv4", "ipv6" } do
      list[#list + 1] = session[family] and ('"%s"'):format(dotted(family, session[family].address))
    end
    return ("+CGPADDR: %d,%s"):format(number, table.concat(list, ","))
  end)
end

-- Events ------------------------------------------------------------------------------------------------------------

-- Who has ended a connection: the modem itself, if there is no cause of the network's.
local function tell_packet_event(at, number)
  local modem = at.modem
  if not at.settings.packet_events then
    return nil
  elseif modem.sessions[number] then
    return ("+CGEV: ME PDN ACT %d"):format(number + 1)
  end
  local by_network = (modem.causes[number] or 0) ~= 0
  return ("+CGEV: %s PDN DEACT %d"):format(by_network and "NW" or "ME", number + 1)
end

local function set_packet_events(_, arguments, at)
  at.settings.packet_events = arguments[1] == "1" or arguments[1] == "2"
  return {}
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+CGEREP", {
    query = function(_, _, at) return { ("+CGEREP: %d,0"):format(at.settings.packet_events and 2 or 0) } end,
    test = function() return { "+CGEREP: (0-2),(0,1)" } end,
    set = set_packet_events, events = { session = tell_packet_event },
  })
  handle("+CEER", { run = function(modem)
    return { ('+CEER: "ESM cause %d"'):format(modem.causes[0] or 0) }
  end })
  handle("+CGDCONT", {
    query = show_contexts, set = define_context,
    test = function()
      local lines = {}
      for i, name in ipairs { "IP", "PPP", "IPV6", "IPV4V6" } do
        lines[i] = ('+CGDCONT: (1-%d),"%s",,,(0-2),(0-4),(0-1),(0-1)'):format(MAX_CONTEXTS, name)
      end
      return lines
    end,
  })
  handle("+CGATT", {
    query = function(modem) return { "+CGATT: " .. (modem.packet.state == "attached" and 1 or 0) } end,
    test = function() return { "+CGATT: (0,1)" } end,
    set = attach,
  })
  handle("+CGACT", {
    query = function(modem)
      return each_profile(modem, function(number)
        return ("+CGACT: %d,%d"):format(number, modem.sessions[number - 1] and 1 or 0)
      end)
    end,
    test = function() return { "+CGACT: (0,1)" } end,
    set = activate,
  })
  handle("+CGCONTRDP", {
    run = settings, set = settings,
    test = function(modem)
      local active = {}
      for number = 1, MAX_CONTEXTS do
        active[#active + 1] = modem.sessions[number - 1] and number
      end
      return { ("+CGCONTRDP: (%s)"):format(table.concat(active, ",")) }
    end,
  })
  handle("+CGPADDR", { run = addresses, set = addresses, test = function() return {} end })
end
