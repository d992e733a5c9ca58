-- SPDX-License-Identifier: MIT
-- lpac, a program of another project, manages the simulated eUICC's profiles through the serial port.

local json = require "base.json"
local lu = require "luaunit"
local programs = require "support.programs"
local world = require "support.world"

local T = {}

function T.setUp() programs.need { lpac = "lpac" } end

local SPRINT, ATT, TEST = "89011200000123456781", "89014100000123456786", "89000100000123456785"
local LPAC = "export LPAC_APDU=at LPAC_HTTP=curl LPAC_APDU_AT_DEVICE=/run/moontower/simulator/at; "

-- Waits until the modem has read the card again, after REFRESH: then it has this SIM, or none.
local function read(sim, iccid)
  return ("until moontower simulate state --json | tr -d ' \\n' | grep -q '%s.*\"sim\":\"%s\"'; do sleep 0.02; done")
    :format(iccid and '"iccid":"' .. iccid .. '"' or "", sim)
end

-- What lpac says to each of some commands, in order: code, message and data.
local function say(commands, faults)
  local result = world.run(LPAC .. table.concat(commands, "; "), table.move(faults or {}, 1, 9, 2, { "euicc" }))
  local said = {}
  for line in result.out:gmatch "[^\n]+" do
    local object = assert(json.decode(line))
    said[#said + 1] = object.type == "lpa" and object.payload or nil
  end
  lu.assertEquals(#said, select(2, table.concat(commands, "; "):gsub("lpac ", "")), result.out .. result.err)
  return said
end

local function states(payload)
  local list = {}
  for i, profile in ipairs(payload.data) do
    list[i] = profile.iccid .. " " .. profile.profileState .. " " .. (profile.profileNickname or "-")
  end
  return list
end

function T.test_looks()
  local said = say { "lpac chip info", "lpac profile list", "lpac notification list" }
  local chip = said[1].data
  lu.assertEquals(chip.eidValue, "89049032000000000000000000005595")
  lu.assertEquals(chip.EuiccConfiguredAddresses.rootDsAddress, "lpa.ds.example")
  lu.assertEquals(chip.EUICCInfo2.extCardResource.freeNonVolatileMemory, 851968)
  lu.assertEquals(chip.EUICCInfo2.rspCapability, { "additionalProfile", "testProfileSupport" })
  lu.assertEquals(chip.rulesAuthorisationTable[1].pprIds, { "ppr2" })
  lu.assertEquals(states(said[2]), { SPRINT .. " enabled -", ATT .. " disabled travel", TEST .. " disabled -" })
  lu.assertEquals({ said[2].data[2].serviceProviderName, said[2].data[2].iconType }, { "AT&T", "png" })
  lu.assertEquals(said[3].data, {})
end

function T.test_switches_names_and_deletes()
  local said = say {
    "lpac profile nickname " .. SPRINT .. " home", "lpac profile enable " .. ATT .. " 1", read("ready", ATT),
    "lpac profile list",
    "lpac profile delete " .. SPRINT, "lpac notification list", "lpac notification remove 1", "lpac notification list",
    "lpac profile disable " .. ATT .. " 1", read "no-profile", "lpac profile list",
  }
  for _, payload in ipairs(said) do lu.assertEquals(payload.message, "success") end
  lu.assertEquals(states(said[3]), { SPRINT .. " disabled home", ATT .. " enabled travel", TEST .. " disabled -" })
  local operations = {}
  for i, one in ipairs(said[5].data) do
    operations[i] = one.seqNumber .. " " .. one.profileManagementOperation .. " " .. one.iccid
  end
  lu.assertEquals(operations, { "1 disable " .. SPRINT, "2 enable " .. ATT, "3 delete " .. SPRINT })
  lu.assertEquals(#said[7].data, 2)
  lu.assertEquals(states(said[9]), { ATT .. " disabled travel", TEST .. " disabled -" })
end

-- Its words for the numbers of SGP.22.
function T.test_refusals()
  local said = say({
    "lpac profile delete " .. SPRINT, "lpac profile delete " .. TEST, "lpac profile enable " .. SPRINT,
    "lpac profile enable 89000000000000000000", "lpac profile disable " .. ATT,
    "lpac profile enable " .. ATT .. " 1", "lpac profile enable " .. ATT .. " 1",
  }, { "euicc-busy=1" })
  local words = {}
  for i, payload in ipairs(said) do words[i] = payload.code .. " " .. json.encode(payload.data) end
  lu.assertEquals(words, {
    '-1 "profile not in disabled state"', '-1 "disallowed by policy"', '-1 "profile not in disabled state"',
    '-1 "iccid or aid not found"', '-1 "profile not in enabled state"', '-1 "unknown"', "0 null",
  })
end

-- The modem finds the other network by itself, and the SIM is another one.
function T.test_the_modem_reads_the_card_again()
  local result = world.run(LPAC .. "lpac profile enable " .. ATT .. " 1 && " .. read("ready", ATT)
    .. " && moontower up --apn broadband && moontower status && moontower down", { "euicc" })
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, "ready, 310410")
  lu.assertStrContains(result.out, "registered at home on AT&T")
end

-- Downloads ----------------------------------------------------------------------------------------------------------

-- A stand-in for the server, behind TLS with a certificate of its own: lpac takes any.
local SERVER = [[cd /run/test
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out server.pem -days 2 \
  -subj /CN=localhost 2>/dev/null; cat key.pem >>server.pem
python3 $SUPPORT/smdp.py 8443 server.pem log & server=$!; trap 'kill $server' EXIT
until grep -q ready log 2>/dev/null; do sleep 0.02; done
]]
local DOWNLOAD, DOWNLOADED = "lpac profile download -s 127.0.0.1:8443 -m ", "89014100000098765430"

local function download(commands, faults)
  table.insert(commands, 1, SERVER .. "true")
  return say(commands, faults)
end

function T.test_download()
  local said = download {
    DOWNLOAD .. "GOOD", "lpac profile list", "lpac notification process -a -r", "lpac notification list",
    "lpac profile enable " .. DOWNLOADED .. " 1", read("ready", DOWNLOADED), "lpac profile list",
  }
  for i = 1, 6 do lu.assertEquals(said[i].message, "success", i) end
  lu.assertEquals(said[1].data.seqNumber, 1)
  lu.assertEquals(states(said[2])[4], DOWNLOADED .. " disabled -")
  lu.assertEquals(said[4].data, {})
  lu.assertEquals(states(said[6])[4], DOWNLOADED .. " enabled -")
end

function T.test_download_with_confirmation_code()
  local said = download { DOWNLOAD .. "CODE -c 12345", DOWNLOAD .. "CODE -c 1234" }
  lu.assertEquals({ said[1].message, said[1].data }, { "es9p_get_bound_profile_package", "Refused" })
  lu.assertEquals(said[2].message, "success")
end

-- By the server, by the card, and by the card after it has taken everything: what it says to that is a notification.
function T.test_downloads_refused()
  local said = download {
    DOWNLOAD .. "NONE", DOWNLOAD .. "FORGED", DOWNLOAD .. "TWICE", "lpac notification list", "lpac profile list",
  }
  lu.assertEquals(said[1].message, "es9p_authenticate_client")
  lu.assertEquals(said[2].message, "es9p_get_bound_profile_package")
  lu.assertEquals(said[3].data, "store_metadata,install_failed_due_to_iccid_already_exists_on_euicc")
  lu.assertEquals({ #said[4].data, said[4].data[1].profileManagementOperation }, { 1, "install" })
  lu.assertEquals(#said[5].data, 3)
  lu.assertEquals(download({ DOWNLOAD .. "GOOD" }, { "euicc-full" })[1].data,
    "load_profile_elements,install_failed_due_to_insufficient_memory_for_profile")
end

function T.test_discovery()
  lu.assertEquals(download { "lpac profile discovery -s 127.0.0.1:8443" }[1].data, { "127.0.0.1:8443" })
end

-- Then there is no SIM to connect with, and `up` says what there is.
function T.test_no_profile_is_enabled()
  local result = world.run(LPAC .. "lpac profile disable " .. SPRINT .. " 1 && " .. read "no-profile"
    .. " && moontower up --apn broadband", { "euicc" })
  lu.assertEquals(result.status, 4)
  lu.assertStrContains(result.err, "no profile of the eSIM is enabled")
  lu.assertStrContains(result.err, "moontower esim list")
end

function T.test_fails_where_the_card_does()
  for fault, message in pairs {
    ["no-channels"] = "euicc_init", ["apdu-fails"] = "es10c_get_eid", ["sim-remove"] = "euicc_init",
  } do
    lu.assertEquals(say({ "lpac chip info" }, { fault })[1].message, message, fault)
  end
end

return T
