-- SPDX-License-Identifier: MIT
-- Makers' commands that connect the modem's network card, in ECM, NCM and RNDIS; a personality names its own by
-- `connects_by`. And those for user and password.

local dial = require "simulator.at.dial"

local INCORRECT_PARAMETERS, INVALID_INDEX = 50, 21
local CONTEXT = 1 -- that of the network card

local words = { ipv4 = "IPV4", ipv6 = "IPV6" }

-- Parts of a command of one of these kinds; to all other modems, it is unknown.
local function of_kind(kind, parts)
  local own = {}
  local function is_known(modem) return modem.personality.connects_by == kind and modem:network_mode() ~= nil end
  for form, handler in pairs(parts) do
    own[form] = form ~= "events" and function(modem, ...)
      if is_known(modem) then return handler(modem, ...) end
    end or nil
  end
  own.events = { session = parts.events and function(at, number)
    return is_known(at.modem) and number == CONTEXT - 1 and parts.events.session(at, at.modem.sessions[number]) or nil
  end }
  return own
end

-- Connects or disconnects.
local function switch(modem, on)
  if not on then
    dial.stop(modem, CONTEXT)
    return {}
  end
  local ok, failure = dial.start(modem, CONTEXT)
  return ok and {}, failure
end

local function is_connected(modem) return modem.sessions[CONTEXT - 1] and 1 or 0 end

local function families_of(session)
  local list = {}
  for _, family in ipairs { "ipv4", "ipv6" } do
    if session[family] then list[#list + 1] = family end
  end
  return list
end

local function add_qnetdevctl(handle)
  handle("+QNETDEVCTL", of_kind("qnetdevctl", {
    test = function() return { "+QNETDEVCTL: (0-3),(1-15),(0,1)" } end,
    query = function(modem) return { ("+QNETDEVCTL: 1,1,1,%d"):format(is_connected(modem)) } end,
    set = function(modem, arguments, at)
      if arguments[1] ~= "0" and arguments[1] ~= "1" or tonumber(arguments[2]) ~= CONTEXT then
        return nil, INCORRECT_PARAMETERS
      end
      at.settings.tells_network = arguments[3] == "1"
      return switch(modem, arguments[1] == "1")
    end,
    events = { session = function(at, session)
      return at.settings.tells_network and ("+QNETDEVSTATUS: 1,%d"):format(session and 1 or 0) or nil
    end },
  }))
end

-- ---- ^NDISDUP: the order is taken at once, and the outcome is told later ----

local function network_state(modem)
  local session, groups = modem.sessions[CONTEXT - 1], {}
  for i, family in ipairs { "ipv4", "ipv6" } do
    groups[i] = ('%d,,,"%s"'):format(session and session[family] and 1 or 0, words[family])
  end
  return { "^NDISSTATQRY: " .. table.concat(groups, ",") }
end

local function order_network(modem, arguments)
  local profile = modem.profiles[CONTEXT]
  if tonumber(arguments[1]) ~= CONTEXT or arguments[2] ~= "0" and arguments[2] ~= "1" then
    return nil, INCORRECT_PARAMETERS
  elseif arguments[2] == "0" then
    return switch(modem, false)
  elseif not profile then
    return nil, INVALID_INDEX
  end
  profile.user_name = arguments[4] ~= "" and arguments[4] or nil
  return {}, nil, function()
    local ok, _, cause = dial.start(modem, CONTEXT, arguments[3])
    if not ok then
      modem.causes[CONTEXT - 1] = cause
      modem:emit("session", CONTEXT - 1)
    end
  end
end

local function hex_of(address)
  local a, b, c, d = address:match "(%d+)%.(%d+)%.(%d+)%.(%d+)"
  return ("%02X%02X%02X%02X"):format(d, c, b, a)
end

local function lease(modem)
  local session = modem.sessions[CONTEXT - 1]
  local given = session and session.ipv4
  if not given then
    return nil
  end
  local gateway, first = hex_of(given.gateway), hex_of(given.dns[1] or "0.0.0.0")
  return { ("^DHCP: %s,%08X,%s,%s,%s,%s,150000000,50000000"):format(hex_of(given.address),
    0xffffffff << 32 - given.prefix_length & 0xffffffff, gateway, gateway, first, hex_of(given.dns[2] or "0.0.0.0")) }
end

local function add_ndisdup(handle)
  handle("^NDISDUP", of_kind("ndisdup", {
    set = order_network,
    events = { session = function(at, session)
      local cause = at.modem.causes[CONTEXT - 1]
      return session and ('^NDISSTAT: 1,,,"%s"'):format(words[families_of(session)[1]])
        or ('^NDISSTAT: 0,%d,,"IPV4"'):format(cause or 0)
    end },
  }))
  handle("^NDISSTATQRY", of_kind("ndisdup", { query = network_state }))
  handle("^DHCP", of_kind("ndisdup", { query = lease }))
end

-- ---- +GTRNDIS, $QCRMCALL, +XDATACHANNEL ----

local function add_gtrndis(handle)
  handle("+GTRNDIS", of_kind("gtrndis", {
    test = function() return { "+GTRNDIS: (0,1),(1-16)" } end,
    query = function(modem)
      local session = modem.sessions[CONTEXT - 1]
      local given = session and session.ipv4
      local address = given and given.address or "0.0.0.0"
      return { session and ("+GTRNDIS: 1,%d,%s"):format(CONTEXT, address) or "+GTRNDIS: 0" }
    end,
    set = function(modem, arguments)
      if tonumber(arguments[2]) ~= CONTEXT then
        return nil, INCORRECT_PARAMETERS
      end
      return switch(modem, arguments[1] == "1")
    end,
  }))
end

local function call_lines(modem)
  local lines, session = {}, modem.sessions[CONTEXT - 1]
  for _, family in ipairs(session and families_of(session) or {}) do
    lines[#lines + 1] = ("$QCRMCALL: 1, V%s"):format(family:sub(-1))
  end
  return lines
end

local function add_qcrmcall(handle)
  handle("$QCRMCALL", of_kind("qcrmcall", {
    query = call_lines,
    set = function(modem, arguments)
      if tonumber(arguments[2]) ~= CONTEXT then
        return nil, INCORRECT_PARAMETERS
      end
      local done, failure = switch(modem, arguments[1] == "1")
      return done and call_lines(modem), failure
    end,
  }))
end

-- The context is connected before; without its channel, no packet gets to the card.
local function add_xdatachannel(handle)
  handle("+XDATACHANNEL", of_kind("xdatachannel", {
    test = function() return { "+XDATACHANNEL: (0,1),(0,1),(0-31),(0-31),(0-2),(0-20)" } end,
    set = function(modem, arguments)
      modem.has_data_channel = arguments[1] == "1" and arguments[4] == "/USBHS/NCM/0" or nil
      return {}
    end,
  }))
  handle("+CGDATA", of_kind("xdatachannel", {
    set = function(modem, arguments)
      if arguments[1] ~= "M-RAW_IP" or not modem.has_data_channel or is_connected(modem) == 0 then
        return nil, INCORRECT_PARAMETERS
      end
      return {}, nil
    end,
  }))
end

-- ---- #ECM, ^SWWAN, +ZECMCALL: orders of one kind, in words of their own ----

local function add_ecm(handle)
  handle("#ECM", of_kind("ecm", {
    query = function(modem) return { ("#ECM: 0,%d"):format(is_connected(modem)) } end,
    set = function(modem, arguments)
      if tonumber(arguments[1]) ~= CONTEXT or arguments[2] ~= "0" then
        return nil, INCORRECT_PARAMETERS
      end
      return switch(modem, true)
    end,
  }))
  handle("#ECMD", of_kind("ecm", { set = function(modem) return switch(modem, false) end }))
end

local function add_swwan(handle)
  handle("^SWWAN", of_kind("swwan", {
    query = function(modem) return is_connected(modem) == 1 and { ("^SWWAN: %d,1,1"):format(CONTEXT) } or {} end,
    set = function(modem, arguments)
      if tonumber(arguments[2]) ~= CONTEXT then
        return nil, INCORRECT_PARAMETERS
      end
      return switch(modem, arguments[1] == "1")
    end,
  }))
end

local function add_zecmcall(handle)
  handle("+ZECMCALL", of_kind("zecmcall", {
    query = function(modem)
      local session = modem.sessions[CONTEXT - 1]
      local given = session and session.ipv4
      return given and { ("+ZECMCALL: IPV4, %s, %s, %s"):format(given.address, given.gateway, given.dns[1]) } or {}
    end,
    set = function(modem, arguments)
      local done, failure = switch(modem, arguments[1] == "1")
      return done and { "+ZECMCALL: " .. (arguments[1] == "1" and "CONNECT" or "DISCONNECT") }, failure
    end,
  }))
end

-- ---- user and password ----

local function log_in(place)
  return function(modem, arguments)
    local profile = modem.profiles[tonumber(arguments[1])]
    if not profile then
      return nil, INVALID_INDEX
    end
    profile.user_name = arguments[place] ~= "" and arguments[place] or nil
    return {}
  end
end

---@param handle fun(name: string, parts: table)
return function(handle)
  add_qnetdevctl(handle)
  add_ndisdup(handle)
  add_gtrndis(handle)
  add_qcrmcall(handle)
  add_xdatachannel(handle)
  add_ecm(handle)
  add_swwan(handle)
  add_zecmcall(handle)
  local standard, password_first = log_in(3), log_in(4)
  handle("+CGAUTH", { set = function(modem, arguments)
    return (modem.personality.connects_by == "qcrmcall" and password_first or standard)(modem, arguments)
  end })
  handle("+MGAUTH", of_kind("gtrndis", { set = log_in(3) }))
  handle("+XGAUTH", of_kind("xdatachannel", { set = log_in(3) }))
  handle("^SGAUTH", of_kind("swwan", { test = function() return {} end, set = log_in(4) }))
  handle("+QICSGP", of_kind("qnetdevctl", { set = log_in(4) }))
end
