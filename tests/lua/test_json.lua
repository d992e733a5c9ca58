-- SPDX-License-Identifier: MIT
-- Text output: JSON for programs, lines for terminals, whatever modems, networks and files put into it.

local core = require "core.json"
local dkjson = require "dkjson"
local encoding = require "base.encoding"
local json = require "base.json"
local lu = require "luaunit"
local printable = require "base.printable"
local show = require "terminal.inspect"

local T = {}

function T.test_keys_are_sorted_and_numbers_rounded()
  local value = { b = 0.0053358720001597, a = { z = 2.0, y = 1 }, c = { "x" }, d = setmetatable({}, {
    __jsontype = "object" }) }
  lu.assertEquals(json.encode(value), '{"a":{"y":1,"z":2},"b":0.005336,"c":["x"],"d":{}}')
  lu.assertEquals(value.b, 0.0053358720001597)
  local ordered = setmetatable({ b = 1, a = 2 }, { __jsonorder = { "b", "a" } })
  lu.assertEquals(json.encode { list = ordered }, '{"list":{"b":1,"a":2}}')
  lu.assertEquals(json.encode { 1e300, -0.1 }, "[1e+300,-0.1]")
end

local object = { __jsontype = "object" }

function T.test_tables_become_lists_and_objects()
  for text, value in pairs {
    ["[]"] = {}, ["{}"] = setmetatable({}, object), ["[1,null,3]"] = { 1, nil, 3 }, ['[null,"b"]'] = { [2] = "b" },
    ['{"11":"c"}'] = { [11] = "c" }, ['{"a":true,"1":2.5}'] = { a = true, 2.5 }, ["[null]"] = { core.null },
    ["[null,null]"] = { 0 / 0, math.huge }, ["[9007199254740993,-0.1]"] = { 9007199254740993, -0.1 },
    ['{"b":1,"a":2,"c":3}'] = setmetatable({ a = 2, b = 1, c = 3 }, { __jsonorder = { "b", "x", "a" } }),
  } do
    lu.assertEquals(core.encode(value), text)
  end
  lu.assertEquals(core.encode({ a = { 1, { b = {} } }, c = setmetatable({}, object) }, true),
    '{\n  "a":[1,{\n      "b":[]\n    }],\n  "c":{}\n}')
  local itself = {}
  itself[1] = itself
  for words, value in pairs { ["no function"] = print, ["no key"] = { [true] = 1 }, ["nested too deeply"] = itself } do
    lu.assertErrorMsgContains(words, core.encode, { value })
  end
end

function T.test_texts_are_escaped_where_they_would_do_something()
  for text, escaped in pairs {
    ['a"b\\c/'] = [["a\"b\\c/"]], ["\n\t\1\0\127"] = [["\n\t\u0001\u0000\u007f"]],
    ["\u{85}\u{ad}"] = [["\u0085\u00ad"]],
    ["\u{202e}\u{2028}\u{feff}"] = [["\u202e\u2028\ufeff"]], ["\u{e9}\u{4e2d}\u{1f600}"] = '"\u{e9}\u{4e2d}\u{1f600}"',
    ["\xc2"] = '"\xc2"', ["\xe2\x80"] = '"\xe2\x80"', ["\xff\xc2("] = '"\xff\xc2("',
  } do
    lu.assertEquals(core.encode(text), escaped)
    lu.assertEquals(core.decode(escaped), text)
  end
  lu.assertEquals(core.decode [["\u00e9\u4E2D\ud83d\ude00\ud800x\/"]], "\u{e9}\u{4e2d}\u{1f600}\u{fffd}x/")
end

function T.test_reading()
  lu.assertEquals(core.decode ' { "a" : [ 1 , -2.5e1, true,false,null, "x" ] } ',
    { a = { 1, -25.0, true, false, nil, "x" } })
  lu.assertEquals(core.decode "[5e-1,2.5E+2]", { 0.5, 250.0 })
  lu.assertEquals(math.type(core.decode "12"), "integer")
  lu.assertEquals(math.type(core.decode "99999999999999999999"), "float")
  lu.assertEquals(core.encode(core.decode '{"a":{},"b":[]}'), '{"a":{},"b":[]}')
  lu.assertEquals({ core.decode "null" }, {})
  for text, words in pairs {
    [""] = "a value is missing, at byte 1", ["[1,]"] = "a value is missing, at byte 4", ["[1"] = "a list does not end",
    ["01"] = "begins with 0", [".5"] = "a value is missing", ["1."] = "digits", ["1e"] = "exponent", ["-"] = "missing",
    ["{a:1}"] = "a name", ['{"a"1}'] = "a colon", ['{"a":1'] = "an object", ['"a'] = "a string does not end",
    ['"\n"'] = "a string does not end", [ [["\q"]] ] = "backslash", [ [["\u12"]] ] = "hexadecimal", ["1 2"] = "follows",
    ["truth"] = "missing", [("["):rep(1e5)] = "nested too deeply", [("1"):rep(100)] = "too long",
  } do
    local value, mistake = core.decode(text)
    lu.assertNil(value, text)
    lu.assertStrContains(mistake, words)
  end
end

-- Any value of a seed, as both read and write it; and a text that was damaged raises nothing.
function T.test_another_reader_and_writer_agree()
  local random, texts = math.random, { "", "a", "\u{e9}\n", '"\\', "\u{2028}x" }
  math.randomseed(77)
  local function any(depth)
    local kind = random(depth < 4 and 6 or 4)
    if kind == 1 then return random(0) end
    if kind == 2 then return random(-1e6, 1e6) / 64 end
    if kind == 3 then return random(2) == 1 end
    if kind == 4 then return texts[random(#texts)] end
    local made = kind == 5 and {} or setmetatable({}, object)
    for i = 1, random(0, 4) do made[kind == 5 and i or "k" .. random(9)] = any(depth + 1) end
    return made
  end
  for round = 1, 500 do
    local value = any(0)
    local text = core.encode(value, round % 2 == 0)
    lu.assertEquals(dkjson.decode(text), value, text)
    lu.assertEquals(core.decode(dkjson.encode(value)), value)
    local at = random(#text)
    core.decode(text:sub(1, at - 1) .. string.char(random(0, 255)) .. text:sub(at + 1))
    core.decode(text:sub(1, at))
  end
end

function T.test_latin_1_becomes_utf8()
  lu.assertEquals(encoding.utf8 "M\xf3vil", "M\xc3\xb3vil")
  lu.assertEquals(encoding.utf8 "M\xc3\xb3vil \xe9", "M\xc3\xb3vil \xc3\xa9")
  lu.assertEquals(encoding.utf8 "\xff\xc3", "\xc3\xbf\xc3\x83")
  lu.assertNotNil(utf8.len(json.encode { ["\xe9"] = "\xed\xa0\x80\xf5\x80" }))
  local long = ("\xe9"):rep(20000)
  lu.assertEquals(#encoding.utf8(long), 40000)
end

function T.test_nothing_moves_the_cursor_or_turns_the_text_around()
  for _, text in ipairs {
    "\27[2J", "\x9b2J", "\xc2\x9b2J", "\u{202e}x", "\u{2066}x", "\u{200f}x", "\u{61c}x",
    "\u{2028}x", "\u{feff}x", "\r", "\0",
  } do
    lu.assertEquals(printable(text):sub(1, 1), "?", (show(text)))
    lu.assertNil(show(text):find "[\x80-\xff%c]", show(text))
  end
  lu.assertEquals(printable "M\xf3vil \u{4e2d}\u{205f}\u{f6}", "M\u{f3}vil \u{4e2d}\u{205f}\u{f6}")
end

return T
