-- SPDX-License-Identifier: MIT
-- For tests: runs a script in a world with a simulated modem, with shell functions that record.

local lu = require "luaunit"
local world = require "support.world"

local M = {}

-- `record COMMAND...` says the command and its status, and adds the recording to /run/test/lines; `inspect` shows all.
local RECORD = [[
record() { n=$((n + 1)); moontower record /run/test/$n -- "$@" >/run/test/shown 2>&1; echo "$1 $?"
  zcat </run/test/$n >>/run/test/lines; }
inspect() { for i in $(seq $n); do moontower record --inspect /run/test/$i; done; }
]]

---@param script string shell commands
---@param ... any what else world.run() takes
---@return string out of them
function M.in_world(script, ...)
  local result = world.run(RECORD .. script, ...)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  return result.out
end

return M
