-- SPDX-License-Identifier: MIT
-- Settings on modems that answer in the forms that real ones do, and on modems that do not tell, or not in a way that
-- we understand: then a setting is unknown, and can be set.

local errors = require "errors"
local lu = require "luaunit"
local settings = require "settings"

local SIERRA = "Manufacturer: Sierra Wireless, Incorporated\nModel: MC7455"
local QUECTEL = "Quectel\nEC25"

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do
    if line:find("%S") then lines[#lines + 1] = line end
  end
  return lines
end

-- Answers by command; a command that sets something is taken, anything else is an ERROR.
local function modem_of(answers)
  local at = { sent = {} }
  function at:command(command)
    self.sent[#self.sent + 1] = command
    local answer = answers[command]
    if not answer and (not command:find("=") or command:find("=%?$") or command:find('^AT%+Q%w+="[%w_]+"$')) then
      return errors.fail {
        code = "rejected", source = "at", message = command .. ": ERROR", detail = { result = "error" },
      }
    end
    return { lines = lines_of(answer or ""), result = "ok" }
  end
  return { at = at, description = { vendor = "1199", product = "9071" } }
end

local function setting_of(name, answers)
  local modem = modem_of(answers)
  local list, missing = assert(settings.for_modem(modem, { [name] = {} }))
  return assert(list[name], tostring(missing[name])), modem
end

local T = {}

-- ---- forms ----

local SELRAT_LIST = "!SELRAT: Index, Name\n00, Automatic\n01, UMTS 3G Only\n02, GSM 2G Only\n05, GSM and UMTS Only\n"
  .. "06, LTE Only\n07, GSM/UMTS/LTE\n11, UMTS and LTE Only\n12, GSM and LTE Only"
local SELRAT_5G = "!SELRAT: Index, Name\n00, Automatic\n01, WCDMA Only\n06, LTE Only\n20, NR 5G Only\n21, LTE and NR\n"
  .. "22, WCDMA and NR"

function T.test_forms_of_selrat()
  for _, case in ipairs {
    { "!SELRAT: 06, LTE Only", "lte" }, { "06, LTE Only", "lte" }, { "!selrat: 06, LTE Only", "lte" },
    { "!SELRAT: 00, Automatic", "auto" }, { "!SELRAT: 6, LTE Only", "lte" }, { "  !SELRAT:\n  11, UMTS and LTE Only",
      "umts+lte" }, { "!SELRAT: 07, GSM/UMTS/LTE", "gsm+umts+lte" }, { "!SELRAT: 05, GSM and UMTS", "gsm+umts" },
    { "!SELRAT: 21, LTE and NR", "lte+nr" }, { "!SELRAT: Index, Name\n22, WCDMA and NR", "umts+nr" },
    { "Unknown RAT mode", "unknown" }, { "!SELRAT: Unknown RAT mode", "unknown" }, { "", "unknown" },
    { "!SELRAT: Index, Name", "unknown" },
  } do
    local rat, modem = setting_of("rat", { ATI = SIERRA, ["AT!SELRAT=?"] = SELRAT_LIST, ["AT!SELRAT?"] = case[1] })
    lu.assertEquals(rat:show(assert(rat:read(modem))), case[2], case[1])
  end
  local rat = setting_of("rat", { ATI = SIERRA, ["AT!SELRAT=?"] = SELRAT_5G, ["AT!SELRAT?"] = "" })
  lu.assertEquals(rat:how(nil, assert(rat:normalise "5g+lte")), "AT!SELRAT=21")
end

-- A value that cannot be set again is not promised to be put back.
function T.test_a_value_that_the_list_does_not_have()
  local rat, modem = setting_of("rat", {
    ATI = SIERRA, ["AT!SELRAT=?"] = SELRAT_LIST, ["AT!SELRAT?"] = "!SELRAT: 14, Something Else",
  })
  local now = rat:read(modem)
  lu.assertEquals(rat:show(now), "something else")
  lu.assertNil(rat:undo(now, "lte"))
  lu.assertEquals(rat:undo("umts+lte", "lte"), "umts+lte")
end

local USBCOMP_HELP = "!USBCOMP: \nAT!USBCOMP=<Config Index>,<Config Type>,<Interface bitmask>\n"
  .. "  <Interface bitmask> - DIAG     - 0x00000001,\n                        NMEA     - 0x00000004,\n"
  .. "                        MODEM    - 0x00000008,\n                        RMNET0   - 0x00000100,\n"
  .. "                        MBIM     - 0x00001000,\n  The default configuration is:\n  at!usbcomp=1,3,10F"

function T.test_forms_of_usbcomp()
  for text, expected in pairs {
    ["Config Index: 1\nConfig Type:  1 (Generic)\nInterface bitmask: 00001009 (diag,modem,mbim)"] = "dm+at+mbim",
    ["!USBCOMP: \nConfig Index: 1\nConfig Type: 3 (Legacy)\nInterface bitmask: 0000010D (diag,nmea,modem,rmnet0)"]
      = "dm+nmea+at+qmi",
    ["Config Index:\t1\nConfig Type:\t1\nInterface bitmask:\t0x1000 (mbim)"] = "mbim",
    ["Config Index: 1\nConfig Type:  1 (Generic)\nInterface bitmask: 0020100D (diag,nmea,modem,mbim,ubist)"]
      = "dm+nmea+at+mbim+ubist",
    ["Config Index: 1\nConfig Type:  1 (Generic)\nInterface bitmask: 0008010D (diag,nmea,modem,rmnet0,ecm)"]
      = "dm+nmea+at+qmi+ecm",
    ["!USBCOMP: what?"] = "unknown",
  } do
    local composition, modem = setting_of("composition", {
      ATI = SIERRA, ["AT!USBCOMP=?"] = USBCOMP_HELP, ["AT!USBCOMP?"] = text,
    })
    lu.assertEquals(composition:show(assert(composition:read(modem))), expected)
  end
end

local LEGEND = "\n\n                                      0000010000000000 - B41"
local BANDS = {
  three = "Index, Name,                        GW Band Mask     L Band Mask      TDS Band Mask\n"
    .. "00, All bands                     0002000007C00000 00000100130818DF 0000000000000000" .. LEGEND,
  six = "Index, Name,                        GW Band Mask     L Band Mask 1    L Band Mask 2    TDS Band Mask    "
    .. "L Band Mask 3    L Band Mask 4\n00, All bands                     0002000007C00000 000003A3138818DF "
    .. "0000000000000002 0000000000000000 0000000000000000 0000000000000000" .. LEGEND,
}
BANDS.comma = BANDS.three:gsub("All bands ", "All bands,")

function T.test_forms_of_band()
  for form, expected in pairs {
    three = "B1+B2+B3+B4+B5+B7+B8+B12+B13+B20+B25+B26+B29+B41", comma = "B26+B29+B41", six = "B42+B66",
  } do
    local list, modem = setting_of("bands", {
      ATI = SIERRA, ["AT!BAND=?"] = BANDS[form], ["AT!BAND?"] = (BANDS[form]:gsub(LEGEND, "")),
    })
    local now = assert(list:read(modem))
    lu.assertEquals(now.name, "All bands")
    lu.assertStrContains(require("settings.bands").format(now), expected)
  end
end

-- ---- what is unknown can be set ----

local WANTED = {
  { "ipv6", true, 'AT!CUSTOM="IPV6ENABLE",1', { ATI = SIERRA, ["AT!CUSTOM?"] = "!CUSTOM:" } },
  { "rat", "lte", "AT!SELRAT=06", { ATI = SIERRA, ["AT!SELRAT=?"] = SELRAT_LIST } },
  { "rat", "lte", "AT!SELRAT=06",
    { ATI = SIERRA, ["AT!SELRAT=?"] = SELRAT_LIST, ["AT!SELRAT?"] = "Unknown RAT mode" } },
  { "contexts", { { apn = "r.ispsn" } }, 'AT+CGDCONT=1,"IPV4V6","r.ispsn"', { ATI = SIERRA } },
  { "bands", "B4+B41", 'AT!BAND=10,"moontower",0002000007C00000,0000010000000008,0000000000000000; AT!BAND=10',
    { ATI = SIERRA, ["AT!BAND=?"] = BANDS.three } },
  { "bands", "B4+B41", 'AT!BAND=10,"moontower",0002000007C00000,0000010000000008,0000000000000000; AT!BAND=10',
    { ATI = SIERRA, ["AT!BAND=?"] = BANDS.three, ["AT!BAND?"] = "Unknown band mask. Use AT!BAND to set band." } },
  { "composition", { "at", "mbim" }, "AT!USBCOMP=1,3,100D", { ATI = SIERRA, ["AT!USBCOMP=?"] = USBCOMP_HELP } },
  { "composition", { "at", "mbim" }, "AT!USBCOMP=1,3,100D",
    { ATI = SIERRA, ["AT!USBCOMP=?"] = USBCOMP_HELP, ["AT!USBCOMP?"] = "what?" } },
  { "rat", "lte", 'AT+QCFG="nwscanmode",3,1', { ATI = QUECTEL, ['AT+QCFG="nwscanmode"'] = '+QCFG: "nwscanmode",9' } },
  { "rat", "lte", 'AT+QCFG="nwscanmode",3,1', { ATI = QUECTEL, ['AT+QCFG="nwscanmode"'] = "what?" } },
  { "rat", "lte", 'AT+QNWPREFCFG="mode_pref",LTE',
    { ATI = QUECTEL, ['AT+QNWPREFCFG="mode_pref"'] = '+QNWPREFCFG: "mode_pref",?' } },
  { "bands", "B2", 'AT+QCFG="band",0,2,0,1', { ATI = QUECTEL, ['AT+QCFG="band"'] = '+QCFG: "band"' } },
  { "bands", "B2", 'AT+QNWPREFCFG="lte_band",2', { ATI = QUECTEL, ['AT+QNWPREFCFG="lte_band"'] = "what?" } },
  { "composition", { "mbim" }, 'AT+QCFG="usbnet",2', { ATI = QUECTEL, ['AT+QCFG="usbnet"'] = '+QCFG: "usbnet",x' } },
}

function T.test_an_unknown_value_can_be_set()
  for i, case in ipairs(WANTED) do
    local name, value, how, answers = table.unpack(case)
    local setting, modem = setting_of(name, answers)
    local words = ("%d: %s"):format(i, how)
    local now, wanted = assert(setting:read(modem)), assert(setting:normalise(value))
    if name ~= "ipv6" then
      lu.assertEquals(setting:show(now), "unknown", words)
      lu.assertNil(setting:undo(now, wanted), words)
    end
    lu.assertFalse(setting:same(now, wanted), words)
    lu.assertFalse(setting:holds(now, wanted), words)
    lu.assertEquals(setting:how(now, wanted), how, words)
    lu.assertNil(setting:why_not(modem, wanted, now), words)
    lu.assertTrue(setting:set(modem, wanted, now), words)
    lu.assertTrue((table.concat(modem.at.sent, "; "):find(how, 1, true)) ~= nil, words)
  end
end

-- Of QMI, the same: what an answer lacks is unknown.
-- The MC73xx and EM73xx have no AT!USBCOMP.
function T.test_compositions_by_number()
  local help = "!UDUSBCOMP: \n0  - reserved NOT SUPPORTED\n6  - DM   NMEA  AT    QMI   SUPPORTED\n"
    .. "7  - DM   NMEA  AT    RMNET1 RMNET2 RMNET3   NOT SUPPORTED\n8  - DM   NMEA  AT    MBIM   SUPPORTED\n"
    .. "9  - MBIM   SUPPORTED\n"
  for now, shown in pairs {
    ["!UDUSBCOMP: \n6\n\n"] = "dm+nmea+at+qmi", ["!UDUSBCOMP: 6"] = "dm+nmea+at+qmi", ["6"] = "dm+nmea+at+qmi",
    ["!UDUSBCOMP: \n8"] = "dm+nmea+at+mbim", ["!UDUSBCOMP: what?"] = "unknown",
  } do
    local composition, modem = setting_of("composition", {
      ATI = SIERRA, ["AT!UDUSBCOMP=?"] = help, ["AT!UDUSBCOMP?"] = now,
    })
    local value = assert(composition:read(modem))
    lu.assertEquals(composition:show(value), shown, now)
    local wanted = assert(composition:normalise { "at", "mbim" })
    lu.assertEquals(composition:same(value, wanted), shown == "dm+nmea+at+mbim")
    assert(composition:set(modem, wanted, value))
    lu.assertEquals(modem.at.sent[#modem.at.sent], "AT!UDUSBCOMP=8")
  end
end

local function qmi_modem(answers)
  local sent = {}
  local qmi = { request = function(_, message, values)
    sent[#sent + 1] = message.name
    local answer = answers[message.name]
    if not answer and message.name:find("Get") then
      return errors.fail { code = "rejected", source = "qmi", message = message.name .. ": refused" }
    end
    return answer or { values = values }
  end }
  return { qmi = qmi, description = {} }, sent
end

function T.test_a_value_that_qmi_does_not_report_can_be_set()
  local modem, sent = qmi_modem {
    ["Get Capabilities"] = { info = { radio_interface_list = { "umts", "lte" } } },
    ["Get System Selection Preference"] = {},
    ["Get Band Capabilities"] = { extended_lte_band_capability = { 2, 4, 12 } },
    ["Sierra Get USB Composition"] = { supported = { 6, 8, 9 } },
  }
  local list, missing = settings.for_modem(modem, { rat = "lte", bands = "B4", contexts = {}, composition = {} })
  lu.assertEquals(missing, {})
  for name, value in pairs {
    rat = "lte", bands = "B4", contexts = { { apn = "r.ispsn" } }, composition = { "at", "mbim" },
  } do
    local setting = list[name]
    local now, wanted = assert(setting:read(modem)), assert(setting:normalise(value))
    lu.assertEquals(setting:show(now), "unknown", name)
    lu.assertFalse(setting:same(now, wanted), name)
    lu.assertNil(setting:undo(now, wanted), name)
    lu.assertNil(setting:why_not(modem, wanted, now), name)
    assert(setting:how(now, wanted))
    lu.assertTrue(setting:set(modem, wanted, now), name)
  end
  lu.assertStrContains(table.concat(sent, ", "), "Sierra Set USB Composition")
end

-- A modem that has gone silent is another matter: nothing is set then.
function T.test_silence_is_an_error()
  local rat, modem = setting_of("rat", { ATI = SIERRA, ["AT!SELRAT=?"] = SELRAT_LIST })
  function modem.at.command() return errors.fail { code = "timeout", source = "at", message = "no answer" } end
  local now, err = rat:read(modem)
  lu.assertNil(now)
  lu.assertEquals(err.code, "timeout")
end

return T
