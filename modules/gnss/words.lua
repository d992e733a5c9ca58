-- SPDX-License-Identifier: MIT
-- What a receiver knows, in words for people.

local M = {}

---A coordinate: "40.748400".
---@param degrees number
---@return string
function M.degrees(degrees) return ("%.6f"):format(degrees) end

local function satellites(report)
  local parts = {}
  parts[1] = report.satellites and ("%d used"):format(report.satellites) or nil
  parts[#parts + 1] = report.in_view and ("%d in view"):format(report.in_view) or nil
  return table.concat(parts, ", ")
end

---While there is no fix.
---@param report gnss.report
---@return string
function M.search(report)
  if (report.in_view or 0) == 0 then
    return "looking for satellites"
  end
  return ("%d satellites in view%s"):format(report.in_view,
    report.strongest and (", the best at %.0f dB-Hz"):format(report.strongest) or "")
end

---A fix, as labels and values.
---@param report gnss.report
---@return { [1]: string, [2]: string }[]
function M.lines(report)
  local lines = {}
  local function add(label, format, ...)
    if ... then lines[#lines + 1] = { label, format:format(...) } end
  end
  lines[1] = { "position", M.degrees(report.latitude) .. ", " .. M.degrees(report.longitude) }
  add("accuracy", "%.0f m", report.accuracy)
  add("altitude", "%.0f m", report.altitude)
  add("speed", "%.1f km/h", report.speed and report.speed * 3.6)
  add("heading", "%.0f degrees", (report.speed or 0) > 0.5 and report.heading)
  add("time", "%s", report.time)
  local used = satellites(report)
  add("satellites", "%s", used ~= "" and used)
  return lines
end

---What is known, in a line.
---@param report gnss.report
---@return string
function M.sentence(report)
  if not report.latitude then
    return "no fix, " .. M.search(report)
  end
  local parts = {}
  for i, line in ipairs(M.lines(report)) do
    parts[i] = (line[1] == "position" or line[1] == "time") and line[2] or line[1] .. " " .. line[2]
  end
  return table.concat(parts, ", ")
end

return M
