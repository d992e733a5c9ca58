-- SPDX-License-Identifier: MIT
-- The orders in AT commands, which no policy may undo.

local lu = require "luaunit"
local of = require("at.effect").of

local T = {}

function T.test_each_command()
  for command, order in pairs {
    ["AT+CFUN=4"] = "radio off", ["at+cfun=0"] = "radio off", ["AT+CFUN = 4"] = "radio off",
    ["AT+CFUN=7"] = "radio off",
    ["AT+CFUN=4,0"] = "radio off", ["AT+CFUN=1"] = "radio on", ["AT+CFUN=1,0"] = "radio on",
    ["AT+CFUN=1,1"] = "change", ["AT+CFUN=4,1"] = "change", ["AT+CFUN=16"] = "change",
    ["AT+CFUN?"] = "nothing", ["AT+CFUN=?"] = "nothing", ["AT"] = "nothing", ["ATI"] = "nothing",
    ["AT+CGATT=0"] = "offline", ["AT+CGATT=1"] = "nothing", ["AT+CGACT=0,1"] = "offline", ["AT+CGACT=1,1"] = "nothing",
    ["AT!SCACT=0,1"] = "offline", ["AT+COPS=2"] = "offline", ["AT+COPS=0"] = "nothing", ["AT+COPS=?"] = "nothing",
    ["AT!RESET"] = "change", ["AT!USBCOMP=1,1,100D"] = "change", ["AT!USBCOMP?"] = "nothing",
    ["AT+QPOWD=1"] = "change", ["AT+QPOWD"] = "change",
    ["AT+QPOWD=?"] = "nothing", ["AT#REBOOT"] = "change", ["AT#USBCFG=2"] = "change", ["AT#USBCFG?"] = "nothing",
    ["AT#USBCFG=?"] = "nothing", ["AT#BND=0,11,2,0"] = "nothing",
    ["AT+CMEE=1;+CFUN=4"] = "radio off", ["AT+CFUN=4;+CFUN=1"] = "radio on", ["AT!SELRAT=06"] = "nothing",
    ['AT+CMGS="+CFUN=4"'] = "nothing", ['AT+CMGS="a;+CFUN=4"'] = "nothing", ["ATE0;+CFUN=4"] = "radio off",
    ["ATX4+CFUN=4"] = "radio off", ["AT&C1S0=0+CFUN=4;"] = "radio off", ["ATD123;+CFUN=4"] = "radio off",
    ["ATD123+CFUN=4"] = "nothing", ['AT+X=";+CFUN=4'] = "radio off",
  } do
    lu.assertEquals(of(command) or "nothing", order, command)
  end
end

return T
