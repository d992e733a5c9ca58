-- SPDX-License-Identifier: MIT
-- The first connection of a modem with several packets in a transfer is tried out: a modem may agree to that and do
-- otherwise. If nothing answers, it connects again with one packet in a transfer, and that is remembered.

local log = require "log"

local M = {}

-- What goes wrong without a packet: no address (a modem may give one only by DHCP, which its own interface carries), or
-- a driver without buffers for the transfers.
local suspicious = { ["no-address"] = true, ["unsupported"] = true }

local function is_on_trial(modem, bearer)
  return modem.is_framing_proven ~= nil and not modem:is_framing_proven(bearer)
end

local function may_explain(modem, err, bearer)
  local on_trial = bearer and is_on_trial(modem, bearer) or err.detail and err.detail.on_trial
  return on_trial and suspicious[err.code] == true
end

---Connects and sets up the host; if need be, a second time with one packet in a transfer.
---@param modem modem.modem
---@param once fun(): link.link?, moontower.error?, modem.bearer? connects and sets up the host
---@return link.link?
---@return moontower.error? err
---@return modem.bearer? as the modem gave it
function M.run(modem, once)
  local link, err, bearer = once()
  local on_trial = link and is_on_trial(modem, bearer)
  if on_trial and link:prove() then
    modem:remember_framing "proven"
    return link, nil, bearer
  elseif link and not on_trial or err and not may_explain(modem, err, bearer) then
    return link, err, bearer
  end
  log.warn("%s: %s with several packets in a USB transfer; it connects again with one", modem,
    err and tostring(err) or "nothing answers")
  modem:remember_framing "undecided" -- from here on, as long as the modem does not restart
  if link then
    link:close()
  elseif bearer then
    bearer:disconnect()
  end
  link, err, bearer = once()
  if link and link:prove() then
    modem:remember_framing "refused"
  end
  return link, err, bearer
end

return M
