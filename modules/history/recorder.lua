-- SPDX-License-Identifier: MIT
-- Keeps the history in the daemon: listens to the events of all modems in one task, and writes now and then.
--
-- What has not changed is not written again, so a modem that stays as it is costs no write. Nothing is held for one
-- that tells nothing.

local events = require "events"
local log = require "log"
local net = require "net"
local history = require "history"
local radio_words = require "radio.words"
local record = require "history.record"
local task = require "task"

local M = {}

local SAMPLE = 60 -- seconds between two samples of the signal, at least
local PATIENCE = 10 -- seconds for a modem's answers
local STALE = 2 * history.PAUSE -- seconds: what was told that long ago does not complete a sample any more

---@class history.known of one modem
---@field sampled integer? when its signal was recorded last
---@field signal string? the words of that
---@field later string? those of the latest sample, which came too soon
---@field later_time integer?
---@field told boolean? it has told its signal since the last write
---@field pushes_all boolean? it tells more than a strength by itself
---@field whole table<string, number>? the latest sample that had more than a strength
---@field whole_time integer?
---@field cell_id integer? what it has told with its network
---@field asked_on integer? on which cell it was asked for its cells
---@field network string? the words of the latest record of that kind; likewise `cell`
---@field cell string?
---@field wanted "signal"|"all"|nil what it is to be asked for
---@field link integer? the index of its interface
---@field received integer? its counters, at the last look
---@field sent integer?
---@field looked integer? when that was

---@class history.recorder
---@field private ring history.ring
---@field private list fun(): modem.modem[] those that are open
---@field private known table<string, history.known> by the modem's name
---@field private subscription events.subscription
---@field private wanted core.queue names of modems to ask
local Recorder = {}
Recorder.__index = Recorder

local function known_of(self, modem)
  self.known[modem] = self.known[modem] or {}
  return self.known[modem]
end

local function add(self, modem, kind, values, now)
  self.ring:add(modem, record.line(now, record.words(kind, values)))
end

-- What is as it was before is not news.
local function add_if_new(self, modem, kind, values, now)
  local known, words = known_of(self, modem), record.words(kind, values)
  if known[kind] ~= words then
    known[kind] = words
    self.ring:add(modem, record.line(now, words))
  end
end

-- How the events of a modem read in a record.
local values_of = {}

function values_of.signal(value)
  local flat = { dbm = value.dbm }
  for _, technology in ipairs { "lte", "nr", "umts", "gsm" } do
    for name, number in pairs(value[technology] or {}) do flat[technology .. "_" .. name] = number end
  end
  return flat
end

function values_of.cell(value)
  local primary = value.serving[1] or {}
  return {
    technology = primary.technology, plmn = primary.plmn, cell_id = primary.cell_id, band = primary.band,
    channel = primary.channel, pci = primary.pci or primary.psc, tac = primary.tac or primary.lac,
    carriers = radio_words.bands(value.serving),
  }
end

function values_of.network(value)
  return {
    state = value.state, technology = value.technology, provider = value.provider.id, name = value.provider.name,
    cell_id = value.cell_id,
  }
end

local function is_whole(flat) return next(flat) ~= nil and next(flat, (next(flat))) ~= nil end

-- MBIM pushes a strength and no more: the rest is as it was last told, for a while.
local function completed(known, flat, now)
  if is_whole(flat) then
    known.whole, known.whole_time = flat, now
  elseif known.whole and math.abs(now - known.whole_time) < STALE then
    for name, value in pairs(known.whole) do flat[name] = flat[name] or value end
  end
  return flat
end

local function sample(self, modem, flat, now)
  local known = known_of(self, modem)
  local words = record.words("signal", completed(known, flat, now))
  known.told = true
  known.later = nil
  if words == known.signal then
    return
  elseif known.sampled and now >= known.sampled and now - known.sampled < SAMPLE then
    known.later, known.later_time = words, now
    return
  end
  known.signal, known.sampled = words, now
  self.ring:add(modem, record.line(now, words))
end

-- Has a modem asked later, in a task of its own.
local function want(self, modem, what)
  local known = known_of(self, modem)
  if not known.wanted then
    self.wanted:push(modem)
  end
  known.wanted = known.wanted == "all" and "all" or what
end

local handlers = {}

handlers["modem-ready"] = function(self, event, now)
  self.known[event.modem] = nil
  add(self, event.modem, "ready", { control = event.control }, now)
end

handlers["modem-gone"] = function(self, event, now)
  self.known[event.modem] = nil
  add(self, event.modem, "gone", {}, now)
end

function handlers.signal(self, event, now)
  local flat = values_of.signal(event.value)
  known_of(self, event.modem).pushes_all = is_whole(flat)
  sample(self, event.modem, flat, now)
end

function handlers.registration(self, event, now)
  add_if_new(self, event.modem, "network", values_of.network(event.value), now)
  self.known[event.modem].cell_id = event.value.cell_id
end

-- A modem that comes online is asked what it has not told yet: before, that would delay it.
function handlers.state(self, event, now)
  if event.policy then
    return
  end
  add(self, event.modem, "state", event, now)
  local known = known_of(self, event.modem)
  if event.state == "online" and not (known.told and known.network) then
    want(self, event.modem, "signal")
  end
end

for _, kind in ipairs { "try", "tried", "program" } do
  handlers[kind] = function(self, event, now) add(self, event.modem, kind, event, now) end
end

---Records an event of this program.
---@param event events.event
---@param now integer
function Recorder:heard(event, now)
  if event.modem and handlers[event.event] then
    handlers[event.event](self, event, now)
  end
end

-- What has passed through a modem's interface since the last look.
local function count(self, modem, now)
  local link = modem.net and net.link(modem.net)
  local counted = link and link.statistics
  if not counted or counted.rx.bytes + counted.tx.bytes == 0 then
    return
  end
  local known = known_of(self, modem.description.name)
  local is_same = known.link == link.index and counted.rx.bytes >= known.received and counted.tx.bytes >= known.sent
  local received = counted.rx.bytes - (is_same and known.received or 0)
  local sent = counted.tx.bytes - (is_same and known.sent or 0)
  if known.link and received + sent > 0 then
    add(self, modem.description.name, "bytes", {
      received = received, sent = sent, seconds = math.max(now - known.looked, 0),
    }, now)
  end
  known.link, known.received, known.sent, known.looked = link.index, counted.rx.bytes, counted.tx.bytes, now
end

---The ring, with the latest sample of each modem in it.
---@return history.ring
function Recorder:latest()
  for name, known in pairs(self.known) do
    if known.later then
      self.ring:add(name, record.line(known.later_time, known.later))
      known.signal, known.sampled, known.later = known.later, known.later_time, nil
    end
  end
  return self.ring
end

---Every five minutes: counts, writes, and has those asked that do not tell all by themselves.
---@param now integer
---@return boolean written
function Recorder:turn(now)
  for _, modem in ipairs(self.list()) do
    local name = modem.description.name
    count(self, modem, now)
    local known = known_of(self, name)
    if not (known.told and known.pushes_all and known.cell_id and known.cell_id == known.asked_on) then
      want(self, name, "all")
    end
    known.told = nil
  end
  return self:latest():write(now)
end

local prefixes = { LTE = "lte_", ["5G"] = "nr_", UMTS = "umts_", GSM = "gsm_" }

-- A modem whose signal is a strength alone may measure more of the cells that serve.
local function complete_by(cells, flat)
  for _, cell in ipairs(cells and cells.serving or {}) do
    for _, name in ipairs { "rssi", "rsrp", "rsrq", "sinr", "rscp", "ecio" } do
      local key = prefixes[cell.technology] .. name
      flat[key] = flat[key] or cell[name]
    end
  end
  return flat
end

-- An AT port that is not open already is left to other programs: it would stay open.
local function ask(self, modem, name, wanted)
  local known, part = self.known[name], not rawget(modem, "at") and "protocol" or nil
  local cells = wanted == "all" and modem:cells(part)
  if not known.told or wanted == "all" and not known.pushes_all then
    local signal = modem:signal(part)
    if signal then
      sample(self, name, complete_by(cells, values_of.signal(signal)), os.time())
    end
  end
  if not known.network then
    local registration = modem:registration()
    if registration then
      handlers.registration(self, { modem = name, value = registration }, os.time())
    end
  end
  if cells then
    known.asked_on = known.cell_id
    add_if_new(self, name, "cell", values_of.cell(cells), os.time())
  end
end

-- One modem after the other: what a hundred of them are asked at once would take memory.
local function ask_all_wanted(self)
  while true do
    local name = self.wanted:pop()
    local known, err = self.known[name], nil
    for _, modem in ipairs(known and self.list() or {}) do
      if modem.description.name == name then
        local wanted = known.wanted
        known.wanted = nil
        err = select(2, task.timeout(PATIENCE, ask, self, modem, name, wanted))
      end
    end
    if err then
      log.debug("%s is not asked for the history: %s", name, err)
    end
  end
end

local function listen(self)
  for event in self.subscription.next, self.subscription do self:heard(event, os.time()) end
end

-- The daemon ends: what comes later is not known.
local function finish(self)
  for name in pairs(self.known) do add(self, name, "gone", { reason = "the daemon has ended" }, os.time()) end
  self:turn(os.time())
  self.subscription:close()
end

---Listens from now on; run() records.
---@param list fun(): modem.modem[] those that are open
---@param prefix string? of its files: see history.new
---@return history.recorder
function M.new(list, prefix)
  return setmetatable({
    ring = history.new(prefix), list = list, known = {}, wanted = task.queue(), subscription = events.subscribe(),
  }, Recorder)
end

local function record_all(self)
  local _ <close> = task.finally(function() finish(self) end)
  local group <close> = task.group()
  group:spawn(listen, self)
  group:spawn(ask_all_wanted, self)
  while true do
    task.sleep(history.PAUSE)
    self:turn(os.time())
  end
end

---Records until it is cancelled. A mistake in it ends the history, not the daemon.
function Recorder:run()
  local ok, err = xpcall(record_all, debug.traceback, self)
  if not ok and type(err) == "table" then
    error(err, 0)
  elseif not ok then
    log.error("the history ends: %s", err)
  end
end

return M
