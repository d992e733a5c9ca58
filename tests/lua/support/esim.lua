-- SPDX-License-Identifier: MIT
-- A world with a simulated eUICC, for the tests of `moontower esim`.

local lu = require "luaunit"
local world = require "support.world"

local eq = lu.assertEquals

local M = { SPRINT = "89011200000123456781", TRAVEL = "89014100000123456786" }

---What a script leaves of the host is as it was before.
function M.run(script, options)
  local result = world.run(". $SUPPORT/unchanged.sh\n" .. script, nil, nil, options or { "--fault", "euicc" })
  lu.assertNotStrContains(result.out .. result.err, "traceback")
  eq(result.after, result.before, result.out .. result.err)
  return result
end

-- Shell functions: which profile is enabled, and is no trial under way? `begin` enables a profile that does not get
-- online, `killed` kills that command, `as_before` waits until the guard has done its work.
local ENABLED = [[
enabled() { moontower esim list --json | tr -d ' \n' | grep -q "\"iccid\":\"$1\"[^}]*\"state\":\"enabled\"" ||
  fail "$1 is not enabled"; }
settled() { [ -z "$(ls /var/lib/moontower/esims 2>/dev/null)" ] || fail "a trial is left"; }
as_before() {
  awaited="no trial"; until_true '[ -z "$(ls /var/lib/moontower/esims 2>/dev/null)" ]'
  awaited="no guard"; until_true '! guard'
}
begin() { : >/run/test/shown; moontower esim enable 'Test Profile' --within ${within:-60} >/run/test/shown 2>&1 &
  command=$!
  awaited="it is enabled"; until_true 'grep -q "is enabled" /run/test/shown'; }
killed() { kill -KILL $command; wait $command 2>/dev/null
  [ "$(ls /var/lib/moontower/esims)" ] || fail "it is not written down"; }
]]

---A script that succeeds.
function M.change(script, options)
  local result = M.run(ENABLED .. script, options)
  eq(result.status, 0, result.out .. result.err)
  return result
end

return M
