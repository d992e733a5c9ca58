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

function T.test_mistakes()
  local result = world.run([[
    for arguments in "read" "send 123" "delete" "read 1 --all-read" "send ACME text" "show"; do
      moontower sms $arguments; echo $?
    done; moontower simulate fault unplug; moontower sms; echo "unplugged $?"]])
  eq(result.out, "2\n2\n2\n2\n2\n2\nunplugged 3\n")
end

return T
