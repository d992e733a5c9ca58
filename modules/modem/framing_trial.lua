-- SPDX-License-Identifier: MIT
-- The first connection of a modem with several packets in a transfer is tried out: a modem may agree to that and do
-- otherwise. If nothing answers soon, it connects again with one packet in a transfer.

local lazy = require "base.lazy"
local log = lazy "log"
local task = require "task"

local M = {}

-- One round: the connection may be the only one, and is not to wait long for a doubtful gain.
local ROUND = { misses = 1, timeout = 3 }

local function is_on_trial(modem, bearer)
  return modem.is_framing_proven ~= nil and not modem:is_framing_proven(bearer)
end

-- Without a probe that suits the link's addresses, nothing has answered either.
local function answers(link, probe)
  local alive = link:prove { probes = probe and { probe } or nil, misses = ROUND.misses, timeout = ROUND.timeout }
  return alive and next(link.proven) ~= nil
end

-- What speaks against several packets: no answer; no address (a modem may give one only by DHCP, which its own
-- interface carries); or a driver without buffers for the transfers, which is so whatever has worked before.
local function objection(modem, link, err, bearer, probe)
  if link then
    return probe ~= false and is_on_trial(modem, bearer) and not answers(link, probe) and "nothing answers"
  elseif err.code == "unsupported" then
    return bearer and modem.is_framing_optional and modem:is_framing_optional(bearer) and tostring(err)
  elseif err.code == "no-address" then
    local on_trial = bearer and is_on_trial(modem, bearer) or err.detail and err.detail.on_trial
    return on_trial and tostring(err)
  end
end

---Connects and sets up the host; if need be, a second time with one packet in a transfer. If the network refuses that
---second order, a third one is as the first, which had been connected.
---@param modem modem.modem
---@param once fun(again: boolean): link.link?, moontower.error?, modem.bearer? connects and sets up the host
---@param probe string|false|nil what has to answer; false: nothing is tried out; nil: what the link's options say
---@return link.link?
---@return moontower.error? err
---@return modem.bearer? as the modem gave it
function M.run(modem, once, probe)
  local link, err, bearer
  local undo <close> = task.undo(function()
    if link and not link.detached then
      link:close()
    end
  end)
  local function connect(again)
    link = nil
    link, err, bearer = once(again)
  end
  modem.tries_framing = probe ~= false
  connect(false)
  local why = objection(modem, link, err, bearer, probe)
  if why then
    log.warn("%s: %s with several packets in a USB transfer; it connects again with one", modem, why)
    modem:remember_framing "undecided" -- from here on, as long as the modem does not restart
    local was_up = link ~= nil
    if link then
      link:close()
    elseif bearer then
      bearer:disconnect()
    end
    connect(true)
    if not link and was_up and err.code ~= "gone" then
      log.warn("%s: %s; it connects as it was connected before", modem, err)
      modem:forget_framing()
      connect(true)
      modem:remember_framing "undecided"
    end
  elseif link and probe ~= false and is_on_trial(modem, bearer) then
    modem:framing_probed(bearer, true)
  end
  undo.finished = true
  return link, err, bearer
end

return M
