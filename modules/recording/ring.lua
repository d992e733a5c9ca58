-- SPDX-License-Identifier: MIT
-- The last minutes of a daemon, in memory: what has passed at its ports, and what it decided.
--
-- Messages stay as they are in rings of C (core/lua/tap.c): so nothing of it costs time while all is well, and what has
-- to be replaced is replaced when they are written.

local events = require "events"
local json = require "base.json"
local kernel = require "recording.kernel"
local task = require "task"

local M = {
  SECONDS = 600, -- what has passed before is not written
}

local BYTES = 96 << 10 -- of one port
local MOST_LINES = 400 -- at one AT port
local MOST_DECISIONS = 60 -- of all modems
local TIMED = "=ds4" -- a decision's time, and it in JSON: a quarter of what tables would take
local MOST_ENDED = 8 -- ports that are closed
local PIECE = 16 -- lines; then others have their turn: to decode and encode takes a small router milliseconds

-- What a modem has indicated is in its messages.
local INDICATED = {}
for _, name in ipairs(events.of_modems) do INDICATED[name] = true end

---@class recording.ring
---@field private ports recording.kept_port[] the oldest first
---@field private decisions string[] events, and changes in the kernel's network, likewise; as TIMED has them
local Ring = {}
Ring.__index = Ring

---@class recording.kept_port
---@field protocol "mbim"|"qmi"|"at"
---@field since number when it was opened
---@field tap core.tap? of MBIM and QMI
---@field lines table[]? of AT, as a stream is shown them
local Port = {}
Port.__index = Port

local function add(list, entry, most)
  list[#list + 1] = entry
  if #list > most then
    table.remove(list, 1)
  end
end

---A line at an AT port: see trace.watch_at().
---@param line { sent: boolean, time: number, text: string, kind: string }
function Port:show(line) add(self.lines, line, MOST_LINES) end

local function last_time(port)
  local last = port.lines[#port.lines]
  return last and last.time or port.since
end

local function is_tapped(tap) return (select(2, tap:transfers())) end

-- Ports that are closed are forgotten, the oldest first. Of an AT port only its silence tells.
local function forget_ended(self)
  local kept, ended = {}, 0
  for i = #self.ports, 1, -1 do
    local port = self.ports[i]
    local is_open
    if port.tap then
      is_open = is_tapped(port.tap)
    else
      is_open = task.now() - last_time(port) < M.SECONDS
    end
    ended = ended + (is_open and 0 or 1)
    if is_open or ended <= MOST_ENDED then
      table.insert(kept, 1, port)
    end
  end
  self.ports = kept
end

local function new_port(self, protocol, tap)
  forget_ended(self)
  local port = setmetatable({ protocol = protocol, since = task.now(), tap = tap, lines = not tap and {} or nil }, Port)
  self.ports[#self.ports + 1] = port
  return port
end

---Keeps what passes through an exchange from now on: see trace.watch().
---@param exchange core.exchange
---@param protocol "mbim"|"qmi"
function Ring:keep(exchange, protocol)
  local tap = exchange:tap(BYTES)
  if tap then
    new_port(self, protocol, tap)
  end
end

---An AT port that is opened: see trace.watch_at().
---@param protocol "at"
---@return recording.kept_port
function Ring:stream(protocol) return new_port(self, protocol) end

-- Calls `show` for each that is not too old, in the order of their times.
local function collect(self, from)
  local list, streams = {}, {}
  local function later(time, show) list[#list + 1] = { time = time, number = #list, show = show } end
  for _, port in ipairs(self.ports) do
    local lines = port.lines
    if port.tap then lines = port.tap:transfers() end
    local opened
    for _, line in ipairs(lines) do
      if line.time >= from then
        if not opened then
          opened = math.max(math.min(port.since, line.time), from)
          later(opened, function(recorder) streams[port] = recorder:stream(port.protocol, opened) end)
        end
        later(line.time, function() streams[port]:show(line, 0) end)
      end
    end
  end
  for _, kept in ipairs(self.decisions) do
    local time, text = TIMED:unpack(kept)
    local decision = json.decode(text)
    if time >= from and decision.changed then
      later(time, function(recorder)
        recorder:changed(decision.changed, decision.arguments, decision.error, time)
      end)
    elseif time >= from and decision.noted then
      later(time, function(recorder) recorder:note(decision.noted, decision.values, time) end)
    elseif time >= from then
      later(time, function(recorder) recorder:event(decision, time) end)
    end
  end
  table.sort(list, function(a, b)
    if a.time ~= b.time then return a.time < b.time end
    return a.number < b.number
  end)
  return list
end

---Writes all that is kept. It stays in the ring.
---@param begin fun(since: number): recording.recorder? makes the recorder; since: when what follows began
---@return recording.recorder? recorder that of begin(); nil: it made none
function Ring:write(begin)
  local list = collect(self, task.now() - M.SECONDS)
  local recorder = begin(list[1] and list[1].time or task.now())
  for i, entry in ipairs(recorder and list or {}) do
    entry.show(recorder)
    if i % PIECE == 0 then
      task.sleep(0)
    end
  end
  return recorder
end

local function keep_decision(self, decision)
  add(self.decisions, TIMED:pack(task.now(), json.encode(decision)), MOST_DECISIONS)
end

---What is no message: see trace.note().
---@param kind string
---@param values table
function Ring:note(kind, values) keep_decision(self, { noted = kind, values = values }) end

---A ring, which keeps what is decided until the group ends.
---@param group task.group
---@return recording.ring
function M.new(group)
  local self = setmetatable({ ports = {}, decisions = {} }, Ring)
  local changes = kernel.changes(function(name, arguments, err)
    keep_decision(self, { changed = name, arguments = arguments, error = err and tostring(err) })
  end)
  local heard = events.subscribe()
  group:spawn(function()
    local _ <close> = heard
    local _ <close> = changes
    for event in heard.next, heard do
      if not INDICATED[event.event] then
        keep_decision(self, event)
      end
    end
  end)
  return self
end

return M
