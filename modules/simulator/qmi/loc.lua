-- SPDX-License-Identifier: MIT
-- The simulated modem's location service: it knows where it is at once, and says so each second.

local loc = require "qmi.loc"
local nmea = require "simulator.nmea"
local service = require "simulator.qmi.service"

local location, handle = service.new(2, 0)

local INTERVAL = 1   -- seconds between reports
local LEAP_SECONDS = 18

-- Reports -----------------------------------------------------------------------------------------------------------

local function position(place, session_id)
  return {
    session_status = "success", session_id = session_id,
    latitude = place.latitude, longitude = place.longitude, horizontal_uncertainty_circular = 5,
    horizontal_confidence = 68, horizontal_reliability = "high", horizontal_speed = 0,
    altitude_from_ellipsoid = place.altitude - 34, altitude_from_sealevel = place.altitude,
    vertical_uncertainty = 8, technology_used = { "satellite" },
    dop = { pdop = 1.4, hdop = 0.9, vdop = 1.1 },
    utc_timestamp = os.time() * 1000, leap_seconds = LEAP_SECONDS, satellites_used = { 2, 5, 12, 15, 18, 25, 26, 29 },
  }
end

local function report(modem, client)
  local place, wants = modem.personality.position, client.wants
  if wants["position-report"] then
    client.fn:indicate(client, loc.position_report, position(place, client.fix.session_id))
  end
  if wants.nmea then
    local known = nmea.sentences(place)
    for _, kind in ipairs { "gga", "rmc" } do
      if modem.nmea_types[kind] then
        client.fn:indicate(client, loc.nmea, { nmea_string = known[kind] })
      end
    end
  end
end

-- Goes on until the client stops it, or starts another one. Without a group, there is one report.
local function keep_reporting(modem, client, fix)
  if client.fix == fix then
    report(modem, client)
    if modem.group and not fix.single then
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
  modem:after(modem.group and 0.01 or 0, function() keep_reporting(modem, client, fix) end)
  if client.wants["engine-state"] then
    client.fn:indicate(client, loc.engine_state, { engine_state = "on" })
  end
  return {}
end)

handle(loc.stop, function(_, values, client)
  if not client.fix or client.fix.session_id ~= values.session_id then
    return nil, "invalid-index"
  end
  client.fix = nil
  if client.wants["engine-state"] then
    client.fn:indicate(client, loc.engine_state, { engine_state = "off" })
  end
  return {}
end)

function location.released(_, client)
  client.fix = nil
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

answered(loc.get_engine_lock, function() return { lock_type = "none" } end)
answered(loc.delete_assistance_data, function() return {} end)

return location
