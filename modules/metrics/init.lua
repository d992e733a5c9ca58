-- SPDX-License-Identifier: MIT
-- Figures of modems in OpenMetrics, and in the older text format of Prometheus.
--
-- OpenMetrics: https://github.com/prometheus/OpenMetrics, specification 1.0. The older format is that of
-- node_exporter's text files: a counter's family is named with _total there, and the file has no end mark.

local data = require "modem.data"
local families = require "metrics.families"
local registrations = require "modem.registration"
local printable = require "base.printable"
local snapshot = require "modem.snapshot"
local status = require "status"

---@class metrics.seen what one modem has told
---@field modem string description.name
---@field answers boolean
---@field identity table<string, string> labels
---@field is_online boolean
---@field is_registered 0|1|nil
---@field network table<string, string>? labels
---@field signal modem.signal
---@field state string? nil: no daemon has the modem
---@field reason string? of that
---@field since integer?
---@field attempts table<string, integer>
---@field received integer?
---@field sent integer?
---@field month integer?

local M = {}

local function add_belief(seen)
  local belief = status.all()[seen.modem]
  if belief then
    seen.state, seen.reason, seen.since = belief.state, tostring(belief.reason), belief.began
    seen.attempts = belief.attempts or {}
  end
end

local function add_answers(seen, modem, is_identified)
  local now = snapshot.ask(modem, { is_identified and "identity" or "name", "registration" })
  if not now or now.registration.err then
    return
  end
  seen.answers, seen.signal = true, modem:signal() or {}
  seen.identity.hardware, seen.identity.firmware = now.identity.hardware, now.identity.firmware
  seen.identity.imei = is_identified and now.identity.imei or nil
  seen.is_registered = registrations.is_registered(now.registration) and 1 or 0
  local provider = now.registration.provider or {}
  seen.network = {
    plmn = provider.id or "", name = provider.name or "", technology = now.registration.technology or "",
  }
end

---What a modem, and the daemon, tell now. Asks the modem a few questions.
---@param modem modem.modem
---@param is_identified boolean? the IMEI and the ICCID are told, too
---@return metrics.seen
function M.look(modem, is_identified)
  local description = modem.description
  local seen = {
    modem = description.name, answers = false, signal = {}, attempts = {},
    identity = { protocol = description.protocol, usb_id = description.vendor and
      ("%s:%s"):format(description.vendor, description.product) },
  }
  local record = modem:connection()
  seen.is_online = record ~= nil and record.complete == true
  add_belief(seen)
  add_answers(seen, modem, is_identified)
  if seen.answers then
    local sim
    seen.received, seen.sent = data.counters(modem)
    sim, seen.month = data.look(modem)
    seen.identity.iccid = is_identified and sim or nil
  end
  return seen
end

---What is known of a modem that cannot be opened.
---@param description modem.description
---@return metrics.seen
function M.unknown(description)
  local seen = {
    modem = description.name, answers = false, signal = {}, attempts = {}, is_online = false,
    identity = { protocol = description.protocol },
  }
  add_belief(seen)
  return seen
end

local ESCAPED = { ["\\"] = "\\\\", ['"'] = '\\"' }

-- A text of the modem's may hold anything.
local function label(name, value)
  return ('%s="%s"'):format(name, (printable(value):gsub('[\\"]', ESCAPED)))
end

local function labels_of(seen, labels)
  local names, parts = {}, { label("modem", seen.modem) }
  for name in pairs(labels) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do parts[#parts + 1] = label(name, labels[name]) end
  return table.concat(parts, ",")
end

local function number(value) return math.type(value) == "integer" and ("%d"):format(value) or ("%.6g"):format(value) end

local function add_samples(lines, name, family, seen)
  local told = family.read(seen)
  if type(told) == "number" then
    told = { { told, {} } }
  end
  for _, sample in ipairs(told or {}) do
    lines[#lines + 1] = ("%s{%s} %s"):format(name, labels_of(seen, sample[2]), number(sample[1]))
  end
end

---@param list metrics.seen[]
---@param format "openmetrics"|"prometheus"
---@return string
function M.text(list, format)
  local lines, is_open = {}, format == "openmetrics"
  for _, family in ipairs(families) do
    local name = family.type == "counter" and family.name .. "_total" or family.name
    local declared = is_open and family.name or name
    lines[#lines + 1] = ("# TYPE %s %s"):format(declared, family.type)
    lines[#lines + 1] = ("# HELP %s %s"):format(declared, family.help)
    for _, seen in ipairs(list) do add_samples(lines, name, family, seen) end
  end
  lines[#lines + 1] = is_open and "# EOF" or nil
  return table.concat(lines, "\n") .. "\n"
end

return M
