-- SPDX-License-Identifier: MIT
-- What other modems say, which the simulated ones do not.

local lu = require "luaunit"
local nas = require "qmi.nas"
local serving = require "modem.qmi.serving_system"

local T = {}

local eq = lu.assertEquals

-- In the TLV of the network, of Get Serving System. The first one is of libqmi's tests, in packed letters.
function T.test_names_in_other_encodings()
  local function name_of(bytes)
    local registration = serving.registration(assert(nas.get_serving_system.response:decode(
      "\2\4\0\0\0\0\0" .. "\1\6\0\1\1\1\2\1\8"
        .. ("<BI2I2I2s1"):pack(0x12, 5 + #bytes, 222, 50, bytes), true)))
    return registration.provider.name
  end
  for bytes, name in pairs {
    ["\x49\x76\x3a\x4c\x06"] = "Iliad", ["\x4f\x79\xd8\x7d\x2e\x03"] = "Orange", ["Movistar"] = "Movistar",
    ["\xd4\x32\xbb\xbc\x7e\xb7\x01"] = "Telekom", ["Télé2"] = "Télé2", ["T\xe9l\xe9"] = "T\xe9l\xe9", [""] = "",
    ["O\0002\0"] = "O2", ["\x1c\4\x22\4\x21\4"] = "МТС", ["\x2d\x4e\xfd\x56\xfb\x79\xa8\x52"] = "中国移动",
  } do
    eq(name_of(bytes), name)
  end
end

return T
