-- SPDX-License-Identifier: MIT
-- What simulated modems other than an MC7455 say to AT commands, checked against transcripts of real ones.

local at_client = require "support.at_client"
local lu = require "luaunit"
local maker = require "maker"

local T = {}

local new = at_client.new

function T.test_em7565()
  local host = new { personality = "em7565", factory = true }:unlock()
  lu.assertEquals(host:ask "AT!USBCOMP?", [[
Config Index: 1
Config Type:  3 (Legacy-Generic)
Interface bitmask: 0000050D (diag,nmea,modem,rmnet0,rmnet1)

OK]])
  lu.assertStrContains(host:ask "AT!USBCOMP=?", "- 1:MBIM USBIF, 2:PCIE USBIF, 3:Legacy-Generic, 4:RNDIS\n")
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,1\n\nOK")
  local answer = host:ask "AT!BAND=?"
  lu.assertStrContains(answer, "Index, Name,                        GW Band Mask     L Band Mask 1    L Band Mask 2    "
    .. "TDS Band Mask    L Band Mask 3    L Band Mask 4\n00, All bands                     100600000FC00000 "
    .. "00000100BA0E19DF 0000000000000002 0000000000000000 0000000000000000 0000000000000000\n")
  lu.assertStrContains(answer, (" "):rep(70) .. "0000000000000002 - B66\n")
  lu.assertEquals(host:ask 'AT!BAND=10,"B2+B66",0,2,2,0,0,0', "OK")
  lu.assertEquals(host:ask "AT!BAND=10", "OK")
  lu.assertEquals(host.modem.preference.lte_bands, { 2, 66 })
  lu.assertStrContains(host:ask "AT!BAND?", "10, B2+B66 ")
  host:ask "AT!BAND=00"
  lu.assertStrContains(host:ask "AT!GSTATUS?", "LTE SSC4 state:NOT ASSIGNED\n")
  lu.assertStrContains(host:ask "AT!GSTATUS?", "PCC RxM RSSI:  -71\t\tPCC RxM RSRP:  -98\n")
  lu.assertStrContains(host:ask "AT!GSTATUS?", "Cell ID:     0a3b2c05 (")
  lu.assertStrContains(host:ask "AT!PCINFO?", "FOTA:0, RFCAL:0")
  lu.assertEquals(select(2, host:ask("AT!PRIID?"):gsub("Carrier PRI:", "")), 2)
  lu.assertEquals(host:ask "AT!USBCOMP=1,1,100D", "OK")
  host:ask "AT!RESET"
  lu.assertEquals({ host.modem.composition, host.modem:usb_identity().product }, { "mbim", 0x90b1 })
  host:ask "ATE0"
  host:unlock()
  host:ask "AT!USBCOMP=1,3,100D;!RESET"
  lu.assertEquals(host.modem:usb_identity().product, 0x9091)
end

function T.test_5g_of_the_rm520n()
  local host = new { personality = "rm520n", factory = true }
  local modem = host.modem
  modem:set_offer("nsa")
  lu.assertEquals(host:ask "AT+COPS?", '+COPS: 0,0,"Sprint",13\n\nOK')
  lu.assertEquals(host:ask 'AT+QENG="servingcell"', [[
+QENG: "servingcell","NOCONN"
+QENG: "LTE","FDD",310,120,A3B2C01,214,8665,25,3,3,2F01,-98,-10,-71,12,15,-,-
+QENG: "NR5G-NSA",310,120,625,-95,18,-11,520110,41,12,1

OK]])
  lu.assertEquals(host:ask "AT+QCAINFO", [[
+QCAINFO: "PCC",8665,50,"LTE BAND 25",1,214,-98,-10,-71,12
+QCAINFO: "SCC",40072,100,"LTE BAND 41",1,301,-102,-11,-75,10,0,-,-
+QCAINFO: "SCC",520110,12,"NR5G BAND 41",625

OK]])
  lu.assertEquals(host:ask "AT+QRSRP", "+QRSRP: -98,-100,-140,-140,LTE\n+QRSRP: -95,-97,-140,-140,NR5G\n\nOK")
  lu.assertEquals(host:ask "AT+CESQ", "+CESQ: 99,99,255,255,20,43,65,62,82\n\nOK")
  modem:set_offer("sa")
  lu.assertEquals(host:ask "AT+C5GREG=2;+C5GREG?;+CEREG?",
    '+C5GREG: 2,1,"60AA00","37FB2C041",11\n+CEREG: 0,0\n\nOK')
  lu.assertEquals(host:ask 'AT+QENG="servingcell"',
    '+QENG: "servingcell","NOCONN","NR5G-SA","TDD",310,120,37FB2C041,625,60AA00,520110,41,12,-95,-11,18,1,-\n\nOK')
  lu.assertEquals(host:ask 'AT+QENG="neighbourcell"', '+QENG: "neighbourcell","NR5G",520110,626,-103,-14\n\nOK')
  host:ask "AT+CFUN=0"
  lu.assertEquals(host:ask 'AT+QENG="servingcell";+QNWINFO;+QCAINFO;+QRSRP',
    '+QENG: "servingcell","SEARCH"\n+QNWINFO: No Service\n\nOK')
end

-- What an RM520N may use, and to which cells it is locked.
function T.test_rm520n_selection()
  local host = new { personality = "rm520n" }
  local mode, part = 'AT+QNWPREFCFG="mode_pref"', 'AT+QNWPREFCFG="nr5g_disable_mode"'
  local nsa = 'AT+QNWPREFCFG="nsa_nr5g_band"'
  local cells, cell, save = 'AT+QNWLOCK="common/4g"', 'AT+QNWLOCK="common/5g"', 'AT+QNWLOCK="save_ctrl"'
  local channels = 'AT+QNWCFG="lte_earfcn_lock"'
  for _, pair in ipairs {
    { mode, '+QNWPREFCFG: "mode_pref",AUTO\n\nOK' }, { mode .. ",LTE:NR5G", "OK" },
    { mode, '+QNWPREFCFG: "mode_pref",LTE:NR5G\n\nOK' }, { mode .. ",6G", "ERROR" }, { mode .. ",NR5G", "OK" },
    { "AT+CREG?", "+CREG: 0,2\n\nOK" }, { mode .. ",AUTO", "OK" },
    { part, '+QNWPREFCFG: "nr5g_disable_mode",0\n\nOK' }, { part .. ",1", "OK" }, { part .. ",3", "ERROR" },
    { nsa .. ",41:71", "OK" }, { nsa, '+QNWPREFCFG: "nsa_nr5g_band",41:71\n\nOK' }, { nsa .. ",99", "ERROR" },
    { cells, '+QNWLOCK: "common/4g",0\n\nOK' }, { cells .. ",1,8665,214", "OK" },
    { cells, '+QNWLOCK: "common/4g",1,8665,214\n\nOK' }, { cells .. ",2,8665,214", "ERROR" },
    { cells .. ",1,1300,5", "OK" }, { "AT+CREG?", "+CREG: 0,2\n\nOK" }, { cells .. ",0", "OK" },
    { cell .. ",625,520110,30,41", "OK" }, { cell, '+QNWLOCK: "common/5g",625,520110,30,41\n\nOK' },
    { cell .. ",0", "OK" }, { cell, '+QNWLOCK: "common/5g",0\n\nOK' },
    { save, '+QNWLOCK: "save_ctrl",0,0\n\nOK' }, { save .. ",1,0", "OK" },
    { channels .. ",2,8665:1300", "OK" }, { channels, '+QNWCFG: "lte_earfcn_lock",2,8665:1300\n\nOK' },
    { channels .. ",1,1:2", "ERROR" }, { channels .. ",0", "OK" },
  } do
    lu.assertEquals(host:ask(pair[1]), pair[2], pair[1])
  end
end

function T.test_ec25()
  local host = new { personality = "ec25", factory = true }
  lu.assertEquals(host:ask "ATI", "Quectel\nEC25\nRevision: EC25EFAR06A06M4G\n\nOK")
  lu.assertEquals(host:ask 'AT+QCFG="usbcfg"', '+QCFG: "usbcfg",0x2C7C,0x0125,1,1,1,1,1,0,0\n\nOK')
  lu.assertEquals(host:ask 'AT+QCFG="usbnet"', '+QCFG: "usbnet",0\n\nOK')
  lu.assertEquals(host:ask 'AT+QCFG="usbnet",2', "OK")
  lu.assertEquals(host:ask 'AT+QCFG="usbnet",7', "ERROR")
  lu.assertEquals(host:ask 'AT+QCFG="nwscanmode"', '+QCFG: "nwscanmode",0\n\nOK')
  lu.assertEquals(host:ask 'AT+QCFG="nwscanmode",2,1', "OK")
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,2\n\nOK")
  lu.assertEquals(host:ask 'AT+QCFG="nwscanmode",3,1', "OK")
  lu.assertEquals(host:ask 'AT+QCFG="band"', '+QCFG: "band",0x93,0x1a0000800d5,0x0\n\nOK')
  lu.assertEquals(host:ask 'AT+QCFG="band",0,4,0', "OK")
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,2\n\nOK")
  lu.assertEquals(host:ask 'AT+QCFG="band",0,0x7fffffffffffffff,0', "OK")
  lu.assertEquals(host:ask 'AT+QENG="servingcell"',
    '+QENG: "servingcell","NOCONN","LTE","TDD",310,120,A3B2C11,301,40072,41,5,5,2F01,-98,-10,-71,12,30\n\nOK')
  lu.assertEquals(host:ask "AT+QPINC?", '+QPINC: "SC",3,10\n+QPINC: "P2",3,10\n\nOK')
  for _, unknown in ipairs { "+QNWPREFCFG=\"lte_band\"", "!SELRAT?", "!USBCOMP=?", "+CPINC?" } do
    lu.assertEquals(host:ask("AT" .. unknown), "ERROR", unknown)
  end
  lu.assertEquals(host.modem.composition, "qmi")
  host:ask "AT+CFUN=1,1"
  lu.assertEquals({ host.modem.composition, host.modem:usb_identity().product }, { "mbim", 0x0125 })
  lu.assertNotNil(host.modem:connect(0, { apn = "r.ispsn", ip_type = "ipv4v6" }).ipv6)
end

function T.test_ln920()
  local host = new { personality = "ln920", factory = true }
  for command, answer in pairs {
    ["ATI"] = "332", ["AT+CGMI"] = "Telit", ["AT+CGMM"] = "LN920A12-WW", ["AT#USBCFG?"] = "#USBCFG: 1",
    ["AT#USBCFG=?"] = "#USBCFG: (0-3)", ["AT+WS46?"] = "+WS46: 31", ["AT+WS46=?"] = "+WS46: (22,28,31)",
    ["AT#BND?"] = "#BND: 0,11,1E03B0F38DF,42", ["AT#BND=?"] = "#BND: (0),(0-11,17,18),(1E03B0F38DF),(42)",
  } do
    lu.assertEquals(host:ask(command), answer .. "\n\nOK", command)
  end
  for _, refused in ipairs {
    "#USBCFG=4", "#USBCFG=x", "+WS46=12", "+WS46=36", "#BND=0,11,0,0", "#BND=0,11,8000000000000000", "#BND=1,11,2",
    "!SELRAT?", "+QCFG=\"usbnet\"",
  } do
    lu.assertEquals(host:ask("AT" .. refused), "ERROR", refused)
  end
  lu.assertEquals(host:ask "AT+WS46=22", "OK")
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,2\n\nOK")
  lu.assertEquals(host:ask "AT+WS46=28", "OK")
  lu.assertEquals(host:ask "AT#BND=0,18,2,0", "OK") -- B2, which is not there
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,2\n\nOK")
  lu.assertEquals(host:ask "AT#BND=0,18,1000000,40", "OK")
  lu.assertEquals(host:ask "AT#BND?", "#BND: 0,18,1000000,40\n\nOK")
  lu.assertEquals(host:ask "AT+CREG?", "+CREG: 0,1\n\nOK")
end

-- Each composition is a product of its own, and MBIM moves the ports behind it by one.
function T.test_compositions_of_an_ln920()
  local host = new { personality = "ln920", factory = true }
  local modem = host.modem
  lu.assertEquals({ modem.composition, modem:usb_identity().product }, { "qmi", 0x1060 })
  lu.assertEquals(modem:interface("modem", "qmi").interface, 4)
  host:ask "AT#USBCFG=2;#REBOOT"
  lu.assertEquals({ modem.composition, modem:usb_identity().product }, { "mbim", 0x1061 })
  lu.assertEquals(modem:interface("modem", "mbim").interface, 5)
  host:ask "AT#USBCFG=3;#REBOOT"
  lu.assertEquals({ modem:network_mode(), modem:usb_identity().product }, { "ecm", 0x1063 })
end

-- Where a simulated modem has its ports, the maker's table has them, too. What speaks MBIM is known by its class.
function T.test_ports_are_where_makers_have_them()
  local role_of = { diag = "dm", nmea = "nmea", modem = "at", qmi = "qmi" }
  for _, personality in ipairs { "mc7455", "em7565", "ec25", "ln920", "le910c4" } do
    local modem = new({ personality = personality }).modem
    for _, protocol in ipairs { "mbim", "qmi" } do
      modem:compose(protocol)
      local id = modem:usb_identity()
      local ports = maker.quirks("usb", ("%04x"):format(id.vendor), ("%04x"):format(id.product)).ports
      for name, role in pairs(role_of) do
        if modem:shows(name) then
          lu.assertEquals(ports[modem:interface(name, protocol).interface], role,
            ("%s in %s: %s"):format(personality, protocol, name))
        end
      end
    end
  end
end

return T
