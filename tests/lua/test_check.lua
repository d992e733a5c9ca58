-- SPDX-License-Identifier: MIT
-- `moontower check`: what it says about carrier files, right and wrong ones.

local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"

local T = {}

local executable = require("core.program").executable

local function check(text, ...)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  local result = assert(process.run { executable, "check", path, ... })
  os.remove(path)
  return result, path
end

local function bearers(rest)
  return 'local carrier = require "carrier"\nreturn carrier {\n  name = "X",\n  bearers = { { apn = "a" } },\n'
    .. (rest or "") .. "\n}\n"
end

function T.test_our_own_are_fine()
  for _, name in ipairs(require("carrier").list()) do
    local result = assert(process.run { executable, "check", name })
    lu.assertEquals(result.status, 0, result.stderr)
  end
end

function T.test_a_carrier_file_is_explained()
  local result = check(bearers [[
  plmns = { "00101" }, sims = { { imsi = "00101x9", gid1 = "42" }, { spn = "Me" } }, roaming = true, search = true,
  modem = {
    attach = { apn = "", ip = "ipv6" }, carrier_configuration = "ROW",
    rat = "LTE", bands = "B2+B12", ipv6 = false, unlock = "hunter2", composition = { "at", "mbim" },
    contexts = { [2] = { apn = "z" }, [1] = { apn = "r", ip = "ipv4" } },
    at = { 'AT+CGAUTH=1,1,"me","1234"', { "AT!PCOFFEN=2", check = "AT!PCOFFEN?", want = "2" } },
  },
  setup = function() end,]])
  lu.assertEquals(result.status, 0, result.stderr)
  for _, words in ipairs {
    "connects   a, IPv4 and IPv6", "roaming    allowed",
    "SIMs       IMSI 00101x9, GID1 42", "or         SPN Me", "or else    what else fits the SIM",
    "attach   with the APN that the network chooses, IPv6", "MBN      ROW",
    "1: r, IPv4; 2: z, IPv4 and IPv6", "lte only", "B2+B12",
    "at least at and mbim", "AT+CGAUTH=(hidden)", "AT!PCOFFEN=2, unless AT!PCOFFEN? answers 2", "IPv6     off",
  } do
    lu.assertStrContains(result.stdout, words)
  end
  lu.assertNotStrContains(result.stdout, "hunter2")
  lu.assertNotStrContains(result.stdout, "1234")
end

-- Each with words of the message, and the line that it names.
function T.test_mistakes()
  for _, case in ipairs {
    { bearers 'ip = "ipv4",', "a carrier: there is no key 'ip'", "line 5: ip =" },
    { bearers "roaming = 1,", "'roaming' should be true or false", "line 5: roaming = 1," },
    { bearers "modem = {\n rat = 'warp' },", "'warp' is no radio access technology", "line 6: rat = 'warp'" },
    { bearers "modem = { bands = 'B2+Q3' },", "'Q3' is no band", "line 5" },
    { bearers "modem = { composition = { 'at', 'usb' } },", "'usb' is no USB interface", "line 5" },
    { bearers "modem = { at = { 'ATI', 'hello' } },", "'hello' is no AT command", "line 5" },
    { bearers "modem = { qmi = { 'dms what' } },", "is no QMI message", "line 5" },
    { "return carrier {\n name = 'x'\n bearers = {}\n}", ":3: '}' expected", "" },
    { "return 5", "returns no carrier", "" },
    { "while true do end", "too long", "" },
    { 'os.remove("/")', "attempt to index a nil value", "" },
  } do
    local result, path = check(case[1])
    lu.assertEquals(result.status, 9, result.stdout)
    lu.assertEquals(result.stdout, "")
    for i = 2, 3 do lu.assertStrContains(result.stderr, case[i]) end
    lu.assertNotStrContains(result.stderr, "stack traceback")
    if case[3] == "" then
      lu.assertStrContains(result.stderr, path)
    end
  end
end

-- The same name may stand in many places: the line is that of the field which is wrong.
function T.test_the_line_of_the_very_field()
  local text = [[
local carrier = require "carrier"
-- auth = "wrong"
return carrier {
  name = "X", -- auth = "wrong"
  bearers = {
    { apn = "a", user = "u", password = "p", auth = "pap" },
    { apn = "b", user = "u", password = "p",
      auth = "wrong" },
  },
  modem = {
    rat = "lte", contexts = { [1] = { apn = "auth = 1", ip = "ipv4" }, [3] = { apn = "s",
      ip = "ipv4" } },
  },
}
]]
  for old, case in pairs {
    [""] = { "", "line 8: auth = " }, ['"wrong" },'] = { '"pap" },', nil },
    ['      ip = "ipv4"'] = { '      ip = "ipv5"', "line 12: ip = " },
  } do
    local fixed = old == "" and text or text:gsub('"wrong" },', '"pap" },')
    if old ~= "" then
      fixed = fixed:gsub(old, case[1], 1)
    end
    local result = check(fixed)
    lu.assertEquals(result.status, case[2] and 9 or 0, result.stderr)
    lu.assertStrContains(result.stderr, case[2] or "")
    lu.assertEquals(select(2, result.stderr:gsub("\n  line ", "")), case[2] and 1 or 0)
  end
end

function T.test_nonsense()
  for _, case in ipairs {
    { bearers 'modem = { rat = "5g" },', "most 5G networks need LTE beside it", "line 5" },
    { bearers():gsub('apn = "a"', '%0, auth = "pap"'), "'auth' goes with a user", "line 4" },
    { bearers():gsub('apn = "a"', '%0, password = "x"'), "'password' goes with a user", "line 4" },
  } do
    local result = check(case[1])
    lu.assertEquals(result.status, 9)
    lu.assertStrContains(result.stderr, case[2])
    lu.assertStrContains(result.stderr, case[3])
  end
end

function T.test_json()
  local result = check(bearers 'modem = { unlock = "hunter2" },', "--json")
  local values = json.decode(result.stdout)
  lu.assertEquals(values.carrier.bearers[1].apn, "a")
  lu.assertEquals(values.carrier.modem.unlock, "(hidden)")
  result = check(bearers "roaming = 1,", "--json")
  lu.assertEquals(result.status, 9)
  values = json.decode(result.stdout)
  lu.assertEquals(values.error.detail.field, "roaming")
  lu.assertEquals(values.error.detail.lines[1].number, 5)
end

function T.test_no_such_file()
  local result = assert(process.run { executable, "check", "nobody" })
  lu.assertEquals(result.status, 9)
  lu.assertStrContains(result.stderr, "there is no carrier 'nobody'")
end

return T
