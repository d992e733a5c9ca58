-- SPDX-License-Identifier: MIT
-- The table of behaviours over every simulated modem, in every way that it speaks; what one cannot do is a refusal that
-- is expected, in these words (support/behaviours/refusals.lua). The table is printed.
--
-- Each modem is in a process and a world of its own, and several run at a time: most of a row is waiting.

local composition = require "simulator.composition"
local ec25 = require "simulator.models.ec25"
local json = require "dkjson"
local lu = require "luaunit"
local maker = require "maker"
local new_modem = require("simulator.modem").new
local personality = require "simulator.models.personality"
local personalities = require "simulator.personalities"
local process = require "core.process"
local program = require "core.program"
local refusals = require "support.behaviours.refusals"
local task = require "task"

local ROWS = program.home .. "/tests/lua/support/personality_rows.lua"
local AT_ONCE = 16
local PATIENCE = 600

local T = {}

local names = personalities.names()

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

-- What its author sees.
function T.test_a_personality_with_a_mistake_is_refused()
  for _, case in ipairs {
    { { frmware = "1" }, "a personality has no 'frmware'" }, { { imei = 5 }, "'imei' should be a text" },
    { { sku = false }, "'sku' should be a text" }, { { at = "quectl" }, "'at' is 'quectl', and no file" },
    { { connects_by = "netdev" }, "'connects_by' should be one of qnetdevctl, " },
    { { lacks = { qmi = { "uimm 0x47" } } }, "'lacks': QMI has no service 'uimm'" },
    { { lacks = { qim = {} } }, "'lacks': there is no protocol 'qim'" },
  } do
    package.loaded["simulator.models.ec25"] = personality.join(ec25, case[1], { name = "ec25" })
    local value, err = personalities.load "ec25"
    lu.assertNil(value)
    lu.assertEquals(err.code, "invalid")
    lu.assertStrContains(err.message, "simulator/models/ec25.lua: " .. case[2])
  end
  package.loaded["simulator.models.ec25"] = ec25
  for _, name in ipairs(names) do lu.assertNotNil(personalities.load(name)) end
  local _, err = personalities.load "ec26"
  lu.assertStrContains(err.message, "there is no simulated modem 'ec26'")
  lu.assertStrContains(err.hint, "There are: e3372, ec25, ")
  _, err = personalities.load "sprint"
  lu.assertStrContains(err.message, "is no personality with that name")
end

local roles = { diag = "dm", modem = "at", ppp = "at", qmi2 = "qmi" }
local takes_two = { mbim = true, ecm = true, ncm = true, rndis = true }
local data = { mbim = "data", qmi = "data", ecm = "data", ncm = "data", rndis = "data" } -- under one id, in some modems

-- Which interface has which number, in one composition.
local function layout(modem, protocol)
  local by_number = {}
  for name in pairs(modem.personality.interfaces) do
    local number = modem:shows(name) and modem:interface(name, protocol).interface or nil
    for taken = number or 1, number and number + (takes_two[name] and 1 or 0) or 0 do
      lu.assertNil(by_number[taken], ("interface %d is %s"):format(taken, name))
      by_number[taken] = name
    end
  end
  return by_number
end

-- In each of its compositions it has an interface for its packets, and its others are what its maker's table says.
function T.test_interfaces_are_what_the_makers_say()
  for _, name in ipairs(names) do
    local model = personalities.load(name)
    for protocol in pairs(composition.choices(model)) do
      local group <close> = task.group()
      local modem = new_modem(model, group)
      lu.assertTrue(modem:compose(protocol), name)
      local identity, numbers = modem:usb_identity(), model.pcie and {} or layout(modem, protocol)
      local ports = maker.quirks("usb", ("%04x"):format(identity.vendor), ("%04x"):format(identity.product)).ports
      for number, interface in pairs(numbers) do
        local role, wanted = (ports or {})[number], roles[interface] or interface
        local words = ("%s, %s: interface %d is %s, and not %s"):format(name, protocol, number, interface, role)
        local is_role = role and (data[role] or role:gsub("%-ppp$", "")) == (data[wanted] or wanted)
        lu.assertTrue(not role or role == "other" or is_role, words)
      end
      lu.assertTrue(model.interfaces[protocol] ~= nil, name)
      modem:unplug()
    end
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
