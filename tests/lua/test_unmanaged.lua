-- SPDX-License-Identifier: MIT
-- link.unmanaged: what NetworkManager and systemd-networkd are told, with stand-ins for nmcli and busctl. The programs
-- themselves are asked in tests/vm/test_managers.

local lu = require "luaunit"
local world = require "support.world"

local T = {}

-- A computer where both have run. The stand-ins write down how they are called, and whether the file of ours that this
-- is about is there then; a test may put lines into /run/hook that they run before.
local BOTH = [[
nm=/run/NetworkManager/conf.d/moontower-wwan0.conf networkd=/run/systemd/network/05-moontower-wwan0.network
mkdir -p /run/NetworkManager /run/systemd/netif /run/bin
: >/run/systemd/netif/state
cat >/run/bin/nmcli <<END
#!/bin/sh
program=\${0##*/}
if [ -e /run/hook ]; then . /run/hook; fi
case \$program in nmcli) file=$nm ;; *) file=$networkd ;; esac
if [ -e \$file ]; then state=there; else state=gone; fi
echo "\$state: \$program \$*" >>/run/calls
END
chmod 755 /run/bin/nmcli
cp /run/bin/nmcli /run/bin/busctl
export PATH=/run/bin:$PATH
calls() { cat /run/calls; rm -f /run/calls; }
files() { find /run/NetworkManager /run/systemd -mindepth 1 -printf '%p %m\n' | sort; }
up() { moontower up --apn r.ispsn --no-dns >/dev/null; }
down() { moontower down >/dev/null; }
]]

local RELOADED = [[
there: nmcli general reload conf
there: busctl --auto-start=no call org.freedesktop.network1 /org/freedesktop/network1 ]]
  .. "org.freedesktop.network1.Manager Reload\n"
local TAKEN_BACK = RELOADED:gsub("there:", "gone:")
local NOTHING = "/run/systemd/netif 755\n/run/systemd/netif/state 644\n"

local function run(command) return world.run(BOTH .. command) end


function T.test_both_are_told_with_the_link_and_again_when_it_ends()
  local result = run [[umask 077; up; cat $nm $networkd; files; calls; echo --; down; calls; files]]
  world.assert_success(result)
  lu.assertEquals(result.out, [[
# Written by moontower while wwan0 is up.
[keyfile]
unmanaged-devices+=interface-name:=wwan0
# Written by moontower while wwan0 is up.
[Match]
Name=wwan0

[Link]
Unmanaged=yes
/run/NetworkManager/conf.d 755
/run/NetworkManager/conf.d/moontower-wwan0.conf 644
/run/systemd/netif 755
/run/systemd/netif/state 644
/run/systemd/network 755
/run/systemd/network/05-moontower-wwan0.network 644
]] .. RELOADED .. "--\n" .. TAKEN_BACK .. NOTHING)
end

function T.test_files_of_others_stay()
  local result = run [[mkdir ${nm%/*} ${networkd%/*}; : >${nm%/*}/own.conf; : >${networkd%/*}/10-own.network
    up; down; files]]
  world.assert_success(result)
  lu.assertStrContains(result.out, "conf.d/own.conf")
  lu.assertStrContains(result.out, "network/10-own.network")
  lu.assertNotStrContains(result.out, "moontower")
end

-- With one file written or removed, and its program not told; and with the other one's before that.
function T.test_killed_at_any_call()
  for _, moment in ipairs { "up", "down" } do
    for _, program in ipairs { "nmcli", "busctl" } do
      local result = run(([[
        hook() { echo 'case $program in %s) rm /run/hook; kill -KILL $PPID; exit ;; esac' >/run/hook; }
        killed() { (trap '' CHLD; "$@") 2>/dev/null; echo "status $?"; }
        if [ %s = down ]; then up; fi
        hook; killed %s; rm -f /run/calls; down; calls; files]]):format(program, moment, moment))
      world.assert_success(result)
      lu.assertEquals(result.out, "status 137\n" .. TAKEN_BACK .. NOTHING)
      lu.assertEquals(result.after, result.before)
    end
  end
end

-- A link that is put on the host again with other addresses; /run/between is what happens half way.
local REFRESHED = [[cat >/run/refresh.lua <<END
local process = require "core.process"
local device <close> = assert(require("modem").find())
local link <close> = assert(device:up(require("carrier").load "calyx-sprint", { dns = false }))
assert(process.run { "moontower", "simulate", "fault", "renumber" })
local plan = require "link.plan"
local make = plan.make
plan.make = function(...)
  assert(process.run { "sh", "-c", ". /run/between" })
  return make(...)
end
print(link:refresh())
assert(process.run { "sh", "-c", "echo refreshed >>/run/calls" })
END
]]

function T.test_a_link_with_new_addresses_is_no_news()
  local result = run(REFRESHED .. "echo 'ls $nm $networkd >>/run/calls' >/run/between\n"
    .. "export nm networkd; moontower run /run/refresh.lua; calls; files")
  world.assert_success(result)
  lu.assertEquals(result.out, "changed\n" .. RELOADED .. "/run/NetworkManager/conf.d/moontower-wwan0.conf\n"
    .. "/run/systemd/network/05-moontower-wwan0.network\nrefreshed\n" .. TAKEN_BACK .. NOTHING)
end

function T.test_a_link_that_does_not_get_its_new_addresses()
  local last = TAKEN_BACK .. NOTHING
  for _, way in ipairs { "ip link delete wwan0", "kill -KILL $PPID" } do
    local result = run(REFRESHED .. ("echo '%s' >/run/between\n"):format(way)
      .. "(trap '' CHLD; moontower run /run/refresh.lua) >/dev/null 2>&1; down 2>/dev/null; calls; files")
    lu.assertEquals({ result.out:sub(1, #RELOADED), result.out:sub(-#last) }, { RELOADED, last }, way)
  end
end

function T.test_a_damaged_journal()
  local result = run [[up; rm /run/calls; echo '{' >/run/moontower/links/wwan0.json; down 2>&1; calls; files]]
  lu.assertEquals(result.status, 0)
  lu.assertStrContains(result.out, TAKEN_BACK .. NOTHING)
end

function T.test_neither_is_asked_where_it_has_not_run()
  local result = run [[rm -r /run/NetworkManager /run/systemd; up; down; [ ! -e /run/calls ]; find /run/NetworkManager]]
  lu.assertEquals(result.status, 1)
  lu.assertStrContains(result.err, "/run/NetworkManager")
end

-- systemd makes the folder for it when it is only installed: it finds the file when it starts.
function T.test_networkd_that_has_not_run_yet_is_not_called()
  local result = run [[rm -r /run/NetworkManager /run/systemd/netif/state; up; ls $networkd; down; cat /run/calls
    files]]
  lu.assertEquals(result.out, "/run/systemd/network/05-moontower-wwan0.network\n/run/systemd/netif 755\n")
end

-- Each is a warning that says what cannot be done, and the connection works.
function T.test_what_cannot_be_told_does_not_keep_a_link_from_working()
  local nm, networkd = "NetworkManager may configure wwan0, too: it cannot be told not to: ",
    "systemd-networkd may configure wwan0, too: it cannot be told not to: "
  for _, case in ipairs {
    { [[echo 'case $* in *eload*) echo "$program: not authorized" >&2; exit 1 ;; esac' >/run/hook]],
      { nm .. "nmcli: nmcli: not authorized", networkd .. "busctl: busctl: not authorized",
        "NetworkManager still leaves interfaces alone" } },
    { "rm /run/bin/*; PATH=$(dirname $(command -v moontower))",
      { nm .. "nmcli", networkd .. "busctl", "no such file" } },
    { "mount -t tmpfs -o ro none /run/NetworkManager; mkdir /run/systemd/network; "
      .. "mount -t tmpfs -o ro none /run/systemd/network", { nm .. "create", networkd .. "write", "read-only" } },
  } do
    local result = run(case[1]
      .. "; up && moontower status >/dev/null && down; status=$?; PATH=/usr/bin:/bin; files; exit $status")
    lu.assertEquals(result.status, 0, result.err)
    for _, words in ipairs(case[2]) do lu.assertStrContains(result.err, words) end
    lu.assertNotStrContains(result.out, "moontower")
    lu.assertEquals(result.after, result.before)
  end
end

function T.test_a_file_by_which_networkd_would_connect_the_modem()
  local result = run [[cd /run; mkdir systemd/network
    section() { printf '[Match]\n%s\n[MobileNetwork]\nAPN=internet\n' "$2" >systemd/network/$1.network; }
    section any Type=wwan; section pattern 'Name=en* wwan?'; section other 'Name=wwan1 wwan0.1'
    printf '# no [MobileNetwork]\n[Network]\nDHCP=yes\n' >systemd/network/none.network
    up; down]]
  lu.assertEquals(result.status, 0, result.err)
  local files = {}
  for file in result.err:gmatch "warn: (%S+) has a section %[MobileNetwork%]" do files[#files + 1] = file end
  lu.assertEquals(files, { "/run/systemd/network/any.network", "/run/systemd/network/pattern.network" })
end

-- One that was stopped reads its files when it starts again.
function T.test_a_program_that_does_not_run_is_no_reason_for_a_warning()
  local result = run [[echo 'case $program in nmcli) exit 8 ;; busctl) exit 1 ;; esac' >/run/hook
    up; ls $nm $networkd; down; files]]
  world.assert_success(result)
  lu.assertStrContains(result.out, NOTHING)
end

-- Neither takes a name for a pattern of others, or for several names.
function T.test_an_interface_with_an_odd_name()
  local result = run [[
ip link set wwan0 name 'w*,b'; sed -i 's/wwan0/w*,b/g' /run/moontower/devices/*
up; grep -h ^Name= /run/systemd/network/*; grep -h ^unmanaged /run/NetworkManager/conf.d/*
rm /run/calls; down; rm /run/calls; files]]
  lu.assertEquals(result.out, "Name=w??b\nunmanaged-devices+=interface-name:=w*\\,b\n" .. NOTHING, result.err)
end

return T
