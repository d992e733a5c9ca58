-- SPDX-License-Identifier: MIT
-- A survey: the modem is held to each band, technology or cell in turn, and measured there; then all is put back.
--
-- All of it is one change on trial (see ../trial): whatever happens, a guard puts the modem back.

local errors = require "errors"
local log = require "log"
local measure = require "survey.measure"
local recovery = require "trial.recovery"
local setting = require "settings.setting"
local settings = require "settings"
local state = require "state"
local try = require "trial.try"

local check = errors.check

---@class survey.stop
---@field name string such as "B2"
---@field modem carrier.modem what the modem is set to
---@field may_lack boolean? no person has named it: a modem that cannot be set to it has no row for it

---@class survey.row
---@field name string
---@field problem string? why nothing was measured
---@field technology string?
---@field band string?
---@field channel integer?
---@field pci integer?
---@field bandwidth number? MHz
---@field signal table<string, survey.figure>?
---@field round_trips { median: number?, lost: integer, count: integer }?
---@field speed number? Mbit/s, or what the user's program has printed
---@field speed_problem string?

local M = {}

local KIND = "surveys"
local MOST_EXTRA = 60 -- seconds that a stop may take beside waiting and measuring

-- ---- the stops ----

local function read(modem, name)
  local found, missing = settings.for_modem(modem, { [name] = true })
  check(found, missing)
  return check(found[name], missing[name])
end

local function by_bands(modem)
  local one = read(modem, "bands")
  local all = one:all_bands() or one:read(modem)
  if not all or all == setting.UNKNOWN then
    return errors.fail {
      code = "unsupported", source = "survey", message = "the modem does not tell which bands it has",
      hint = "Name them: `moontower survey B2 B12`.",
    }
  end
  local stops = {}
  for _, band in ipairs(all.lte) do
    stops[#stops + 1] = { name = "B" .. band, modem = { bands = "B" .. band, rat = "lte" } }
  end
  for _, band in ipairs(all.nr) do
    stops[#stops + 1] = { name = "n" .. band, modem = { bands = "sa-n" .. band, rat = "sa" }, may_lack = true }
  end
  return stops
end

local function by_technologies()
  local stops = {}
  for i, name in ipairs { "umts", "lte", "lte+nsa", "sa" } do
    stops[i] = { name = name, modem = { rat = name }, may_lack = true }
  end
  return stops
end

local function by_cells(modem)
  local cells = check(modem:cells())
  local stops, seen = {}, {}
  for _, list in ipairs { cells.serving, cells.neighbours } do
    for _, cell in ipairs(list) do
      local name = cell.technology == "LTE" and cell.channel and cell.pci
        and ("lte-%d/%d"):format(cell.channel, cell.pci)
      if name and not seen[name] then
        seen[name] = true
        stops[#stops + 1] = { name = name, modem = { lock = name } }
      end
    end
  end
  return stops
end

local makers = { bands = by_bands, technologies = by_technologies, cells = by_cells }

-- What a person has named.
local function named(names)
  local stops = {}
  for i, name in ipairs(names) do
    local band = name:match "^[Bb](%d+)$"
    local nr = name:match "^[Nn](%d+)$"
    stops[i] = { name = name, modem = band and { bands = "B" .. band, rat = "lte" }
      or nr and { bands = "sa-n" .. nr, rat = "sa" } or name:find "/" and { lock = name } or { rat = name } }
  end
  return stops
end

---Where the modem is to be held.
---@param modem modem.modem
---@param by "bands"|"technologies"|"cells"
---@param names string[] what a person has named; empty: all that the modem has
---@return survey.stop[]?
---@return moontower.error? err
M.stops = errors.protect(function(modem, by, names)
  return #names > 0 and named(names) or check(makers[by](modem))
end)

-- ---- a stop ----

local function place_of(modem, row)
  local cells = modem:cells()
  local cell = cells and cells.serving[1]
  if cell then
    row.band, row.channel, row.pci, row.bandwidth = cell.band, cell.channel, cell.pci, cell.bandwidth
    row.technology = cell.technology
  end
end

local function measured(session, before, options, row)
  local modem = session.modem
  check(recovery.wait(modem, before, options.wait, session.watcher))
  session.watcher:doing(row.name, ("measuring for %g seconds"):format(options.seconds))
  local figures, technology = measure.signal(modem, options.seconds)
  row.signal = check(figures, technology)
  row.technology = technology
  place_of(modem, row)
  local record = modem:connection()
  if record and record.interface then
    row.round_trips = measure.round_trips(record.interface, before.previous.carrier.probe)
    local speed, err = measure.speed(record.interface, options)
    row.speed, row.speed_problem = speed, err and tostring(err) or nil
  end
end

-- A modem that lacks what a stop wants, or finds no network there, is no failure of the survey. Returns no row and no
-- error where it need not have it.
local function visit(session, stop, before, options)
  local row = { name = stop.name }
  session.watcher:doing(stop.name, "setting the modem")
  local made, refused = session:plan { name = "survey", modem = stop.modem }
  if not made and stop.may_lack then
    return nil
  end
  local ok, err = errors.protect(function()
    check(made, refused)
    local outcome = check(session:apply(made, options.command))
    if not outcome.holds then
      return errors.fail { code = "rejected", source = "survey", message = "the modem does not follow the order" }
    end
    measured(session, before, options, row)
    return true
  end)()
  if not ok then
    row.problem = tostring(err)
    if err.code == "gone" or not session.modem then
      return nil, err
    end
  end
  return row
end

-- ---- the whole ----

---What an earlier survey, which did not come to its end, has measured, at whatever stops.
---@param key string of the modem
---@return survey.row[] rows
function M.left(key)
  local left = state.persistent.load(KIND, key)
  return left and not left.finished and left.rows or {}
end

---How long a survey may take, at most.
---@param stops survey.stop[]
---@param options { wait: number, seconds: number }
---@return number seconds
function M.time(stops, options) return #stops * (options.wait + 3 * options.seconds + MOST_EXTRA) end

---Visits all stops, and puts the modem back.
---@param session setup.session opened with the terms of a trial
---@param stops survey.stop[]
---@param options { wait: number, seconds: number, speed: string?, run: string?, command: string, rows: survey.row[],
--- on_row: fun(row: survey.row) } rows: what an earlier survey has measured, which is not measured again
---@return survey.row[]? rows of these stops
---@return moontower.error? err
function M.run(session, stops, options)
  local rows, others, wanted, done = {}, {}, {}, {}
  for _, stop in ipairs(stops) do wanted[stop.name] = true end
  for _, row in ipairs(options.rows) do
    table.insert(wanted[row.name] and rows or others, row)
    done[row.name] = true
  end
  local has_failed
  -- What was measured at other stops stays until it is resumed, too.
  local function save(finished)
    local kept = table.move(rows, 1, #rows, #others + 1, table.move(others, 1, #others, 1, {}))
    local saved, problem = state.persistent.save(KIND, session.key, {
      rows = kept, finished = finished and #others == 0, date = os.date "!%Y-%m-%dT%H:%M:%SZ",
    })
    if not saved and not has_failed then
      log.warn("what the survey measures is not kept, so `--resume` will measure it again: %s", problem)
      has_failed = true
    end
  end
  local ok, err = try.borrow(session, function(before)
    for _, stop in ipairs(stops) do
      if not done[stop.name] then
        local row, why = visit(session, stop, before, options)
        if why then
          return nil, why
        elseif row then
          rows[#rows + 1] = row
          save(false)
          options.on_row(row)
        end
      end
    end
    return true
  end)
  if ok then
    save(true)
  end
  return ok and rows, err
end

-- ---- the best ----

-- A figure by which rows are compared, where all that were measured have it.
local orders = {
  function(row) return row.speed end,
  function(row) return row.signal.sinr and row.signal.sinr.mean end,
  function(row) return row.signal.rsrp and row.signal.rsrp.mean end,
}

---The stop at which the modem was best: by speed, else by SINR, else by RSRP.
---@param rows survey.row[]
---@return survey.row? nil: nothing was measured
function M.best(rows)
  for _, figure in ipairs(orders) do
    local best, value
    for _, row in ipairs(rows) do
      local here = row.signal and not row.problem and figure(row)
      if here and (not value or here > value) then
        best, value = row, here
      end
    end
    if best then
      return best
    end
  end
end

return M
