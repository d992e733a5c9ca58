-- SPDX-License-Identifier: MIT
-- `kill -9` at random moments: whatever it leaves, the next start puts right, and everything works afterwards.
--
-- The seed is printed. MT_KILL_SEED=n gives the same moments again, MT_KILL_TIMES=n more or fewer of them. A moment is
-- a fraction of the time that the command takes undisturbed.

local chaos = require "simulator.chaos"
local lu = require "luaunit"
local task = require "task"
local world = require "support.world"

local T = {}

local SEED = math.tointeger(tonumber(os.getenv "MT_KILL_SEED") or os.time())
local TIMES = math.tointeger(tonumber(os.getenv "MT_KILL_TIMES") or 100)
local AT_ONCE = 3 -- so many worlds

-- `kill_at PART COMMAND` kills it after PART millionths of the time that `undisturbed COMMAND` took, or else when it is
-- through.
local KILL_AT = [[
microseconds() { echo $(($(date +%s%N) / 1000)); }
undisturbed() { start=$(microseconds); "$@" >/run/test/output 2>&1 || fail "undisturbed: $*"
  time=$(($(microseconds) - start)); }
kill_at() { part=$1; shift; "$@" >/run/test/output 2>&1 & pid=$!
  pause=$((time * part / 1000000)); sleep $((pause / 1000000)).$(printf %06d $((pause % 1000000)))
  kill -KILL $pid 2>/dev/null; wait $pid; moment="killed after $pause us: $*"; }
]]

-- Runs `body` for each of these moments, which it finds as $part, and numbers them in $turn.
local function in_world(before, body, moments, options)
  local script = {
    ". $SUPPORT/unchanged.sh\n", KILL_AT,
    "moontower simulate set reset_time=0.2 search=0.02 --on all\n", before, "\nturn=0\n",
  }
  script[#script + 1] = ("for part in %s; do\nturn=$((turn + 1))\n%s\ndone; echo finished $turn"):format(
    table.concat(moments, " "), body)
  local result = world.run(table.concat(script), nil, nil, options)
  local label = ("MT_KILL_SEED=%d %s: %s"):format(SEED, table.concat(options or {}, " "), result.out .. result.err)
  lu.assertStrContains(result.out, "finished " .. #moments, false, label)
  lu.assertNotStrContains(result.out .. result.err, "raceback", label)
end

-- What takes ten seconds on a real link takes a tenth here.
local CONFIG = [[cat >/run/test/config.lua <<'END'
return { modems = { { apn = "r.ispsn", policy = %s } }, policies = { %s }, on_stop = "disconnect" }
END
]]
local QUICK = '{ "%s", every = 0.2, timeout = 0.3, misses = 2, first = 0.1, max = 0.5, steady = 0.1 }'
local RECONNECT, BALANCE = CONFIG:format(QUICK:format "reconnect", ""), CONFIG:format("nil", QUICK:format "balance")

local SERVE = "moontower serve --config /run/test/config.lua"

local scenarios = {
  -- The next start is `up` or `down` in turns; after either there is a way back.
  up = {
    before = "was; undisturbed moontower up --apn r.ispsn; works; run moontower down; same",
    each = [[kill_at $part moontower up --apn r.ispsn
      [ $((turn % 2)) = 0 ] || { run moontower up --apn r.ispsn; works; }; run moontower down; same]],
  },
  down = {
    before = "was; run moontower up --apn r.ispsn; undisturbed moontower down; same",
    each = [[run moontower up --apn r.ispsn; kill_at $part moontower down
      [ $((turn % 2)) = 0 ] || { run moontower up --apn r.ispsn; works; }; run moontower down; same]],
  },
  serve = {
    before = RECONNECT .. "was; undisturbed serve 1; works; end; same",
    each = "kill_at $part " .. SERVE .. [[

      [ $((turn % 2)) = 0 ] && run moontower down || { serve 1; works; end; }; same]],
  },
  balance = {
    before = BALANCE .. "was; undisturbed serve 2; works wwan1; end; same",
    each = "kill_at $part " .. SERVE .. [[

      if [ $((turn % 2)) = 0 ]; then for n in wwan0 wwan1; do run moontower down --device $n; done
      else serve 2; works wwan0; works wwan1; end; fi; same]],
    options = { "--count", "2" },
  },
  -- The first setup is not counted: it makes the modem's interface again.
  setup = {
    before = [[run moontower setup calyx-sprint --yes; run moontower setup --undo --yes; was
      undisturbed moontower setup calyx-sprint --yes; run moontower setup --undo --yes; same]],
    each = [[kill_at $part moontower setup calyx-sprint --yes
      patiently moontower setup calyx-sprint --yes || fail "not completed"
      moontower setup calyx-sprint | grep -q "^Nothing to do" || fail "not set up"
      run moontower up --carrier calyx-sprint; works; run moontower down
      kill_at $part moontower setup --undo --yes
      patiently moontower setup --undo --yes || grep -q "has changed nothing" /run/test/output || fail "not undone"
      moontower setup --undo --plan 2>&1 | grep -q "has changed nothing" || fail "not undone"; same]],
    options = { "--factory" },
  },
}

local QMI = { "--composition", "qmi" }
local ECM = { "--modem", "ec25", "--composition", "ecm" } -- by AT: of its contexts, one is borrowed

-- The commands that are killed in each world, and their modems.
local worlds = {
  { "up" }, { "up", QMI }, { "up" }, { "up", QMI }, { "serve" }, { "serve", QMI }, { "balance" }, { "setup" },
  { "setup" }, { "down" }, { "up", ECM }, { "serve", ECM }, { "down", ECM },
}

local function moments_of(source, count)
  local moments = {}
  for i = 1, count do moments[i] = source:integer(0, 1000000) end
  return moments
end

function T.test_the_next_start_repairs_a_killed_run()
  io.stderr:write(("kill: MT_KILL_SEED=%d, %d times\n"):format(SEED, TIMES))
  local source, next_world = chaos.new(SEED), 0
  local group <close> = task.group()
  for i, entry in ipairs(worlds) do
    entry.moments = moments_of(source, TIMES // #worlds + (i <= TIMES % #worlds and 1 or 0))
  end
  local function work()
    while next_world < #worlds do
      next_world = next_world + 1
      local entry = worlds[next_world]
      local scenario = scenarios[entry[1]]
      in_world(scenario.before, scenario.each, entry.moments, entry[2] or scenario.options)
    end
  end
  for _ = 1, AT_ONCE do group:spawn(work) end
  group:wait()
end

function T.test_a_killed_daemon_loses_no_packet()
  for _, options in ipairs { {}, QMI } do
    in_world(RECONNECT .. "was; serve 1", [[ping -i 0.05 -c 50 -I wwan0 8.8.8.8 >/run/test/ping 2>&1 & pinger=$!
      sleep 0.5; kill -KILL $daemon; wait $daemon; sleep 0.2; serve 1
      wait $pinger; grep -q "50 received, 0% packet loss" /run/test/ping || { cat /run/test/ping; fail "losses"; }
      end; same]], { 0 }, options)
  end
end

-- A kill in the middle of a write is too rare to wait for. One of resolv.conf comes while a connection is there.
function T.test_temporary_files_of_a_killed_write_are_removed()
  local result = world.run(". $SUPPORT/unchanged.sh\n" .. [[up() { moontower up --carrier calyx-sprint >/dev/null; }
    up; moontower down >/dev/null; was; up
    for f in /run/moontower/orders/simulated /run/moontower/links/wwan0 /run/moontower/multipath/254-any \
      /run/moontower/qmi/simulated /run/moontower/usb/simulated /var/lib/moontower/ladders/simulated \
      /var/lib/moontower/setup/1 \
      /var/lib/moontower/sims/1; do
      mkdir -p ${f%/*}; echo '{' >$f.json.999999.new
    done; echo x >/etc/resolv.conf.999999.new
    moontower down >/dev/null; same; ls /etc | grep '\.new$'; echo finished]])
  lu.assertEquals(result.out, "finished\n")
end

return T
