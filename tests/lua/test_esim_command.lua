-- SPDX-License-Identifier: MIT
-- `moontower esim` with a simulated eUICC.

local json = require "dkjson"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local EID = "89049032000000000000000000005595"

local function run(script, options)
  local result = world.run(". $SUPPORT/unchanged.sh\n" .. script, nil, nil, options or { "--fault", "euicc" })
  lu.assertNotStrContains(result.out .. result.err, "traceback")
  eq(result.after, result.before, result.out .. result.err)
  return result
end

function T.test_info()
  local result = run [[
run moontower up --apn r.ispsn
moontower esim info || exit
works
moontower esim info --json
moontower down >/dev/null]]
  eq(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, "EID      " .. EID .. "\n")
  local info = assert(json.decode(result.out:match "%b{}"))
  eq({ info.eid, info.version, info.smds }, { EID, "2.2.2", "lpa.ds.example" })
  lu.assertTrue(info.free > 100000)
end

function T.test_a_card_that_is_none()
  world.assert_clean_failure(run("moontower esim", {}), 1, "no eSIM")
end

function T.test_usage()
  world.assert_clean_failure(run "moontower esim info now", 2, "moontower esim info")
end

return T
