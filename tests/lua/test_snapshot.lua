-- SPDX-License-Identifier: MIT
-- Questions to a modem at the same time, and the report when it does not answer all.

local errors = require "errors"
local lu = require "luaunit"
local snapshot = require "modem.snapshot"
local report = require "modem.report"

local T = {}

local VERBS = {
  identity = { firmware = "F" }, sim = { state = "ready" }, radio = { hardware = "on", software = "on" },
  registration = { state = "home" }, packet_service = { state = "attached" }, signal = {}, cells = {},
  session = { state = "deactivated" }, home_provider = { id = "310120" },
}

-- A modem that answers but for what `failing` names: with that code.
local function modem_that(failing, code)
  local modem = {}
  for name, value in pairs(VERBS) do
    modem[name] = function()
      if failing[name] then
        return errors.fail { code = code, source = "mbim", message = name .. " failed" }
      end
      return value
    end
  end
  return modem
end

-- The lines that are printed, by label.
local function lines_of(fn)
  local lines = {}
  fn { done = function(_, label, text, data) lines[label], lines[label .. " data"] = text, data end }
  return lines
end

function T.test_failed_questions_are_reported()
  local now = assert(snapshot.ask(modem_that({ sim = true, registration = true }, "rejected")))
  lu.assertNil(now.refusal)
  lu.assertEquals(now.session.state, "deactivated")
  local lines = lines_of(function(watcher)
    report.sim(now.sim, "310120", watcher)
    report.network(now.registration, now.packet, now.signal, watcher)
  end)
  lu.assertEquals(lines.SIM, "could not be asked: sim failed")
  lu.assertEquals(lines["SIM data"], { state = "unknown", reason = "sim failed" })
  lu.assertEquals(lines.network, "could not be asked: registration failed")
end

function T.test_a_modem_that_refuses_all_that_matters()
  local all = { sim = true, registration = true, packet_service = true, session = true }
  local now = assert(snapshot.ask(modem_that(all, "rejected")))
  lu.assertStrContains(tostring(now.refusal), "failed")
  lu.assertEquals(now.identity.firmware, "F")
  local none, err = snapshot.ask(modem_that(all, "timeout"))
  lu.assertNil(none)
  lu.assertEquals(err.code, "timeout")
  lu.assertNil(assert(snapshot.ask(modem_that({ sim = true }, "timeout"))).refusal)
end

return T
