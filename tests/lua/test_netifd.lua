-- SPDX-License-Identifier: MIT
-- OpenWrt's netifd: our handler under busybox ash, `moontower netifd`, and a small netifd that checks what it is told.

local json = require "core.json"
local lu = require "luaunit"
local world = require "support.world"

local T = {}

-- Runs a script with a small netifd; returns its output and the messages to netifd.
local function run(script, faults, options)
  local result = world.run(". $SUPPORT/netifd/netifd.sh\nwas\n" .. script
    .. "\nright\necho MESSAGES; cat $NETIFD_STATE/calls", faults, nil, options)
  local label = result.out .. result.err
  lu.assertEquals(result.status, 0, label)
  lu.assertNotStrContains(label, "FAILED")
  lu.assertNotStrContains(label, "never so")
  local shown, calls = result.out:match "^(.-)MESSAGES\n(.*)$"
  local messages = {}
  for object, method, text in calls:gmatch "(%S+) (%S+) ([^\n]+)" do
    local message = json.decode(text)
    message.object, message.method = object, method
    messages[#messages + 1] = message
  end
  return shown, messages
end

local function of_action(messages, action)
  local found = {}
  for _, message in ipairs(messages) do
    if message.action == action then found[#found + 1] = message end
  end
  return found
end

function T.test_up_and_down()
  local shown, messages = run [[
    ifup '{"proto":"moontower","apn":"r.ispsn","metric":20}'
    calls '"link-up":true'
    works; ip route show default; cat /run/moontower/links/wan*.json | grep -c '"manager":"netifd"'
    ifdown; same; cat $NETIFD_STATE/ended]]
  lu.assertStrContains(shown, "default via 184.250.142.37 dev wwan0")
  lu.assertStrContains(shown, "metric 20")
  local up = of_action(messages, 0)[1]
  lu.assertEquals(up.ipaddr, { { ipaddr = "184.250.142.38", mask = "30" } })
  lu.assertEquals(up.ifname, "wwan0")
end

return T
