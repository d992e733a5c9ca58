-- SPDX-License-Identifier: MIT
-- A user other than root and us: its sockets are not trusted, and ours are closed to it.

local daemon = require "support.daemon"
local lu = require "luaunit"
local ports = require "core.port"
local process = require "core.process"
local programs = require "support.programs"
local task = require "task"
local world = require "support.world"

local T = {}

local UID = 4711

-- Listens at a name, and writes down all that it is sent. The stranger may not read this tree: it is no script of ours.
local SQUATTER = [[use Socket; $| = 1; my ($type, $name) = @ARGV; $name =~ s/^@/\0/;
  socket(my $s, AF_UNIX, $type eq "stream" ? SOCK_STREAM : $type eq "seqpacket" ? 5 : SOCK_DGRAM, 0) or die;
  bind($s, pack_sockaddr_un($name)) or die "bind: $!"; listen($s, 9) if $type ne "dgram"; print "ready\n";
  if ($type eq "dgram") { while (defined recv($s, my $b, 9999, 0)) { print $b } }
  while (accept(my $c, $s)) { while (sysread($c, my $b, 9999)) { print $b } }]]

local function as_stranger(command)
  return ("setpriv --reuid=%d --clear-groups %s"):format(UID, command)
end

-- In a test's shell: squat TYPE NAME, which returns once it listens; the bytes that it receives are in /run/heard.
local function squat(kind, name)
  return ([[rm -f /run/heard; %s perl -e '%s' %s %s >/run/heard 2>&1 & squatter=$!
    until grep -q ready /run/heard; do sleep 0.02; done; ]]):format(as_stranger "", SQUATTER, kind, name)
end

-- Where users may not be changed, as in a namespace of an ordinary user's, there is no stranger.
local function need_stranger()
  local result = process.run { "sh", "-c", as_stranger "true" }
  if not result or result.status ~= 0 then
    lu.skip "we may not become another user here"
  end
end

function T.test_a_proxy_of_a_strangers_gets_nothing()
  need_stranger()
  for _, kind in ipairs { "stream", "seqpacket", "dgram" } do
    for _, protocol in ipairs { "mbim", "qmi" } do
      local result = world.run(squat(kind, "@" .. protocol .. "-proxy")
        .. "moontower up --proxy --apn r.ispsn --user me; echo status $?; kill $squatter; cat /run/heard", nil,
        "export MOONTOWER_PASSWORD=secret", { "--composition", protocol })
      lu.assertStrContains(result.out, "status 8")
      lu.assertStrMatches(result.out, ".*ready\n") -- and that is all it heard
      lu.assertStrContains(result.err, "the user 4711 listens at @")
      lu.assertEquals(result.after, result.before)
    end
  end
end

function T.test_the_daemon_names_the_owner_of_a_foreign_proxy_and_replaces_it()
  need_stranger()
  local result = world.run(squat("stream", "@mbim-proxy") .. [[moontower serve & daemon=$!
    until moontower why 2>/dev/null | grep -q 'is online'; do sleep 0.1; done
    kill $squatter; wait $squatter; until grep -q @mbim-proxy /proc/net/unix; do sleep 0.1; done
    kill $daemon; wait $daemon; moontower down; cat /run/heard]])
  lu.assertStrContains(result.err, "@mbim-proxy is free: other programs can share the modems by it")
  lu.assertStrContains(result.err, "cannot share the modems by @mbim-proxy: the user 4711 listens at @mbim-proxy")
  lu.assertStrMatches(result.out, ".*ready\n")
end

function T.test_sockets_at_paths_of_a_strangers_get_nothing()
  need_stranger()
  local open_up = "chmod 755 /run/moontower /run/moontower/simulator; mkdir -p /run/moontower/control; "
  for path, command in pairs {
    ["/run/moontower/control/socket"] = "moontower status",
    ["/run/moontower/simulator/control"] = "moontower simulate state",
    ["/run/moontower/simulator/mbim"] = "moontower up --apn r.ispsn",
    ["/run/moontower/simulator/at"] = "moontower at ATI",
  } do
    local result = world.run(([[%s rm -f %s; chmod 777 $(dirname %s); %s %s; echo status $?; kill $squatter;
      cat /run/heard]]):format(open_up, path, path, squat("stream", path), command))
    lu.assertStrContains(result.out, "status 8", false, path .. result.out .. result.err)
    lu.assertStrMatches(result.out, ".*ready\n")
    lu.assertStrContains(result.err, "the user 4711 listens at " .. path)
  end
end

function T.test_a_service_manager_of_another_user_gets_nothing()
  need_stranger()
  for _, address in ipairs { "/run/test/notify", "@moontower-test-notify" } do
    local result = world.run("chmod 777 /run/test; " .. squat("dgram", address) .. ([[
      echo 'require("daemon.sd_notify").new():notify "STATUS=well"' >/run/script.lua
      NOTIFY_SOCKET=%s moontower run /run/script.lua; kill $squatter; cat /run/heard]]):format(address))
    lu.assertStrContains(result.err, "the user 4711 listens at " .. address)
    lu.assertStrMatches(result.out, ".*ready\n")
  end
end

-- Connects again and again, and stays as long as it may.
local FLOOD = [[use Socket; my $n = 0; my @held; while ($n < 3000) { socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die;
  next unless connect($s, pack_sockaddr_un("\0mbim-proxy")); $n++; push @held, $s if $n % 10 == 0 }
  print "$n connected\n"; <STDIN>]]

function T.test_a_flood_of_foreign_connections_keeps_no_client_out_and_is_reported_once()
  need_stranger()
  programs.need { mbimcli = "libmbim-utils" }
  local log = daemon.beside("mbim", function(_, group)
    local flooded = task.queue(1)
    group:spawn(function()
      local result = process.run { "sh", "-c", as_stranger(("perl -e '%s' </dev/null"):format(FLOOD)), timeout = 60 }
      flooded:push(result.stdout .. result.stderr)
    end)
    for _ = 1, 5 do
      local out = daemon.shell "mbimcli -p -d /run/moontower/simulator/mbim --query-signal-state"
      lu.assertStrContains(out, "RSSI")
    end
    lu.assertEquals(flooded:pop(), "3000 connected\n")
  end)
  lu.assertEquals(select(2, log:gsub("not the user 4711", "")), 1)
end

function T.test_a_listener_turns_strangers_away_and_counts_them()
  need_stranger()
  local file = os.tmpname()
  local name = "@moontower-test-strangers" .. file
  os.remove(file)
  local listener <close> = assert(ports.listen(name, "stream"))
  local group <close> = task.group()
  local stranger = group:spawn(process.run, { "sh", "-c", as_stranger(([[perl -MSocket -e 'for (1..5) {
    socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un("\0%s")) or die; sysread($s, my $b, 1) }']])
    :format(name:sub(2))), timeout = 600 })
  local port, err = listener:accept()
  lu.assertNil(port)
  lu.assertEquals(err.code, "permission")
  local waiting = group:spawn(listener.accept, listener) -- the others are turned away while it waits
  lu.assertTrue(stranger:join())
  lu.assertEquals({ listener:strangers() }, { 5, UID })
  local ours <close> = assert(ports.open(name))
  local _, accepted <close> = waiting:join()
  lu.assertNotNil(accepted)
  lu.assertNotNil(ours)
end

return T
