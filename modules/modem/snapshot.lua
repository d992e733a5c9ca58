-- SPDX-License-Identifier: MIT
-- What a modem says of itself, asked at the same time: all of it, or as much as is needed.

local task = require "task"

local M = {}

local MOST_SILENCES = 1 -- of the essential ones: two lost answers are no accident

-- A modem need not know every command, and may lose an answer: what it does not tell is taken for the usual, or waited
-- for later. One that has fallen silent, or is gone, is another matter.
local function tolerant(name, ask, usual, silence)
  return function()
    local answer, err = ask()
    if answer or err.code == "gone" or err.code == "not-open" then
      return answer, err
    elseif err.code == "timeout" and usual.essential then
      silence.lost[#silence.lost + 1], silence.err = name, err
    elseif usual.essential then
      silence.refusals, silence.refusal = silence.refusals + 1, err
    end
    usual.err = err
    return usual
  end
end

---@class modem.snapshot each as the verb returns it; one that the modem did not tell is as usual, with an `err`
---@field identity modem.identity?
---@field sim modem.sim?
---@field radio modem.radio?
---@field registration modem.registration?
---@field packet modem.packet_service? nil: not asked, and the modem has not told it along with the registration
---@field signal modem.signal?
---@field cells modem.cells?
---@field session modem.session?
---@field home modem.provider?
---@field refusal moontower.error? the modem refuses to tell all that matters
---@field lost string[] questions that matter and that the modem has not answered; one at most
---@field lost_err moontower.error? why

-- By name: the verb, what is usual, and whether it is essential.
local questions = {
  identity = { "identity", { firmware = "unknown" } },
  name = { "identity", { firmware = "unknown" }, argument = "name" }, -- as much of the identity as a line shows
  sim = { "sim", { state = "starting" }, true },
  sim_state = { "sim_state", { state = "starting" }, true },
  radio = { "radio", { hardware = "on", software = "on" } },
  registration = { "registration", { state = "unknown" }, true },
  packet = { "packet_service", { state = "unknown" }, true },
  network = { "network", {}, true },
  signal = { "signal", {}, argument = "protocol" },
  cells = { "cells", {}, argument = "protocol" },
  session = { "session", { state = "unknown" }, true, argument = 0 },
  home = { "home_provider", { id = "" } },
}

local ALL = { "identity", "sim", "radio", "registration", "packet", "signal", "cells", "session", "home" }

local function asking(modem, question)
  return function() return modem[question[1]](modem, question.argument) end
end

local function usual_of(question)
  local usual = { essential = question[3] }
  for key, value in pairs(question[2]) do usual[key] = value end
  return usual
end

-- Answers that tell more, or less, than their name says.
local function sorted(now)
  local network = now.network
  if network then
    now.registration = network.registration or { state = "unknown", err = network.err }
    now.packet, now.radio, now.network = network.packet, now.radio or network.radio, nil
  end
  now.sim, now.sim_state = now.sim or now.sim_state, nil
  now.identity, now.name = now.identity or now.name, nil
  now.home = now.home and now.home.id ~= "" and now.home or nil
  return now
end

---What is taken for the modem's answers if it is gone, or does not answer.
---@param names string[]
---@param err moontower.error why
---@return modem.snapshot
function M.usual(names, err)
  local now = {}
  for _, name in ipairs(names) do
    now[name] = usual_of(questions[name])
    now[name].err = err
  end
  return sorted(now)
end

---Asks one thing, by itself.
---@param modem modem.modem
---@param name string
---@return table? answer as the verb returns it
---@return moontower.error? err
function M.ask_one(modem, name) return asking(modem, questions[name])() end

---@param modem modem.modem
---@param names string[]? of the questions; all that `status` shows, if not given
---@param asked table<string, fun(): table?, moontower.error?>? what is asked already, by name: waits for that answer
---@return modem.snapshot? now
---@return moontower.error? err
function M.ask(modem, names, asked)
  names = names or ALL
  local silence, essential, functions = { lost = {}, refusals = 0 }, 0, {}
  for i, name in ipairs(names) do
    local question = questions[name]
    local answer = asked and asked[name] or asking(modem, question)
    functions[i] = tolerant(name, answer, usual_of(question), silence)
    essential = essential + (question[3] and 1 or 0)
  end
  local answers, err = task.all(table.unpack(functions))
  if answers and #silence.lost > MOST_SILENCES then
    return nil, silence.err
  elseif not answers then
    return nil, err
  end
  local now = {
    refusal = essential > 0 and silence.refusals == essential and silence.refusal or nil,
    lost = silence.lost, lost_err = silence.err,
  }
  for i, name in ipairs(names) do now[name] = answers[i] end
  return sorted(now)
end

return M
