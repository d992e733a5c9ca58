-- SPDX-License-Identifier: MIT
-- core.xml: an XML text, event by event; what is not read.

local lu = require "luaunit"
local xml = require "core.xml"

local T = {}

-- The events in one line, and why there are no more.
local function events_of(text)
  local reader <close> = assert(xml.read(text))
  local list = {}
  while true do
    local event, err = reader:next()
    if not event then
      return table.concat(list, " "), err and tostring(err), err and err.code
    end
    list[#list + 1] = ("%s:%s@%d"):format(event.kind, event.name or event.text, event.at)
  end
end

function T.test_events_and_where_they_are()
  local text = "<a x='1' y='&lt;'>t<b/>&amp;</a>"
  lu.assertEquals(events_of(text), "start:a@1 text:t@19 start:b@20 end:b@24 text:&@24 end:a@33")
  local reader <close> = assert(xml.read(text))
  lu.assertEquals(reader:next().attributes, { x = "1", y = "<" })
  lu.assertEquals(text:sub(20, 24 - 1), "<b/>")
end

function T.test_other_encodings_and_comments()
  lu.assertEquals(events_of "<?xml version='1.0' encoding='iso-8859-1'?><!-- x --><a>\xe9</a>",
    "start:a@54 text:é@57 end:a@62")
end

function T.test_what_is_no_xml()
  for text, words in pairs {
    [""] = "no element found", ["<a>"] = "no element found", ["<a></b>"] = "line 1: mismatched tag",
    ["<a/>\n<b/>"] = "line 2: junk", ["\0"] = "line 1", ["<a>&b;</a>"] = "undefined entity",
    ["<a b='1' b='2'/>"] = "duplicate attribute",
  } do
    local _, why, code = events_of(text)
    lu.assertStrContains(why, words)
    lu.assertEquals(code, "malformed")
  end
end

-- A short text must not stand for a long one, nor take a deep stack.
function T.test_bombs()
  local _, why = events_of "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>"
  lu.assertStrContains(why, "it declares entities")
  _, why = events_of(("<a>"):rep(100000))
  lu.assertStrContains(why, "nested too deeply")
  _, why = events_of("<a b='" .. ("x"):rep(1 << 20) .. "'/>")
  lu.assertStrContains(why, "too long")
end

function T.test_after_its_end()
  local reader = assert(xml.read "<a/>")
  while reader:next() do end
  lu.assertNil(reader:next())
  reader:close()
  reader:close()
  lu.assertNil(reader:next())
  local broken = assert(xml.read "<a")
  lu.assertNil(broken:next())
  local _, err = broken:next()
  lu.assertEquals(err.code, "malformed")
end

function T.test_a_large_text()
  local reader <close> = assert(xml.read("<a>" .. ("<b c='d'>e</b>"):rep(20000) .. "</a>"))
  local count = 0
  for event in reader.next, reader do count = count + (event.kind == "start" and 1 or 0) end
  lu.assertEquals(count, 20001)
end

return T
