-- SPDX-License-Identifier: MIT
-- Which policies run: commands that want a modem make them stand still, whatever else changes meanwhile.

local lu = require "luaunit"
local policy = require "policy"
local supervisor = require "daemon.supervisor"
local task = require "task"

local T = {}

local function modem_and_policy(runs)
  local modem = { description = { usb = "9-9", key = "9-9", name = "test" } }
  local watch = policy { name = "watch", each = { modem = "ready" }, run = function()
    runs.now, runs.ever = runs.now + 1, runs.ever + 1
    local function leave() runs.now = runs.now - 1 end
    local counted <close> = task.finally(leave) -- luacheck: ignore 211
    task.sleep(1e6)
  end }
  return modem, { name = "watch", policy = watch }
end

function T.test_two_commands_at_a_time_both_have_it_to_themselves()
  local runs = { now = 0, ever = 0 }
  local group <close> = task.group()
  local all, modem, configured = supervisor.new(group), modem_and_policy(runs)
  all:modem_ready(modem, group, configured)
  task.sleep(0.01)
  lu.assertEquals(runs, { now = 1, ever = 1 })
  all:pause "9-9"
  all:pause "9-9"
  all:resume "9-9"
  task.sleep(0.01)
  lu.assertEquals(runs, { now = 0, ever = 1 })
  all:resume "9-9"
  task.sleep(0.01)
  lu.assertEquals(runs, { now = 1, ever = 2 })
end

-- The modem says only now who it is, while a command has it.
function T.test_another_entry_does_not_end_the_peace_of_a_command()
  local runs = { now = 0, ever = 0 }
  local group <close> = task.group()
  local all, modem, configured = supervisor.new(group), modem_and_policy(runs)
  all:modem_ready(modem, group, nil)
  all:pause "9-9"
  all:modem_gone(modem)
  all:modem_ready(modem, group, configured)
  all:replace({}, function() return configured end)
  task.sleep(0.01)
  lu.assertEquals(runs, { now = 0, ever = 0 })
  all:resume "9-9"
  task.sleep(0.01)
  lu.assertEquals(runs, { now = 1, ever = 1 })
end

return T
