-- SPDX-License-Identifier: MIT
-- Orders by hand beside the daemon: for each pair of them, one after the other and at the same time, the modem is
-- afterwards as the last one that worked says, whatever its policy does, and the host has no leftovers.

local json = require "dkjson"
local lu = require "luaunit"
local task = require "task"
local world = require "support.world"

local T = {}

local AT_ONCE = 3 -- worlds

---What each does to a state: { offline =, radio = } what holds; `by`: the origin of the APN.
local orders = {
  { "up", function(s) s.offline, s.radio, s.by = nil, nil, "modems[1] of /run/test/config.lua" end },
  { "up --apn ''", function(s) s.offline, s.radio, s.by = nil, nil, "`moontower up --apn  -d" end },
  { "up --apn wrong", function() end, 6 },
  { "up --carrier calyx-sprint",
    function(s) s.offline, s.radio, s.by = nil, nil, "`moontower up --carrier calyx-sprint -d" end },
  { "up --no-dns", function(s) s.offline, s.radio, s.by = nil, nil, "modems[1] of /run/test/config.lua" end },
  { "down", function(s) s.offline = true end },
  { "radio off", function(s) s.radio = true end },
  { "radio on", function(s) s.radio = nil end },
  { "at AT+CFUN=4", function(s) s.radio = true end },
  { "reset", function() end },
  { "setup calyx-sprint --yes", function() end },
  { "usbcomp at+mbim", function() end },
  { "bands B25", function() end },
  { "reload", function() end },
  { "unlock", function(s) s.radio = nil end },
}

local SETTING = [[
cat >/run/test/config.lua <<'END'
return { modems = { { apn = "r.ispsn", policy = { "reconnect", probes = {}, first = 0.1, max = 0.5 } } } }
END
fail() { echo "FAILED $*"; moontower why; exit 1; }
moontower simulate set reset_time=0.2 search=0.02 --on all
. $SUPPORT/daemon.sh
start; until_true '[ "$(moontower why | grep -c " is online ")" = $COUNT ]'
]]

-- `why` once no policy is in the middle of something; the modems; the host. A daemon that is asked for a modem that has
-- just restarted notices that first.
local REPORT = [[
for n in $(seq 0 $((COUNT - 1))); do moontower status -d wwan$n >/dev/null 2>&1; done
settled() { moontower why >/run/test/words
  ! grep -q ': under way$\|^modem [^ ]* is \(ready\|unplugged\)' /run/test/words; }
until_true settled
moontower why --json; echo "=="; moontower simulate state --json --on all; echo "=="
for n in $(seq 0 $((COUNT - 1))); do echo "wwan$n $(ip -o address show dev wwan$n scope global | wc -l)"; done
echo "=="
grep -i "traceback" /run/test/log
for n in $(seq 0 $((COUNT - 1))); do moontower down -d wwan$n >/dev/null || fail "down $n"; done
end; for n in $(seq 1 $COUNT); do rm -f /run/moontower/orders/simulated$n.json; done
]]

local function command_of(order, number)
  local words = order[1] .. (order[1] ~= "reload" and (" -d wwan%d"):format(number - 1) or "")
  return ("moontower %s >>/run/test/out.%d 2>&1"):format(words, number)
end

-- Runs pair[1] and pair[2] of the n-th pair at the n-th modem, all pairs at the same time.
local function run(pairs_of_orders, script)
  local parts = { ("COUNT=%d\n"):format(#pairs_of_orders), SETTING }
  for number, pair in ipairs(pairs_of_orders) do
    local function command(which) return command_of(pair[tonumber(which)], number) end
    parts[#parts + 1] = script:gsub("%$(%d)", command):gsub("%$n", number) .. "\n"
  end
  parts[#parts + 1] = [[wait $pids
    for n in $(seq 1 $COUNT); do echo "simulated$n $(cat /run/test/status.$n)"; done; echo ==
  ]]
  parts[#parts + 1] = REPORT
  local result = world.run(table.concat(parts), nil, nil, { "--count", tostring(#pairs_of_orders) })
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertEquals(result.after, result.before)
  local sections = {}
  for section in (result.out .. "==\n"):gmatch("(.-)==\n") do sections[#sections + 1] = section end
  local seen = { why = {}, state = json.decode(sections[3]), links = {}, status = {}, text = result.out }
  for _, told in ipairs(json.decode(sections[2])) do seen.why[told.modem] = told end
  for name, a, b in sections[1]:gmatch "(simulated%d+) (%d+) (%d+)" do
    seen.status[name] = { tonumber(a), tonumber(b) }
  end
  for name, count in sections[4]:gmatch "(wwan%d+) (%d+)" do seen.links[name] = tonumber(count) end
  lu.assertNotStrContains(sections[5], "raceback")
  return seen
end

-- What is wrong with the n-th modem, had these orders been given, in this order?
local function difference(seen, number, ...)
  local state = { by = "modems[1] of /run/test/config.lua" }
  for _, order in ipairs { ... } do order[2](state) end
  local told, now = seen.why["simulated" .. number], seen.state[number]
  lu.assertNotNil(told, seen.text)
  local online = not state.offline and not state.radio
  if told.state ~= (online and "online" or "offline") then
    return ("it is believed %s: %s"):format(told.state, told.reason)
  elseif told.apn.origin:sub(1, #state.by) ~= state.by then
    return "its APN is by " .. told.apn.origin
  elseif now.radio.software ~= (state.radio and "off" or "on") then
    return "its radio is " .. now.radio.software
  elseif #now.sessions ~= (online and 1 or 0) then
    return ("it has %d sessions"):format(#now.sessions)
  elseif (seen.links["wwan" .. number - 1] > 0) ~= online then
    return ("its interface has %d addresses"):format(seen.links["wwan" .. number - 1])
  end
end

local function in_parallel(count, fn)
  local group <close> = task.group()
  local next_one = 0
  for _ = 1, AT_ONCE do
    group:spawn(function()
      while next_one < count do
        next_one = next_one + 1
        fn(next_one)
      end
    end)
  end
  group:wait()
end

function T.test_one_after_the_other_the_last_one_holds()
  in_parallel(#orders, function(first)
    local list = {}
    for i, second in ipairs(orders) do list[i] = { orders[first], second } end
    local seen = run(list, "( $1; a=$?; $2; echo $a $? >/run/test/status.$n ) & pids=\"$pids $!\"")
    for number, pair in ipairs(list) do
      local label = ("`%s`, then `%s`: "):format(pair[1][1], pair[2][1])
      lu.assertEquals(seen.status["simulated" .. number], { pair[1][3] or 0, pair[2][3] or 0 }, label)
      local wrong = difference(seen, number, pair[1], pair[2])
      lu.assertNil(wrong, label .. tostring(wrong))
    end
  end)
end

-- Which one is the last, chance decides; one that comes while the modem restarts may be refused.
function T.test_at_the_same_time_one_of_them_is_the_last()
  in_parallel(#orders - 1, function(first)
    local list = {}
    for i = first, #orders do list[#list + 1] = { orders[first], orders[i] } end
    local seen = run(list,
      "( $1 & a=$!; $2; b=$?; wait $a; echo $? $b >/run/test/status.$n ) & pids=\"$pids $!\"")
    for number, pair in ipairs(list) do
      local a, b = pair[1], pair[2]
      local status = seen.status["simulated" .. number]
      local done = {}
      for i, order in ipairs(pair) do done[i] = status[i] == (order[3] or 0) end
      local label = ("`%s` and `%s`, which end with %d and %d: "):format(a[1], b[1], status[1], status[2])
      local wrong
      if done[1] and done[2] then
        wrong = difference(seen, number, a, b) and difference(seen, number, b, a)
      else
        wrong = difference(seen, number, done[1] and a or nil, done[2] and b or nil)
        lu.assertTrue(a[1] == "reset" or b[1] == "reset", label)
      end
      lu.assertNil(wrong, label .. tostring(wrong))
    end
  end)
end

return T
