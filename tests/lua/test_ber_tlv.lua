-- SPDX-License-Identifier: MIT
-- BER-TLV: tags and lengths of each size, and bytes that are none.

local ber_tlv = require "base.ber_tlv"
local hex = require("support.hex").digits
local lu = require "luaunit"

local T = {}

local sizes = {
  [0] = "5a00", [1] = "5a01", [127] = "5a7f", [128] = "5a8180", [256] = "5a820100", [65536] = "5a83010000",
}

function T.test_lengths()
  for size, start in pairs(sizes) do
    local bytes = ber_tlv.encode(0x5a, ("x"):rep(size))
    lu.assertEquals(hex(bytes:sub(1, #start // 2)), start)
    local object, next_at = ber_tlv.take(bytes .. "more")
    lu.assertEquals({ object.tag, #object.value, object.bytes, next_at }, { 0x5a, size, bytes, #bytes + 1 })
  end
end

function T.test_tags()
  local bytes = ber_tlv.encode(0xbf2d,
    ber_tlv.encode(0x9f70, "\1"), ber_tlv.encode(0x5f37, "sign"), ber_tlv.encode(4, ""))
  lu.assertEquals(hex(bytes), "bf2d0d9f7001015f37047369676e0400")
  lu.assertEquals(ber_tlv.find(bytes, 0xbf2d, 0x9f70), "\1")
  lu.assertEquals(ber_tlv.find(bytes, 0xbf2d, 4), "")
  lu.assertNil(ber_tlv.find(bytes, 0xbf2d, 0x5a))
  lu.assertNil(ber_tlv.find(bytes, 0xbf2e, 0x9f70))
  lu.assertEquals(#ber_tlv.decode(ber_tlv.find(bytes, 0xbf2d)), 3)
end

-- A length may be longer than it needs to be; X.690 forbids that in DER alone.
function T.test_long_lengths()
  lu.assertEquals(ber_tlv.take("\x5a\x81\1a").value, "a")
  lu.assertEquals(ber_tlv.take("\x5a\x84\0\0\0\1a").value, "a")
end

function T.test_no_objects()
  for _, bytes in ipairs {
    "\x5a", "\x5a\2a", "\x5a\x80", "\x5a\x81", "\x5a\x82\1", "\x5a\x85\0\0\0\0\1a", "\xbf", "\xbf\xad",
    "\x5a\x84\xff\xff\xff\xffa", "\x5a\0\x5a",
  } do
    lu.assertNil(ber_tlv.decode(bytes))
  end
  lu.assertEquals(ber_tlv.decode "", {})
end

-- Whatever is cut off or changed, nothing raises, and what was taken can be made again.
function T.test_mutations()
  math.randomseed(7)
  local bytes = ber_tlv.encode(0xe3, ber_tlv.encode(0x5a, ("\x98"):rep(10)), ber_tlv.encode(0x92, ("n"):rep(200)))
  for _ = 1, 20000 do
    local at = math.random(#bytes)
    local changed = bytes:sub(1, at - 1) .. string.char(math.random(0, 255)) .. bytes:sub(at + 1, math.random(#bytes))
    for _, object in ipairs(ber_tlv.decode(changed) or {}) do
      lu.assertEquals(ber_tlv.take(ber_tlv.encode(object.tag, object.value)).value, object.value)
    end
  end
end

function T.test_integers()
  local texts = { [0] = "00", [1] = "01", [127] = "7f", [128] = "0080", [255] = "00ff", [65535] = "00ffff" }
  for number, text in pairs(texts) do
    lu.assertEquals(hex(ber_tlv.integer(number)), text)
    lu.assertEquals(ber_tlv.to_integer(ber_tlv.integer(number)), number)
  end
  lu.assertEquals(ber_tlv.to_integer "\xff", -1)
  lu.assertNil(ber_tlv.to_integer "")
  lu.assertNil(ber_tlv.to_integer(("\1"):rep(9)))
end

return T
