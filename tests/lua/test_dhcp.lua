-- SPDX-License-Identifier: MIT
-- DHCP's options, as servers write them and as they should not; who is asked twice gives the same address.

local lu = require "luaunit"
local dhcp = require "modem.dhcp"
local simulated = require "simulated"

local T = {}

function T.test_options()
  for text, expected in pairs {
    [""] = {}, ["\xff"] = {}, ["\0\0\xff\53\1\2"] = {}, ["\53\1\2\xff"] = { [53] = "\2" },
    ["\53\1\2"] = { [53] = "\2" },
    ["\0\53\1\2\0\1\4\255\255\255\0\xff"] = { [53] = "\2", [1] = "\255\255\255\0" },
    ["\53\1\2\53\1\5\xff"] = { [53] = "\2" }, -- the first counts
    ["\53"] = {}, ["\53\1"] = {}, ["\53\1\2\6\8\1\2\3\4"] = { [53] = "\2" }, -- cut short
    ["\6\0\xff"] = { [6] = "" },
  } do
    lu.assertEquals(dhcp.read_options(text), expected, ("%q"):format(text))
  end
  lu.assertEquals(dhcp.read_options(dhcp.write_options { [53] = "\1", [6] = "abcd" }), { [53] = "\1", [6] = "abcd" })
end

function T.test_up_again_finds_the_same_address()
  local up = "moontower up --apn r.ispsn --ip ipv4"
  local result = simulated.run(up, { "dhcp" }, up)
  simulated.assert_success(result)
  lu.assertStrContains(result.out, "connected already")
  lu.assertEquals(result.after, result.before)
end

return T
