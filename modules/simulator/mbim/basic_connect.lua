-- SPDX-License-Identifier: MIT
-- Answers to the commands of MBIM's Basic Connect service: handlers[cid].query and .set.
--
-- A handler gets the modem, the values of the command and the MBIM function, and returns the values of the answer (nil
-- for none) and a status, when it is not "ok". Values may come with a failure, too. An indication is what `query` would
-- answer, or what .indication says.

local basic = require "mbim.basic_connect"
local pin = require "simulator.mbim.pin"
local measured = require "simulator.mbim.measured"
local registry = require "simulator.mbim.registry"

local handlers = {}

local function handle(command, parts)
  handlers[command.cid] = parts
end

-- The device and its SIM ---------------------------------------------------------------------------------------------

handle(basic.device_caps, {
  query = function(modem)
    return registry.device_caps(modem.personality)
  end,
})

local subscriber_states = {
  ready = "initialized", pin = "device-locked", puk = "device-locked", dead = "bad-sim", missing = "sim-not-inserted",
  detected = "not-initialized", other = "device-locked", ["no-profile"] = "no-esim-profile",
}

local function subscriber(modem)
  local state, card = modem:sim_state(), modem.card
  local readable = state == "ready"
  return {
    state = subscriber_states[state],
    flags = modem.mbimex >= 0x0300 and {
      "sim-removability-known", "sim-removable", card and card.euicc and "esim" or nil,
    } or nil,
    imsi = readable and card.imsi or nil,
    iccid = card and card.iccid,
    telephone_numbers = readable and { card.number } or nil,
  }
end

handle(basic.subscriber_ready_status, {
  query = function(modem, _, fn)
    fn.subscriber_asked = true
    return subscriber(modem)
  end,
  indication = subscriber,
})

local function radio_state(modem)
  return { hardware = modem.radio.hardware, software = modem.radio.software }
end

handle(basic.radio_state, {
  query = radio_state,
  set = function(modem, values)
    modem:set_radio("software", values.state == "off" and "off" or "on")
    return radio_state(modem)
  end,
})

handle(basic.pin, pin.state)
handle(basic.pin_list, pin.list)

-- Providers and registration -----------------------------------------------------------------------------------------

handle(basic.home_provider, {
  query = function(modem)
    if modem:sim_state() ~= "ready" then
      return nil, modem.card and "pin-required" or "sim-not-inserted"
    end
    return registry.provider(modem, modem:operator().provider)
  end,
})

handle(basic.preferred_providers, { query = function() return { providers = {} } end })

handle(basic.visible_providers, {
  query = function(modem)
    if not modem:radio_on() then
      return nil, "radio-power-off"
    elseif not modem.network.present then
      return nil, "providers-not-found"
    end
    return { providers = registry.visible(modem) }
  end,
})

handle(basic.register_state, {
  query = registry.register_state,
  set = function(modem, values)
    if values.action == "manual" and not registry.is_visible(modem, values.provider_id) then
      return registry.register_state(modem), "provider-not-visible"
    end
    modem:select_provider(values.action == "manual" and values.provider_id or nil)
    return registry.register_state(modem)
  end,
})

local function packet_service(modem)
  local attached = modem.packet.state == "attached"
  local values = {
    nw_error = modem.packet.nw_error,
    state = modem.packet.state,
    uplink_speed = attached and modem.personality.uplink_speed or 0,
    downlink_speed = attached and modem.personality.downlink_speed or 0,
  }
  if attached then
    measured.add_class(modem, values)
  end
  return values
end

handle(basic.packet_service, {
  query = packet_service,
  set = function(modem, values)
    local attach = values.action == "attach"
    if attach and not modem:is_registered() then
      return packet_service(modem), modem:radio_on() and "not-registered" or "radio-power-off"
    end
    modem.packet.wanted = attach
    modem:settle()
    return packet_service(modem)
  end,
})

local function signal_state(modem)
  local levels = measured.levels(modem)
  return {
    rssi = levels and 99 or modem:signal(), error_rate = 99,
    interval = modem.signal_report.interval, rssi_threshold = modem.signal_report.rssi_threshold,
    error_rate_threshold = 0xffffffff, rsrp_snr = levels,
  }
end

handle(basic.signal_state, {
  query = signal_state,
  set = function(modem, values)
    modem.signal_report = { interval = values.interval, rssi_threshold = values.rssi_threshold }
    return signal_state(modem)
  end,
})

-- Sessions -----------------------------------------------------------------------------------------------------------

local contexts = basic.context_types

local function session_state(modem, number)
  local session = modem.sessions[number]
  return {
    session = number,
    state = session and "activated" or "deactivated",
    ip_type = session and session.ip_type or "default",
    context_type = contexts.internet,
    nw_error = session and session.nw_error or modem.causes[number] or 0,
    media_preference = modem.mbimex >= 0x0300 and "3gpp" or nil,
    apn = modem.mbimex >= 0x0300 and session and session.apn or nil,
  }
end

local function activate(modem, values, fn)
  local wanted = contexts[values.context_type]
  if wanted ~= "internet" and wanted ~= "none" then
    return session_state(modem, values.session), "context-not-supported"
  elseif modem.personality.subscriber_first and not fn.subscriber_asked then
    return session_state(modem, values.session), "failure"
  end
  local _, reason = modem:connect(values.session, values)
  return session_state(modem, values.session), reason
end

handle(basic.connect, {
  query = function(modem, values)
    if values.session >= modem.personality.max_sessions then
      return nil, "invalid-parameters"
    end
    return session_state(modem, values.session)
  end,
  set = function(modem, values, fn)
    if values.command == "activate" then
      return activate(modem, values, fn)
    elseif not modem:disconnect(values.session, 0) then
      return session_state(modem, values.session), "context-not-activated"
    end
    return session_state(modem, values.session)
  end,
})

handle(basic.provisioned_contexts, {
  query = registry.contexts,
  set = function(modem, values)
    modem.contexts[values.context] = { apn = values.apn, user = values.user, password = values.password }
    return registry.contexts(modem)
  end,
})

local everything = { "address", "gateway", "dns", "mtu" }

handle(basic.ip_configuration, {
  query = function(modem, values)
    local session = modem.sessions[values.session]
    if not session then
      return nil, "context-not-activated"
    end
    local answer = { session = values.session }
    for _, family in ipairs { "ipv4", "ipv6" } do
      local settings = session[family]
      if settings and modem.network.tells then
        answer[family .. "_available"] = everything
        answer[family .. "_addresses"] = { { prefix_length = settings.prefix_length, address = settings.address } }
        answer[family .. "_gateway"] = settings.gateway
        answer[family .. "_dns"] = settings.dns
        answer[family .. "_mtu"] = settings.mtu
      end
    end
    return answer
  end,
})

handle(basic.packet_statistics, { query = function(modem) return modem.statistics end })

-- Housekeeping -------------------------------------------------------------------------------------------------------

handle(basic.device_services, {
  query = function(_, _, fn)
    return { services = registry.services(fn.handlers) }
  end,
})

handle(basic.device_service_subscribe_list, {
  set = function(_, values, fn)
    fn.subscriptions = {}
    for _, entry in ipairs(values.services) do
      local wanted = {}
      for _, cid in ipairs(entry.cids) do
        wanted[cid] = true
      end
      fn.subscriptions[entry.service] = #entry.cids == 0 or wanted -- no list of commands: all of them
    end
    return values
  end,
})

for _, command in ipairs { basic.network_idle_hint, basic.emergency_mode } do
  handle(command, {
    query = function(modem) return { state = modem.hints[command.cid] } end,
    set = function(modem, values)
      modem.hints[command.cid] = values.state
      return values
    end,
  })
end

return handlers
