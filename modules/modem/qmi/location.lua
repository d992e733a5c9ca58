-- SPDX-License-Identifier: MIT
-- The receiver for GPS and other satellites over QMI, with a client of LOC for each session.
--
-- A modem runs the receiver as long as any client has a session there, so another program's goes on after ours. The
-- client's id is written down: one that a killed run has left would keep the receiver on.

local errors = require "errors"
local left = require "modem.location_left"
local loc = require "qmi.loc"
local reports = require "gnss.reports"
local subscribers = require "events.subscribers"

local SESSION = 1 -- of the client: it has no other
local INTERVAL = 1000 -- ms between two positions

local M = {}

---@class modem.qmi_receiver : modem.receiver
---@field private modem modem.modem
---@field private client qmi.client
---@field private has_fix boolean? there was a position since the satellites were told last
---@field private remembered integer? the client's id, as it is written down
---@field private view { in_view: integer?, strongest: number? } what was told last of the satellites
local Receiver = {}
Receiver.__index = Receiver

---@param modem modem.modem
---@param qmi qmi.device
---@return modem.receiver?
---@return moontower.error? err "unsupported": the modem has no QMI, or QMI without LOC
function M.receiver(modem, qmi)
  local client = qmi:client "loc"
  local id, err = client:allocate()
  if not id then
    client:release()
    if err.code == "timeout" or err.code == "gone" then
      return nil, err
    end
    return errors.fail {
      code = "unsupported", source = "qmi", message = "the modem has no receiver for GPS that QMI knows of",
      detail = err.detail,
    }
  end
  return setmetatable({ modem = modem, client = client, group = qmi.group, view = {} }, Receiver)
end

local function events_of(has_nmea)
  return { event_registration_mask = { "position-report", "gnss-satellite-info", has_nmea and "nmea" or nil } }
end

-- QMI that has restarted gives it another id.
local function remember(self)
  if self.client.id ~= self.remembered then
    self.remembered = self.client.id
    left.save(self.modem, { client = self.client.id })
  end
end

function Receiver:start(tell)
  self.tell, self.queue = tell, subscribers.queue()
  self.client:subscribe(self.queue, loc.position_report, loc.gnss_sv_info, loc.nmea)
  remember(self)
  local reply, err = self.client:set_up(loc.register_events, events_of(self.has_nmea))
  if reply then
    reply, err = self.client:set_up(loc.start, {
      session_id = SESSION, fix_recurrence_type = "periodic-fixes", intermediate_report_state = "disable",
      minimum_interval_between_position_reports = INTERVAL,
    })
  end
  return reply and true, err
end

---Sentences of NMEA are sent only to sessions that want them: there are several a second.
---@return true?
---@return moontower.error? err
function Receiver:want_nmea()
  self.has_nmea = true
  local reply, err = self.client:set_up(loc.register_events, events_of(true))
  return reply and true, err
end

local function time_of(ms) return ms and os.date("!%Y-%m-%dT%H:%M:%SZ", ms // 1000) --[[@as string]] or nil end

local function report_of(self, values)
  local used = values.satellites_used
  local altitude = values.altitude_from_sealevel or values.altitude_from_ellipsoid
  return reports.completed {
    latitude = values.latitude, longitude = values.longitude, altitude = altitude,
    speed = values.horizontal_speed, heading = values.heading,
    accuracy = values.horizontal_uncertainty_circular, hdop = values.dop and values.dop.hdop,
    fix = altitude and not values.altitude_assumed and "3d" or "2d", time = time_of(values.utc_timestamp),
    satellites = used and #used or nil, in_view = self.view.in_view, strongest = self.view.strongest,
  }
end

local readers = {}

readers[loc.position_report] = function(self, values)
  if values.session_id ~= SESSION then
    return nil
  elseif values.session_status == "engine-locked" then
    return errors.new {
      code = "rejected", source = "qmi", message = "the modem's receiver for GPS is locked (engine lock)",
      hint = "`qmicli -p -d DEVICE --loc-set-engine-lock=none` unlocks it; a modem keeps that.",
      detail = { status = values.session_status },
    }
  elseif values.session_status == "success" and values.latitude and values.longitude then
    self.has_fix = true
    self.tell { report = report_of(self, values) }
  end
end

-- These come with each position, too; alone, they say that there is none.

readers[loc.gnss_sv_info] = function(self, values)
  local view = { in_view = 0 }
  for _, satellite in ipairs(values.list or {}) do
    local strength = satellite.valid_information["signal-to-noise-ratio"] and satellite.signal_to_noise_ratio_bhz or 0
    view.in_view = view.in_view + 1
    view.strongest = strength > 0 and math.max(view.strongest or 0, strength) or view.strongest
  end
  self.view = view
  if not self.has_fix then
    self.tell { report = { in_view = view.in_view, strongest = view.strongest } }
  end
  self.has_fix = false
end

readers[loc.nmea] = function(self, values)
  self.tell { sentence = (values.nmea_string or ""):match "^[%c%s]*(.-)[%c%s]*$" }
end

function Receiver:run()
  while true do
    local item, err = self.queue:pop()
    if not item then
      return err
    elseif not item.overrun then
      remember(self)
      err = readers[item.message](self, item.values)
      if err then
        return err
      end
    end
  end
end

function Receiver:stop()
  self.client:request(loc.stop, { session_id = SESSION })
  self.client:release()
  left.forget(self.modem)
end

return M
