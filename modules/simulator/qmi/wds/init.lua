-- SPDX-License-Identifier: MIT
-- The simulated modem's wireless data service: calls. A call is one family of a session, made by one client.

local wds = require "qmi.wds"
local service = require "simulator.qmi.service"
local settings_of = require "simulator.qmi.wds.settings"
local register_profiles = require "simulator.qmi.wds.profile"
local statistics = require "simulator.qmi.wds.statistics"

local WHATEVER = 0xffffffff -- the handle of a call that the host does not know

local data, handle = service.new(1, 67)
register_profiles(data, handle)
statistics.register(handle)

-- Whose family a client means; "unspecified" is IPv4 here, as in the real one.
local function family_of(client)
  return client.family == "ipv6" and "ipv6" or "ipv4"
end

-- The session that a client's call is in, or would be: nil when it is not up.
local function session_of(modem, client)
  local call, session = client.call, modem.sessions[client.session]
  if call and call.session ~= session or not session or not session[family_of(client)] then
    return nil
  end
  return session
end

local function status_of(modem, client)
  return session_of(modem, client) and "connected" or "disconnected"
end

function data.allocated(modem, client)
  client.session, client.family = client.fn.session, "ipv4"
  client.status = status_of(modem, client)
end

-- With its client a call goes, too.
function data.released(modem, client)
  local call = client.call
  client.call, client.wants = nil, {}
  if call and modem.sessions[client.session] == call.session then
    modem:disconnect_family(client.session, call.family)
  end
end

-- How a call ends, in the words of QMI: the short reason and the long one -------------------------------------------

local CLIENT_END, NO_SERVICE, INTERNAL_ERROR, UNKNOWN_APN, UNSUBSCRIBED, REGULAR = 2, 3, 11, 1013, 1018, 1008
local OTHER_CAUSE = 1 -- unspecified
local short_reason = { [27] = UNKNOWN_APN, [33] = UNSUBSCRIBED, [36] = REGULAR }

local function end_reasons(cause)
  if cause == 0 then
    return { short = CLIENT_END, long = { type = "cm", reason = 2000 } }
  end
  return { short = short_reason[cause] or OTHER_CAUSE, long = { type = "3gpp", reason = cause } }
end

local no_service = { short = NO_SERVICE, long = { type = "cm", reason = 2001 } }
local no_sim = { short = NO_SERVICE, long = { type = "cm", reason = 2504 } }
local function internal(number)
  return { short = INTERNAL_ERROR, long = { type = "internal", reason = number } }
end
local throttles = { ipv4 = internal(209), ipv6 = internal(211) }
local refusals = {
  ["not-registered"] = no_service, ["radio-power-off"] = no_service, ["packet-service-detached"] = no_service,
  ["sim-not-inserted"] = no_sim, ["pin-required"] = no_sim, ["bad-sim"] = no_sim,
  ["not-initialized"] = no_sim,
  ["max-activated-contexts"] = internal(237), -- in use
}

-- Indications -------------------------------------------------------------------------------------------------------

local function indicate(modem, client, values)
  values.ip_family = family_of(client)
  if values.connection_status.status == "disconnected" then
    local reasons = end_reasons(modem.causes[client.session] or 0)
    values.call_end_reason, values.verbose_call_end_reason = reasons.short, reasons.long
  end
  client.fn:indicate(client, wds.get_packet_service_status, values)
end

function data.events.session(modem, client, number)
  local status = status_of(modem, client)
  if number == client.session and status ~= client.status then
    client.status = status
    indicate(modem, client, { connection_status = { status = status, reconfiguration_required = false } })
    client.call = status == "connected" and client.call or nil
    statistics.tell(client, status)
  end
end

-- Its call ended without an indication.
function data.events.forgotten(modem, client)
  client.call = nil
  client.status = status_of(modem, client)
end

function data.events.addresses(modem, client, number)
  if number == client.session and client.status == "connected" then
    indicate(modem, client, { connection_status = { status = "connected", reconfiguration_required = true } })
    if client.wants.report_extended_ip_configuration_change then
      client.fn:indicate(client, wds.extended_ip_config, {
        changed_ip_configuration = { "ip-address", "gateway-info" },
      })
    end
  end
end

-- Requests ----------------------------------------------------------------------------------------------------------

handle(wds.set_ip_family, function(modem, values, client)
  client.family = values.preference
  client.status = status_of(modem, client)
  return {}
end)

handle(wds.bind_mux_data_port, function(modem, values, client)
  if client.call then
    return nil, "no-effect"
  end
  client.session = values.mux_id or client.fn.session
  client.status = status_of(modem, client)
  return {}
end)

handle(wds.bind_data_port, function() return {} end)
handle(wds.bind_subscription, function() return {} end)
handle(wds.get_bind_subscription, function() return { subscription_id = "primary" } end)
handle(wds.indication_register, service.register)

local last_handle = 0x71c30000

handle(wds.start_network, function(modem, values, client)
  if values.ip_family_preference then
    client.family = values.ip_family_preference
    client.status = status_of(modem, client)
  end
  if session_of(modem, client) then
    return nil, "no-effect"
  end
  local index = values.profile_index_3gpp
  local profile = modem.profiles[index or modem.default_profile]
  if not profile then
    return nil, "invalid-profile"
  end
  local apn, family = values.apn or profile.apn_name, family_of(client)
  local session, reason, cause = modem:connect_family(client.session, {
    apn = apn, family = family, user = values.username,
  })
  if not session then
    local reasons = reason == "throttled" and throttles[family] or reason == "internal" and internal(cause)
      or cause and end_reasons(cause) or refusals[reason]
    return { call_end_reason = reasons.short, verbose_call_end_reason = reasons.long }, "call-failed"
  end
  last_handle = last_handle + 0x10
  client.call = { session = session, family = family, handle = last_handle, profile = index or modem.default_profile }
  return { packet_data_handle = last_handle }
end)

handle(wds.stop_network, function(modem, values, client)
  local session, wanted = session_of(modem, client), values.packet_data_handle
  if not session then
    return nil, "no-effect"
  elseif wanted ~= WHATEVER and not (client.call and client.call.handle == wanted) then
    return nil, "invalid-handle"
  end
  modem:disconnect_family(client.session, family_of(client))
  return {}
end)

handle(wds.get_packet_service_status, function(modem, _, client)
  return { connection_status = status_of(modem, client) }
end)

handle(wds.get_current_settings, function(modem, values, client)
  local session = session_of(modem, client)
  if not session then
    return nil, "out-of-call"
  end
  local profile = client.call and client.call.profile or modem.default_profile
  if not modem.network.tells then
    return {}
  end
  return settings_of(session, family_of(client), profile, values.requested_settings)
end)

handle(wds.get_autoconnect_settings, function(modem)
  return { status = modem.autoconnect, roaming = "allowed" }
end)

handle(wds.set_autoconnect_settings, function(modem, values)
  modem.autoconnect = values.status
  return {}
end)

return data
