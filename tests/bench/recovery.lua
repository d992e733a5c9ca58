-- SPDX-License-Identifier: MIT
-- How long a modem is offline after a fault, by who keeps it online: recovery.lua WHO [FAULT...]
--
-- To be run beside a simulated modem, and before any daemon: so this is a process of its own, which sees of the keeper
-- only what comes through wwan0, and what the keeper says of itself.

local control = require "simulator.control"
local fs = require "core.fs"
local json = require "core.json"
local net = require "net"
local process = require "core.process"
local state = require "state"
local task = require "task"

local CAP = tonumber(os.getenv "MT_BENCH_CAP") or 90 -- seconds until we give up
local EVERY, TIMEOUT = 0.1, 1 -- of our pings
local CALM = 3 -- seconds online before a fault, and after one that was not felt
-- The same for a link that carries nothing: pauses between probes have grown to the longest, which is RAREST.
local IDLE, RAREST = 280, 120
local LINK, TARGET = "wwan0", "8.8.8.8"
local TICK = 0.01 -- what /proc/uptime, the keeper's clock, counts in
local LOG = "/run/moontower-bench"

---@class bench.case
---@field name string
---@field faults string[] one after the other, with their arguments
---@field back number? seconds until the modem or the network is back: traffic is counted from then on
---@field mend string? the fault that brings it back
---@field idle boolean? nothing is sent until it is noticed

---@type bench.case[]
local cases = {
  { name = "disconnect", faults = { "disconnect" } },
  { name = "disconnect-silent", faults = { "disconnect-silent" } },
  { name = "network-drop", faults = { "network-drop 3" }, back = 3 },
  { name = "path-until-reconnect", faults = { "blackhole-until reconnect" } },
  { name = "path-idle", faults = { "blackhole-until reconnect" }, idle = true },
  { name = "path-until-attach", faults = { "blackhole-until attach" } },
  { name = "hang", faults = { "disconnect-silent", "hang" } },
  { name = "unplug", faults = { "unplug 2" }, back = 2 },
  { name = "sim", faults = { "sim-remove" }, back = 2, mend = "sim-insert" },
  { name = "open-dead", faults = { "open-dead", "forget", "disconnect-silent" } },
  { name = "renumber", faults = { "renumber" } },
}

local function fault(text)
  local name, argument = text:match "^(%S+) ?(.*)$"
  return assert(control.ask { request = "fault", name = name, arguments = argument ~= "" and { argument } or {} })
end

-- Traffic ------------------------------------------------------------------------------------------------------------

---@class bench.prober
---@field lost number? when the first ping was sent that was not answered
---@field again number? when the first one after that was sent that was answered
---@field answered number? when the last one was sent that was answered

-- Pings until the group ends.
local function probe(prober, group)
  while true do
    group:spawn(function()
      local sent = task.now()
      if net.ping(TARGET, { link = LINK, timeout = TIMEOUT }) then
        prober.answered = math.max(prober.answered or 0, sent)
        if prober.lost and sent > prober.lost then
          prober.again = math.min(prober.again or sent, sent)
        end
      elseif not prober.lost or sent < prober.lost then
        prober.lost = sent
      end
    end)
    task.sleep(EVERY)
  end
end

-- What the keeper says -----------------------------------------------------------------------------------------------

-- When it said what, since `since`: a list of { at, state or nil, what }.
local function said(since)
  local list = {}
  for at, words in (fs.read(LOG .. "/log") or ""):gmatch "(%S+) ([^\n]*)\n" do
    at = tonumber(at)
    local event = words:sub(1, 1) == "{" and json.decode(words) or { state = words }
    if at >= since - TICK then
      list[#list + 1] = { at = at, state = event.state, what = event.what }
    end
  end
  return list
end

-- What is mended without ever being offline is noticed, too.
local function noticed(since)
  for _, word in ipairs(said(since)) do
    if word.what or word.state ~= "online" then
      return word.at
    end
  end
end

local function tried(since, until_)
  local list = {}
  for _, word in ipairs(said(since)) do
    local what = word.what or word.state == "tried" and "again"
    if what and word.at <= until_ then
      list[#list + 1] = what
    end
  end
  return table.concat(list, ", ")
end

-- A case -------------------------------------------------------------------------------------------------------------

-- As after power-up, whatever it was before.
local function renew_modem()
  fault "none"
  fault "sim-insert"
  fault "unplug 1"
  for _, name in ipairs(state.persistent.list "ladders") do state.persistent.remove("ladders", name) end
  process.run { "rm", "-rf", LOG }
  assert(fs.mkdir(LOG))
  task.sleep(2)
  assert(task.timeout(30, function()
    while not fs.stat("/sys/class/net/" .. LINK) do task.sleep(0.1) end
    return true
  end))
end

local function wait_online()
  return task.timeout(120, function()
    while not net.ping(TARGET, { link = LINK, timeout = TIMEOUT }) do task.sleep(EVERY) end
    return true
  end)
end

-- Waits until traffic is back, or was never gone. Returns when; nil when it never came.
local function wait_traffic(case, prober, group, since)
  return task.timeout(CAP + (case.idle and RAREST or 0), function()
    if case.idle then
      while not noticed(since) do task.sleep(EVERY) end
      prober.lost = since
      group:spawn(probe, prober, group)
    end
    while not prober.again do
      if not prober.lost and noticed(since) and task.now() > since + (case.back or 0) + CALM + TIMEOUT then
        return since
      end
      task.sleep(EVERY)
    end
    return prober.again
  end)
end

---@return { noticed: number?, traffic: number?, tried: string }?
local function run(case, who)
  renew_modem()
  local group <close> = task.group()
  group:spawn(process.run, { "tests/bench/keeper", who, LOG .. "/log", timeout = 3600 })
  if not wait_online() then
    return nil
  end
  local prober = {}
  if not case.idle then
    group:spawn(probe, prober, group)
  end
  task.sleep(case.idle and IDLE or CALM)
  prober.lost, prober.again = nil, nil
  local since = task.now()
  for _, text in ipairs(case.faults) do fault(text) end
  if case.mend then
    group:spawn(function()
      task.sleep(case.back)
      fault(case.mend)
    end)
  end
  local traffic = wait_traffic(case, prober, group, since)
  local at = task.timeout(CALM, function() -- what it says may be later here than what comes through
    while not noticed(since) do task.sleep(EVERY) end
    return noticed(since)
  end)
  return {
    noticed = at and at - since, traffic = traffic and math.max(traffic - since - (case.back or 0), 0),
    tried = tried(since, traffic and traffic > since and traffic or task.now()),
  }
end

-- The table ----------------------------------------------------------------------------------------------------------

local function seconds(value)
  return value and (value < EVERY and ("<%.1f"):format(EVERY) or ("%.1f"):format(value)) or (">%d"):format(CAP)
end

local who, chosen = arg[1], {}
for i = 2, #arg do chosen[arg[i]] = true end
if os.getenv "MOONTOWER_SIM" ~= "1" then
  return nil, "this is to be run beside a simulated modem: moontower simulate -- ..."
end
print(("%-14s %-22s %10s %10s  %s"):format("kept by", "fault", "noticed s", "traffic s", "tried"))
for _, case in ipairs(cases) do
  if chosen[case.name] or not next(chosen) and (not case.idle or who == "moontower") then
    local result = run(case, who)
    print(("%-14s %-22s %10s %10s  %s"):format(who, case.name, result and seconds(result.noticed) or "-",
      result and seconds(result.traffic) or "-", result and result.tried or "never online"))
    io.stdout:flush()
  end
end
