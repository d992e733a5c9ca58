-- SPDX-License-Identifier: MIT
-- Explanations in recordings: written into one while it is made, and explained again from the file, on any computer.

local cases = require "explain.case"
local errors = require "errors"
local file = require "recording.file"
local printable = require "base.printable"
local report = require "explain.report"
local trace = require "trace"

local M = {}

---Has it written into the recording that is being made, if one is.
---@param explanation explain.explanation
function M.note(explanation)
  local values = report.for_programs(explanation)
  values.facts = explanation.case.facts
  trace.note("explained", values)
end

-- A file comes from others: nothing in it may reach a terminal as it is.
local function harmless(value)
  if type(value) == "string" then
    return printable(value)
  elseif type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, inner in pairs(value) do copy[key] = harmless(inner) end
  return copy
end

local function text(value) return type(value) == "string" and value or nil end

-- ---- of an explanation ----

local words = { ["ok"] = true, ["broken"] = true, ["unknown"] = true, ["not reached"] = true }

local function result_of(told)
  local is_known = words[told.verdict] and (told.verdict ~= "broken" or errors.codes[told.code])
  local verdict = { word = is_known and told.verdict or "unknown", message = text(told.message) or "" }
  verdict.advice = verdict.word == "ok" and text(told.hint) or nil
  if verdict.word == "broken" then
    verdict.err = errors.new {
      code = told.code, message = verdict.message, hint = text(told.hint) or "", source = "explain",
    }
  end
  local evidence = {}
  for _, one in ipairs(type(told.evidence) == "table" and told.evidence or {}) do
    if type(one) == "table" and text(one.what) and text(one.value) then
      evidence[#evidence + 1] = { what = one.what, value = one.value }
    end
  end
  return { link = told.link, verdict = verdict, evidence = evidence }
end

local function of_explanation(told)
  local recorded = {}
  for _, link in ipairs(told.links) do
    if type(link) == "table" and text(link.link) then
      recorded[link.link] = result_of(link)
    end
  end
  return cases.new {
    name = text(told.modem), title = text(told.title), recorded = recorded,
    facts = type(told.facts) == "table" and told.facts or nil,
  }
end

-- ---- of a failure of `up` ----

-- Which link an error is of.
local LINKS = {
  ["no-modem"] = "slot", ["several-modems"] = "slot", ["gone"] = "device", ["wrong-mode"] = "port", ["busy"] = "holder",
  ["permission"] = "holder", ["timeout"] = "firmware", ["modem-mute"] = "firmware", ["modem-failed"] = "firmware",
  ["sim-missing"] = "sim", ["sim-failure"] = "sim", ["sim-locked"] = "pin", ["sim-blocked"] = "pin",
  ["modem-locked"] = "pin", ["radio-off"] = "radio", ["not-registered"] = "registration",
  ["registration-denied"] = "registration", ["roaming-refused"] = "registration", ["attach-failed"] = "attach",
  ["connect-refused"] = "apn", ["disconnected"] = "apn", ["no-address"] = "addresses", ["unreachable"] = "path",
}

-- By the failure, what may be the reason that `up` has not told: where no network was found, or no host answers.
local UNTOLD = {
  ["not-registered"] = { bands = true, signal = true }, ["unreachable"] = { routes = true, dns = true },
}

local function link_of(failed)
  local is_locked = failed.code == "radio-off" and failed.switch ~= "hardware"
  return is_locked and "fcc" or LINKS[failed.code]
end

-- `up` goes through the links in their order.
local function of_failure(failed, modem)
  local name = link_of(failed)
  if not name then
    return nil
  end
  local recorded = {}
  for _, link in ipairs(require("explain.chain").names) do
    if link == name then
      recorded[link] = result_of {
        link = link, verdict = "broken", code = failed.code, message = failed.message,
        hint = failed.hint or "Record `moontower explain`, too: it tells more.",
        evidence = { { what = "`moontower up`", value = failed.message } },
      }
      break
    end
    local verdict = { word = "ok", message = "`up` has got beyond it" }
    if (UNTOLD[failed.code] or {})[link] then
      verdict = { word = "unknown", message = "`up` does not tell" }
    end
    recorded[link] = { link = link, evidence = {}, verdict = verdict }
  end
  return cases.new { name = text(modem.name), title = text(modem.model), recorded = recorded }
end

-- ---- the file ----

-- The last explanation of each modem, the last failure, and the first modem.
local function read(reader)
  local explained, order, failed, modem = {}, {}, nil, {}
  local line, err = reader:next()
  while line do
    local told = line.explained
    if told then
      local key = told.modem or ""
      order[#order + 1] = not explained[key] and key or nil
      explained[key] = harmless(told)
    end
    failed = line.failed and harmless(line.failed) or failed
    modem = not next(modem) and line.modem and harmless(line.modem) or modem
    line, err = reader:next()
  end
  local list = {}
  for i, key in ipairs(order) do list[i] = of_explanation(explained[key]) end
  return not err and { cases = list, failed = failed, modem = modem } or nil, err
end

---What a recording has to explain.
---@param path string
---@return explain.case[]?
---@return moontower.error? err
function M.open(path)
  local reader <close>, err = file.open(path)
  local found
  if reader then
    found, err = read(reader)
  end
  if not found then
    return nil, err
  elseif found.cases[1] then
    return found.cases
  end
  local case = found.failed and of_failure(found.failed, found.modem)
  if case then
    return { case }
  end
  return errors.fail {
    code = "not-found", source = "explain",
    message = "there is neither an explanation in this recording, nor an `up` that has failed",
    hint = "Where it was made: `moontower record FILE -- explain`. What the modem has answered can be asked again: "
      .. "`moontower simulate --replay FILE -- moontower explain`.",
  }
end

return M
