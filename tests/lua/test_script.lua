-- SPDX-License-Identifier: MIT
-- Scripts of a user's own: what one assigns, draws or sets does not reach the others, nor us.

local lu = require "luaunit"
local script = require "script"

local T = {}

local function run(text, ...)
  local chunk, message = script.load("script.lua", function() return text end)
  return assert(chunk, message)(...)
end

-- Assigns to everything that it can reach.
local VANDAL = [==[
local places, seen = { _G, _ENV, require "_G" }, {}
for _, name in ipairs { "string", "table", "math", "utf8", "coroutine", "os", "io", "debug" } do
  table.insert(places, _G[name])
  table.insert(places, require(name))
end
for _, place in ipairs(places) do
  for name, value in pairs(place) do
    if type(value) == "function" then seen[#seen + 1] = { place, name } end
  end
  place.left_behind = true
end
for _, it in ipairs(seen) do it[1][it[2]] = nil end
]==]

function T.test_one_that_assigns_to_all_it_reaches_changes_nothing_for_others()
  local names = {}
  for _, library in ipairs { _G, string, table, math, utf8, coroutine, os, io, debug } do
    for name, value in pairs(library) do names[#names + 1] = { library, name, value } end
  end
  for _ = 1, 2 do
    run(VANDAL)
    for _, name in ipairs(names) do lu.assertEquals(name[1][name[2]], name[3]) end
    for _, library in ipairs { _G, string, table, math, utf8, coroutine, os, io, debug } do
      lu.assertNil(rawget(library, "left_behind"))
    end
  end
  lu.assertEquals(run "return ('x'):rep(2), string.left_behind, left_behind", "xx")
end

function T.test_strings_have_no_metatable_to_get_hold_of()
  lu.assertFalse((pcall(run, "getmetatable('').__index = function() end")))
  lu.assertFalse((pcall(run, "setmetatable('', {})")))
  lu.assertEquals(("x"):rep(2), "xx")
end

function T.test_each_draws_numbers_of_its_own()
  local function draw() return math.random(1 << 30), math.random(1 << 30), math.random(1 << 30) end
  math.randomseed(1)
  local drawn = { draw() }
  math.randomseed(1)
  local first = run "math.randomseed(42) return math.random(1 << 30)"
  lu.assertEquals({ draw() }, drawn)
  lu.assertEquals(run "math.randomseed(42) return math.random(1 << 30)", first)
end

function T.test_each_has_an_output_and_an_input_of_its_own()
  local path = os.tmpname()
  run([[
    local path = ...
    io.output(path)
    io.write("a line\n", "another")
    io.close()
    io.input(path)
    assert(io.read() == "a line")
    for line in io.lines() do assert(line == "another") end
  ]], path)
  lu.assertEquals({ io.output() == io.stdout or io.type(io.output()), io.input() == io.stdin }, { "file", true })
  lu.assertNotEquals(io.type(io.output()), "closed file")
  os.remove(path)
end

function T.test_text_that_it_runs_has_its_globals()
  lu.assertEquals(run "load 'made = 5' () return made", 5)
  lu.assertNil(rawget(_G, "made"))
  lu.assertEquals(run "local own = {} load('made = 5', 'x', 't', own)() return own.made, made", 5)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  file:write("#!/usr/bin/lua\nmade = (made or 0) + 1")
  file:close()
  lu.assertEquals(run("local path = ... dofile(path) loadfile(path)() return made", path), 2)
  lu.assertNil(rawget(_G, "made"))
  os.remove(path)
  local loaded, message = run "return load(string.dump(function() end))"
  lu.assertNil(loaded)
  lu.assertStrContains(message, "binary chunk")
end

function T.test_what_would_reach_everybody_is_refused()
  for text, words in pairs {
    ["os.exit()"] = "would end all scripts",
    ["os.execute 'true'"] = "would hold up every task",
    ["io.popen 'true'"] = "would hold up every task",
    ["os.setlocale 'C'"] = "how everybody's numbers",
    ["collectgarbage 'stop'"] = "how everybody's memory",
  } do
    local ok, message = pcall(run, text)
    lu.assertFalse(ok)
    lu.assertStrContains(tostring(message), words)
    lu.assertStrContains(tostring(message), "script.lua:1:")
  end
  lu.assertIsNumber(run "collectgarbage() return collectgarbage 'count'")
end

return T
