-- SPDX-License-Identifier: MIT
-- Classifies an error: which kind of trouble the modem is in, which decides what can help.

local registrations = require "modem.registration"
local wait = require "modem.wait"

local M = {}

---The kinds of trouble.
---@alias ladder.trouble
---| "path" connected, but nothing comes through
---| "mute" the modem does not answer, or makes no sense
---| "network" no network, no packet service, or no connection, for no reason that lasts

local kinds = {
  ["unreachable"] = "path", ["no-address"] = "path",
  ["timeout"] = "mute", ["modem-failed"] = "mute", ["modem-mute"] = "mute",
  ["malformed"] = "mute", ["io"] = "mute", ["not-open"] = "mute",
  ["not-registered"] = "network", ["attach-failed"] = "network", ["connect-refused"] = "network",
  ["rejected"] = "network", ["busy"] = "network",
}
-- How many failures in a row it takes until the next rung is used: a network may be busy for a while, and a modem that
-- was mute once may just have been slow.
local patience = { path = 1, mute = 2, network = 3 }
-- Errors from these sources are this computer's trouble, such as a full disk, or IPv6 switched off. No rung helps
-- against it.
local of_host = { fs = true, host = true, netlink = true, process = true, dns = true, state = true, multipath = true }
local at_once = { ["modem-failed"] = true, ["modem-mute"] = true } -- it has been asked several times already

-- Refusals of a connection that last, whatever the modem is made to do (3GPP TS 24.008, 24.301): barred, unknown APN,
-- address type, user or password, not subscribed, types that are not allowed. A network that is asked again and again
-- begins to refuse without a cause, or not to answer: so such a cause holds until there is a connection.
local lasting = {
  [8] = true, [27] = true, [28] = true, [29] = true, [32] = true, [33] = true, [50] = true, [51] = true, [52] = true,
  [57] = true, [58] = true, [61] = true, [66] = true,
}

---@param reason moontower.error
---@param cause integer? of an earlier refusal that lasts
---@return ladder.trouble? kind nil: nothing done to the modem helps
---@return integer? patience how many failures in a row it takes
---@return integer? cause that lasts from now on
function M.of(reason, cause)
  local kind = not of_host[reason.source] and kinds[reason.code] or nil
  local nw_error = reason.detail and reason.detail.nw_error
  if reason.code == "connect-refused" then
    cause = lasting[nw_error] and nw_error or cause
  end
  if kind == "network" and cause then
    return nil, nil, cause
  end
  return kind, at_once[reason.code] and 1 or patience[kind], cause
end

---Has a connection ended that was there? Then the next attempt to connect tells whether anything is wrong.
---@param reason moontower.error
---@return boolean
function M.may_come_back(reason) return reason.code == "disconnected" or reason.code == "gone" end

-- By the error's code: the event that may say that it is over, the verb that reads it now, and whether it is over.
local hopes = {
  ["sim-missing"] = { "sim", function(modem) return modem:sim() end, function(sim) return sim.state == "ready" end },
  ["radio-off"] = { "radio", function(modem) return modem:radio() end, function(radio)
    return radio.hardware == "on"
  end },
  ["not-registered"] = {
    "registration", function(modem) return modem:registration() end, registrations.is_registered,
  },
  ["attach-failed"] = { "packet", function(modem) return modem:packet_service() end, function(now)
    return now.state == "attached"
  end },
}
for _, code in ipairs { "sim-locked", "sim-blocked", "sim-failure", "modem-locked" } do
  hopes[code] = hopes["sim-missing"]
end
hopes["registration-denied"], hopes["roaming-refused"] = hopes["not-registered"], hopes["not-registered"]

---Waits until the modem indicates that the trouble is over. If it says so already, there is nothing to wait for:
---otherwise a modem that reports "registered" while the network refuses would make us retry without delay.
---@param modem modem.modem
---@param reason moontower.error
---@return boolean? better nil: no indication can tell
function M.wait_better(modem, reason)
  local hope = hopes[reason.code]
  if not hope then
    return nil
  end
  local name, look, is_good = hope[1], hope[2], hope[3]
  local events <close> = modem:events(name)
  local now = look(modem)
  if not now or is_good(now) then
    return nil
  end
  return wait.on(events, now, function() return look(modem) end, is_good, math.huge) and true or nil
end

return M
