-- SPDX-License-Identifier: MIT
-- Who keeps a computer's DNS servers, from outside: what `up` asks of it, and the daemon when it has forgotten.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

local UP = "moontower up --apn r.ispsn --no-probe"
local OURS = "nameserver 68.28.50.11\nnameserver 68.28.58.11\n"

-- systemd-resolved in little: resolvectl notes what it is told in /run/test/told, and /run/test/fails is its trouble.
local RESOLVED = [[mkdir -p /run/systemd/resolve /run/test/bin
cd /run/systemd/resolve; echo nameserver 127.0.0.53 >stub-resolv.conf; : >resolv.conf
ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
cat >/run/test/bin/resolvectl <<'END'
#!/bin/sh
if [ -e /run/test/fails ]; then cat /run/test/fails >&2; exit 1; fi
echo "$@" >>/run/test/told
case $1 in
dns) shift 2; for server; do echo "nameserver $server"; done >/run/systemd/resolve/resolv.conf ;;
revert | default-route) : >/run/systemd/resolve/resolv.conf ;;
esac
END
chmod +x /run/test/bin/resolvectl]]
local WITH_IT = "PATH=/run/test/bin:$PATH; "

function T.test_routes_of_names_in_resolved()
  local told = {
    ["shared"] = "dns wwan0 68.28.50.11 68.28.58.11\nrevert wwan0\n",
    ["all"] = "dns wwan0 68.28.50.11 68.28.58.11\ndomain wwan0 ~.\nrevert wwan0\n",
    ["none"] = "dns wwan0 68.28.50.11 68.28.58.11\ndefault-route wwan0 no\nrevert wwan0\n",
  }
  for route, words in pairs(told) do
    local again = ("%s --dns-route %s >/dev/null; %s >/dev/null; "):format(UP, route, UP)
    local result = world.run(WITH_IT .. again .. "moontower down; cat /run/test/told", nil, RESOLVED)
    lu.assertEquals(result.out:match "is offline\n(.*)", words, result.err)
    lu.assertEquals(result.after, result.before)
  end
end

-- The carrier file's holds unless the command line has another one, which takes the place of the one before.
function T.test_routes_of_names_in_a_carrier_file()
  local result = world.run(WITH_IT .. [[
    echo 'return require "carrier" { name = "x", dns_route = "all", bearers = { { apn = "" } } }' >/run/test/x.lua
    up() { moontower up --carrier /run/test/x.lua --no-probe "$@" >/dev/null; moontower status >/dev/null; echo $?; }
    up; up; up --dns-route shared; moontower down >/dev/null; cat /run/test/told]], nil, RESOLVED)
  lu.assertEquals(result.out, "0\n0\n0\ndns wwan0 68.28.50.11 68.28.58.11\ndomain wwan0 ~.\nrevert wwan0\n"
    .. "dns wwan0 68.28.50.11 68.28.58.11\nrevert wwan0\n", result.err)
end

function T.test_a_resolver_that_fails_keeps_no_one_offline()
  local result = world.run(WITH_IT .. "echo 'Failed to set DNS' >/run/test/fails; " .. UP .. "; echo status $?; "
    .. "moontower status | tail -n 3; rm /run/test/fails; " .. UP .. " && moontower status && moontower down", nil,
    RESOLVED)
  lu.assertEquals(result.status, 0, result.out)
  lu.assertStrContains(result.out, "status 0\n")
  lu.assertStrContains(result.out, "the DNS server 68.28.50.11 is not in use: /run/systemd/resolve/resolv.conf")
  lu.assertStrContains(result.err, "wwan0 stays up, but its DNS servers are not in use: resolvectl: Failed to set DNS")
  lu.assertEquals(result.after, result.before)
end

function T.test_a_missing_resolvectl()
  local result = world.run(UP .. "; echo status $?; readlink /etc/resolv.conf; moontower down", nil,
    RESOLVED .. "; rm /run/test/bin/resolvectl")
  lu.assertStrContains(result.out, "status 0\n../run/systemd/resolve/stub-resolv.conf\n")
  lu.assertStrContains(result.err,
    "systemd-resolved looks up this computer's names, and its program resolvectl is not there\n  Install it")
  lu.assertEquals(result.after, result.before)
end

local PRELUDE = ". $SUPPORT/daemon.sh\n" .. WITH_IT

-- Each is noticed by itself: nothing else happens.
local FORGETS = {
  ["a person's file"] = { nil, "echo nameserver 192.0.2.9 >/etc/resolv.conf", "/etc/resolv.conf" },
  ["a renamed file"] = { nil, "echo nameserver 192.0.2.9 >/etc/x; mv /etc/x /etc/resolv.conf", "/etc/resolv.conf" },
  ["no file"] = { nil, "rm /etc/resolv.conf", "/etc/resolv.conf" },
  ["systemd-resolved"] = { RESOLVED, ": >/run/systemd/resolve/resolv.conf", "/run/systemd/resolve/resolv.conf" },
}

function T.test_the_daemon_puts_back_what_others_take_away()
  for name, case in pairs(FORGETS) do
    local result = world.run(PRELUDE .. ([[start; until_why "is online"
      for round in 1 2; do %s; until_in %s 68.28.50.11; done
      cat %s; moontower down >/dev/null; end]]):format(case[2], case[3], case[3]), nil, case[1])
    lu.assertStrContains(result.out, OURS, false, name .. result.err)
    if name == "a person's file" then
      lu.assertStrContains(result.after, "nameserver 192.0.2.9\n")
    elseif name == "systemd-resolved" then
      lu.assertEquals(result.after, result.before, name)
    end
  end
end

function T.test_several_links_of_which_each_puts_back_its_own()
  local result = world.run(PRELUDE .. [[start; until_true "moontower why | grep -c 'is online' | grep 2"
    echo nameserver 192.0.2.9 >/etc/resolv.conf
    until_in /etc/resolv.conf "wwan[01], wwan[01] are up"
    echo "instances $(ls -l /proc/$daemon/fd | grep -c inotify)"
    moontower down --device wwan0 >/dev/null; echo nameserver 192.0.2.10 >/etc/resolv.conf
    until_in /etc/resolv.conf "wwan1 is up"
    moontower down --device wwan1 >/dev/null; end; true]], nil, nil, { "--count", "2" })
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.after, "nameserver 192.0.2.10\n")
  lu.assertStrContains(result.out, "instances 1\n") -- of the few that a user has
end

return T
