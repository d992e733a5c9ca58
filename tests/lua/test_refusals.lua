-- SPDX-License-Identifier: MIT
-- Every status and reason of MBIM, QMI and AT, every cause of 3GPP: who refuses, the code, words, a hint and
-- the exit status. The numbers are those that the specifications, libmbim and libqmi list.

local at_errors = require "at.errors"
local call_end = require "qmi.call_end"
local cause = require "cause"
local errors = require "errors"
local exit_status = require "cli.exit_status"
local lu = require "luaunit"
local mbim_status = require "mbim.status"
local qmi_status = require "qmi.status"
local network_reject = require "modem.network_reject"
local verdict = require "cause.verdict"

local T = {}

local parties = { host = true, modem = true, card = true, network = true }

-- "1-3 7 -1" as { 1, 2, 3, 7, -1 }.
local function numbers(text)
  local list = {}
  for first, last in text:gmatch "(%-?%d+)%-?(%d*)" do
    for number = tonumber(first), tonumber(last) or tonumber(first) do
      list[#list + 1] = math.tointeger(number)
    end
  end
  return list
end

-- Unknown numbers have generic words with the number in them; a known one has its own words.
local function check(found, number, what)
  local which = ("%s %d"):format(what, number)
  lu.assertNotNil(found, which)
  lu.assertTrue(parties[found.who], which)
  lu.assertTrue(#found.words > 0 and #found.hint > 0, which)
  lu.assertNil(found.words:find(tostring(number), 1, true), which .. ": " .. found.words)
  lu.assertTrue(found.code == nil or errors.codes[found.code] ~= nil, which)
  return found
end

local function check_statuses(lookup, list, what)
  for _, number in ipairs(numbers(list)) do
    local name, sentence, kind = lookup(number)
    lu.assertNotNil(name:find "^[%l%d-]+$", what)
    check(verdict.new(kind, sentence), number, what)
  end
end

function T.test_mbim()
  check_statuses(mbim_status.status, "0-23 25-38 100-104 2269315073-2269315075", "status")
  check_statuses(mbim_status.protocol_error, "1-8", "protocol error")
end

function T.test_qmi()
  check_statuses(qmi_status.status, "0-17 19 22-85 90-98 100-118 388-393 400-402 61441-61445", "error")
end

local reasons = {
  mip = "-1 64-75 79 97-99 104-106 128-134 136-139",
  internal = "201-249",
  cm = "500-525 1000-1070 1500-1514 2000-2006 2500-2506",
  ["3gpp"] = "8 25-46 50-55 81 95-101 111-113",
  ppp = "-1 1-3 31-33",
  ehrpd = "1-2 4-17",
  ipv6 = "1-3",
}

function T.test_call_ends()
  for reason_type, list in pairs(reasons) do
    for _, number in ipairs(numbers(list)) do
      check(call_end.verdict { type = reason_type, reason = number }, number, reason_type)
    end
  end
  for _, number in ipairs(numbers "1-11 500-515 1000-1036 1500-1507") do
    check(call_end.verdict(nil, number), number, "simple")
  end
  lu.assertEquals(call_end.verdict({ type = "handoff", reason = 7 }).who, "modem")
end

-- 3GPP TS 27.007, 9.2 (version 17) and TS 27.005, 3.2.5.
function T.test_at()
  for _, number in ipairs(numbers "0-7 10-18 20-27 30-32 40-63 100 102-119 122 124-165 171-233") do
    check(at_errors.verdict("cme", number), number, "CME")
  end
  for _, number in ipairs(numbers(
    "1 8 10 17 21 22 27-30 38 41 42 47 50 69 81 95-99 111 127-130 143-145 159-161 175 176 192-199 208-213 255 "
    .. "300-305 310-318 320-322 330-332 340 500")) do
    check(at_errors.verdict("cms", number), number, "CMS")
  end
  lu.assertNil(at_errors.verdict("cme", 9999))
end

-- SM, ESM and 5GSM; MM, GMM, EMM and 5GMM.
function T.test_causes()
  local all = {
    session = "8 24-61 65-70 81-86 95-101 111-113",
    registration = "2-28 31-36 38-40 42 43 48-63 65 67 69 71-80 "
      .. "90-93 95-101 111",
  }
  for procedure, list in pairs(all) do
    for _, number in ipairs(numbers(list)) do
      local found = check(cause.verdict(number, procedure), number, procedure)
      lu.assertEquals({ found.who, found.nw_error }, { "network", number })
    end
  end
end

function T.test_one_table_is_never_read_for_the_other()
  lu.assertEquals(cause.verdict(5, "session").words, "network cause 5")
  lu.assertEquals(cause.verdict(33, "session").words, "requested service option not subscribed")
  lu.assertEquals(cause.verdict(91, "session").words, "network cause 91")
  lu.assertNotEquals(cause.verdict(26, "session").words, cause.verdict(26, "registration").words)
  -- The modem's own number 113 among 3GPP's, and the call manager's of a registration.
  lu.assertNotEquals(call_end.verdict({ type = "3gpp", reason = 113 }).words, cause.verdict(113, "session").words)
  lu.assertNil(call_end.verdict({ type = "cm", reason = 1010 }).nw_error)
  lu.assertEquals(call_end.verdict({ type = "cm", reason = 1010 }).code, "registration-denied")
  -- MBIM has one field for both.
  lu.assertEquals({ cause.procedure(7), cause.procedure(8), cause.procedure(33) },
    { "registration", "session", "session" })
end

-- Of all that we ask for, only messages take room in the modem.
function T.test_memory_that_is_full_is_made_room_in()
  for _, kind in ipairs { select(3, qmi_status.status(51)), (select(3, mbim_status.status(31))) } do
    lu.assertStrContains(verdict.new(kind, "full").hint, "`moontower sms delete --all-read`")
  end
end

function T.test_generations()
  lu.assertEquals(cause.verdict(46, "session", "5G").words, "outside the area of the local data network")
  lu.assertNotStrContains(cause.verdict(46, "session", "LTE").words, "area")
  lu.assertStrContains(cause.verdict(46, "session").words, "in 5G: outside the area")
  lu.assertNotEquals(cause.verdict(31, "registration", "LTE").words, cause.verdict(31, "registration", "5G").words)
end

local function refused(given)
  local _, err = network_reject.connection("internet", given)
  return { err.detail.who, err.code, err.message, exit_status.of(err.code) }, err
end

function T.test_a_connection_says_who_refused_it()
  lu.assertEquals(refused { source = "qmi", nw_error = 33 }, { "network", "connect-refused",
    "the network refuses a connection to the APN internet: requested service option not subscribed (cause 33)", 6 })
  for reason, expected in pairs {
    [243] = { "modem", "connect-refused", "the modem refuses a connection to the APN internet: modem too hot", 6 },
    [219] = { "modem", "radio-off", "the modem refuses a connection to the APN internet: "
      .. "radio is off or in low-power mode", 5 },
    [246] = { "modem", "roaming-refused", "the modem refuses a connection to the APN internet: "
      .. "data while roaming is switched off in the modem", 5 },
    [218] = { "card", "connect-refused", "the SIM refuses a connection to the APN internet: "
      .. "SIM was changed, removed or refreshed", 6 },
    [242] = { "host", "connect-refused", "the host refuses a connection to the APN internet: an APN is needed", 6 },
  } do
    lu.assertEquals(refused { source = "qmi", verdict = call_end.verdict { type = "internal", reason = reason } },
      expected)
  end
  local _, err = refused { source = "mbim", nw_error = 7 }
  lu.assertStrContains(err.message, "data service not allowed for this SIM (cause 7)")
  for _, given in ipairs { { source = "mbim" }, { source = "qmi", err = errors.new {
    code = "rejected", message = "x", detail = {} } } } do
    _, err = refused(given)
    lu.assertNotNil(err.hint)
  end
end

function T.test_every_code_of_a_verdict_has_an_exit_status_of_its_own()
  for status, entry in pairs(exit_status.list) do
    for i = 2, #entry do
      lu.assertNotNil(errors.codes[entry[i]], entry[i])
      lu.assertEquals(exit_status.of(entry[i]), status)
    end
  end
end

return T
