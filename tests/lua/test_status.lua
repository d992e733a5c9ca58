-- SPDX-License-Identifier: MIT
-- Events, and the status of modems.

local events = require "events"
local lu = require "luaunit"
local status = require "status"

local T = {}

function T.test_every_listener_receives_each_event()
  local first <close> = events.subscribe()
  local second <close> = events.subscribe()
  events.publish("link-up", { modem = "cdc-wdm0" })
  for _, subscription in ipairs { first, second } do
    local event = subscription:next()
    lu.assertEquals(event.event, "link-up")
    lu.assertEquals(event.modem, "cdc-wdm0")
    lu.assertStrMatches(event.time, "%d+%-%d%d%-%d%dT%d%d:%d%d:%d%dZ")
  end
end

function T.test_a_slow_listener_gets_the_count_of_lost_events()
  local slow <close> = events.subscribe()
  for i = 1, 300 do events.publish("tick", { number = i }) end
  for _ = 1, 256 do slow:next() end
  events.publish("tick", { number = 301 })
  lu.assertEquals(slow:next().lost, 44)
  events.publish("tick", { number = 302 })
  lu.assertNil(slow:next().lost)
end

function T.test_a_closed_subscription_ends()
  local subscription = events.subscribe()
  subscription:close()
  local event, err = subscription:next()
  lu.assertNil(event)
  lu.assertEquals(err.code, "gone")
end

function T.test_a_status_has_state_and_attempts()
  local told = status.of("test-modem")
  told:set("offline", "the network ended the connection")
  local since = told.since
  told:set("offline", "no network")
  lu.assertEquals(told.since, since)
  told:schedule("reconnect", 5, "backing off")
  lu.assertEquals(told.plan.what, "reconnect")
  local ended = told:attempt("reconnect", "the network ended the connection")
  lu.assertNil(told.plan)
  ended("online")
  lu.assertEquals(told.tried[1].result, "online")
  for i = 1, 60 do told:attempt("step " .. i, "a test")("done") end
  lu.assertEquals(#told.tried, 50)
  lu.assertEquals(told.tried[50].what, "step 60")
  status.forget("test-modem")
end

return T
