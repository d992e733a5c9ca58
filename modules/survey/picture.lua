-- SPDX-License-Identifier: MIT
-- A survey as a picture in SVG: a bar for each stop, side by side, to choose an antenna by.

local svg = require "base.svg"

local STEP, LEFT, TOP, HEIGHT = 64, 60, 40, 140
local COLORS = { good = "#1c7d3f", fair = "#c98a1a", bad = "#b3261e" }

-- What is drawn: where the row has it, its range, and from where it is fair, and good.
local charts = {
  { "RSRP, dBm", function(row) return row.signal and row.signal.rsrp end, -130, -70, -110, -95 },
  { "SINR, dB", function(row) return row.signal and row.signal.sinr end, -10, 30, 0, 13 },
}

local function speed_chart(rows)
  local most = 0
  for _, row in ipairs(rows) do most = math.max(most, row.speed or 0) end
  return most > 0 and { "Mbit/s", function(row)
    return row.speed and { mean = row.speed, least = row.speed, most = row.speed }
  end, 0, most, most / 4, most / 2 } or nil
end

local function bar(elements, x, top, figure, chart, row)
  local least, most = chart[3], chart[4]
  local function y(value)
    return top + HEIGHT - HEIGHT * (math.max(math.min(value, most), least) - least) / (most - least)
  end
  local color = figure.mean >= chart[6] and COLORS.good or figure.mean >= chart[5] and COLORS.fair or COLORS.bad
  elements[#elements + 1] = svg.element("rect", {
    x = x + 12, y = y(figure.mean), width = STEP - 24, height = top + HEIGHT - y(figure.mean), fill = color,
  }, svg.title(("%s: %.1f, %.1f to %.1f"):format(row.name, figure.mean, figure.least, figure.most)))
  elements[#elements + 1] = svg.element("line", {
    x1 = x + STEP // 2, x2 = x + STEP // 2, y1 = y(figure.least), y2 = y(figure.most), stroke = "black",
  })
  elements[#elements + 1] = svg.text(x + STEP // 2, y(math.max(figure.mean, figure.most)) - 4,
    ("%.0f"):format(figure.mean), { ["text-anchor"] = "middle" })
end

---@param rows survey.row[]
---@param title string
---@return string
return function(rows, title)
  local list, elements = { charts[1], charts[2], speed_chart(rows) }, {}
  local width = math.max(LEFT + STEP * #rows + 20, 320)
  elements[1] = svg.text(LEFT, 20, title, { ["font-weight"] = "bold" })
  for i, chart in ipairs(list) do
    local top = TOP + (i - 1) * (HEIGHT + 50)
    elements[#elements + 1] = svg.text(4, top + 12, chart[1])
    elements[#elements + 1] = svg.element("line", {
      x1 = LEFT, x2 = width - 10, y1 = top + HEIGHT, y2 = top + HEIGHT, stroke = "gray",
    })
    for j, row in ipairs(rows) do
      local x, figure = LEFT + (j - 1) * STEP, chart[2](row)
      if figure and not row.problem then
        bar(elements, x, top, figure, chart, row)
      end
      elements[#elements + 1] = svg.text(x + STEP // 2, top + HEIGHT + 16, row.name, { ["text-anchor"] = "middle" })
    end
  end
  return svg.document(width, TOP + #list * (HEIGHT + 50), elements)
end
