-- SPDX-License-Identifier: MIT
-- `moontower record`: nothing in the file is anybody's business, whatever was recorded, of each simulated modem.

local lu = require "luaunit"
local recorded = require "support.recorded"
local scanner = require "support.scanner"
local secrets = require "support.secrets"
local world = require "support.world"

local T = {}

local function assert_nothing_of(text, where)
  local first = scanner.lines(text)[1]
  local found = first and first.finding
  lu.assertNil(found, found and ("%s: %s, %s: %s"):format(where, found.secret, found.form, found.around))
end

local COMMANDS = [[
export MOONTOWER_PASSWORD=hunter2; echo 73912846 >/run/test/pin; chmod 600 /run/test/pin
record up --apn r.ispsn --user me; record status; record signal; record cells; record location; record usage
record sms send +15551234567 'my dear friend'; moontower simulate fault sms 'good evening'; record sms list
record sms read 1; record ussd '*100#'; record scan; record slot; record esim info
record at ATI AT+CIMI AT+CGSN AT+ICCID 'AT!GSTATUS?' AT+CNUM 'AT+CEREG=2' 'AT+CEREG?' 'AT+CMGL=4' 'AT!GPSLOC?'
record at 'AT+CGREG=2' 'AT+CGREG?' 'AT+CMGF=1;+CMGL="ALL"'
record at 'AT+CMGS="15550100777"' --text 'my dear friend'
record trace at 'AT+CPIN="73912846"'; record at 'AT+CPIN="73912846"'
record at 'AT!LTEINFO?'; record at 'AT+CLCK="SC",1,"73912846"'
record setup calyx-sprint --plan; record down
cat /run/test/lines; echo ==; inspect]]

local ways = { { name = "MBIM" }, { name = "QMI", options = { "--composition", "qmi" } } }

function T.test_nothing_in_it_is_a_secret()
  world.all_of(ways, function(way)
    local out = recorded.in_world(COMMANDS, nil, nil, way.options)
    lu.assertStrContains(out, "up 0\n")
    assert_nothing_of(out:match "setup 12\ndown 0\n(.*)", way.name)
    local inspected = out:match "\n==\n(.*)"
    lu.assertStrContains(inspected, "r.ispsn")
    lu.assertStrContains(inspected, "> AT: AT+CPIN=(hidden)")
    lu.assertNotStrContains(inspected, "(malformed)")
    lu.assertNotStrContains(inspected, "traceback")
  end)
end

-- Each maker has words of its own for cells.
local OF_MODELS = [[
record status; record signal; record cells; record slot; record scan; record apn; record bands; record firmware
record usage; record devices; record location --wait 1; record esim list; record esim info
record at ATI AT+CGSN 'AT+CREG=2' 'AT+CREG?' 'AT+QENG="servingcell"' 'AT^MONSC' 'AT#RFSTS' 'AT#SERVINFO' AT+QCCID
record at AT+CRSM=176,28423,0,0,9 AT+CRSM=176,12258,0,0,10 AT+CRSM=192,28486,0,0,0 AT+CRSM=176,28486,0,0,17
cat /run/test/lines]]

function T.test_nothing_that_other_models_tell_is_a_secret()
  world.all_of(secrets.models(), function(model)
    local out = recorded.in_world(OF_MODELS, nil, nil, { "--modem", model })
    assert_nothing_of(out:match "at %d+\n({.*)", model)
  end)
end

-- What it is good for: a number is the same everywhere, and still says which operator's or which model's it is.
function T.test_the_same_stays_the_same()
  local out = recorded.in_world [[record setup calyx-sprint --plan; record up --protocol qmi; inspect]]
  lu.assertEquals(out:match "device_id%s+(%d+)":sub(1, 8), "35907206")
  local imsi = out:match "imsi%s+(%d+)"
  lu.assertEquals({ #imsi, imsi:sub(1, 6) }, { 15, "310120" })
end

function T.test_cells_are_kept_where_that_is_wanted()
  local out = recorded.in_world [[moontower record --keep-cells /run/test/kept -- cells >/dev/null 2>&1
    zcat /run/test/kept; moontower record --inspect /run/test/kept]]
  lu.assertStrContains(out, "Numbers of cells: kept")
  lu.assertStrContains(out, "171650049")
end

return T
