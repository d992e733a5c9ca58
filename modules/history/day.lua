-- SPDX-License-Identifier: MIT
-- What the records of a modem come to: when it was online, outages, hand-overs, and sums of each period.

local M = {}

local UNKNOWN_AFTER = 600 -- seconds after its last record, where a killed daemon has not said that it ends

-- What a state of the daemon's means here; others, such as "ready" on the way back from a restart, change nothing.
local MEANING = {
  online = "online", offline = "outage", unusable = "outage", unplugged = "outage",
  off = "rest", standby = "rest", ignored = "rest",
}

---@class history.span
---@field from integer
---@field to integer? nil: it lasts
---@field what "online"|"outage"|"rest" rest: it is offline on purpose
---@field reason string?

-- Ends the last span, if there is one.
local function finish(spans, time)
  local last = spans[#spans]
  if last and not last.to then
    last.to = math.max(time, last.from)
  end
end

local function begin(spans, what, record)
  local last = spans[#spans]
  if last and not last.to and last.what == what then
    return
  end
  finish(spans, record.time)
  spans[#spans + 1] = { from = record.time, what = what, reason = record.reason }
end

---When the modem was online, when it was not, and when it was not to be; between them, nothing is known.
---@param records history.record[]
---@param lasts boolean is the last one still so? Not if the daemon that has written them is not there any more
---@return history.span[]
function M.spans(records, lasts)
  local spans, latest = {}, nil
  for _, record in ipairs(records) do
    if record.kind == "ready" and latest and record.time - latest > UNKNOWN_AFTER then
      finish(spans, latest)
    elseif record.kind == "state" and MEANING[record.state] then
      begin(spans, record.ordered and "rest" or MEANING[record.state], record)
    elseif record.kind == "gone" and record.reason then
      finish(spans, record.time)
    end
    latest = record.time
  end
  if latest and not lasts then
    finish(spans, latest)
  end
  return spans
end

---@param spans history.span[]
---@return history.span[]
function M.outages(spans)
  local list = {}
  for _, span in ipairs(spans) do
    if span.what == "outage" then list[#list + 1] = span end
  end
  return list
end

---@param cell history.record of kind "cell" or "network"
---@return string
function M.cell_name(cell)
  local words = { cell.carriers or cell.technology }
  words[#words + 1] = cell.cell_id and ("cell %d"):format(cell.cell_id)
  return table.concat(words, " ")
end

---@class history.handover
---@field time integer
---@field from string the cell that it was on
---@field to string

---Where the modem went from one cell to another. It may tell that with its network, and more of the cell later.
---@param records history.record[]
---@return history.handover[]
function M.handovers(records)
  local list, before = {}, nil
  for _, record in ipairs(records) do
    local is_told = (record.kind == "cell" or record.kind == "network") and record.cell_id
    if is_told and before and before.cell_id ~= record.cell_id then
      list[#list + 1] = { time = record.time, from = M.cell_name(before), to = M.cell_name(record) }
    elseif is_told and record.kind == "cell" and list[1] then
      list[#list].to = M.cell_name(record)
    end
    before = is_told and not (before and before.cell_id == record.cell_id and record.kind == "network") and record
      or before
  end
  return list
end

-- What is said of one sample: the technology that carries the data, as far as that is known.
---@param record history.record of kind "signal"
---@return number? level RSRP, RSCP or RSSI, in dBm
---@return number? quality SINR or Ec/Io, in dB
function M.signal(record)
  return record.lte_rsrp or record.nr_rsrp or record.umts_rscp or record.gsm_rssi or record.dbm,
    record.lte_sinr or record.nr_sinr or record.umts_ecio
end

---@class history.range
---@field least number
---@field most number

local function widen(range, value)
  if value == nil then
    return range
  end
  range = range or { least = value, most = value }
  range.least, range.most = math.min(range.least, value), math.max(range.most, value)
  return range
end

---@class history.period
---@field from integer
---@field to integer
---@field level history.range?
---@field quality history.range?
---@field received integer bytes
---@field sent integer
---@field online integer seconds
---@field known integer seconds of which the daemon knew whether it was online

---Sums of periods of the same length, the last of which is the present one.
---@param records history.record[]
---@param spans history.span[]
---@param from integer
---@param to integer
---@param length integer seconds
---@return history.period[]
function M.periods(records, spans, from, to, length)
  local periods = {}
  local first = from // length
  for i = first, to // length do
    periods[i - first + 1] = { from = i * length, to = (i + 1) * length, received = 0, sent = 0, online = 0, known = 0 }
  end
  local function at(time) return periods[time // length - first + 1] end
  local level, quality
  for _, record in ipairs(records) do
    local period = at(record.time)
    if period and record.kind == "signal" then
      level, quality = M.signal(record)
      period.level, period.quality = widen(period.level, level), widen(period.quality, quality)
    elseif period and record.kind == "bytes" then
      period.received, period.sent = period.received + record.received, period.sent + record.sent
    end
  end
  for _, span in ipairs(spans) do
    for _, period in ipairs(periods) do
      local seconds = math.min(span.to or to, period.to) - math.max(span.from, period.from)
      if seconds > 0 and span.what ~= "rest" then
        period.known = period.known + seconds
        period.online = period.online + (span.what == "online" and seconds or 0)
      end
    end
  end
  return periods
end

return M
