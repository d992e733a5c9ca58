-- SPDX-License-Identifier: MIT
-- All that a modem says of itself, asked at the same time.

local task = require "task"

local M = {}

-- A modem need not know every command: what it refuses to tell is taken for the usual. A modem that does not answer
-- at all, or is gone, is another matter.
local function tolerant(ask, usual)
  return function()
    local answer, err = ask()
    if answer or err.code == "gone" or err.code == "timeout" or err.code == "malformed" then
      return answer, err
    end
    return usual
  end
end

---@param modem modem.modem
---@return table? now { identity, sim, radio, registration, packet, signal, session, home }, each as the verb's result
---@return moontower.error? err
function M.ask(modem)
  local answers, err = task.all(
    tolerant(function() return modem:identity() end, { firmware = "unknown" }),
    tolerant(function() return modem:sim() end, { state = "starting" }),
    tolerant(function() return modem:radio() end, { hardware = "on", software = "on" }),
    tolerant(function() return modem:registration() end, { state = "unknown" }),
    tolerant(function() return modem:packet_service() end, { state = "unknown" }),
    tolerant(function() return modem:signal() end, {}),
    tolerant(function() return modem:session(0) end, { state = "unknown" }),
    tolerant(function() return modem:home_provider() end, { id = "" })
  )
  if not answers then
    return nil, err
  end
  return {
    identity = answers[1], sim = answers[2], radio = answers[3], registration = answers[4],
    packet = answers[5], signal = answers[6], session = answers[7], home = answers[8].id ~= "" and answers[8] or nil,
  }
end

return M
