-- SPDX-License-Identifier: MIT
-- A program: runs the table of behaviours over one simulated modem, in every way that it has, and prints what came of
-- each row, as JSON: moontower run personality_rows.lua NAME [PATTERN]

local folder = debug.getinfo(1, "S").source:match "^@(.*)/support/[^/]*$"
package.path = ("%s/?.lua;%s/?/init.lua;"):format(folder, folder) .. package.path

local behaviours = require "support.behaviours"
local json = require "dkjson"
local refusals = require "support.behaviours.refusals"

local name, pattern = arg[1], arg[2] or ""
local model = require("simulator.models." .. name)
if model.sim_time then
  model.sim_time = 0.02 -- late is late, hundreds of times
end

-- Fails with the words that are expected, and with no others.
local function refuses(way, capability, expected)
  local value, err
  behaviours.with_modem(way, function(modem, sim)
    value, err = refusals.capabilities[capability].ask(modem, sim)
  end, model)
  if value ~= nil or not err then
    return ("%s: is refused no more"):format(capability)
  elseif err.code ~= expected[1] or not tostring(err):find(expected[2], 1, true) then
    return ("%s: refused by '%s' (%s), not by '%s' (%s)"):format(capability, err, err.code, expected[2], expected[1])
  end
end

local function run_row(way, row)
  local ok, err = pcall(behaviours.with_modem, way, behaviours.all[row], model)
  return not ok and tostring(type(err) == "table" and err.msg or err) or nil
end

local rows = {}
for row in pairs(behaviours.all) do rows[#rows + 1] = row:find(pattern) and row or nil end
table.sort(rows)

local results = {}
for _, way in ipairs(behaviours.ways) do
  local refused = {}
  local absent = refusals.refusal(name, way.name, way.name)
  if absent then
    results[#results + 1] = {
      way = way.name, row = way.name, refused = absent[2], failure = refuses(way, way.name, absent),
    }
  end
  for _, row in ipairs(model.interfaces[way.composition] and not absent and rows or {}) do
    local capability = refusals.capability_of(row)
    local expected = capability and refusals.refusal(name, capability, way.name)
    if not expected then
      results[#results + 1] = { way = way.name, row = row, failure = run_row(way, row) }
    elseif not refused[capability] then
      refused[capability] = true
      results[#results + 1] = {
        way = way.name, row = capability, refused = expected[2], failure = refuses(way, capability, expected),
      }
    end
  end
end
print(json.encode(results))
