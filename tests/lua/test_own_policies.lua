-- SPDX-License-Identifier: MIT
-- Policies of a user's own in the daemon: several for one modem, and the building blocks that they use.

local json = require "dkjson"
local lu = require "luaunit"
local status = require "status"
local world = require "support.world"

local T = {}

local DAEMON = [[
. $SUPPORT/daemon.sh
umask 022
serve() { echo "return { $1 }" >/etc/moontower/config.lua; start; }
finish() { moontower down >/dev/null; end; }
policy() { cat >/etc/moontower/policies/$1.lua; }
mkdir -p /etc/moontower/policies
]]

local function run(script)
  local result = world.run(DAEMON .. script)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertEquals(result.after, result.before)
  return result.out
end

-- The names of all fields, as scripts/README.md lists them.
local function add_fields(value, prefix, seen)
  for key, one in pairs(value) do
    local name = type(key) == "string" and prefix .. key or nil
    if name then seen[name] = true end
    if type(one) == "table" then
      add_fields(one, name and name ~= "lines" and name .. "." or not name and prefix or "", seen)
    end
  end
  return seen
end

function T.test_two_policies_of_one_modem()
  local out = run [[policy night <<'END'
local policy, status, task = require "policy", require "status", require "task"
local options = policy.options(..., { { "word", require("base.validate").text, "what it says" } })
return policy { name = "night", each = { modem = "ready" }, run = function(modem)
  local told = status.of(modem)
  told:attempt("look at the clock", "it is due")("done")
  told:set(options.word, "nothing is to be done")
  told:schedule("look again", 3600, "it is early")
  task.sleep(1e6)
end }
END
    serve 'modems = { { apn = "r.ispsn", policy = { "reconnect", { "night", word = "awake" } } } }'
    until_why "modem .* is online"; until_why "policy night of modem .* is awake"
    moontower why; echo ----; moontower why --json
    sed -i 's/awake/asleep/' /etc/moontower/config.lua; moontower reload
    until_why "policy night of modem .* is asleep"; until_why "modem .* is online"
    moontower down >/dev/null; moontower why; moontower up --no-probe >/dev/null
    until_why "policy night of modem .* is asleep"; finish; true]]
  local text, told = out:match "^(.-)\n%-%-%-%-\n(.-)\nread again\n"
  lu.assertStrContains(text, "\n  policy   reconnect, night\n")
  lu.assertStrMatches(text, ".*\npolicy night of modem %S+ is awake since %S+: nothing is to be done\n"
    .. "  %S+  look at the clock, because it is due: done\n  next     look again in 3%d+ s, because it is early")
  told = json.decode(told)
  lu.assertEquals({ told[1].state, #told[1].policies, #told[1].lines }, { "online", 2, 1 })
  lu.assertEquals({ told[1].lines[1].policy, told[1].lines[1].state, told[1].lines[1].tried[1].result },
    { "night", "awake", "done" })
  local fields = {}
  for _, name in ipairs(status.fields) do fields[name] = true end
  lu.assertEquals(add_fields(told, "", {}), fields)
  lu.assertStrMatches(out, ".*\npolicy night of modem %S+ is stopped since %S+: .moontower down. was given.*")
  lu.assertNotStrContains(out:match "is stopped since.*", "look again in")
end

-- Also one that was right when the daemon started: it goes on, and so does all else.
function T.test_the_daemon_refuses_what_others_can_write()
  local out = run [[mkdir -p /etc/moontower/carriers
    echo 'return require "policy" { name = "mine", each = { modem = "ready" }, run = function(modem)
      require("status").of(modem):set("mine", "it runs") require("task").sleep(1e6) end }' | policy mine
    echo 'return require "carrier" { name = "Mine", bearers = { { apn = "r.ispsn" } } }' \
      >/etc/moontower/carriers/mine.lua
    serve 'modems = { { carrier = "mine", policy = { "reconnect", "mine" } } }'
    until_why "policy mine of modem .* is mine"; until_why "modem .* is online"
    chmod o+w /etc/moontower/policies; moontower reload 2>&1; echo $?; chmod o-w /etc/moontower/policies
    chmod g+w /etc/moontower/carriers/mine.lua; moontower reload 2>&1; moontower up -c mine 2>&1; echo $?
    until_why "policy mine of modem .* is mine"; until_why "modem .* is online"; moontower serve --check 2>&1
    chmod g-w /etc/moontower/carriers/mine.lua; moontower reload; finish; true]]
  local policy_refused = "/etc/moontower/policies/mine.lua is refused: /etc/moontower/policies can be written by "
    .. "others than its owner\n  chmod go-w /etc/moontower/policies\n8\n"
  local carrier_refused = "/etc/moontower/carriers/mine.lua is refused: it can be written by others than its owner\n"
    .. "  chmod go-w /etc/moontower/carriers/mine.lua\n"
  lu.assertStrContains(out, policy_refused)
  lu.assertEquals(select(2, out:gsub(carrier_refused:gsub("%p", "%%%0"), "")), 3, out)
  lu.assertStrMatches(out, ".*read again\n$")
end

-- The policy sees the data that the kernel has counted; months that begin on different days have separate counts.
function T.test_building_blocks_of_policies()
  local out = run [[policy count <<'END'
local fs, policy, task = require "core.fs", require "policy", require "task"
return policy { name = "count", each = { modem = "ready" }, run = function(modem)
  for round in task.every(0.1) do
    local folder = assert(policy.folder "count")
    local usage, other = modem:usage(), modem:usage(15)
    if modem:connection() and usage.bytes > 0 then
      fs.write(folder .. "/" .. modem.description.name, ("%s %s %d %d %s\n"):format(usage.sim, usage.bytes, round,
        usage.next - os.time(), usage.bytes <= usage.received + usage.sent and other.sim or "other bytes"))
    end
  end
end }
END
    serve 'modems = { { apn = "r.ispsn", policy = { "reconnect", "count" } } }'
    until_why "modem .* is online"
    until_true 'ping -c 1 -I wwan0 8.8.8.8 && [ -e /var/lib/moontower/policies/count/simulated ]'
    cat /var/lib/moontower/policies/count/simulated; stat -c %a /var/lib/moontower/policies/count
    ls /var/lib/moontower/usage; finish; true]]
  local iccid = require("simulator.models.mc7455").card.iccid
  local sim, bytes, round, left, other, mode, files = out:match "^(%d+) (%d+) (%d+) (%d+) (%d+)\n(%d+)\n(.*)$"
  lu.assertEquals({ sim, other, mode, files },
    { iccid, iccid, "700", iccid .. ".15.json\n" .. iccid .. ".json\n" }, out)
  lu.assertTrue(tonumber(bytes) > 0 and tonumber(round) > 0 and tonumber(left) <= 31 * 86400)
end

return T
