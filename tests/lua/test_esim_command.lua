-- SPDX-License-Identifier: MIT
-- `moontower esim` with a simulated eUICC: what we list ourselves, and what lpac changes: Debian's own, unpacked by
-- bootstrap.

local esim = require "support.esim"
local json = require "dkjson"
local lu = require "luaunit"
local programs = require "support.programs"
local world = require "support.world"

local T = {}

function T.setUp() programs.need { lpac = "lpac" } end

local eq = lu.assertEquals

local run, change, SPRINT, TRAVEL = esim.run, esim.change, esim.SPRINT, esim.TRAVEL
local EID, NOWHERE = "89049032000000000000000000005595", "89000100000123456785"

function T.test_info()
  local result = run [[
run moontower up --apn r.ispsn
moontower esim info || exit
works
moontower esim info --json
moontower down >/dev/null]]
  eq(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, "EID       " .. EID .. "\n")
  local info = assert(json.decode(result.out:match "%b{}"))
  eq({ info.eid, info.version, info.smds }, { EID, "2.2.2", "lpa.ds.example" })
  lu.assertTrue(info.free > 100000)
end

function T.test_list()
  local result = run [[
run moontower up --apn r.ispsn
moontower esim || exit
works
moontower esim list --json; moontower esim notifications; moontower esim notifications --json
moontower down >/dev/null]]
  eq(result.status, 0, result.out .. result.err)
  lu.assertStrMatches(result.out, "ICCID.*" .. SPRINT .. "  enabled   Sprint .*" .. NOWHERE .. "  disabled  .*test\n.*")
  local listed = assert(json.decode(result.out:match "%b{}"))
  eq({ #listed.profiles, listed.profiles[2].nickname, listed.profiles[2].plmn }, { 3, "travel", "310410" })
  lu.assertStrContains(result.out, "No notification waits.")
end

-- ---- what lpac changes ----

-- The connection goes, and is there again with the new profile; servers that are nowhere are told of nothing.
function T.test_enable()
  local result = change([[
run moontower up --apn r.ispsn
moontower esim enable travel --apn broadband --json || exit
works; enabled ]] .. TRAVEL .. [[; settled
moontower status --json | grep -q '"apn":"broadband"' || fail "the APN"
moontower esim enable travel 2>/dev/null && fail "twice"
moontower esim notifications
moontower down >/dev/null]])
  local told = assert(json.decode(result.out:match "%b{}"))
  eq({ told.iccid, told.before, told.by, told.online, told.notifications.failed },
    { TRAVEL, SPRINT, "refresh", true, 2 })
  lu.assertStrMatches(result.out, ".*1  disable  " .. SPRINT .. ".*\n2  enable   " .. TRAVEL .. ".*")
end

-- What the modem needs to notice.
function T.test_a_modem_that_does_not_refresh()
  change([[
moontower simulate fault no-refresh
moontower esim enable travel --json | grep -q '"by":"card"' || fail "its power"
moontower simulate fault no-refresh radio
moontower esim enable Sprint --json | grep -q '"by":"card"' || fail "its radio"
enabled ]] .. SPRINT .. "; settled")
end

-- Without a network, or without an answer for its APN, the profile before comes back, and its connection.
function T.test_a_profile_that_does_not_get_online()
  local result = change([[
run moontower up --apn r.ispsn
moontower esim enable 'Test Profile' --within 2; [ $? = 12 ] || fail "no network"
works; enabled ]] .. SPRINT .. [[; settled
moontower esim enable travel --apn nonsense; [ $? = 12 ] || fail "a wrong APN"
works; enabled ]] .. SPRINT .. [[; settled
moontower status --json | grep -q '"apn":"r.ispsn"' || fail "the APN"
moontower esim enable travel --apn nonsense --stay; [ $? = 6 ] || fail "--stay"
enabled ]] .. TRAVEL .. [[; settled
run moontower up --apn broadband; works
moontower down >/dev/null]])
  lu.assertStrContains(result.err, "not online within 2 seconds; the profile before is enabled again")
  lu.assertStrContains(result.err, "not subscribed (cause 33); the profile before is enabled again")
end

function T.test_the_other_orders()
  local result = change([[
moontower esim nickname ]] .. TRAVEL .. [[ 'Büro 2' || exit
moontower esim delete Sprint --yes; [ $? = 8 ] || fail "the enabled one"
moontower esim delete 'Test Profile' --yes; [ $? = 1 ] || fail "one that its owner keeps"
moontower esim delete 'Büro 2' </dev/null; [ $? = 2 ] || fail "without being asked"
moontower esim delete 'Büro 2' --yes || exit
moontower esim disable Sprint || exit
moontower status | grep "^SIM "
moontower esim list
moontower esim enable Sprint || exit
enabled ]] .. SPRINT .. "; settled")
  lu.assertStrContains(result.err, "Sprint is enabled; it is not deleted")
  lu.assertStrContains(result.err, "disallowed by policy")
  lu.assertStrMatches(result.out, ".*SIM       missing\nICCID[^\n]*\n" .. SPRINT .. "  disabled .*")
  lu.assertNotStrContains(result.out, TRAVEL)
end

-- Over QMI, its card looks as if it were starting; only the slot tells, where there are several.
function T.test_no_profile()
  for _, composition in ipairs { "mbim", "qmi" } do
    local result = change([[
moontower esim disable Sprint || exit
moontower up --apn r.ispsn; [ $? = 4 ] || fail up
moontower esim enable Sprint || exit
moontower up --apn r.ispsn && moontower down >/dev/null]],
      { "--modem", "rm520n", "--composition", composition, "--fault", "euicc" })
    lu.assertStrContains(result.err, "no profile of the eSIM is enabled\n  `moontower esim list`")
  end
  change("moontower esim disable Sprint", { "--composition", "qmi", "--fault", "euicc" })
end

function T.test_orders_that_are_refused()
  local result = change([[
moontower esim enable Telekom; [ $? = 1 ] || fail "no such profile"
moontower esim download LPA:1; [ $? = 1 ] || fail "no code"
moontower esim download; [ $? = 2 ] || fail "no code at all"
moontower esim download 'LPA:1$smdp.example.com$A$$1'; [ $? = 2 ] || fail "a confirmation code"
moontower esim download 'LPA:1$smdp.invalid$A'; [ $? = 1 ] || fail "no such server"
moontower esim list --send; [ $? = 2 ] || fail "usage"
settled; enabled ]] .. SPRINT)
  lu.assertStrContains(result.err, "there is no profile Telekom")
  lu.assertStrContains(result.err, "lpac: reaching the server")
end

-- One that would leave the bus.
function T.test_a_modem_that_is_not_to_refresh()
  change([[
moontower esim enable travel --json | grep -q '"by":"card"' || fail "travel"
enabled ]] .. TRAVEL .. "; settled", { "--modem", "ec25", "--fault", "euicc" })
end

-- A card that has something else to do with the modem: it is asked again, without a refresh.
function T.test_a_busy_card()
  change([[
moontower simulate fault euicc-busy 1
moontower esim enable travel --json | grep -q '"by":"card"' || fail "travel"
enabled ]] .. TRAVEL .. "; settled")
end

-- ---- downloads, from a stand-in for a server ----

local DOWNLOADED = "89014100000098765430"
local SERVER = [[
cd /run/test
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out server.pem -days 2 \
  -subj /CN=localhost 2>/dev/null; cat key.pem >>server.pem
python3 $SUPPORT/smdp.py 8443 server.pem log & server=$!; trap 'kill $server' EXIT
awaited="the server"; until_true 'grep -q ready log'
server() { echo "LPA:1\$127.0.0.1:8443\$$1"; }
]]

function T.test_download()
  local result = change(SERVER .. [[
moontower esim download "$(server GOOD)" --json || exit
moontower esim notifications
moontower esim enable ]] .. DOWNLOADED .. [[ >/run/test/output 2>&1 || fail "enable"
enabled ]] .. DOWNLOADED)
  local told = assert(json.decode(result.out:match "%b{}"))
  eq({ #told.profiles, told.profiles[1].iccid, told.profiles[1].state, told.notifications },
    { 1, DOWNLOADED, "disabled", { sent = 1, failed = 0 } })
  lu.assertStrContains(result.out, "No notification waits.")
end

function T.test_download_with_a_confirmation_code()
  local result = change(SERVER .. [[
(umask 77; echo 12345 >wrong; echo 1234 >right)
moontower esim download "$(server CODE)" --confirmation wrong; [ $? = 1 ] || fail "a wrong code"
moontower esim download "$(server CODE)" --confirmation right || exit]])
  lu.assertStrContains(result.err, "lpac: fetching the profile")
  lu.assertStrContains(result.out, "moontower esim enable " .. DOWNLOADED .. "` uses it.")
end

function T.test_downloads_that_are_refused()
  local result = change(SERVER .. [[
for id in NONE FORGED TWICE; do moontower esim download "$(server $id)"; [ $? = 1 ] || fail $id; done
moontower simulate fault euicc-full; moontower esim download "$(server GOOD)"; [ $? = 1 ] || fail "no room"
moontower esim list --json | tr -d ' \n' | grep -o iccid | wc -l]])
  lu.assertStrContains(result.err, "An activation code can be used once")
  lu.assertStrContains(result.err, "insufficient_memory")
  lu.assertStrContains(result.out, "3\n")
end

-- The card names a server that is nowhere here. And lpac hands on no event's id, so that a server has the EID to go by,
-- which the stand-in does not know.
function T.test_discovery()
  local result = change(SERVER .. [[
real=$(command -v lpac)
cat >lpac <<END
#!/bin/sh
case "\$2 \$4" in
"discovery lpa.ds.example") set -- profile discovery -s 127.0.0.1:8443 ;;
"download 127.0.0.1:8443") set -- "\$@" -m GOOD ;;
esac
exec $real "\$@"
END
chmod +x lpac
PATH=/run/test:$PATH moontower esim download --discover || exit]])
  lu.assertStrContains(result.out, DOWNLOADED)
end

-- What an lpac may say that is another one, or broken: no server is asked that is none, and nothing raises.
function T.test_what_is_discovered_may_be_anything()
  local result = run([[
cat >/run/test/lpac <<'END'
#!/bin/sh
case $2 in discovery) cat /run/test/said ;; download) echo "$4" >>/run/test/asked; exit 1 ;; esac
END
chmod +x /run/test/lpac; PATH=/run/test:$PATH; : >/run/test/asked
said() { printf '{"type":"lpa","payload":{"code":0,"message":"success","data":%s}}\n' "$1" >/run/test/said; }
for data in null 7 '"a"' '{"a":1}' '[[],7,null]' '["", "-x", "\u001b[2J.example.com", "localhost"]'; do
  said "$data"; moontower esim download --discover; [ $? = 1 ] || echo "status $? of $data"
done
said "$(printf '["a.example.com"%s]' "$(printf ', "a.example.com"%.0s' $(seq 100))")"
moontower esim download --discover
head -c 20000000 /dev/zero | tr '\0' '[' >/run/test/said; moontower esim download --discover
cat /run/test/asked]])
  eq(result.out, "a.example.com\n")
  eq(select(2, result.err:gsub("no profile waits for this eSIM", "")), 6, result.err)
  lu.assertStrContains(result.err, "lpac has failed (exit status 0)")
end

-- ---- what goes wrong ----

function T.test_without_lpac()
  local result = run [[
PATH=$(dirname "$(command -v moontower)"):/usr/sbin:/usr/bin:/sbin:/bin
moontower esim list >/dev/null && moontower esim enable travel]]
  world.assert_clean_failure(result, 1, "lpac is not installed")
  lu.assertStrContains(result.err, "Debian")
end

-- A stand-in that ends as if it were killed, before or after it has done its work.
local function stand_in(script)
  return ([[
real=$(command -v lpac)
cat >/run/test/lpac <<END
#!/bin/sh
case "\$*" in *enable*]] .. TRAVEL .. [[*) %s ;; esac
exec $real "\$@"
END
chmod +x /run/test/lpac; PATH=/run/test:$PATH
]]):format(script)
end

function T.test_lpac_killed()
  for _, script in ipairs { "kill -KILL \\$\\$", "$real \"\\$@\" >/dev/null; kill -KILL \\$\\$" } do
    local result = change(stand_in(script) .. [[
run moontower up --apn r.ispsn
moontower esim enable travel --apn broadband; [ $? = 12 ] || fail "it was killed"
works; enabled ]] .. SPRINT .. [[; settled
moontower down >/dev/null]])
    lu.assertStrContains(result.err, "lpac was ended by signal 9; the profile before is enabled again")
  end
end

-- Commands to the card that fail, or whose answers are lost, before lpac and while it is at work; the modem, the card
-- and this computer agree afterwards.
function T.test_a_card_that_fails_half_way()
  for _, fault in ipairs { "apdu-fails 1", "apdu-lost 1" } do
    local result = change(stand_in("moontower simulate fault " .. fault) .. [[
run moontower up --apn r.ispsn
moontower esim enable travel --apn broadband; [ $? = 12 ] || fail "while lpac is at work"
works; enabled ]] .. SPRINT .. [[; settled
PATH=${PATH#*:}
moontower simulate fault ]] .. fault .. [[

moontower esim enable travel --apn broadband && fail "before lpac"
works; enabled ]] .. SPRINT .. [[; settled
moontower esim enable travel --apn broadband >/run/test/output 2>&1 || fail "enable"
works; moontower down >/dev/null]])
    lu.assertStrContains(result.err, "UICC APDU")
  end
end

function T.test_a_card_that_is_none()
  world.assert_clean_failure(run("moontower esim", {}), 1, "no eSIM")
end

function T.test_usage()
  world.assert_clean_failure(run "moontower esim info now", 2, "moontower esim info")
end

return T
