-- SPDX-License-Identifier: MIT
-- What keeps a modem from its network, where a QMI error does not say it: SIM, radio, registration.

local error_object = require "error"

local sims = {
  missing = { "sim-missing", "there is no SIM in the modem" },
  locked = { "sim-locked", "the SIM wants its PIN first" },
  failure = { "sim-failure", "the SIM can't be used: it is broken or refused" },
}

local registered = { home = true, roaming = true }

local M = {}

local function fail(doing, code, message)
  return error_object.new { code = code, source = "qmi", message = doing .. ": " .. message }
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
    return fail(doing, "not-registered", "the modem is not registered with a network")
  end
end

---@param modem modem.qmi
---@param doing string
---@return moontower.error? obstacle
function M.of_connection(modem, doing)
  local obstacle = M.of_network(modem, doing)
  local packet = not obstacle and modem:packet_service()
  if packet and packet.state == "detached" then
    return fail(doing, "attach-failed", "the modem is not attached to the network's packet service")
  end
  return obstacle
end

return M
