-- SPDX-License-Identifier: MIT
-- The table of behaviours over every simulated modem, in every way that it speaks; what one cannot do is a refusal that
-- is expected, in these words (support/behaviours/refusals.lua). The table is printed.
--
-- Each modem is in a process and a world of its own, and several run at a time: most of a row is waiting.

local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local refusals = require "support.behaviours.refusals"
local task = require "task"

local FOLDER = program.home .. "/modules/simulator/models"
local ROWS = program.home .. "/tests/lua/support/personality_rows.lua"
local AT_ONCE = 16
local PATIENCE = 600

local T = {}

local names = {}
for _, file in ipairs(assert(fs.list(FOLDER))) do
  local name = file:match "^(.*)%.lua$"
  local ok, personality = pcall(require, "simulator.models." .. (name or ""))
  if ok and type(personality) == "table" and personality.usb and personality.name == name then
    names[#names + 1] = name
  end
end

local function run_rows(name)
  local result = assert(process.run { program.executable, "run", ROWS, name, timeout = PATIENCE })
  return json.decode(result.stdout) or { { way = "all", row = "all", failure = result.stderr } }
end

-- All of them, some at a time; the first test that asks waits for all.
local results
local function all_results()
  if results then
    return results
  end
  local waiting, found = table.move(names, 1, #names, 1, {}), {}
  local workers = {}
  for i = 1, AT_ONCE do
    workers[i] = function()
      while waiting[1] do
        local name = table.remove(waiting, 1)
        found[name] = run_rows(name)
      end
      return true
    end
  end
  assert(task.all(table.unpack(workers)))
  results = found
  return results
end

local function show(name, rows)
  local by_way, order = {}, {}
  for _, one in ipairs(rows) do
    if not by_way[one.way] then
      order[#order + 1] = one.way
      by_way[one.way] = { done = 0, refused = {} }
    end
    local way = by_way[one.way]
    way.done = way.done + (one.refused and 0 or 1)
    way.refused[#way.refused + 1] = one.refused and one.row or nil
  end
  for _, way in ipairs(order) do
    print(("  %-12s %-16s %3d rows   refused: %s"):format(name, way, by_way[way].done,
      #by_way[way].refused > 0 and table.concat(by_way[way].refused, ", ") or "-"))
  end
end

for _, name in ipairs(names) do
  T["test_" .. name] = function()
    local rows = all_results()[name]
    show(name, rows)
    local failures = {}
    for _, one in ipairs(rows) do
      failures[#failures + 1] = one.failure and ("%s, %s: %s"):format(one.way, one.row, one.failure) or nil
    end
    lu.assertEquals(failures, {})
  end
end

function T.test_no_refusal_is_of_nothing()
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  for name, refused in pairs(refusals.of) do
    lu.assertTrue(known[name], name)
    for capability in pairs(refused) do lu.assertNotNil(refusals.capabilities[capability], capability) end
  end
end

return T
