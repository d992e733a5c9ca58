-- SPDX-License-Identifier: MIT
-- Text output: JSON for programs, lines for terminals, whatever modems, networks and files put into it.

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
