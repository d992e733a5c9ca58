-- SPDX-License-Identifier: MIT
-- An error, or kill -9, at each system call that may change something or asks for what there is: of `up`, `down`,
-- `setup`, `bands` and the start of `serve`.
--
-- Whatever fails: a command has done all that it says, or it says an error, and the next `down` (`setup`) leaves the
-- computer as it was. MT_INJECT_EVERY=1 is each call, n each nth; MT_INJECT_FIRST where that begins.

local fs = require "core.fs"
local lu = require "luaunit"
local task = require "task"
local world = require "support.world"

local T = {}

local EVERY = math.tointeger(tonumber(os.getenv "MT_INJECT_EVERY")) or 11
local FIRST = math.tointeger(tonumber(os.getenv "MT_INJECT_FIRST")) or os.time() % EVERY + 1
local AT_ONCE = 3 -- so many worlds
local PATIENCE = 90 -- seconds that one command may take: longer than any wait that an error could begin
local PART_TIME = 1000 -- so the machine's speed does not matter: ctest has the last word
local PARTS = math.ceil(200 / EVERY) -- of each command's calls, each in a world of its own: a few calls

local LIBRARY = fs.realpath("/proc/self/exe"):match("^(.*)/") .. "/tests/inject.so"

-- `counted COMMAND` counts its calls; `hit N COMMAND` fails its Nth, or kills it there, and keeps its exit status.
local HIT = ([[
export MT_INJECT_FILE=/run/test/calls
counted() { rm -f $MT_INJECT_FILE; MT_INJECT=0 LD_PRELOAD=%s "$@" >/run/test/output 2>&1 || fail "counted: $*"
  calls=$(cat $MT_INJECT_FILE); }
hit() { n=$1; shift; rm -f $MT_INJECT_FILE
  timeout $patience env MT_INJECT=$n $kill LD_PRELOAD=%s "$@" >/run/test/hit 2>&1; status=$?
  moment="call $n of $calls, $(cat $MT_INJECT_FILE 2>/dev/null): $*: $status: $(cat /run/test/hit)"
  ! grep -q 'raceback\|left open' /run/test/hit || fail "a mistake"
  [ $status != 124 ] || fail "it has not ended after $patience s"
  [ -n "$kill" ] || [ $status = 0 ] || grep -q '^moontower: ' /run/test/hit || fail "no error is told"; }
# The same of a daemon's start, until it is online or has ended.
count_serve() { MT_INJECT=0 LD_PRELOAD=%s moontower serve --config /run/test/config.lua >/run/test/hit 2>&1 & daemon=$!
  online 1; kill -TERM $daemon; wait $daemon; calls=$(cat $MT_INJECT_FILE); }
hit_serve() { n=$1; rm -f $MT_INJECT_FILE
  timeout $patience env MT_INJECT=$n $kill LD_PRELOAD=%s moontower serve --config /run/test/config.lua \
    >/run/test/hit 2>&1 & daemon=$!
  tries=0; until moontower why 2>&1 | grep -q ' is online ' || [ ! -d /proc/$daemon/fd ]; do tries=$((tries + 1))
    [ $tries -lt 600 ] || { cat /run/test/hit; moontower why; fail "neither online nor ended"; }; sleep 0.05; done
  kill -TERM $daemon 2>/dev/null; wait $daemon; status=$?
  moment="call $n of $calls, $(cat $MT_INJECT_FILE 2>/dev/null): serve: $status: $(cat /run/test/hit)"
  [ $status != 124 ] || fail "it has not ended after $patience s"
  ! grep -q 'raceback\|left open' /run/test/hit || fail "a mistake"; }
# The guard counts its own, and may end later.
counted_trial() { rm -f $MT_INJECT_FILE
  MT_INJECT=0 LD_PRELOAD=%s moontower bands B4 --within 0.5 >/run/test/output 2>&1
  until_true '! guard'; calls=$(sort -n $MT_INJECT_FILE | tail -1); }
each() { i=$first; while [ $i -le $calls ]; do [ $((i / every %% parts)) != $part ] || "$@" $i
  i=$((i + every)); done; }
]]):format(LIBRARY, LIBRARY, LIBRARY, LIBRARY, LIBRARY)

local CONFIG = [[cat >/run/test/config.lua <<'END'
return { modems = { { apn = "r.ispsn", policy = { "reconnect", every = 0.2, timeout = 0.3, misses = 2, first = 0.1,
  max = 0.2 } } }, on_stop = "disconnect" }
END
]]

local UP = "moontower up --apn r.ispsn"

local scenarios = {
  up = {
    before = "was; counted " .. UP .. "; run moontower down; same",
    each = "hit $1 " .. UP .. [[

      [ $status != 0 ] || works; run moontower down; same]],
  },
  -- Once it says that it is offline, it is so.
  down = {
    before = "was; run " .. UP .. "; counted moontower down; same",
    each = "run " .. UP .. [[; hit $1 moontower down
      [ $status != 0 ] || same; run moontower down; same]],
  },
  ["up again"] = {
    before = "was; run " .. UP .. "; counted " .. UP .. "; run moontower down; same",
    each = "run " .. UP .. "; hit $1 " .. UP .. [[

      run ]] .. UP .. "; works; run moontower down; same",
  },
  serve = {
    before = CONFIG .. "was; count_serve; same",
    each = "hit_serve $1; run moontower down; same",
  },
  setup = {
    before = [[run moontower setup calyx-sprint --yes; run moontower setup --undo --yes; was
      counted moontower setup calyx-sprint --yes; run moontower setup --undo --yes; same]],
    each = [[hit $1 moontower setup calyx-sprint --yes
      patiently moontower setup calyx-sprint --yes || fail "not completed"
      moontower setup calyx-sprint | grep -q "^Nothing to do" || fail "not set up"
      patiently moontower setup --undo --yes || grep -q "has changed nothing" /run/test/output || fail "not undone"
      moontower setup --undo --plan 2>&1 | grep -q "has changed nothing" || fail "not undone"; same]],
    options = { "--factory" },
  },
  -- A band without a cell. The guard may be hit, too: then the next command puts the modem back.
  bands = {
    before = "run " .. UP .. "; was; counted_trial; run moontower bands; same",
    each = [[hit $1 moontower bands B4 --within 0.5
      [ $status != 0 ] || fail "a band without a cell was kept"
      awaited="no guard"; until_true '! guard'
      run moontower lock; moontower bands | grep -q "^bands  *All bands" || fail "not put back"
      patiently ]] .. UP .. " || fail up; works; same",
  },
}

local function in_world(scenario, part, kill)
  local numbers = ("patience=%d; every=%d; first=%d; part=%d; parts=%d; kill=%s\n")
    :format(PATIENCE, EVERY, FIRST, part, PARTS, kill and "MT_INJECT_KILL=1" or "")
  local script = ("%s%s%s%s\none() {\n%s\n}\neach one\necho finished\n")
    :format(". $SUPPORT/unchanged.sh\n", HIT, numbers, scenario.before, scenario.each)
  local result = world.run("moontower simulate set reset_time=0.2 search=0.02 --on all\n" .. script, nil, nil,
    scenario.options, PART_TIME)
  local label = ("MT_INJECT_FIRST=%d MT_INJECT_EVERY=%d: %s"):format(FIRST, EVERY, result.out .. result.err)
  lu.assertStrContains(result.out, "finished\n", false, label)
end

local function run(names, kill)
  local todo = {}
  for _, name in ipairs(names) do
    for part = 0, PARTS - 1 do todo[#todo + 1] = { scenarios[name], part } end
  end
  local function work()
    while #todo > 0 do
      local scenario, part = table.unpack(table.remove(todo, 1))
      in_world(scenario, part, kill)
    end
  end
  local group <close> = task.group()
  for _ = 1, AT_ONCE do group:spawn(work) end
  group:wait()
end

function T.test_an_error_of_any_call_of_up_and_down() run { "up", "down", "up again" } end
function T.test_an_error_of_any_call_of_setup() run { "setup" } end
function T.test_an_error_of_any_call_of_a_daemon_that_starts() run { "serve" } end
function T.test_an_error_of_any_call_of_bands() run { "bands" } end
function T.test_kill_at_any_call_of_bands() run({ "bands" }, true) end
function T.test_kill_at_any_call_of_setup_and_of_a_daemon_that_starts() run({ "setup", "serve" }, true) end

return T
