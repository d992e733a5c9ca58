-- SPDX-License-Identifier: MIT
-- All that a modem says of itself, asked at the same time.

local task = require "task"

local M = {}

local MOST_SILENCES = 1 -- of the essential ones: two lost answers are no accident

-- A modem need not know every command, and may lose an answer: what it does not tell is taken for the usual, or waited
-- for later. One that has fallen silent, or is gone, is another matter.
local function tolerant(ask, usual, silence)
  return function()
    local answer, err = ask()
    if answer or err.code == "gone" or err.code == "not-open" then
      return answer, err
    elseif err.code == "timeout" and usual.essential then
      silence.count, silence.err = silence.count + 1, err
    elseif usual.essential then
      silence.refusals, silence.refusal = silence.refusals + 1, err
    end
    usual.err = err
    return usual
  end
end

---@class modem.snapshot each as the verb returns it; one that the modem did not tell is as usual, with an `err`
---@field identity modem.identity
---@field sim modem.sim
---@field radio modem.radio
---@field registration modem.registration
---@field packet modem.packet_service
---@field signal modem.signal
---@field session modem.session
---@field home modem.provider?
---@field refusal moontower.error? the modem refuses to tell all that matters

---@param modem modem.modem
---@return modem.snapshot? now
---@return moontower.error? err
function M.ask(modem)
  local silence, essential = { count = 0, refusals = 0 }, 0
  local questions = {
    { function() return modem:identity() end, { firmware = "unknown" } },
    { function() return modem:sim() end, { state = "starting", essential = true } },
    { function() return modem:radio() end, { hardware = "on", software = "on" } },
    { function() return modem:registration() end, { state = "unknown", essential = true } },
    { function() return modem:packet_service() end, { state = "unknown", essential = true } },
    { function() return modem:signal() end, {} },
    { function() return modem:session(0) end, { state = "unknown", essential = true } },
    { function() return modem:home_provider() end, { id = "" } },
  }
  local functions = {}
  for i, question in ipairs(questions) do
    functions[i] = tolerant(question[1], question[2], silence)
    essential = essential + (question[2].essential and 1 or 0)
  end
  local answers, err = task.all(table.unpack(functions))
  if answers and silence.count > MOST_SILENCES then
    return nil, silence.err
  elseif not answers then
    return nil, err
  end
  return {
    identity = answers[1], sim = answers[2], radio = answers[3], registration = answers[4],
    packet = answers[5], signal = answers[6], session = answers[7], home = answers[8].id ~= "" and answers[8] or nil,
    refusal = silence.refusals == essential and silence.refusal or nil,
  }
end

return M
