-- SPDX-License-Identifier: MIT
-- A picture of modems' days in SVG: signal, data, when each was online; hand-overs, outages, and what was done.

local day = require "history.day"
local svg = require "base.svg"

local WIDTH, LEFT, RIGHT = 1000, 60, 20
local HEAD, GAP, FOOT = 50, 14, 40
local TICKS = { 60, 300, 900, 1800, 3600, 7200, 10800 } -- seconds: the first that makes few enough
local MOST_TICKS = 13

-- Lines from the top: `least` and `most` are at their edges, with a line of the grid at each `step`.
local PANELS = {
  {
    height = 120, least = -130, most = -60, step = 20, title = "dBm",
    lines = {
      { "lte_rsrp", "LTE RSRP", "#1b6ca8" }, { "nr_rsrp", "5G RSRP", "#7b3fa0" },
      { "umts_rscp", "UMTS RSCP", "#5a7d2a" }, { "gsm_rssi", "GSM RSSI", "#8a6d3b" }, { "dbm", "RSSI", "#777777" },
    },
  },
  {
    height = 90, least = -10, most = 30, step = 10, title = "dB",
    lines = {
      { "lte_sinr", "LTE SINR", "#1b6ca8" }, { "nr_sinr", "5G SINR", "#7b3fa0" },
      { "umts_ecio", "UMTS Ec/Io", "#5a7d2a" },
    },
  },
}
local DATA_HEIGHT, STATE_HEIGHT = 70, 16
local COLOURS = { online = "#2e9e4f", outage = "#d43c3c", rest = "#bbbbbb" }
local RECEIVED, SENT = "#1b6ca8", "#e0902c"
local HANDOVER, STEP = "#b0308c", "#333333"

---@class history.drawing
---@field from integer
---@field to integer
---@field lasts boolean is the latest value still so?
---@field elements string[]

local function x_of(self, time)
  local part = (time - self.from) / math.max(self.to - self.from, 1)
  return LEFT + math.max(math.min(part, 1), 0) * (WIDTH - LEFT - RIGHT)
end

local function put(self, ...) table.insert(self.elements, svg.element(...)) end
local function write(self, ...) table.insert(self.elements, svg.text(...)) end

local function clock(time) return os.date("%H:%M:%S", time) end

-- ---- a panel's frame ----

local function frame(self, top, height)
  put(self, "rect", {
    x = LEFT, y = top, width = WIDTH - LEFT - RIGHT, height = height, fill = "none", stroke = "#999999",
  })
end

local function hours(self, top, bottom)
  local step = TICKS[#TICKS]
  for i = #TICKS, 1, -1 do
    if (self.to - self.from) / TICKS[i] <= MOST_TICKS then step = TICKS[i] end
  end
  for time = (self.from // step + 1) * step, self.to, step do
    local x = x_of(self, time)
    put(self, "line", { x1 = x, x2 = x, y1 = top, y2 = bottom, stroke = "#dddddd" })
    write(self, x, bottom + 14, os.date("%H:%M", time), { ["text-anchor"] = "middle" })
  end
end

-- ---- lines of the signal ----

-- A value holds until the next one; where the modem or the daemon was not there, nothing is known.
local function points_of(self, records, name)
  local pieces, piece, latest = {}, nil, nil
  local function finish(time)
    if piece then
      table.insert(piece, { time, piece[#piece][2] })
      pieces[#pieces + 1], piece = piece, nil
    end
  end
  for _, record in ipairs(records) do
    if record.kind == "gone" then
      finish(record.time)
    elseif record.kind == "ready" then
      finish(latest)
    elseif record.kind == "signal" then
      local value = record[name]
      if piece and value then
        table.insert(piece, { record.time, piece[#piece][2] })
        table.insert(piece, { record.time, value })
      elseif value then
        piece = { { record.time, value } }
      else
        finish(record.time)
      end
    end
    latest = record.time
  end
  finish(self.lasts and self.to or latest)
  return pieces
end

local function is_told(records, name)
  for _, record in ipairs(records) do
    if record[name] then return true end
  end
  return false
end

local function draw_panel(self, panel, top, records)
  local function y_of(value)
    local part = (value - panel.least) / (panel.most - panel.least)
    return top + panel.height * (1 - math.max(math.min(part, 1), 0))
  end
  for value = panel.least, panel.most, panel.step do
    put(self, "line", { x1 = LEFT, x2 = WIDTH - RIGHT, y1 = y_of(value), y2 = y_of(value), stroke = "#eeeeee" })
    write(self, LEFT - 6, y_of(value) + 4, tostring(value), { ["text-anchor"] = "end", fill = "#555555" })
  end
  write(self, 4, top + 12, panel.title, { fill = "#555555" })
  local legend = LEFT + 6
  for _, line in ipairs(panel.lines) do
    -- RSSI says little where RSRP is measured.
    if is_told(records, line[1]) and not (line[1] == "dbm" and legend > LEFT + 6) then
      for _, piece in ipairs(points_of(self, records, line[1])) do
        local points = {}
        for i, point in ipairs(piece) do points[i] = ("%.1f,%.1f"):format(x_of(self, point[1]), y_of(point[2])) end
        put(self, "polyline", {
          points = table.concat(points, " "), fill = "none", stroke = line[3], ["stroke-width"] = "1.5",
        })
      end
      write(self, legend, top + 13, line[2], { fill = line[3] })
      legend = legend + 90
    end
  end
  frame(self, top, panel.height)
end

-- ---- data ----

local function draw_data(self, top, records)
  local most = 1
  for _, record in ipairs(records) do
    if record.kind == "bytes" then
      most = math.max(most, record.received / math.max(record.seconds, 1), record.sent / math.max(record.seconds, 1))
    end
  end
  for _, record in ipairs(records) do
    if record.kind == "bytes" then
      local x = x_of(self, record.time - record.seconds)
      local width = math.max(x_of(self, record.time) - x, 1)
      for i, bytes in ipairs { record.received, record.sent } do
        local height = DATA_HEIGHT * bytes / math.max(record.seconds, 1) / most
        put(self, "rect", {
          x = x + (i - 1) * width / 2, y = top + DATA_HEIGHT - height, width = width / 2, height = height,
          fill = i == 1 and RECEIVED or SENT,
        }, svg.title(("%s: %.1f MB received, %.1f MB sent"):format(clock(record.time), record.received / 1e6,
          record.sent / 1e6)))
      end
    end
  end
  write(self, 4, top + 12, ("%.1f"):format(most * 8 / 1e6), { fill = "#555555" })
  write(self, 4, top + 26, "Mbit/s", { fill = "#555555" })
  write(self, LEFT + 6, top + 13, "received", { fill = RECEIVED })
  write(self, LEFT + 96, top + 13, "sent", { fill = SENT })
  frame(self, top, DATA_HEIGHT)
end

-- ---- what happened ----

local function draw_spans(self, top, bottom, spans)
  for _, span in ipairs(spans) do
    local from, to = x_of(self, span.from), x_of(self, span.to or self.to)
    local words = svg.title(("%s from %s%s: %s"):format(span.what == "rest" and "not wanted" or span.what,
      clock(span.from), span.to and " to " .. clock(span.to) or "", span.reason or ""))
    put(self, "rect", {
      x = from, y = top, width = math.max(to - from, 1), height = STATE_HEIGHT, fill = COLOURS[span.what],
    }, words)
    if span.what == "outage" then
      put(self, "rect", {
        x = from, y = top + STATE_HEIGHT, width = math.max(to - from, 1), height = bottom - top - STATE_HEIGHT,
        fill = COLOURS.outage, ["fill-opacity"] = "0.12",
      }, words)
    end
  end
end

local function draw_marks(self, top, bottom, records)
  for _, handover in ipairs(day.handovers(records)) do
    local x = x_of(self, handover.time)
    put(self, "line", {
      x1 = x, x2 = x, y1 = top + STATE_HEIGHT, y2 = bottom, stroke = HANDOVER, ["stroke-dasharray"] = "3 3",
    }, svg.title(("%s: from %s to %s"):format(clock(handover.time), handover.from, handover.to)))
  end
  for _, record in ipairs(records) do
    if record.kind == "tried" then
      local x = x_of(self, record.time)
      put(self, "path", {
        d = ("M %.1f %d l 5 -9 h -10 z"):format(x, top), fill = STEP,
      }, svg.title(("%s: %s: %s"):format(clock(record.time), record.what, record.result or "")))
    end
  end
end

local function draw_legend(self, y)
  local x = LEFT
  for _, entry in ipairs {
    { COLOURS.online, "online" }, { COLOURS.outage, "outage" }, { COLOURS.rest, "offline on purpose" },
    { HANDOVER, "hand-over (dashed)" }, { STEP, "what was tried (triangles)" },
  } do
    put(self, "rect", { x = x, y = y - 9, width = 10, height = 10, fill = entry[1] })
    write(self, x + 14, y, entry[2])
    x = x + 30 + 7 * #entry[2]
  end
end

local function draw_modem(self, modem, top)
  local records, spans = modem.records, day.spans(modem.records, self.lasts)
  write(self, LEFT, top + 16, "modem " .. modem.modem, { ["font-size"] = 15, ["font-weight"] = "bold" })
  write(self, WIDTH - RIGHT, top + 16, ("%s to %s"):format(os.date("%Y-%m-%d %H:%M", self.from),
    os.date("%Y-%m-%d %H:%M", self.to)), { ["text-anchor"] = "end", fill = "#555555" })
  local band, bottom = top + HEAD - 14, top + HEAD - 14 + STATE_HEIGHT + GAP + DATA_HEIGHT
  for _, panel in ipairs(PANELS) do bottom = bottom + panel.height + GAP end
  hours(self, band, bottom)
  draw_spans(self, band, bottom, spans)
  local y = band + STATE_HEIGHT + GAP
  for _, panel in ipairs(PANELS) do
    draw_panel(self, panel, y, records)
    y = y + panel.height + GAP
  end
  draw_data(self, y, records)
  draw_marks(self, band, bottom, records)
  draw_legend(self, bottom + 34)
  return bottom + FOOT + GAP
end

---Draws modems, one below the other.
---@param modems history.modem[]
---@param from integer
---@param to integer
---@param lasts boolean as day.spans() takes it
---@return string svg
return function(modems, from, to, lasts)
  local self, y = { from = from, to = to, lasts = lasts, elements = {} }, 0
  for _, modem in ipairs(modems) do y = draw_modem(self, modem, y) end
  if not modems[1] then
    write(self, LEFT, 30, "Nothing is known of that time.")
    y = 50
  end
  return svg.document(WIDTH, y, self.elements)
end
