-- SPDX-License-Identifier: MIT
-- Carrier files: the state that the modem has to be in, and what else to do for it.

local carrier = require "carrier"
local fs = require "core.fs"
local lu = require "luaunit"

local T = {}

local function load_with(text)
  local path = os.tmpname()
  assert(fs.write(path, ('return require "carrier" { name = "x", bearers = { { apn = "y" } }, %s }'):format(text)))
  local values, err = carrier.load(path)
  os.remove(path)
  return values, err
end

function T.test_everything_there_is()
  local values = assert(load_with [[
    modem = {
      ipv6 = true, contexts = { [1] = { apn = "y", ip = "ipv4v6" }, [3] = { apn = "ims" } }, rat = "lte",
      bands = "B2+B12", composition = { "at", "mbim" }, unlock = "A710",
      at = { "AT!PCOFFEN=2", { "AT+X=1", check = "AT+X?", want = "1" } }, qmi = { "dms 0x555f" },
    },
    setup = function(modem) return modem.at:command("AT") end,
  ]])
  lu.assertEquals(values.modem.contexts[3].apn, "ims")
  lu.assertEquals(values.modem.at[2].check, "AT+X?")
  lu.assertEquals(values.setup { at = { command = function(_, text) return text end } }, "AT")
end

function T.test_calyx()
  local wanted = assert(carrier.load "calyx-sprint").modem
  lu.assertEquals(wanted, {
    ipv6 = true, contexts = { { apn = "r.ispsn", ip = "ipv4v6" } }, rat = "lte", composition = { "at", "mbim" },
  })
end

function T.test_mistakes_are_named()
  for text, words in pairs {
    ["modem = true"] = "'modem' should be a table",
    ["modem = { ipv5 = true }"] = "modem: there is no key 'ipv5' (there are: at, attach, bands, carrier_configuration",
    ["modem = { ipv6 = 'yes' }"] = "modem: the key 'ipv6' should be true or false",
    ["modem = { contexts = {} }"] = "'contexts' should be a table such as",
    ["modem = { contexts = { [0] = { apn = 'y' } } }"] = "'contexts' should be",
    ["modem = { contexts = { a = { apn = 'y' } } }"] = "'contexts' should be",
    ["modem = { contexts = { [2] = { ip = 'ipv4' } } }"] = "modem.contexts[2]: it needs the key 'apn'",
    ["modem = { contexts = { { apn = 'y', ip = 'x' } } }"] = "modem.contexts[1]: the key 'ip' should be one of",
    ["modem = { composition = 'mbim' }"] = "'composition' should be a list",
    ["modem = { rat = 4 }"] = "'rat' should be a text",
    ["modem = { at = 'AT' }"] = "'at' should be a list of commands",
    ["modem = { at = { 'AT', [3] = 'AT+X' } }"] = "its entry 2 is missing",
    ["modem = { composition = { 'at', 'mbim', also = 'nmea' } }"] = "it has the key 'also'",
    ["plmns = { '310120', more = 'x' }"] = "it has the key 'more'",
    ["modem = { at = { 'AT\\n' } }"] = "'at' should be a list of commands",
    ["modem = { at = { { check = 'AT' } } }"] = "modem.at[1]: it needs the key '1'",
    ["modem = { qmi = { { 'dms 0x1', wants = 'x' } } }"] =
      "modem.qmi[1]: there is no key 'wants' (there are: 1, check, want)",
    ["setup = 'AT!RESET'"] = "'setup' should be a function",
  } do
    local values, err = load_with(text)
    lu.assertNil(values, text)
    lu.assertEquals(err.code, "carrier-invalid")
    lu.assertStrContains(tostring(err), words)
  end
end

-- What a setup function sees is what its file does, and the modem.
function T.test_setup_has_nothing_else_in_reach()
  local values = assert(load_with "setup = function() return os end")
  lu.assertNil(values.setup())
end

return T
