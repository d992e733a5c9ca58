-- SPDX-License-Identifier: MIT
-- Carrier files: what they may say, and what they can't do.

local carrier = require "carrier"
local fs = require "core.fs"
local lu = require "luaunit"

local T = {}

local function load_text(text, arguments)
  local path = os.tmpname()
  assert(fs.write(path, text))
  local values, err = carrier.load(path, arguments)
  os.remove(path)
  return values, err
end

local function refused(text, words)
  local values, err = load_text(text)
  lu.assertNil(values)
  lu.assertEquals(err.code, "carrier-invalid")
  lu.assertStrContains(tostring(err), words)
end

local HEAD = 'local carrier = require "carrier"\n'

function T.test_those_we_ship()
  for _, name in ipairs(carrier.list()) do
    local values = assert(carrier.load(name))
    lu.assertIsString(values.name)
    lu.assertIsTable(values.bearers[1])
  end
  lu.assertEquals(assert(carrier.load("calyx-sprint")).bearers[1].apn, "r.ispsn")
end

function T.test_default_takes_its_apn_from_the_command_line()
  local values = assert(carrier.load("default", { apn = "internet", ip = "ipv4" }))
  lu.assertEquals(values.bearers, { { apn = "internet", ip = "ipv4" } })
end

function T.test_a_byte_order_mark_or_an_interpreter_at_the_beginning()
  for _, beginning in ipairs { "\xEF\xBB\xBF", "#!/usr/bin/lua\n", "\xEF\xBB\xBF#!/usr/bin/lua\n" } do
    local values = assert(load_text(beginning .. HEAD .. "return carrier { name = 'x', bearers = { { apn = 'y' } } }"))
    lu.assertEquals(values.name, "x")
  end
end

function T.test_unknown()
  local values, err = carrier.load("nobody")
  lu.assertNil(values)
  lu.assertEquals(err.code, "carrier-unknown")
  lu.assertStrContains(err.hint, "calyx-sprint")
end

function T.test_mistakes_are_named_with_their_line()
  refused(HEAD .. "return carrier { name = 'x', bearers = { { apn = 'y' } } ", ":2: '}' expected")
  refused(HEAD .. "return carrier { name = 'x' }", "a carrier: it needs the key 'bearers'")
  refused(HEAD .. "return carrier { name = 'x', bearer = {} }", "a carrier: there is no key 'bearer'")
  refused(HEAD .. "return carrier { name = 'x', bearers = { { apn = 'y', ip = 'ipv5' } } }",
    "bearers[1]: the key 'ip' should be one of ipv4, ipv6, ipv4v6")
  refused(HEAD .. "return carrier { name = 'x', bearers = { { apn = 'a\\nb' } } }", "'apn' should be a text")
  refused("return 5", "returns no carrier")
end

function T.test_which_sims_are_its()
  local function with(sims, more)
    return HEAD .. ("return carrier { name = 'x', bearers = { { apn = 'y' } }, sims = %s, %s }"):format(sims, more
      or "plmns = { '00101' }")
  end
  assert(load_text(with [[{ { imsi = "00101x99", gid1 = "6d38" }, { imsi = "001010000000000-001010000000099" },
    { spn = "Me", iccid = "8901" } }]]))
  refused(with "{}", "'sims' should be a list of tables")
  refused(with "{ spn = 'Me' }", "'sims' should be a list of tables")
  refused(with "{ {} }", "sims[1]: it needs one of the keys")
  refused(with "{ { spn = 'x' }, { gid2 = '01' } }", "sims[2]: there is no key 'gid2'")
  refused(with "{ { gid1 = 'xyz' } }", "'gid1' should be hexadecimal digits")
  for _, imsi in ipairs { "'2-1'", "'10-9'", "'1234567890123456'", "'x1'", "'1y'", "1" } do
    refused(with("{ { imsi = " .. imsi .. " } }"), "'imsi' should be digits")
  end
  refused(with "{ { iccid = '89x' } }", "'iccid' should be digits")
  refused(with "{ { spn = 1 } }", "'spn' should be a text")
  refused(with("{ { spn = 'Me' } }", ""), "sims: they go with plmns")
end

function T.test_endless_loops_end()
  refused("while true do end", "runs for too long")
  refused("local function f() return f() end f()", "runs for too long")
  refused("local t = {} for i = 1, 1e9 do t[i] = i end", "")
  -- Few steps, but long ones.
  refused("local s = 'x' for i = 1, 19 do s = s .. s end for i = 1, 1e9 do s:lower() end", "runs for too long")
  refused("table.insert({}, 1, 1)", "field 'insert'")
end

function T.test_there_is_an_end_to_bearers()
  refused(HEAD .. "local b = {} for i = 1, 99 do b[i] = { apn = 'x' } end return carrier { name = 'x', bearers = b }",
    "more than 16 bearers")
end

function T.test_only_files_are_read()
  local values, err = carrier.load("/dev/zero")
  lu.assertNil(values)
  lu.assertEquals(err.code, "carrier-unknown")
end

function T.test_memory_is_bounded()
  refused("local s = 'x' while true do s = s .. s end", "not enough memory")
  refused("return ('x'):rep(1 << 40)", "method 'rep'")
  refused("return ('x'):find(('a-'))", "method 'find'")
end

function T.test_nothing_of_the_system_is_in_reach()
  for _, name in ipairs { "os", "io", "debug", "load", "loadfile", "dofile", "package", "coroutine", "setmetatable",
    "getmetatable", "rawset", "collectgarbage", "pcall", "_G" } do
    refused(("return %s.x"):format(name), "global '" .. name .. "'")
  end
  refused("require 'core.process'", "a carrier file can't require 'core.process'")
  refused("\27Lua", "attempt to load a binary chunk")
end

-- ---- two files in one process ----

-- Assigns to everything it can reach, and says what it finds there.
local VANDAL = HEAD .. [[
local found = {}
local function deface(place, where, depth)
  for name, value in pairs(place) do
    if type(value) == "table" and value ~= place and depth < 4 then deface(value, where .. name .. ".", depth + 1) end
  end
  if place.left_behind then found[#found + 1] = where end
  place.left_behind = { ("x"):byte(), argument }
  for name in pairs(place) do
    if name ~= "require" and name ~= "left_behind" then place[name] = function() return "defaced" end end
  end
end
local pairs, type, ipairs, concat, call = pairs, type, ipairs, table.concat, require "carrier"
local text = ""
deface(_ENV, "", 0)
for _, place in ipairs { _ENV, "x" } do
  if place.left_behind then text = text .. "left behind " end
end
return call { name = "found: " .. concat(found, " "), bearers = { { apn = "x" .. #text } }, %s }
]]

-- In C's and our own eyes: that nothing has come of it for us.
local function assert_whole()
  lu.assertEquals({ ("%d"):format(5), string.format("%d", 5), math.floor(1.5), table.concat { 1, 2 } },
    { "5", "5", 1, "12" })
  lu.assertEquals(tostring(5), "5")
  for _, place in ipairs { string, math, table, utf8, _G, carrier, carrier.basis, debug.getmetatable("").__index,
    carrier.basis.string, carrier.basis.math, carrier.basis.table } do
    lu.assertNil(rawget(place, "left_behind"))
  end
end

local function names_of(values)
  local names = {}
  for name in pairs(values) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, " ")
end

function T.test_a_file_that_assigns_to_all_it_reaches_changes_nothing_for_another()
  local vandal = VANDAL:format "setup = function(modem) modem.left_behind, left_behind = modem, modem end"
  local argument = { apn = "secret", list = {} }
  local innocent = HEAD .. "return carrier { name = tostring(#('x')), bearers = { { apn = 'y' } } }"
  local clean = assert(load_text(innocent))
  for _ = 1, 2 do
    local values = assert(load_text(vandal, argument))
    lu.assertEquals(values.name, "found: ")
    lu.assertEquals(names_of(argument), "apn list")
    lu.assertEquals(names_of(argument.list), "")
    assert_whole()
    local wanted = assert(require("setup.wanted").of(values, {
      description = { protocol = "mbim" }, identity = function() return { hardware = "MC7455" } end,
    }))
    lu.assertEquals(wanted, {})
    assert_whole()
    lu.assertEquals(assert(load_text(innocent)), clean)
  end
end

-- Methods of strings are one table for the whole process.
function T.test_a_file_cannot_give_strings_other_methods()
  local values = assert(load_text(HEAD .. [[
string.format, string.lower, string.mark = tostring, tostring, tostring
local ok = ("%d"):format(5) == "5" and ("A"):lower() == "a"
return carrier { name = tostring(ok), bearers = { { apn = "x" } } }]]))
  lu.assertEquals(values.name, "true")
  refused("string.mark = tostring return ('x'):mark()", "method 'mark'")
end

-- What carrier { } has checked is not changed afterwards: by setup(), for example.
function T.test_a_file_cannot_change_the_table_that_it_has_returned()
  local values = assert(load_text(HEAD .. [[
local it = carrier { name = "x", bearers = { { apn = "x" } }, modem = { ipv6 = true, at = { "AT" } },
  setup = function() it.bearers[1].apn = "changed" it.modem.at[1] = "AT+CPIN=1" end }
it.setup = function() it.bearers[1].apn = "changed" it.modem.at[1] = "AT+CPIN=1" end
return it]]))
  local wanted = assert(require("setup.wanted").of(values, {
    description = {}, identity = function() return { hardware = "MC7455" } end,
  }))
  lu.assertEquals({ values.bearers[1].apn, values.modem.at[1], wanted.at[1] }, { "x", "AT", "AT" })
end

function T.test_tables_without_end_are_refused()
  refused(HEAD .. "local t = { apn = 'x' } t[1] = t return carrier { name = 'x', bearers = { t } }",
    "its tables are more than 16 deep")
  refused("local t = {} t.t = t return t", "its tables are more than 16 deep")
  refused(HEAD .. "local b = { 'mbim' } b.b = b return carrier { name = 'x', bearers = { { apn = 'x' } }, "
    .. "modem = { composition = b } }", "its tables are more than 16 deep")
  refused("local t = {} for i = 1, 10000 do t = { t } end return t", "its tables are more than 16 deep")
  refused("return { [{}] = 1 }", "it has a key that is a table")
  local values = assert(load_text(HEAD .. [[return carrier { name = "x", bearers = { { apn = "x" } },
    setup = function(modem) local b = { "mbim" } b.b = b modem:set("composition", b) end }]]))
  local wanted, err = require("setup.wanted").of(values, {
    description = {}, identity = function() return { hardware = "MC7455" } end,
  })
  lu.assertNil(wanted)
  lu.assertStrContains(tostring(err), "its tables are more than 16 deep")
end

function T.test_a_message_is_bounded()
  local _, err = load_text("local s = 'x' for _ = 1, 18 do s = s .. s end error(s)")
  lu.assertTrue(#tostring(err) < 2000)
  _, err = load_text("local s = 'x' for _ = 1, 18 do s = s .. s end return { name = 'x', [s] = 1 }")
  lu.assertTrue(#tostring(err) < 2000)
end

function T.test_nothing_is_kept_of_earlier_loads()
  local text = "local s = 'x' for i = 1, 18 do s = s .. s end string.kept, kept, argument.kept = s, s, s\n"
    .. HEAD .. "return carrier { name = 'x', bearers = { { apn = 'y' } }, setup = function() return s end }"
  local arguments = {}
  local function held()
    for _ = 1, 10 do assert(load_text(text, arguments)) end
    collectgarbage()
    collectgarbage()
    return collectgarbage "count"
  end
  local before = held()
  lu.assertTrue(held() - before < 100, "kept") -- KiB; one string has 256
end

function T.test_strings_are_whole_again_afterwards()
  load_text("error 'x'")
  lu.assertEquals(("abc"):rep(2), "abcabc")
end

return T
