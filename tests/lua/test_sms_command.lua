-- SPDX-License-Identifier: MIT
-- `moontower sms` over MBIM, QMI and QMI inside MBIM: the same messages, words and exit statuses.

local json = require "dkjson"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local ways = {
  mbim = { { "--modem", "ec25" }, first = 1 },
  qmi = { { "--composition", "qmi", "--modem", "ec25" } },
  inside = { { "--modem", "mc7455" }, " --protocol qmi" },
}

local LONG = ("0123456789"):rep(20)

local function has(text, ...)
  for _, words in ipairs { ... } do lu.assertStrContains(text, words) end
end

for name, way in pairs(ways) do
  local function run(command)
    return world.run(command:gsub("moontower sms", "%0" .. (way[2] or "")), nil, nil, way[1])
  end

  T["test_list_and_read_over_" .. name] = function()
    local first = way.first or 0 -- where places begin
    local result = run(([[
      until moontower status --json | grep -q '"home"'; do sleep 0.1; done
      moontower sms; moontower simulate fault sms "Grüße, 5 €"; moontower simulate fault sms "привет 😀"
      moontower simulate fault sms %s; moontower sms; echo ---; moontower sms read %d; moontower sms read %d >/dev/null
      echo ---; moontower sms --json; moontower sms read 77; echo "missing $?"]]):format(LONG, first + 2, first + 3))
    has(result.out, "There are no messages.", "unread  +15550100999", "Grüße, 5 €\n", "привет 😀\n", "56789...\n",
      "missing 1\n")
    local one, all = result.out:match "%-%-%-\n(.-)%-%-%-\n(.-)missing"
    has(one, "From: +15550100999\nTime: 20", LONG .. "\n")
    local messages = json.decode(all).messages
    eq({ #messages, messages[1].text, messages[3].text, messages[3].places, messages[3].status },
      { 3, "Grüße, 5 €", LONG, { tostring(first + 2), tostring(first + 3) }, "read" })
    has(result.err, "there is no message 77")
  end
end

-- What was read before is deleted, and what is not complete is kept: the rest may come.
function T.test_sending_and_deleting()
  local result = world.run(([[
    until moontower status --json | grep -q '"home"'; do sleep 0.1; done
    moontower sms send +15550100124 "on my way"; moontower sms send 12345 %s --json
    moontower sms delete --all-read; moontower simulate fault sms one; moontower simulate fault sms two
    moontower sms delete --all-read; moontower sms delete 2; moontower simulate fault sms three
    moontower simulate fault sms %s; moontower sms >/dev/null; moontower sms delete --all-read --json; moontower sms
    moontower sms delete 1; echo "gone $?"
    moontower simulate fault network-drop; moontower sms send 12345 again; echo "no network $?"]]):format(LONG, LONG))
  eq(result.out:gsub("%s+", " "), 'Sent to +15550100124. { "number":"12345", "parts":2 } There was none to delete. '
    .. 'There was none to delete. Deleted: 2. { "deleted":["1","2","3"] } There are no messages. gone 1 no network 5 ')
  has(result.err, "there is no message 1", "the message was not sent: SMS Send: ")
end

-- Where the list is cut off, nothing is said to be empty, nor is success claimed.
function T.test_a_list_that_cannot_be_read()
  local result = world.run([[
    until moontower status --json | grep -q '"home"'; do sleep 0.1; done
    moontower simulate fault short
    moontower sms; echo "list $?"; moontower sms delete --all-read; echo "delete $?"]], nil, nil, ways.mbim[1])
  eq(result.out, "list 1\ndelete 1\n")
  has(result.err, "SMS Read: the modem's answer lacks the list")
end

-- Nor does a trace show what a text says.
function T.test_a_trace_shows_no_text()
  for _, way in pairs(ways) do
    local result = world.run(([[
      until moontower status --json | grep -q '"home"'; do sleep 0.1; done
      moontower simulate fault sms hellohello
      moontower trace sms WAY; moontower trace sms WAY send 12345 hellohello]]):gsub("WAY", way[2] or ""),
      nil, nil, way[1])
    has(result.err, "(hidden)")
    lu.assertNil(result.err:lower():find "e8 ?32 ?9b ?fd")
    lu.assertNil(result.err:find "hellohello")
  end
end

function T.test_mistakes()
  local result = world.run([[
    for arguments in "read" "send 123" "delete" "read 1 --all-read" "send ACME text" "show"; do
      moontower sms $arguments; echo $?
    done; moontower simulate fault unplug; moontower sms; echo "unplugged $?"]])
  eq(result.out, "2\n2\n2\n2\n2\n2\nunplugged 3\n")
end

return T
