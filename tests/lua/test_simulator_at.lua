-- SPDX-License-Identifier: MIT
-- The simulated modem's AT function: how it converses, and what it says, checked against transcripts of real ones.

local at_client = require "support.at_client"
local basic = require "mbim.basic_connect"
local faults = require "simulator.faults"
local lu = require "luaunit"
local sim_mbim = require "simulator.mbim"
local sim_nmea = require "simulator.nmea"
local task = require "task"

local T = {}

local new = at_client.new

local function apply(host, text)
  local fault = assert(faults.parse(text))
  assert(faults.apply(host.modem, fault.name, fault.arguments, fault.after))
end

-- The conversation --------------------------------------------------------------------------------------------------

function T.test_echo()
  local host = new { echo = true }
  host.fn:receive "at"
  lu.assertEquals(host:read(), "at")
  host.fn:receive "\r\n"
  lu.assertEquals(host:read(), "\r\r\nOK\r\n\n")
  host.fn:receive "ATE0\r"
  lu.assertEquals(host:read(), "ATE0\r\r\nOK\r\n")
  host.fn:receive "AT\r"
  lu.assertEquals(host:read(), "\r\nOK\r\n")
  lu.assertEquals(host:ask "ATE1", "OK")
  lu.assertEquals(host:ask "AT", "AT\r\nOK")
end

function T.test_lines()
  local host = new()
  host.fn:receive "AT+CSX\bQ\r"
  lu.assertEquals(host:read(), "\r\n+CSQ: 21,99\r\n\r\nOK\r\n")
  for _, silent in ipairs { "", "hello", "\0\1\2", "A", "\n" } do
    lu.assertEquals(host:ask(silent), "", silent)
  end
  for _, ok in ipairs { "AT", "at", "At", "noise\0AT", "ATE0V1Q0", "AT&F0E0", "ATZE0", "AT;", "ATS0=0" } do
    lu.assertEquals(host:ask(ok), "OK", ok)
  end
  for _, bad in ipairs { "AT!NONSENSE", "AT!NONSENSE?", "AT+NONSENSE", "AT+", "AT+CSQ=", "ATE0+", "AT+CSQ?x", "AT@" } do
    lu.assertEquals(host:ask(bad), "ERROR", bad)
  end
  lu.assertEquals(host:ask("AT" .. ("A"):rep(5000)), "ERROR")
  lu.assertEquals(host:ask "ATD*99#", "NO CARRIER")
  lu.assertEquals(host:ask "ATQ0V1S4?", "010\n\nOK")
end

function T.test_chains()
  local host = new()
  lu.assertEquals(host:ask "AT+CSQ;+CPIN?;+COPS?", '+CSQ: 21,99\n+CPIN: READY\n+COPS: 0,0,"Sprint",7\n\nOK')
  lu.assertEquals(host:ask 'AT+CSQ;!NONSENSE;+CPIN?', "+CSQ: 21,99\n\nERROR")
  lu.assertEquals(host:ask 'AT!ENTERCND="A710";!SELRAT=06;!SELRAT?', "!SELRAT: 06, LTE Only\n\nOK")
end

function T.test_several_lines_at_once()
  local host = new()
  host.fn:receive "AT\rAT+CSQ\rAT\r"
  lu.assertEquals(host:read(), "\r\nOK\r\n\r\n+CSQ: 21,99\r\n\r\nOK\r\n\r\nOK\r\n")
  host.fn:receive(("AT\r"):rep(20000))
  lu.assertEquals(#host:read(), 20000 * 6)
end

function T.test_random_bytes()
  local host = new()
  for _ = 1, 200 do
    local bytes = {}
    for i = 1, 500 do
      bytes[i] = string.char(math.random(0, 255))
    end
    host.fn:receive(table.concat(bytes))
  end
  host.fn:receive "\r\x1b\r"
  host:read()
  host:ask "ATE0"
  lu.assertEquals(host:ask "AT", "OK")
end

-- Cut anywhere, and with any argument missing or strange, no command makes the modem stumble.
function T.test_strange_arguments()
  for _, personality in ipairs {
    "mc7455", "em7565", "ec25", "ln920", "fm150", "l850", "sim7600", "sim8200", "fm350", "me906",
  } do
    local host = new { personality = personality }
    host:ask 'AT!ENTERCND="A710"'
    for name in pairs(host.fn.commands) do
      for _, rest in ipairs {
        "", "?", "=?", "=", "=,", "=,,,", "=-1", "=x", '="', '=""', '="x","y","z"', "=1", "=1,1", "=1,99",
        "=99999999999999999999", "=0", "=10,\"x\",y", "=1,1,1,1,1,1,1,1,1,1,1,1,1", "=1.5",
      } do
        local line = "AT" .. name .. rest
        local answer = host:ask(line)
        answer = answer:gsub("\n+%+CUSD.*$", ""):gsub("\n+%^NDISSTAT:.*$", "") -- the network answers, too
        if answer:find("^> ") then
          answer = host:ask "\x1b"
        end
        lu.assertTrue(answer:find("OK$") ~= nil or answer:find("ERROR") ~= nil or answer == "NO CARRIER", line)
        if not host.modem.plugged then
          host.modem:replug()
        end
        host:ask 'ATE0;!ENTERCND="A710"'
      end
    end
  end
end

function T.test_errors()
  local host = new()
  host.modem:set_card(nil)
  lu.assertEquals(host:ask "AT+CPIN?", "ERROR")
  lu.assertEquals(host:ask "AT+CMEE=1", "OK")
  lu.assertEquals(host:ask "AT+CPIN?", "+CME ERROR: 10")
  lu.assertEquals(host:ask "AT+CMEE=2", "OK")
  lu.assertEquals(host:ask "AT+CPIN?", "+CME ERROR: SIM not inserted")
  lu.assertEquals(host:ask "AT+CMGL=4", "+CMS ERROR: SIM not inserted")
  lu.assertEquals(host:ask "AT!NONSENSE?", "ERROR")
  lu.assertEquals(host:ask "AT!USBCOMP?", "ERROR")
end

-- Who it is ---------------------------------------------------------------------------------------------------------

function T.test_identity()
  local host = new()
  lu.assertEquals(host:ask "ATI", [[
Manufacturer: Sierra Wireless, Incorporated
Model: MC7455
Revision: SWI9X30C_02.24.05.06 r7040 CARMD-EV-FRMWR2 2017/05/19 06:23:09
MEID: 35907206000001
IMEI: 359072060000011
IMEI SV: 12
FSN: LQ54510003041005
+GCAP: +CGSM

OK]])
  lu.assertEquals(host:ask "AT+CGMI", "Sierra Wireless, Incorporated\n\nOK")
  lu.assertEquals(host:ask "AT+CGMM", "MC7455\n\nOK")
  lu.assertEquals(host:ask "AT+CGSN", "359072060000011\n\nOK")
  lu.assertEquals(host:ask "AT+CIMI", "310120000000123\n\nOK")
  lu.assertEquals(host:ask "AT+CCID", "+CCID: 89011200000123456781\n\nOK")
  lu.assertEquals(host:ask "AT!HWID?", "Revision: 0.5\n\nOK")
end

-- The lock ------------------------------------------------------------------------------------------------------------

-- As in a session of an EM7455 with 02.24.05.06.
function T.test_locked()
  local host = new()
  for _, command in ipairs {
    "!USBCOMP?", "!USBCOMP=?", "!USBSPEED?", "!USBSPEED=?", "!USBVID?", "!USBPID?", "!USBPRODUCT?", "!SELRAT=06",
    '!CUSTOM="IPV6ENABLE",1', "!USBCOMP=1,1,100D",
  } do
    lu.assertEquals(host:ask("AT" .. command), "ERROR", command)
  end
  for _, command in ipairs {
    "!IMPREF?", "!GOBIIMPREF?", "!PRIID?", "!SELRAT?", "!BAND?", "!BAND=?", "!PCINFO?", "!GSTATUS?",
  } do
    lu.assertStrContains(host:ask("AT" .. command), "OK", false, command)
  end
  lu.assertEquals(host:ask "AT!BAND?", "Index, Name\n00, All bands\n\nOK")
  for _, wrong in ipairs { "A710", "”A710”", '"a710"', '"A711"' } do
    lu.assertEquals(host:ask("AT!ENTERCND=" .. wrong), "ERROR", wrong)
  end
  lu.assertEquals(host:ask 'at!entercnd="A710"', "OK")
  lu.assertStrContains(host:ask "AT!USBCOMP?", "OK")
  host.modem:restart()
  host:ask "ATE0"
  lu.assertEquals(host:ask "AT!USBCOMP?", "ERROR")
end

-- USB -----------------------------------------------------------------------------------------------------------------

function T.test_composition()
  local host = new():unlock()
  lu.assertEquals(host:ask "AT!USBCOMP=1,1,1009", "OK")
  lu.assertEquals(host:ask "AT!USBCOMP?", [[
Config Index: 1
Config Type:  1 (Generic)
Interface bitmask: 00001009 (diag,modem,mbim)

OK]])
  lu.assertStrContains(host:ask "AT!USBCOMP=?", "- 1:Generic, 2:USBIF-MBIM, 3:RNDIS\n")
  lu.assertStrContains(host:ask "AT!USBCOMP=?", "MBIM     - 0x00001000,\n")
  for _, bad in ipairs { "2,1,100D", "1,4,100D", "1,2,100D", "1,1,110D", "1,1,5", "1,1,40000000", "1,1,x", "1,1" } do
    lu.assertEquals(host:ask("AT!USBCOMP=" .. bad), "ERROR", bad)
  end
  lu.assertTrue(host.modem:shows "nmea")
  lu.assertEquals(host:ask "AT!USBCOMP=1,1,0000010D", "OK")
  lu.assertEquals(host.modem.composition, "mbim")
  lu.assertEquals(host:ask "AT!RESET", "OK")
  lu.assertEquals(host.modem.composition, "qmi")
  lu.assertEquals(host.modem:composition_number(), 6)
  lu.assertEquals(host.modem:usb_identity().product, 0x9071)
end

function T.test_composition_of_qmi()
  local host = new():unlock()
  host.modem:choose_composition(9)
  lu.assertStrContains(host:ask "AT!USBCOMP?", "00001000 (mbim)")
  host.modem:restart()
  lu.assertFalse(host.modem:shows "modem")
  lu.assertTrue(host.modem:shows "mbim")
end

function T.test_usb_ids()
  local host = new():unlock()
  lu.assertEquals(host:ask "AT!USBPID?", "!USBPID:\nAPP : 9071\nBOOT: 9070\n\nOK")
  lu.assertEquals(host:ask "AT!USBVID?", "!USBVID: 1199\n\nOK")
  lu.assertEquals(host:ask "AT!USBSPEED?", "SUPPORTED:Super-Speed\nCURRENT  :High-Speed\n\nOK")
  lu.assertEquals(host:ask 'AT!USBPID=9079,9078;!USBPRODUCT="EM7455"', "OK")
  lu.assertStrContains(host:ask "AT!USBINFO?", "APP PID: 0x9071")
  host:ask "AT!RESET"
  lu.assertStrContains(host:ask "ATE0!USBINFO?", "APP PID: 0x9079")
  lu.assertEquals(host.modem:usb_identity().model, "EM7455")
  host:unlock()
  lu.assertEquals(host:ask "AT!USBPID=68B1,68B0;!USBCOMP=1,2,1000", "OK")
end

-- Radio ---------------------------------------------------------------------------------------------------------------

function T.test_technologies()
  local host = new():unlock()
  lu.assertEquals(host:ask "AT!SELRAT?", "!SELRAT: 00, Automatic\n\nOK")
  lu.assertEquals(host:ask "AT!SELRAT=?", [[
!SELRAT: Index, Name
00, Automatic
01, UMTS 3G Only
06, LTE Only
11, UMTS and LTE Only

OK]])
  lu.assertEquals(host:ask "AT!SELRAT=11", "OK")
  lu.assertEquals(host:ask "AT!SELRAT?", "!SELRAT: 11, UMTS and LTE Only\n\nOK")
  lu.assertEquals(host:ask "AT!SELRAT=01", "OK")
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,2\n\nOK") -- the network has LTE only
  lu.assertEquals(host:ask "AT!SELRAT=6;!SELRAT?", "!SELRAT: 06, LTE Only\n\nOK")
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,1\n\nOK")
  lu.assertEquals(host:ask "AT!SELRAT=05", "ERROR")
  host:ask "AT!RESET"
  host:ask "ATE0"
  lu.assertEquals(host:ask "AT!SELRAT?", "!SELRAT: 06, LTE Only\n\nOK")
  host.modem.preference.modes = { umts = true, lte = true } -- as QMI does
  lu.assertEquals(host:ask "AT!SELRAT?", "!SELRAT: 00, Automatic\n\nOK")
end

function T.test_bands()
  local host = new():unlock()
  local answer = host:ask "AT!BAND=?"
  for _, text in ipairs {
    "Index, Name,                        GW Band Mask     L Band Mask      TDS Band Mask\n",
    "00, All bands                     0002000007C00000 00000100130818DF 0000000000000000\n",
    "07, North America                 0000000004800000 000000000300185A 0000000000000000\n",
    "09, LTE ALL                       0000000000000000 00000100130818DF 0000000000000000\n\n",
    "\n" .. (" "):rep(53) .. "0000010000000000 - B41\n" .. (" "):rep(53) .. "0000000010000000 - B29\n",
  } do
    lu.assertStrContains(answer, text)
  end
  lu.assertEquals(host:ask 'AT!BAND=10,"B4",0,0000000000000008', "OK")
  lu.assertStrContains(host:ask "AT!BAND=?", "10, B4                            0000000000000000 0000000000000008 0")
  lu.assertStrContains(host:ask "AT!BAND?", "00, All bands")
  lu.assertEquals(host:ask "AT!BAND=10", "OK")
  lu.assertStrContains(host:ask "AT!BAND?", "10, B4 ")
  lu.assertEquals(host.modem.preference.lte_bands, { 4 })
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,2\n\nOK") -- the cell is in band 25
  for _, bad in ipairs { '10,"B71",0,0,1', '10,"B6",0,20', '09,"LTE",0,8', "12", "xx", '10,"B4",0,zz' } do
    lu.assertEquals(host:ask("AT!BAND=" .. bad), "ERROR", bad)
  end
  host.modem.preference.lte_bands = { 2 } -- as QMI does
  lu.assertStrContains(host:ask "AT!BAND?", "Unknown band mask")
  lu.assertEquals(host:ask "AT!BAND=00", "OK")
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,1\n\nOK")
end

function T.test_status()
  local host = new()
  local answer = host:ask "AT!GSTATUS?"
  for _, text in ipairs {
    "!GSTATUS: \nCurrent Time:  ", "Reset Counter: 1\t\tMode:        ONLINE         \n",
    "System mode:   LTE        \tPS state:    Attached     \n", "LTE band:      B25    \t\tLTE bw:      10 MHz  \n",
    "LTE Rx chan:   8665\t\tLTE Tx chan: 26665\n", "LTE CA state:  NOT ASSIGNED\n",
    "EMM state:     Registered     \tNormal Service \n", "RRC state:     RRC Idle       \n",
    "\nPCC RxM RSSI:  -71\t\tRSRP (dBm):  -98\n", "Tx Power:      --\t\tTAC:         2F01 (12033)\n",
    "RSRQ (dB):     -10.0\t\tCell ID:     0A3B2C01 (171650049)\nSINR (dB):     12.4\n\n\n\nOK",
  } do
    lu.assertStrContains(answer, text)
  end
  host.modem:connect(0, { apn = "r.ispsn", ip_type = "ipv4v6" })
  lu.assertStrContains(host:ask "AT!GSTATUS?", "LTE Scell band:B41\nLTE Scell bw:20 MHz\t\tLTE Scell chan:40072\n")
  lu.assertEquals(host:ask "AT!LTEINFO?", [[
!LTEINFO:]] .. " " .. [[

Serving:   EARFCN MCC MNC   TAC      CID Bd D U SNR PCI  RSRQ   RSRP   RSSI RXLV
             8665 310 120 12033 0A3B2C01 25 3 3  12 214 -10.0  -98.0  -71.0 --
IntraFreq:                                          PCI  RSRQ   RSRP   RSSI RXLV
                                                    214 -10.0  -98.0  -71.0 --
                                                     87 -14.0 -106.0  -79.0 --
InterFreq: EARFCN ThresholdLow ThresholdHi Priority PCI  RSRQ   RSRP   RSSI RXLV
            40072            0           0        0 301 -11.0 -102.0  -75.0   0
            40072            0           0        0 302 -15.0 -112.0  -83.0   0
WCDMA:     UARFCN ThreshL ThreshH Prio PSC   RSCP  ECN0 RXLV


OK]])
  lu.assertEquals(host:ask "AT+CFUN=0", "OK")
  answer = host:ask "AT!GSTATUS?"
  lu.assertStrContains(answer, "Mode:        LOW POWER MODE \nSystem mode:   Unknown")
  lu.assertStrContains(answer, "PS state:    Not attached")
  lu.assertStrContains(host:ask "AT!LTEINFO?", "OK")
end

function T.test_power()
  local host = new()
  lu.assertEquals(host:ask "AT!PCINFO?", [[
State: Online
LPM voters - Temp:0, Volt:0, User:0, W_DISABLE:0, IMSWITCH:0, BIOS:0, LWM2M:0, OMADM:0, FOTA:0
LPM persistence - None

OK]])
  lu.assertEquals(host:ask "AT+CFUN=4", "OK")
  lu.assertEquals(host:ask "AT+CFUN?", "+CFUN: 4\n\nOK")
  lu.assertStrContains(host:ask "AT!PCINFO?", "State: Low Power Mode\nLPM voters - Temp:0, Volt:0, User:1,")
  lu.assertFalse(host.modem:radio_on())
  lu.assertEquals(host:ask "AT+CFUN=1", "OK")
  lu.assertTrue(host.modem:radio_on())
  apply(host, "fcc-lock")
  lu.assertEquals(host:ask "ATE0+CFUN=1", "ERROR")
end

-- Images --------------------------------------------------------------------------------------------------------------

function T.test_images()
  local host = new():unlock()
  lu.assertEquals(host:ask "AT!IMPREF?", "!IMPREF: \n" .. [[
 preferred fw version:    02.24.05.06
 preferred carrier name:  SPRINT
 preferred config name:   SPRINT_002.026_000
 current fw version:      02.24.05.06
 current carrier name:    SPRINT
 current config name:     SPRINT_002.026_000

OK]])
  lu.assertEquals(host:ask 'AT!IMPREF="GENERIC"', "ERROR")
  host.modem.nv.carrier = "GENERIC"
  lu.assertStrContains(host:ask "AT!GOBIIMPREF?", "!GOBIIMPREF: \n preferred fw")
  lu.assertStrContains(host:ask "AT!IMPREF?", "\n\n\n carrier name mismatch\n")
  lu.assertEquals(host:ask 'AT!IMPREF="AUTO-SIM"', "OK")
  lu.assertNotStrContains(host:ask "AT!IMPREF?", "mismatch")
  lu.assertEquals(host:ask "AT!PRIID?", [[
PRI Part Number: 9904609
Revision: 002.026
Customer: Generic-M2M

Carrier PRI: 9999999_9904609_SWI9X30C_02.24.05.06_00_SPRINT_002.026_000

OK]])
  lu.assertStrContains(host:ask "AT!IMAGE?",
    "FW   4    EMPTY  0   0 0\nMax FW images: 4\nActive FW image is at slot 1\n")
end

function T.test_custom()
  local host = new { factory = true }:unlock()
  lu.assertNotStrContains(host:ask "AT!CUSTOM?", "IPV6ENABLE")
  lu.assertEquals(host:ask 'at!custom="IPV6ENABLE",1', "OK")
  lu.assertStrContains(host:ask "AT!CUSTOM?", "!CUSTOM:\n             GPSENABLE          0x01\n")
  lu.assertStrContains(host:ask "AT!CUSTOM?", "\n             IPV6ENABLE         0x01\n")
  for _, bad in ipairs { "IPV6ENABLE,1", '"NONSENSE",1', '"IPV6ENABLE"', '"IPV6ENABLE",x' } do
    lu.assertEquals(host:ask("AT!CUSTOM=" .. bad), "ERROR", bad)
  end
end

-- The recipe of the how-to, from the factory state on.
function T.test_recipe()
  local host = new { factory = true }
  local modem = host.modem
  lu.assertEquals(modem.composition, "qmi")
  lu.assertEquals(host:ask "AT+CGDCONT?", '+CGDCONT: 1,"IP","broadband","0.0.0.0",0,0,0,0\n\nOK')
  local session = modem:connect(0, { apn = "r.ispsn", ip_type = "ipv4v6" })
  lu.assertEquals({ session.ip_type, session.nw_error, session.ipv6 }, { "ipv4", 50 })
  lu.assertEquals({ modem:connect(1, { apn = "ims", ip_type = "ipv6" }) }, { nil, "failure", 50 })
  for _, command in ipairs {
    'at!entercnd="A710"', 'at!custom="IPV6ENABLE",1', 'at+cgdcont=1,"ipv4v6","r.ispsn"', "at!selrat=06",
    "at!usbcomp=1,1,1009", "at!reset",
  } do
    lu.assertEquals(host:ask(command), "OK", command)
  end
  lu.assertEquals(modem.composition, "mbim")
  host:ask "ATE0"
  lu.assertEquals(host:ask "AT+CGDCONT?",
    '+CGDCONT: 1,"IPV4V6","r.ispsn","0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",0,0,0,0\n\nOK')
  lu.assertEquals(modem.contexts[0].apn, "r.ispsn")
  lu.assertEquals(host:ask "AT!SELRAT?", "!SELRAT: 06, LTE Only\n\nOK")
  lu.assertNotNil(modem:connect(0, { apn = "r.ispsn", ip_type = "ipv4v6" }).ipv6)
  host:unlock()
  lu.assertEquals(host:ask "AT!RMARESET=1", "OK")
  lu.assertStrContains(host:ask "AT!USBCOMP?", "0000050D (diag,nmea,modem,rmnet0,rmnet1)")
end

function T.test_reset_goes_after_its_answer()
  local host = new()
  local seen
  host.modem:listen(function(event) seen = seen or event == "unplugged" and host.received end)
  lu.assertEquals(host:ask "AT!RESET", "OK")
  lu.assertEquals(seen, "\r\nOK\r\n")
  lu.assertEquals(host:ask "AT", "AT\r\nOK") -- with echo again
  seen = nil
  host:ask "ATE0"
  lu.assertEquals(host:ask "AT+CFUN=1,1", "OK")
  lu.assertEquals(seen, "\r\nOK\r\n")
end

-- SIM -----------------------------------------------------------------------------------------------------------------

function T.test_pin()
  local host = new()
  host:ask "AT+CMEE=1"
  lu.assertEquals(host:ask 'AT+CPIN="1234"', "+CME ERROR: 3")
  apply(host, "pin-lock")
  lu.assertEquals(host:ask "AT+CPIN?", "+CPIN: SIM PIN\n\nOK")
  lu.assertEquals(host:ask "AT+CIMI", "+CME ERROR: 11")
  lu.assertEquals(host:ask 'AT+CPIN="0000"', "+CME ERROR: 16")
  lu.assertEquals(host:ask "AT+CPINC?", "+CPINC: 2,3,10,10\n\nOK")
  lu.assertEquals(host:ask 'AT+CPIN=1234', "OK")
  lu.assertEquals(host:ask "AT+CPIN?", "+CPIN: READY\n\nOK")
  lu.assertEquals(host:ask 'AT+CLCK="SC",2', "+CLCK: 1\n\nOK")
  lu.assertEquals(host:ask 'AT+CPWD="SC","1234","4321"', "OK")
  lu.assertEquals(host:ask 'AT+CLCK="SC",0,"4321"', "OK")
  lu.assertEquals(host:ask 'AT+CLCK="SC",2', "+CLCK: 0\n\nOK")
  apply(host, "puk")
  lu.assertEquals(host:ask "AT+CPIN?", "+CPIN: SIM PUK\n\nOK")
  lu.assertEquals(host:ask 'AT+CPIN="1234"', "+CME ERROR: 12")
  lu.assertEquals(host:ask 'AT+CPIN="12345678","9999"', "OK")
  lu.assertEquals(host:ask "AT+CPINR", "+CPINR: SIM PIN,3,3\n+CPINR: SIM PUK,10,10\n\nOK")
end

-- The tries are the card's, whatever protocol spends them.
function T.test_tries_are_shared()
  local host = new()
  apply(host, "pin-lock")
  host:ask 'AT+CPIN="0000"'
  lu.assertEquals(host.modem.card.tries, 2)
  local fn = sim_mbim.new(host.modem, { send = function() end })
  local query = fn.handlers[basic.pin.service_uuid][basic.pin.cid].query
  lu.assertEquals(query(host.modem).remaining_attempts, 2)
end

-- The network --------------------------------------------------------------------------------------------------------

function T.test_registration()
  local host = new()
  lu.assertEquals(host:ask "AT+CEREG=2;+CEREG?", '+CEREG: 2,1,"2F01","0A3B2C01",7\n\nOK')
  host:ask "AT+CREG=1"
  apply(host, "network-drop")
  lu.assertEquals(host:read(), "\r\n+CREG: 2\r\n\r\n+CEREG: 2\r\n")
  lu.assertEquals(host:ask "AT+COPS?", "+COPS: 0\n\nOK")
  lu.assertEquals(host:ask "AT+CSQ;+CESQ", "+CSQ: 99,99\n+CESQ: 99,99,255,255,255,255\n\nOK")
  apply(host, "none")
  lu.assertEquals(host:read(), "\r\n+CREG: 1\r\n\r\n+CEREG: 1,\"2F01\",\"0A3B2C01\",7\r\n")
  lu.assertEquals(host:ask "AT+CESQ", "+CESQ: 99,99,255,255,20,43\n\nOK")
  apply(host, "roam")
  lu.assertStrContains(host:read(), "+CREG: 5")
end

function T.test_operators()
  local host = new()
  lu.assertEquals(host:ask "AT+COPS=?", '+COPS: (2,"Sprint","Sprint","310120",7),(3,"Verizon","Verizon","311480",7),'
    .. '(3,"AT&T","AT&T","310410",7),,(0,1,2,3,4),(0,1,2)\n\nOK')
  lu.assertEquals(host:ask "AT+COPS=3,2;+COPS?", '+COPS: 0,2,"310120",7\n\nOK')
  lu.assertEquals(host:ask 'AT+COPS=1,2,"310410";+COPS?', "+COPS: 1\n\nOK")
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,3\n\nOK")
  lu.assertEquals(host:ask "AT+COPS=0;+COPS?", '+COPS: 0,2,"310120",7\n\nOK')
end

function T.test_contexts()
  local host = new()
  local changes = 0
  host.modem:listen(function(event) changes = changes + (event == "profile" and 1 or 0) end)
  lu.assertEquals(host:ask 'AT+CGDCONT=2,"IPV6","ims"', "OK")
  lu.assertEquals(host.modem.profiles[2], { profile_name = "profile2", apn_name = "ims", pdp_type = "ipv6" })
  lu.assertStrContains(host:ask "AT+CGDCONT?", '\n+CGDCONT: 2,"IPV6","ims",')
  lu.assertEquals(host:ask "AT+CGDCONT=2", "OK")
  lu.assertNotStrContains(host:ask "AT+CGDCONT?", "ims")
  lu.assertEquals(changes, 2)
  lu.assertEquals(host:ask 'AT+CGDCONT=17,"IP","x"', "ERROR")
  lu.assertEquals(host:ask 'AT+CGDCONT=1,"X25","x"', "ERROR")
end

function T.test_sessions()
  local host = new()
  host:ask "AT+CMEE=1"
  lu.assertEquals(host:ask "AT+CGCONTRDP", "OK")
  lu.assertEquals(host:ask "AT+CGACT?;+CGATT?", "+CGACT: 1,0\n+CGATT: 1\n\nOK")
  lu.assertEquals(host:ask "AT+CGACT=1,1", "OK")
  lu.assertNotNil(host.modem.sessions[0])
  lu.assertEquals(host:ask "AT+CGCONTRDP=1", '+CGCONTRDP: 1,5,"r.ispsn","184.250.142.38.255.255.255.252",'
    .. '"184.250.142.37","68.28.50.11","68.28.58.11"\n+CGCONTRDP: 1,5,"r.ispsn","38.0.16.14.176.45.0.1.0.0.0.0.0.0.0.2.'
    .. '255.255.255.255.255.255.255.255.0.0.0.0.0.0.0.0","254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1","",""\n\nOK')
  lu.assertEquals(host:ask "AT+CGPADDR=1",
    '+CGPADDR: 1,"184.250.142.38","38.0.16.14.176.45.0.1.0.0.0.0.0.0.0.2"\n\nOK')
  lu.assertEquals(host:ask "AT+CGACT=0,1;+CGACT?", "+CGACT: 1,0\n\nOK")
  lu.assertEquals(host:ask 'AT+CGDCONT=3,"IP","nonsense";+CGACT=1,3', "+CME ERROR: 133")
  lu.assertEquals(host:ask "AT+CGATT=0;+CGATT?", "+CGATT: 0\n\nOK")
  lu.assertEquals(host:ask "AT+CGACT=1,1", "+CME ERROR: 148")
end

-- SMS -----------------------------------------------------------------------------------------------------------------

function T.test_sms()
  local host = new()
  lu.assertEquals(host:ask "AT+CNMI=2,1", "OK") -- 27.005's own default is to tell of none
  apply(host, "sms=hello")
  lu.assertEquals(host:read(), '\r\n+CMTI: "SM",0\r\n')
  local index, length, pdu = host:ask("AT+CMGL=4"):match("^%+CMGL: (%d),0,,(%d+)\n(%x+)\n\nOK$")
  lu.assertEquals({ index, tonumber(length) }, { "0", #pdu // 2 - 1 - tonumber(pdu:sub(1, 2), 16) })
  lu.assertStrContains(pdu, "E8329BFD06")
  lu.assertEquals(host:ask "AT+CMGL=0", "OK")
  lu.assertEquals(host:ask "AT+CMGF=1", "OK")
  lu.assertStrMatches(host:ask "AT+CMGR=0",
    '%+CMGR: "REC READ","%+15550100999",,"%d%d/%d%d/%d%d,%d%d:%d%d:%d%d%+00"\nhello\n\nOK')
  lu.assertStrContains(host:ask 'AT+CMGL="ALL"', '+CMGL: 0,"REC READ","+15550100999"')
  lu.assertEquals(host:ask "AT+CMGD=0", "OK")
  lu.assertEquals(host:ask "AT+CMGR=0", "+CMS ERROR: 321")
  lu.assertEquals(host:ask "AT+CMGL", "OK")
end

-- gammu chooses GSM's letters before it asks for anything.
function T.test_letters()
  local host = new()
  lu.assertEquals(host:ask 'AT+CSCS="GSM"', "OK")
  lu.assertEquals(host:ask "AT+CSCS?", '+CSCS: "GSM"\n\nOK')
  lu.assertStrContains(host:ask 'AT+CSCS="HEX"', "ERROR")
end

function T.test_sending_sms()
  local host = new { echo = true }
  host:ask "AT+CMGF=1"
  host.fn:receive 'AT+CMGS="+15550100124"\r'
  lu.assertEquals(host:read(), 'AT+CMGS="+15550100124"\r\r\n> ')
  host.modem:set_signal(20)
  host.fn:receive "hel"
  host.fn:receive "lo\x1a"
  lu.assertEquals(host:read(), "hello\r\n+CMGS: 1\r\n\r\nOK\r\n")
  lu.assertStrContains(host.modem.sent[1], "\xe8\x32\x9b\xfd\x06")
  host:ask "ATE0"
  host.fn:receive 'AT+CMGS="1"\rnever\x1bAT\r'
  lu.assertEquals(host:read(), "\r\n> \r\nOK\r\n\r\nOK\r\n")
  host:ask "AT+CMGF=0"
  host.fn:receive "AT+CMGS=16\r"
  host:read()
  host.fn:receive "0001000B915155100021F4000005E8329BFD06\x1a"
  lu.assertEquals(host:read(), "\r\n+CMS ERROR: 304\r\n")
  host.fn:receive "AT+CMGS=18\r0001000B915155100021F4000005E8329BFD06\x1a"
  lu.assertEquals(host:read(), "\r\n> \r\n+CMGS: 2\r\n\r\nOK\r\n")
  lu.assertEquals(#host.modem.sent, 2)
end

-- GPS -----------------------------------------------------------------------------------------------------------------

function T.test_gps()
  local host = new()
  local heard = ""
  local port = sim_nmea.new(host.modem, { send = function(bytes) heard = heard .. bytes end })
  lu.assertEquals(host:ask "AT!GPSLOC?", "Not Available\n\nOK")
  lu.assertEquals(host:ask "AT!GPSFIX=1,30,10", "OK")
  lu.assertStrMatches(heard, "%$GPGGA,[^\r]*%*%x%x\r\n%$GPRMC,[^\r]*%*%x%x\r\n%$GPGSA,.*%*%x%x\r\n")
  lu.assertStrContains(host:ask "AT!GPSLOC?", "Lat: 40 Deg 44 Min 54.24 Sec N\n")
  lu.assertEquals(host:ask "AT!GPSEND=0", "OK")
  heard = ""
  port:receive "$GPS_"
  port:receive "START\r\n"
  lu.assertStrContains(heard, "$GPGGA")
  port:receive "$GPS_STOP\r\n"
  lu.assertFalse(host.modem.gps)
end

-- Faults --------------------------------------------------------------------------------------------------------------

function T.test_faults()
  local host = new():unlock()
  apply(host, "urc=1")
  lu.assertEquals(host:ask "AT!USBPID?", "!USBPID:\n+CIEV: 2,4\n\nAPP : 9071\nBOOT: 9070\n\nOK")
  apply(host, "echo=1")
  lu.assertEquals(host:ask "AT+CSQ", "AT+CSQ\r\n+CSQ: 21,99\n\nOK")
  apply(host, "silent=1")
  lu.assertEquals(host:ask "AT", "")
  apply(host, "duplicate=1")
  lu.assertEquals(host:ask "AT", "OK\n\nOK")
  apply(host, "busy=1")
  lu.assertEquals(host:ask "AT+CMEE=2", "ERROR")
  apply(host, "truncate=1")
  lu.assertEquals(host:ask "AT", "O")
  apply(host, "garbage=1")
  lu.assertNotEquals(host:ask "AT", "OK")
  apply(host, "wrong-id=1")
  lu.assertEquals(host:ask "AT", "OK")
  apply(host, "hang")
  lu.assertEquals(host:ask "AT", "")
  host.modem:bus_reset()
  lu.assertEquals(host:ask "AT", "OK")
end

function T.test_unplugged_at_a_command()
  local host = new()
  apply(host, "unplug@2")
  lu.assertEquals(host:ask "AT", "OK")
  lu.assertEquals(host:ask "AT+CSQ", "")
  lu.assertFalse(host.modem.plugged)
  lu.assertEquals(host:ask "AT", "")
  host.modem:replug()
  lu.assertEquals(host:ask "AT", "AT\r\nOK")
end

function T.test_late_answer()
  local group <close> = task.group()
  local host = new { group = group, echo = true }
  host.modem.latency = 0.002
  host.fn:receive "ATE0\r"
  host:read "OK\r\n"
  apply(host, "late=0.1")
  host.fn:receive "AT+CSQ\r"
  host.fn:receive "AT\r"
  lu.assertEquals(host:read(), "")
  lu.assertEquals(host:read "OK\r\n\r\nOK\r\n", "\r\n+CSQ: 21,99\r\n\r\nOK\r\n\r\nOK\r\n")
end

return T
