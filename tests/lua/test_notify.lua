-- SPDX-License-Identifier: MIT
-- The policy notify: programs and web servers get events; one that fails or hangs disturbs no other.

local events = require "events"
local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local world = require "support.world"

local T = {}

local SERVE = [[
. $SUPPORT/daemon.sh
serve() { echo "return { modems = { { apn = 'r.ispsn', policy = { 'reconnect', probes = {} } } },
  policies = { { 'notify', $1 } } }" >/run/test/config.lua
  start; }
finish() { moontower down; end; ! grep Traceback /run/test/log; }
]]

local function run(script)
  local result = world.run(SERVE .. script)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertNotStrContains(result.out .. result.err, "left open")
  lu.assertEquals(result.after, result.before)
  return result.out
end

local function lua_files()
  local found = assert(process.run {
    "find", program.home .. "/modules", program.home .. "/scripts", "-name", "*.lua",
  })
  local files = {}
  for file in found.stdout:gmatch "[^\n]+" do files[#files + 1] = file end
  return files
end

function T.test_a_program_gets_the_event_on_its_input_and_in_its_environment()
  local out = run [[cat >/run/test/told <<'END'
{ cat; echo "$1 $MOONTOWER_EVENT $MOONTOWER_EVENT_MODEM $MOONTOWER_EVENT_STATE"; } >>/run/test/heard
END
    serve "events = { 'state' }, run = { 'sh', '/run/test/told', 'a; \$(b)' }"
    until_in /run/test/heard '"online"'; until_in /run/test/heard ' online$'; finish; cat /run/test/heard]]
  lu.assertStrContains(out, "a; $(b) state simulated online\n")
  lu.assertNotStrContains(out, '"modem-ready"')
  for line in out:gmatch "{[^\n]*}" do
    lu.assertEquals(json.decode(line).event, "state")
  end
end

-- A text goes where it was asked for, and into no log; other listeners do not get it.
function T.test_a_message_that_comes_in()
  local out = run [[serve "events = { 'sms' }, run = { 'sh', '-c', 'cat >>/run/test/heard' }"
    until moontower why | grep -q online; do sleep 0.1; done
    moontower simulate fault sms "Ihre TAN: 1234 €"
    until_in /run/test/heard TAN; moontower sms; finish >/dev/null; ! grep -q TAN /run/test/log || exit 1
    cat /run/test/heard]]
  lu.assertStrContains(out, "+15550100999")
  local event = json.decode(out:match "{[^\n]*}")
  lu.assertEquals({ event.event, event.modem, event.value.text, event.value.status },
    { "sms", "simulated", "Ihre TAN: 1234 €", "unread" })
  local heard <close> = events.subscribe { private = true }
  local others <close> = events.subscribe()
  events.publish("sms", { value = { text = "secret" } })
  events.publish("state", {})
  lu.assertEquals({ heard:next().event, others:next().event }, { "sms", "state" })
end

-- The policy of scripts/README.md: one sender is answered, not too often, and what asked is deleted.
function T.test_status_by_sms()
  local text = assert(fs.read(program.home .. "/scripts/README.md"))
  local path = os.tmpname()
  assert(fs.write(path, text:match "```lua\n(%-%- answer%.lua.-\n)```"))
  local function ask(number, script)
    return run(([[
      echo "return { modems = { { apn = 'r.ispsn', policy = { { 'reconnect', probes = {} },
        { '%s', number = '%s', most = 2 } } } } }" >/run/test/config.lua
      start; until moontower why | grep -q "is online"; do sleep 0.1; done
      until moontower why | grep -q listening; do sleep 0.1; done
      moontower simulate fault sms hello; moontower simulate fault sms " Status "
      %s
      moontower why; moontower sms; finish]]):format(path, number, script))
  end
  local out = ask("+15550100999", [[until_why "answer.*: sent"
    moontower simulate fault sms status; moontower simulate fault sms status
    until_why "answer.*: not answered: that was often enough"]])
  -- One that is there when the policy has seen all before it.
  local other = ask("+15550100998", [[until_true 'moontower sms | grep Status']])
  os.remove(path)
  lu.assertStrContains(out, "hello")
  lu.assertNotStrContains(out:lower(), "  status")
  lu.assertEquals(select(2, out:gsub("answer[^\n]*: sent", "")), 2, out)
  lu.assertStrContains(other, "Status")
  lu.assertNotStrContains(other, "asked by SMS")
end

function T.test_modems_present_when_the_daemon_starts_are_reported()
  local out = run [[serve "events = { 'modem-ready' }, run = { 'sh', '-c', 'cat >>/run/test/heard' }"
    until_in /run/test/heard '"modem-ready"'; finish >/dev/null; cat /run/test/heard]]
  lu.assertStrContains(out, '"modem":"simulated"')
end

function T.test_a_program_that_hangs_fails_or_is_missing_is_reported_and_the_next_event_is_delivered()
  run [[cat >/run/test/told <<'END'
read -r event; echo "$event" >>/run/test/heard
case $event in *modem-gone*) sleep 300 ;; esac
echo "no paper" >&2; exit 3
END
    serve "events = { 'modem-gone', 'modem-ready', 'state' }, run = { 'sh', '/run/test/told' }, deadline = 0.3"
    until_in /run/test/heard '"online"'; moontower simulate fault unplug 0.5
    until_in /run/test/log "could not deliver modem-gone: sh: "
    until_in /run/test/log "could not deliver modem-ready: no paper"; until_in /run/test/log "simulated: online: "
    finish; rm /run/test/log; serve "run = { '/run/test/none' }"
    moontower up --no-probe >/dev/null
    until_in /run/test/log "could not deliver state: /run/test/none"; finish]]
end

function T.test_more_than_it_can_keep_is_dropped_with_a_word()
  run [[cat >/run/test/flood.lua <<'END'
local events = require "events"
for n = 1, 100 do events.publish("plan", { number = n }) end
END
    echo 'read -r event; echo "$event" >>/run/test/heard; sleep 0.02' >/run/test/told
    serve "events = { 'plan', 'state' }, run = { 'sh', '/run/test/told' }"
    until_in /run/test/heard '"online"'; moontower run /run/test/flood.lua
    until_in /run/test/heard '"number":60'; until_in /run/test/log "cannot deliver plan: too much"
    ! grep -q '"number":100' /run/test/heard || exit 1
    finish]]
end

-- A web server in Perl, which every Debian has; curl is the real one.
function T.test_a_web_server_gets_the_event_and_its_address_is_in_no_list_of_processes()
  local out = run [[cat >/run/test/server.pl <<'END'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;
open(my $listening, ">", "/run/test/listening");
while (my $client = $server->accept) {
  my ($request, $length) = ("", 0);
  while (my $line = <$client>) {
    $request .= $line;
    $length = $1 if $line =~ /^Content-Length: (\d+)/i;
    last if $line =~ /^\r?$/;
  }
  read($client, my $body, $length);
  open(my $file, ">>", "/run/test/heard"); print $file $request, $body, "\n"; close $file;
  open($file, ">>", "/run/test/listed");
  for (glob "/proc/[0-9]*/cmdline") {
    open(my $listed, "<", $_) or next;
    print $file join(" ", split(/\0/, <$listed> // "")), "\n";
  }
  close $file;
  print $client "HTTP/1.1 ", ($request =~ /good/ ? "204 No Content" : "403 Forbidden"), "\r\nConnection: close\r\n\r\n";
  close $client;
}
END
    ip link set lo up; perl /run/test/server.pl & server=$!
    until_true '[ -e /run/test/listening ]'
    serve "events = { 'state', 'tried' }, post = 'http://127.0.0.1:8080/good?key=s3cret'"
    until_in /run/test/heard '"online"'
    cat >/run/test/say.lua <<'END'
require("events").publish("tried", { words = "a \"b\" \\ c\nd @e" })
END
    moontower run /run/test/say.lua; until_in /run/test/heard '@e'; finish >/dev/null || exit 1
    rm /run/test/log; serve "events = { 'state' }, post = 'http://127.0.0.1:8080/bad'"
    moontower up --no-probe >/dev/null
    until_in /run/test/log "could not deliver state: curl: .*403"; finish >/dev/null || exit 1
    kill $server; grep -c "curl --config -" /run/test/listed; grep -c s3cret /run/test/listed
    ip link set lo down; cat /run/test/heard]]
  local listed, secrets = out:match "^(%d+)\n(%d+)\n"
  lu.assertTrue(tonumber(listed) > 0, out)
  lu.assertEquals(secrets, "0")
  lu.assertStrContains(out, "POST /good?key=s3cret HTTP/1.1")
  lu.assertStrContains(out, "Content-Type: application/json")
  lu.assertEquals(json.decode(out:match '{[^\n]*"words"[^\n]*}').words, 'a "b" \\ c\nd @e')
end

-- One list of events finds typing mistakes in names, so it must have all events that any code publishes.
function T.test_the_list_of_events_has_what_is_published_and_nothing_else()
  local published, of_modems = {}, table.concat(events.of_modems, " ")
  for _, file in ipairs(lua_files()) do
    for what in assert(fs.read(file)):gmatch "events%.publish%((.-)[,)]" do
      -- The modem's indications are passed on under their own names.
      for name in (what == "event.name" and of_modems or what:match '^"([%l-]+)"$'):gmatch "%S+" do
        published[name] = true
      end
    end
  end
  local names = {}
  for name in pairs(published) do names[#names + 1] = name end
  lu.assertItemsEquals(events.names, names)
end

return T
