-- SPDX-License-Identifier: MIT
-- Where a modem is, by its receiver for GPS and other satellites: one session, shared by all that ask.
--
-- The receiver is switched on for the first that asks, and off when the last has gone; one that was on before stays
-- on. Neither logs nor traces have a position.

local core = require "core.task"
local errors = require "errors"
local nmea = require "gnss.nmea"
local ports = require "modem.ports"
local reports = require "gnss.reports"
local subscribers = require "events.subscribers"
local task = require "task"

local FIX_TIME = 180 -- seconds: a cold start takes most of a minute, under a poor view of the sky several
local STOP_TIME = 10

---@class modem.receiver a way to the receiver: that of QMI, or that of AT commands
---@field start fun(self: modem.receiver, tell: fun(item: modem.receiver_item)): true?, moontower.error? switches it on
---@field run fun(self: modem.receiver): moontower.error? has it tell what comes, until there can be no more
---@field group task.group of the tasks that read for it
---@field stop fun(self: modem.receiver) leaves it as it was before
---@field leave_port (fun(self: modem.receiver))? leaves the modem's NMEA port to other programs from now on
---@field want_nmea fun(self: modem.receiver): true?, moontower.error? has it send sentences of NMEA, too

---@class modem.receiver_item
---@field report gnss.report?
---@field sentence string? of NMEA, without its end

---@class modem.positioning what all sessions of a modem share
---@field users integer
---@field queues core.queue[]
---@field receiver modem.receiver?
---@field turn task.mutex
---@field task core.task?
---@field has_nmea boolean?
---@field lost moontower.error?

---@class modem.location
---@field private modem modem.modem
---@field private shared modem.positioning
---@field private queue core.queue
local Location = {}
Location.__index = Location

local M = {}

local function tell(shared, item)
  for _, queue in ipairs(shared.queues) do subscribers.deliver(queue, item) end
end

-- For all sessions, so not in the context of the one that has begun it.
local function run(shared, receiver)
  core.set_context {}
  core.limit(nil)
  local err = receiver:run()
  shared.lost = err
  for _, queue in ipairs(shared.queues) do queue:close(err) end
end

local function switch_off(shared)
  local receiver, running = shared.receiver, shared.task
  shared.receiver, shared.task, shared.has_nmea = nil, nil, nil
  if running then
    running:cancel(task.unwanted)
    running:join()
  end
  if receiver then
    receiver:stop()
  end
end

local function switch_on(modem, shared)
  local receiver, err = modem:receiver()
  if not receiver then
    return nil, err
  end
  shared.receiver, shared.lost = receiver, nil
  local undo <close> = task.undo(function() switch_off(shared) end)
  local ok
  ok, err = receiver:start(function(item) tell(shared, item) end)
  if ok then
    undo.finished = true
    shared.task = receiver.group:spawn(run, shared, receiver)
  end
  return ok, err
end

-- Switched on, with all that this session needs.
local function ensure_on(modem, shared, has_nmea)
  if shared.lost then
    switch_off(shared)
  end
  local ok, err = true, nil
  if not shared.receiver then
    ok, err = switch_on(modem, shared)
  end
  if ok and has_nmea and not shared.has_nmea then
    ok, err = shared.receiver:want_nmea()
    shared.has_nmea = ok
  end
  return ok, err
end

---Switches the receiver on, for as long as the result is open: `local place <close> = assert(modem:locate())`.
---@param modem modem.modem
---@param options { nmea: boolean? }? nmea: next_sentence() will be asked for
---@return modem.location?
---@return moontower.error? err "unsupported": it has none that is known here
function M.open(modem, options)
  local shared = modem.positioning or { users = 0, queues = {}, turn = task.mutex() }
  modem.positioning = shared
  local self = setmetatable({ modem = modem, shared = shared, queue = subscribers.queue() }, Location)
  shared.users = shared.users + 1
  local undo <close> = task.undo(function() self:close() end)
  local _ <close> = shared.turn:lock()
  local err
  undo.finished, err = ensure_on(modem, shared, options and options.nmea)
  if not undo.finished then
    return nil, err
  end
  subscribers.add(shared.queues, self.queue)
  return self
end

local function next_item(self, key)
  while true do
    local item, err = self.queue:pop()
    if not item then
      return nil, err
    elseif item[key] then
      return item[key]
    end
  end
end

---Waits for what the receiver knows next.
---@return gnss.report? report without latitude while there is no fix
---@return moontower.error? err there can be no more
function Location:next() return next_item(self, "report") end

---Waits for the next sentence of NMEA.
---@return string? sentence
---@return moontower.error? err
function Location:next_sentence() return next_item(self, "sentence") end

---Leaves the modem's NMEA port, where sentences come while the receiver is on, to the program that opens it.
---@return string? path of that port
---@return moontower.error? err "not-found": it has none
function Location:leave_port()
  local path, err = ports.find(self.modem.description, "nmea")
  local receiver = self.shared.receiver
  if path and receiver and receiver.leave_port then
    receiver:leave_port()
  end
  return path, err
end

---The last one that leaves switches the receiver off.
function Location:close()
  local shared = self.shared
  if self.is_closed then
    return
  end
  self.is_closed = true
  subscribers.remove(shared.queues, self.queue)
  shared.users = shared.users - 1
  task.shield(STOP_TIME, function()
    local _ <close> = shared.turn:lock()
    if shared.users == 0 then
      switch_off(shared)
    end
  end)
end
Location.__close = Location.close

---@class modem.location_options
---@field seconds number? how long to wait for a fix: 180 if not given
---@field progress fun(report: gnss.report)? is told what the receiver knows until then

local function no_fix(seconds, last)
  local in_view = last and last.in_view or 0
  return errors.fail {
    code = "timeout", source = "gnss",
    message = in_view > 0 and ("no fix in %g seconds: of %d satellites, too few are received"):format(seconds, in_view)
      or ("no fix in %g seconds: no satellites are received"):format(seconds),
    hint = "The antenna for GPS needs a view of the sky, and is another one than that of the network on most modems. "
      .. "A first fix takes minutes: give it longer (--wait).",
    detail = last,
  }
end

---Waits for one fix.
---@param modem modem.modem
---@param options modem.location_options?
---@return gnss.report?
---@return moontower.error? err "timeout": the receiver has no view of the sky
function M.fix(modem, options)
  options = options or {}
  local place <close>, err = M.open(modem)
  if not place then
    return nil, err
  end
  local seconds, last = options.seconds or FIX_TIME, nil
  local found, failure = task.timeout(seconds, function()
    while true do
      local report, why = place:next()
      if not report or report.latitude then
        return report or false, why
      end
      last = report
      if options.progress then
        options.progress(report)
      end
    end
  end)
  if found == nil and failure.code == "timeout" then
    return no_fix(seconds, last)
  end
  return found or nil, failure
end

---What a stream of sentences tells, for receivers that tell nothing else.
---@param tell_item fun(item: modem.receiver_item)
---@return fun(line: string)
function M.reader(tell_item)
  local known = reports.new()
  return function(line)
    if nmea.is_sentence(line) then
      tell_item { sentence = line }
      local report = known:take(line)
      if report then tell_item { report = report } end
    end
  end
end

return M
