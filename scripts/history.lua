-- SPDX-License-Identifier: MIT
-- moontower history: the last day of each modem: signal, cells, data, outages, and what was done about them.

local columns = require "terminal.columns"
local daemon = require "daemon"
local day = require "history.day"
local errors = require "errors"
local files = require "terminal.files"
local history = require "history"
local json = require "base.json"
local option = require "cli.option"
local picture = require "history.picture"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local UNITS = { s = 1, min = 60, h = 3600, d = 86400 }
local PERIODS = { { 2 * 3600, 300 }, { 8 * 3600, 1800 }, { math.huge, 3600 } } -- seconds: of all rows, and of one

local function parse_since(text)
  local number, unit = tostring(text):match "^(%d+)%s*(%a+)$"
  local seconds = UNITS[unit] and tonumber(number) * UNITS[unit]
  if not seconds or seconds < 1 or seconds > history.DAY then
    return errors.fail {
      code = "invalid", source = "history",
      message = ("'%s' is no time of at most a day, such as 6h, 90min or 1d"):format(tostring(text)),
    }
  end
  return math.tointeger(seconds)
end

local function utc(time) return time and os.date("!%Y-%m-%dT%H:%M:%SZ", time) end

local array = { __jsontype = "array" }

-- ---- for programs ----

local function in_words(list, names)
  local copies = setmetatable({}, array)
  for i, entry in ipairs(list) do
    copies[i] = {}
    for key, value in pairs(entry) do copies[i][key] = names[key] and utc(value) or value end
  end
  return copies
end

local function for_programs(modem, spans)
  return {
    modem = modem.modem, records = in_words(modem.records, { time = true }),
    spans = in_words(spans, { from = true, to = true }),
    handovers = in_words(day.handovers(modem.records), { time = true }),
  }
end

-- ---- for people ----

local function range(values)
  if not values then
    return ""
  end
  local least, most = ("%.0f"):format(values.least), ("%.0f"):format(values.most)
  return least == most and least or ("%s to %s"):format(least, most)
end

local function amount(bytes) return bytes == 0 and "" or ("%.1f MB"):format(bytes / 1e6) end

-- What has happened, a line each, by the time of its period.
local function happened(modem, spans)
  local list = {}
  local function note(time, ...) list[#list + 1] = { time = time, text = string.format(...) } end
  for _, outage in ipairs(day.outages(spans)) do
    note(outage.from, "offline%s: %s", outage.to and (" for %d s"):format(outage.to - outage.from) or " since then",
      outage.reason or "unplugged")
  end
  for _, handover in ipairs(day.handovers(modem.records)) do
    note(handover.time, "from %s to %s", handover.from, handover.to)
  end
  for _, record in ipairs(modem.records) do
    if record.kind == "tried" then
      note(record.time, "%s: %s", record.what, record.result or "")
    elseif record.kind == "program" then
      note(record.time, "%s has done this: %s", record.program, record.what)
    elseif record.kind == "gone" then
      note(record.time, "%s", record.reason or "unplugged, or restarting")
    elseif record.kind == "lost" then
      note(record.time, "%d records were too many to be kept", record.count)
    end
  end
  table.sort(list, function(a, b) return a.time < b.time or a.time == b.time and a.text < b.text end)
  return list
end

local function show(modem, spans, from, to)
  local length
  for _, one in ipairs(PERIODS) do length = length or to - from <= one[1] and one[2] or nil end
  local rows = { { "from", "signal (dBm)", "SINR (dB)", "received", "sent", "online" } }
  local steps, next_step = happened(modem, spans), 1
  for _, period in ipairs(day.periods(modem.records, spans, from, to, length)) do
    local row = {
      os.date("%a %H:%M", period.from), range(period.level), range(period.quality), amount(period.received),
      amount(period.sent), period.known > 0 and ("%.0f %%"):format(100 * period.online / period.known) or "",
      lines = {},
    }
    while steps[next_step] and steps[next_step].time < period.to do
      local step = steps[next_step]
      table.insert(row.lines, wrap.fit(("  %s  %s"):format(os.date("%H:%M:%S", step.time), step.text), 1))
      next_step = next_step + 1
    end
    local has_some = row.lines[1]
    for i = 2, #rows[1] do has_some = has_some or row[i] ~= "" end
    if has_some then
      rows[#rows + 1] = row
    end
  end
  print("modem " .. modem.modem)
  columns.print(rows)
end

return {
  summary = "Show the last day of each modem: signal, cells, outages, data.",
  description = [[
Show what the daemon has kept of each modem's last day: signal, cells, data, when it was online, and what was done when
it was not.]],

  epilog = [[
The daemon writes it to /var/lib/moontower/history, at most every five minutes; what is not written yet is shown, too,
while the daemon runs.]],

  options = {
    { "--since", validate.parsed_by(parse_since), "Only as long ago as this", default = "1d", argname = "TIME" },
    { "--modem", validate.any_text, "Only this modem, by its name in `moontower why`", argname = "NAME" },
    { "--svg", validate.text, "Draw it into this file, in SVG; -: standard output", argname = "FILE" },
    option.json_list,
  },

  run = function(args)
    local to = os.time()
    local from = to - parse_since(args.since)
    local recorder = daemon.running and daemon.running.history
    local modems, err = history.read(recorder and recorder:latest(), from, to, args.modem)
    if not modems then
      return nil, err
    end
    if args.svg then
      local ok
      ok, err = files.save(args.svg, picture(modems, from, to, recorder ~= nil))
      return ok and 0, err
    end
    local list = setmetatable({}, array)
    for i, modem in ipairs(modems) do
      local spans = day.spans(modem.records, recorder ~= nil)
      if args.json then
        list[i] = for_programs(modem, spans)
      else
        show(modem, spans, from, to)
      end
    end
    if args.json then
      print(json.encode(list, { indent = true }))
    elseif not modems[1] then
      wrap.print("Nothing is known of that time: the daemon, `moontower serve`, keeps the history while it runs.")
    end
    return 0
  end,
}
