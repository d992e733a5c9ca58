-- SPDX-License-Identifier: MIT
-- APN and PDN: the network has taken the APN, and the connection is there.

local cause = require "cause"
local facts = require "explain.facts"
local link = require "explain.link"

local OFTEN = 3 -- times in an hour

-- A refusal, or an end, that the modem remembers.
local function of_session(asked)
  local nw_error = asked.session.nw_error
  local found = nw_error and cause.verdict(nw_error, "session")
  local was_there = asked.connection and asked.connection.complete
  if not found and not was_there then
    return nil
  end
  return {
    code = was_there and "disconnected" or "connect-refused",
    message = (was_there and "the connection is over%s" or "the network has refused the connection%s"):format(found
      and (": %s (cause %d)"):format(found.words, nw_error) or ""),
    hint = found and found.hint or "Connect again: `moontower up`.",
  }
end

-- What the daemon has been told, or has decided.
local function held(asked, seen)
  if asked.held then
    seen:note("order", asked.held)
    return {
      code = "disconnected", message = ("it is kept offline: %s"):format(asked.held), hint = "`moontower up` connects.",
    }
  end
  local believed = asked.believed
  if believed then
    seen:note("the daemon", ("%s: %s"):format(believed.state, believed.reason))
  end
  if believed and believed.state == "off" then
    return {
      code = "disconnected", message = ("a policy keeps it offline: %s"):format(believed.reason),
      hint = "`moontower why` tells what comes next; `moontower up` connects now.",
    }
  end
end

-- Failures of the last `up` that are about the connection: what was before it, and behind it, is looked at by itself.
local ABOUT_CONNECTION = { ["connect-refused"] = true, ["disconnected"] = true }

return link {
  name = "apn", needs = { "registration", "attach" }, by_facts = true,

  look = function(case, seen)
    local asked = facts.of(case).asked
    local session, written, failure = asked.session, asked.connection, asked.failure
    seen:note("session 0", ("%s%s"):format(session.state, session.ip and ", " .. session.ip or ""))
    if asked.outages_count then
      seen:note("lost in the last hour", ("%d times"):format(asked.outages_count))
    end
    if session.state == "activated" then
      local apn, often = written and written.apn, (asked.outages_count or 0) >= OFTEN
      return seen:ok("connected%s%s", apn and (" to %s"):format(apn ~= "" and apn or "the default APN")
        or ", by another program", often and ("; it was lost %d times in the last hour: `moontower history` shows when")
        :format(asked.outages_count) or "")
    end
    if session.nw_error then
      seen:note("cause", session.nw_error)
    end
    local why = held(asked, seen)
    if not why and failure and failure.code == "no-address" then
      return seen:ok("the network has taken it when `moontower up` ran last")
    elseif not why and failure and ABOUT_CONNECTION[failure.code] then
      why = facts.of_failure(failure, seen)
    end
    why = why or not session.problem and of_session(asked)
    if why then
      return seen:broken(why)
    elseif session.problem then
      return seen:unknown("the modem does not tell: %s", session.problem)
    end
    return seen:unknown("not connected; `moontower up` connects")
  end,
}
