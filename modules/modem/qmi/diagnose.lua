-- SPDX-License-Identifier: MIT
-- Finds what keeps a modem from its network, where a QMI error does not say it: SIM, radio, registration.

local lazy = require "base.lazy"
local verdict = lazy "cause.verdict"

local sims = {
  missing = { "no-card", "there is no SIM in the modem" },
  locked = { "pin", "the SIM asks for its PIN first" },
  failure = { "card", "the SIM can't be used: it is broken or refused" },
}

local registered = { home = true, roaming = true }

local M = {}

local function fail(doing, kind, words)
  local _, err = verdict.fail(doing, verdict.new(kind, words), { source = "qmi", detail = {} })
  return err
end

---@param modem modem.qmi
---@param doing string what does not work, for the message
---@return moontower.error? obstacle
function M.of_sim(modem, doing)
  local sim = modem:sim()
  local problem = sim and sims[sim.state]
  return problem and fail(doing, table.unpack(problem))
end

---@param modem modem.qmi
---@param doing string
---@return moontower.error? obstacle
function M.of_network(modem, doing)
  local obstacle = M.of_sim(modem, doing)
  if obstacle then
    return obstacle
  end
  local radio = modem:radio()
  if radio and (radio.hardware == "off" or radio.software == "off") then
    return fail(doing, "radio-off", "the radio is off")
  end
  local registration = modem:registration()
  if registration and not registered[registration.state] then
    return fail(doing, "no-service", "the modem is not registered with a network")
  end
end

---@param modem modem.qmi
---@param doing string
---@return moontower.error? obstacle
function M.of_connection(modem, doing)
  local obstacle = M.of_network(modem, doing)
  local packet = not obstacle and modem:packet_service()
  if packet and packet.state == "detached" then
    return fail(doing, "detached", "the modem is not attached to the network's packet service")
  end
  return obstacle
end

return M
