-- SPDX-License-Identifier: MIT
-- `moontower record`: what is in the file, and that nothing of it is anybody's business.

local at_lines = require "recording.at_lines"
local core_mbim = require "core.mbim"
local decode = require "decode"
local file = require "recording.file"
local fs = require "core.fs"
local hex = require "base.hex"
local lu = require "luaunit"
local messages = require "recording.messages"
local process = require "core.process"
local pseudonyms = require "recording.pseudonyms"
local world = require "support.world"

local T = {}

-- Of the simulated world: IMSI, ICCID, IMEI, telephone numbers, cell, areas, place, and what the tests below say.
local SECRETS = {
  "310120000000123", "89011200000123456781", "359072060000011", "15550100123", "15550100999", "5551234567",
  "171650049", "A3B2C01", '"2F01"', "40.7484", "73.9857", "hunter2", "73912846", "my dear friend", "good evening",
}

-- As text, as MBIM has it, and as cards do.
local function forms_of(secret)
  local forms = { secret, hex.encode(secret), hex.encode((secret:gsub(".", "%0\0"))) }
  if secret:find "^%d+$" and #secret > 7 then
    local padded = #secret % 2 == 0 and secret or secret .. "f"
    forms[#forms + 1] = padded:gsub("(.)(.)", "%2%1"):upper()
    if #secret % 2 == 1 then
      forms[#forms + 1] = secret:sub(2):gsub("(.)(.)", "%2%1") -- within an IMSI's file
    end
  elseif secret == "171650049" then
    forms[#forms + 1] = hex.encode(("<I4"):pack(tonumber(secret)))
  end
  return forms
end

local function assert_nothing_of(text, where)
  for _, secret in ipairs(SECRETS) do
    for _, form in ipairs(forms_of(secret)) do
      local at = text:lower():find(form:lower(), 1, true)
      lu.assertNil(at, at and ("%s: %s in %s"):format(where, form, text:sub(at - 100, at + 100)))
    end
  end
end

local RECORD = [[
record() { rm -f /run/test/recording; moontower record /run/test/recording -- "$@" >/run/test/shown 2>&1; echo "$1 $?"
  zcat /run/test/recording >>/run/test/lines; moontower record --inspect /run/test/recording >>/run/test/inspected; }
]]

local function in_world(script, ...)
  local result = world.run(RECORD .. script, ...)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  return result.out
end

local COMMANDS = [[
export MOONTOWER_PASSWORD=hunter2; echo 73912846 >/run/test/pin; chmod 600 /run/test/pin
record up --apn r.ispsn --user me; record status; record signal; record cells; record location; record usage
record sms send +15551234567 'my dear friend'; moontower simulate fault sms 'good evening'; record sms list
record sms read 1; record ussd '*100#'; record scan; record slot; record esim info
record at ATI AT+CIMI AT+CGSN AT+ICCID 'AT!GSTATUS?' AT+CNUM 'AT+CEREG=2' 'AT+CEREG?' 'AT+CMGL=4' 'AT!GPSLOC?'
record at 'AT+CPIN="73912846"'; record at 'AT!LTEINFO?'; record at 'AT+CLCK="SC",1,"73912846"'
record setup calyx-sprint --plan; record down
cat /run/test/lines; echo ==; cat /run/test/inspected]]

local ways = { { name = "MBIM" }, { name = "QMI", options = { "--composition", "qmi" } } }

function T.test_nothing_in_it_is_a_secret()
  world.all_of(ways, function(way)
    local out = in_world(COMMANDS, nil, nil, way.options)
    lu.assertStrContains(out, "up 0\n")
    assert_nothing_of(out:match "setup 12\ndown 0\n(.*)", way.name)
    local inspected = out:match "\n==\n(.*)"
    lu.assertStrContains(inspected, "r.ispsn")
    lu.assertStrContains(inspected, "> AT: AT+CPIN=(hidden)")
    lu.assertNotStrContains(inspected, "(malformed)")
    lu.assertNotStrContains(inspected, "traceback")
  end)
end

-- What it is good for: a number is the same everywhere, and still says which operator's or which model's it is.
function T.test_the_same_stays_the_same()
  local out = in_world [[record setup calyx-sprint --plan; record up --protocol qmi; cat /run/test/inspected]]
  lu.assertEquals(out:match "device_id%s+(%d+)":sub(1, 8), "35907206")
  local imsi = out:match "imsi%s+(%d+)"
  lu.assertEquals({ #imsi, imsi:sub(1, 6) }, { 15, "310120" })
end

function T.test_cells_are_kept_where_that_is_wanted()
  local out = in_world [[moontower record --keep-cells /run/test/kept -- cells >/dev/null 2>&1
    zcat /run/test/kept; moontower record --inspect /run/test/kept]]
  lu.assertStrContains(out, "Numbers of cells: kept")
  lu.assertStrContains(out, "171650049")
end

-- ---- the file ----

function T.test_a_killed_program_leaves_what_it_had()
  local out = in_world [[moontower simulate set latency=0.5
    moontower record /run/test/killed -- up >/dev/null 2>&1 & pid=$!
    until zcat /run/test/killed 2>/dev/null | grep -q '"from":"modem"'; do sleep 0.05; done
    kill -KILL $pid; wait $pid 2>/dev/null
    moontower record --inspect /run/test/killed 2>&1]]
  lu.assertStrContains(out, "open-done: ok")
  lu.assertStrContains(out, "its end is missing")
end

function T.test_a_full_disk_ends_the_recording_and_not_the_command()
  local out = in_world [[mkdir /run/test/small; mount -t tmpfs -o size=4k none /run/test/small
    echo x >/run/test/small/x
    moontower record /run/test/small/full -- up 2>&1; echo status $?; moontower status 2>&1 | grep -c DNS
    umount /run/test/small]]
  lu.assertStrContains(out, "online    8.8.8.8 answers")
  lu.assertStrContains(out, "No space left on device")
  lu.assertStrContains(out, "status 1\n1\n")
end

function T.test_a_file_that_is_there_is_not_touched()
  local out = in_world [[echo mine >/run/test/mine; moontower record /run/test/mine -- status 2>&1; echo $?
    cat /run/test/mine; moontower record 2>&1; moontower record /run/test/new 2>&1; ls /run/test/new 2>&1; true]]
  for _, words in ipairs {
    "/run/test/mine is there already", "\n1\nmine\n", "which command is to be recorded?", "No such file",
  } do lu.assertStrContains(out, words) end
end

function T.test_beside_the_daemon()
  local out = in_world [[. $SUPPORT/daemon.sh
    echo "return { modems = { { apn = 'r.ispsn', policy = { 'reconnect', probes = {} } } } }" >/run/test/config.lua
    start; until_why "is online"; cd /run/test; moontower record here -- status 2>&1; stat -c %a here
    moontower record --inspect here; end TERM; moontower down]]
  lu.assertStrContains(out, "moontower status\n")
  lu.assertStrContains(out, "Device Caps: ok")
  lu.assertStrContains(out, "the end: exit status 0")
end

local path = os.tmpname()

function T.test_what_is_no_recording()
  for text, code in pairs {
    ["no gzip"] = "malformed", [""] = "malformed",
    [process.run { "gzip", "-c", stdin = "hello\n" }.stdout] = "malformed",
    [process.run { "gzip", "-c", stdin = '{"recording":99}\n' }.stdout] = "malformed",
  } do
    assert(fs.write(path, text))
    lu.assertEquals(select(2, file.read(path)).code, code, text)
  end
  lu.assertEquals(select(2, file.read "/nowhere/at/all").code, "not-found")
end

-- ---- what is put in place of others ----

function T.test_pseudonyms()
  local others = pseudonyms.new()
  local imsi = others:digits("310120000000123", "imsi")
  lu.assertEquals({ #imsi, imsi:sub(1, 6) }, { 15, "310120" })
  lu.assertNotEquals(imsi, "310120000000123")
  lu.assertEquals(others:digits "310120000000123", imsi)
  lu.assertEquals(others:scrub "IMSI 310120000000123.", "IMSI " .. imsi .. ".")
  local iccid = others:digits "89011200000123456781"
  -- EF_ICCID, which has the two digits of each byte swapped.
  local raw = ("89011200000123456781"):gsub("(.)(.)", function(a, b) return string.char(tonumber(b .. a, 16)) end)
  local other = others:bytes(raw):gsub(".", function(c) return ("%x%x"):format(c:byte() & 15, c:byte() >> 4) end)
  lu.assertEquals(other, iccid)
  lu.assertEquals(#others:text "Émile-7", #"Émile-7")
  lu.assertEquals(others:bytes "\1\2\xff", "\0\0\0")
  lu.assertEquals(pseudonyms.blank "pässw0rd 1", "xxxxxx0xxx0")
  lu.assertNotEquals(pseudonyms.new():digits "310120000000123", imsi)
  for number = 1, 1000, 37 do lu.assertTrue(others:number(number) < number * 2, number) end
end

function T.test_at_lines()
  local others = pseudonyms.new()
  local lines = at_lines.new(others, {})
  local cell = others:number(171650049)
  lu.assertEquals(lines:replace("+CEREG: 2,1,\"2F01\",\"A3B2C01\",7", "urc"),
    ('+CEREG: 2,1,"%04X","%07X",7'):format(others:number(0x2f01), cell))
  lines:replace("AT+CMGR=1", "sent")
  lu.assertEquals(lines:replace("+CMGR: 1,,24", "line"), "+CMGR: 0,,00")
  lu.assertEquals(lines:replace("07911326040000F0040B911346610089F6", "line"):gsub("[0x]", ""), "")
  lines:replace("AT", "sent")
  lu.assertEquals(lines:replace("$GPGGA,123519,4807.038,N", "line"), "$GPGGA,000000,0000.000,N")
  lu.assertEquals(lines:replace("OK", "final"), "OK")
  for _, line in ipairs { "MODEM - 0x00000008,", "Interface bitmask: 0000010D (diag)",
    "Revision: SWI9X30C_02.24.05.06" } do
    lu.assertEquals(lines:replace(line, "line"), line)
  end
end

-- A command that is not declared: nothing is left of what it carries.
function T.test_what_is_not_declared_is_blank()
  local bytes = core_mbim.build {
    type = "command", transaction = 7, service = "00112233-4455-6677-8899-aabbccddeeff", cid = 3, set = true,
    info = "who knows",
  }
  local other = core_mbim.parse(messages.new(pseudonyms.new(), {}):mbim(bytes))
  lu.assertEquals({ other.transaction, other.cid, other.info }, { 7, 3, ("\0"):rep(9) })
  lu.assertNil(decode.decode(core_mbim.build(other)).err)
end

function T.tearDownAll() fs.remove(path) end

return T
