-- SPDX-License-Identifier: MIT
-- Scripts of a user's own: what one assigns, draws or sets does not reach the others, nor us.

local errors = require "errors"
local lu = require "luaunit"
local script = require "loading.script"
local sources = require "loading.source"
local task = require "task"

local T = {}

local function run(text, ...)
  local chunk, message = sources.compile(text, "script.lua", script.environment())
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

function T.test_a_script_that_assigns_everywhere_changes_nothing_for_others()
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

function T.test_values_of_the_engine_are_out_of_reach()
  lu.assertNil(run "local file <close> = io.tmpfile() return getmetatable(file)")
  lu.assertEquals(run "local meta = {} return getmetatable(setmetatable({}, meta)) == meta", true)
  for _, name in ipairs { "getregistry", "getmetatable", "setmetatable", "setuservalue", "sethook" } do
    lu.assertNil(run(("return debug.%s"):format(name)), name)
  end
end

function T.test_each_script_has_its_own_random_numbers()
  local function draw() return math.random(1 << 30), math.random(1 << 30), math.random(1 << 30) end
  math.randomseed(1)
  local drawn = { draw() }
  math.randomseed(1)
  local first = run "math.randomseed(42) return math.random(1 << 30)"
  lu.assertEquals({ draw() }, drawn)
  lu.assertEquals(run "math.randomseed(42) return math.random(1 << 30)", first)
end

function T.test_each_script_has_its_own_output_and_input()
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

function T.test_a_policy_has_no_standard_input_to_wait_for()
  lu.assertEquals(run "return io.read 'a' .. io.stdin:read 'a' .. tostring((io.lines()()))", "nil")
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

function T.test_functions_that_affect_all_scripts_are_refused()
  for text, words in pairs {
    ["os.exit()"] = "would end all scripts",
    ["os.execute 'true'"] = "would hold up every task",
    ["io.popen 'true'"] = "would hold up every task",
    ["os.setlocale 'C'"] = "how everybody's numbers",
    ["setmetatable({}, { __gc = print })"] = "use a <close> variable",
    ["collectgarbage 'stop'"] = "how everybody's memory",
  } do
    local ok, message = pcall(run, text)
    lu.assertFalse(ok)
    lu.assertStrContains(tostring(message), words)
    lu.assertStrContains(tostring(message), "script.lua:1:")
  end
  lu.assertIsNumber(run "collectgarbage() return collectgarbage 'count'")
end

-- ---- attacks on limits ----

local LIMITS = { seconds = 0.1, bytes = 4 << 20, tasks = 100, name = "policy test" }

-- The error of a script with limits; and that the error is harmless to a reader without limits.
local function attack(text)
  local ok, err = task.limited(LIMITS, run, text)
  lu.assertFalse(ok)
  local message = errors.text(err)
  lu.assertEquals({ type(err), type(message), message }, { "table", "string", tostring(err) })
  lu.assertTrue(#message <= 8000)
  return message
end

function T.test_an_error_does_nothing_once_it_has_left_the_script()
  local spins = "while true do end"
  lu.assertStrContains(attack("error(setmetatable({}, { __tostring = function() " .. spins .. " end }))"), "ran 0.1 s")
  lu.assertStrContains(attack("error(setmetatable({}, { __tostring = function() while true do pcall(function() "
    .. spins .. " end) end end }))"), "ran 0.1 s")
  lu.assertEquals(attack "error(setmetatable({}, { __tostring = function() return 'told once' end }))", "told once")
  lu.assertStrContains(attack "error(setmetatable({}, { __tostring = function() error 'x' end }))", "cannot be turned")
  lu.assertStrContains(attack([[local err = require("errors").new { code = "io", message = "x" }
    err.message = setmetatable({}, { __tostring = function() ]] .. spins .. " end }) error(err)"), "")
  lu.assertStrContains(attack "error(('x'):rep(2 << 20))", "xxx")
  lu.assertStrContains(attack "error { message = ('x'):rep(2 << 20), code = {} }", "xxx")
  local _, err = task.limited(LIMITS, run,
    "error(require('errors').new { code = 'busy', message = 'x', detail = { n = 1 } })")
  lu.assertEquals({ err.code, err.detail }, { "busy", { n = 1 } })
end

function T.test_where_no_hook_is_called_nothing_of_a_script_runs()
  local spins = "function() while true do end end"
  lu.assertStrContains(attack("xpcall(" .. spins .. ", " .. spins .. ") while true do end"), "ran 0.1 s")
  lu.assertStrContains(attack("setmetatable({}, { __gc = " .. spins .. " }) collectgarbage()"), "<close>")
  lu.assertStrContains(attack("xpcall(error, " .. spins .. ")  " .. "while true do end"), "ran 0.1 s")
  lu.assertEquals({ run "return xpcall(error, function(err) return err .. '!' end, 'x')" }, { false, "x!" })
end

function T.test_much_at_one_go()
  for _, text in ipairs { "return ('x'):rep(1 << 40)", "return ('%99999d'):format(1)", "return ('%1000s'):format 'x'",
    "return table.concat({}, 'x', 1, 1 << 40)", "return table.unpack({}, 1, 1 << 24)", "return utf8.char(1 << 40)",
    "return string.pack('!16 i17', 1)", "local function f() return f() + 1 end return f()",
    "return assert(load(('('):rep(1000) .. '1'))", "return assert(load(function() return 'local x = 1 ' end))",
    "local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x",
    "return coroutine.wrap(function() while true do end end)()", "return ('x'):rep(1e5):gsub('x', ('y'):rep(1e5))",
    "local s = ('x'):rep(1 << 20) return select('#', s:byte(1, -1))",
  } do
    local ok, value, err = task.limited(LIMITS, run, text)
    lu.assertTrue(not ok or value == nil and type(err) == "string", text)
  end
end

-- The file that a function in C is in.
local function file_of(place)
  local address = tonumber(("%p"):format(place))
  for line in io.lines "/proc/self/maps" do
    local first, last, file = line:match "^(%x+)%-(%x+) .- (/.*)$"
    if first and address >= tonumber(first, 16) and address < tonumber(last, 16) then
      return file
    end
  end
end

-- Where the program has all of Lua in it, from an archive, the shared library that comes with the module must not be a
-- second one: it may be of another release.
function T.test_a_module_in_c_that_is_linked_to_lua()
  local folder = require("core.fs").realpath("/proc/self/exe"):match("^(.*)/")
  local module = assert(package.loadlib(folder .. "/tests/c_module.so", "luaopen_c_module"))()
  lu.assertEquals(module.made(3), { 1, 2, 3 })
  lu.assertErrorMsgContains("number expected", module.made, "none")
  lu.assertEquals(file_of(module.place()), assert(file_of(string.format)))
end

return T
