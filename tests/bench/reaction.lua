-- SPDX-License-Identifier: MIT
-- From the modem's word that the network has ended the connection to the order to connect again, and until something
-- has answered through the new one: reaction.lua mbim|qmi [ROUNDS]
--
-- Modem and policy live in one process, so one clock sees both: the indication as the modem hands it over, the order as
-- it comes in. What the simulated modem does in between counts as ours.

local events = require "events"
local faults = require "simulator.faults"
local mc7455 = require "simulator.models.mc7455"
local modems = require "modem"
local new_simulated = require("simulator.modem").new
local policy = require "policy"
local task = require "task"
local tier1 = require "simulator.tier1"

local COMPOSITION, ROUNDS = arg[1] or "mbim", math.tointeger(tonumber(arg[2])) or 15
local LATENCIES = { 0, 0.02 }
local PATIENCE = 20
-- What the real modem's USB descriptor says, which this one has not: MBIM takes 64 commands at a time.
local DESCRIPTORS = "\8\x24\x1c\0\1\64\xdc\5"

-- Is this transfer an indication of a session's end, or the order to connect? MBIM: the type, and CONNECT, command 12
-- of the basic service; QMI: of WDS, Packet Service Status or Start Network.
local kinds = {}

function kinds.mbim(transfer)
  local kind = ("<I4"):unpack(transfer)
  if kind == 0x80000007 and ("<I4"):unpack(transfer, 37) == 12 then
    return "indication"
  elseif kind == 3 and ("<I4I4"):unpack(transfer, 37) == 12 then
    return select(2, ("<I4I4"):unpack(transfer, 37)) == 1 and "order" or nil
  end
end

function kinds.qmi(transfer)
  if transfer:byte(5) ~= 1 then
    return nil
  end
  local message = ("<I2"):unpack(transfer, 10)
  return message == 0x0022 and "indication" or message == 0x0020 and "order" or nil
end

-- Notes when what passes between modem and host, once `marks` is not empty.
local function tap(composition, marks)
  local sim = require("simulator." .. composition)
  local new = sim.new
  sim.new = function(modem, options)
    if not options.inner then
      local send = options.send
      options = setmetatable({ send = function(transfer, to)
        if kinds[composition](transfer) == "indication" then
          marks.indication = marks.indication or task.now()
        end
        return send(transfer, to)
      end }, { __index = options })
    end
    local fn = new(modem, options)
    if not options.inner then
      local receive = fn.receive
      fn.receive = function(self, transfer, from)
        if marks.indication and not marks.order then
          marks.commands = (marks.commands or 0) + 1
          marks.order = kinds[composition](transfer) == "order" and task.now() or nil
        end
        return receive(self, transfer, from)
      end
    end
    return fn
  end
end

local function wait_online(heard)
  assert(task.timeout(PATIENCE, function()
    repeat local event = assert(heard:next()) until event.event == "state" and event.state == "online"
    return true
  end))
end

local function median(times)
  table.sort(times)
  return times[(#times + 1) // 2]
end

local function measure(sim, heard, marks)
  local times, online, commands = {}, {}, 0
  for round = 1, ROUNDS do
    task.sleep(0.1) -- what came with the connection is over
    marks.indication, marks.order, marks.commands = nil, nil, nil
    assert(faults.apply(sim, "disconnect"))
    wait_online(heard)
    online[round] = (task.now() - marks.indication) * 1000
    times[round], commands = (marks.order - marks.indication) * 1000, marks.commands
  end
  return times, online, commands
end

local function run(composition)
  local marks = {}
  tap(composition, marks)
  local group <close> = task.group()
  local sim = new_simulated(mc7455, group)
  sim:compose(composition)
  sim.search_time, sim.reset_time = 0.02, 0.02
  assert(tier1.start(sim, group))
  local heard <close> = events.subscribe()
  do
    local description = assert(modems.select())
    description.descriptors = DESCRIPTORS
    local modem <close> = assert(modems.open(description))
    assert(modem:ensure_started())
    local keeping <close> = task.group()
    -- Nothing is steady for so long: else pauses would grow.
    keeping:spawn(assert(policy.load("reconnect", { steady = 0 })).run, modem)
    wait_online(heard)
    for _, latency in ipairs(LATENCIES) do
      sim.latency = latency
      local times, online, commands = measure(sim, heard, marks)
      local middle = median(times)
      print(("%-5s %8g %10.1f %10.1f %9d %12s %10.1f"):format(composition, latency * 1000, middle, times[#times],
        commands, latency > 0 and ("%.2f"):format(middle / latency / 1000) or "-", median(online)))
    end
  end
  sim:unplug()
end

assert(tier1.enter())
require("log").level = "error"
print(("From the indication that a connection is over to the order to connect; %d rounds:"):format(ROUNDS))
print(("%-5s %8s %10s %10s %9s %12s %10s"):format("", "modem ms", "median ms", "longest ms", "commands", "round trips",
  "online ms"))
run(COMPOSITION)
return 0
