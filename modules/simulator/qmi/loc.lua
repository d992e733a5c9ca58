-- SPDX-License-Identifier: MIT
-- The simulated modem's location service: it says each second what the receiver knows.

local loc = require "qmi.loc"
local nmea = require "simulator.nmea"
local service = require "simulator.qmi.service"

local location, handle = service.new(2, 0)

local INTERVAL = 1   -- seconds between reports
local LEAP_SECONDS = 18

-- Reports -----------------------------------------------------------------------------------------------------------

local function position(modem, place, session_id)
  local used = {}
  for i, satellite in ipairs(modem:satellites()) do used[i] = satellite[1] end
  return {
    session_status = "success", session_id = session_id,
    latitude = place.latitude, longitude = place.longitude, horizontal_uncertainty_circular = 5,
    horizontal_confidence = 68, horizontal_reliability = "high", horizontal_speed = 0,
    altitude_from_ellipsoid = place.altitude - 34, altitude_from_sealevel = place.altitude,
    vertical_uncertainty = 8, technology_used = { "satellite" },
    dop = { pdop = 1.4, hdop = 0.9, vdop = 1.1 },
    utc_timestamp = os.time() * 1000, leap_seconds = LEAP_SECONDS, satellites_used = used,
  }
end

local function view(modem)
  local list = {}
  for i, satellite in ipairs(modem:satellites()) do
    list[i] = {
      valid_information = {
        "system", "gnss-satellite-id", "health-status", "process-status", "elevation", "azimuth",
        "signal-to-noise-ratio",
      },
      system = "gps", gnss_satellite_id = satellite[1], health_status = "healthy", satellite_status = "tracking",
      navigation_data = { "ephemeris" }, elevation_degrees = satellite[2], azimuth_degrees = satellite[3],
      signal_to_noise_ratio_bhz = satellite[4],
    }
  end
  return { altitude_assumed = false, list = list }
end

local function report(modem, client)
  local place, wants = modem:fix(), client.wants
  if wants["gnss-satellite-info"] then
    client.fn:indicate(client, loc.gnss_sv_info, view(modem))
  end
  if wants["position-report"] and modem.engine_lock ~= "none" then
    client.fn:indicate(client, loc.position_report, {
      session_status = "engine-locked", session_id = client.fix.session_id,
    })
  elseif wants["position-report"] and place then
    client.fn:indicate(client, loc.position_report, position(modem, place, client.fix.session_id))
  end
  if wants.nmea then
    local known = nmea.sentences(modem)
    for _, kind in ipairs(nmea.kinds) do
      for text in (modem.nmea_types[kind] and known[kind] or ""):gmatch "[^\n]+\n" do
        client.fn:indicate(client, loc.nmea, { nmea_string = text })
      end
    end
  end
end

-- Goes on until the client stops it, or starts another one. Without a group, there is one report.
local function keep_reporting(modem, client, fix)
  if client.fix == fix then
    report(modem, client)
    if fix.single and modem:fix() then
      modem:use_receiver(client, false)
    elseif modem.group then
      modem:after(INTERVAL, function() keep_reporting(modem, client, fix) end)
    end
  end
end

handle(loc.register_events, function(_, values, client)
  client.wants = values.event_registration_mask
  return {}
end)

handle(loc.start, function(modem, values, client)
  local fix = { session_id = values.session_id, single = values.fix_recurrence_type == "single-fix" }
  client.fix = fix
  modem:use_receiver(client, true)
  modem:after(modem.group and 0.01 or 0, function() keep_reporting(modem, client, fix) end)
  if client.wants["engine-state"] then
    client.fn:indicate(client, loc.engine_state, { engine_state = "on" })
  end
  return {}
end)

handle(loc.stop, function(modem, values, client)
  if not client.fix or client.fix.session_id ~= values.session_id then
    return nil, "invalid-index"
  end
  client.fix = nil
  modem:use_receiver(client, false)
  if client.wants["engine-state"] then
    client.fn:indicate(client, loc.engine_state, { engine_state = "off" })
  end
  return {}
end)

function location.released(modem, client)
  client.fix = nil
  modem:use_receiver(client, false)
end

-- Settings: the answer says that the request has come; what came of it is told afterwards ---------------------------

local function answered(message, handler)
  handle(message, function(modem, values, client)
    local result = handler(modem, values)
    result.indication_status = "success"
    client.fn:indicate(client, message, result)
    return {}
  end)
end

answered(loc.get_nmea_types, function(modem) return { nmea_types = modem.nmea_types } end)
answered(loc.set_nmea_types, function(modem, values)
  modem.nmea_types = values.nmea_types
  return {}
end)

answered(loc.get_operation_mode, function(modem) return { operation_mode = modem.location_mode } end)
answered(loc.set_operation_mode, function(modem, values)
  modem.location_mode = values.operation_mode
  return {}
end)

answered(loc.get_engine_lock, function(modem) return { lock_type = modem.engine_lock } end)
answered(loc.set_engine_lock, function(modem, values)
  modem.engine_lock = values.lock_type
  return {}
end)
answered(loc.delete_assistance_data, function() return {} end)

return location
