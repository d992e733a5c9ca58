-- SPDX-License-Identifier: MIT
-- An explanation for people, and for programs.

local exit_status = require "cli.exit_status"
local status = require "status"

local M = {}

M.LABEL_WIDTH = 12 -- of the longest name of a link

local words = { ["ok"] = "ok", ["broken"] = "BROKEN", ["unknown"] = "unknown", ["not reached"] = "not reached" }

---What is explained, in a few words.
---@param case explain.case
---@return string
function M.title(case)
  if not case.name then
    return case.asked and ("nothing that could be one is at %s"):format(case.asked) or "none was found"
  end
  local ids = case.ids and (" (%s:%s)"):format(case.ids.vendor, case.ids.product) or ""
  return ("%s%s%s"):format(case.name, case.title and ": " .. case.title or "", ids)
end

---What the daemon believes of it, if this runs there: a line for people.
---@param case explain.case
---@param watcher up.watcher
function M.daemon(case, watcher)
  local told = status.all()[case.name or ""]
  if told then
    watcher:done("daemon", ("it is %s since %s: %s"):format(told.state, told.since, told.reason))
  end
end

---One link: its verdict, what was seen, and what to do, unless the end says that.
---@param result explain.result
---@param is_first boolean the first broken one
---@param watcher up.watcher
function M.link(result, is_first, watcher)
  local verdict = result.verdict
  watcher:done(result.link, ("%s: %s"):format(words[verdict.word], verdict.message))
  for _, one in ipairs(result.evidence) do watcher:done("", ("- %s: %s"):format(one.what, one.value)) end
  if verdict.err and not is_first then
    watcher:done("", "To do: " .. verdict.err.hint)
  end
end

-- The links that are unknown, and why the first of them is, on which others may depend. Where none is broken, those
-- that are not reached count, too.
local function unknown_of(explanation)
  local names = {}
  for _, result in ipairs(explanation.links) do
    local word = result.verdict.word
    if word == "unknown" or word == "not reached" and not explanation.broken then
      names[#names + 1] = #names == 0 and ("%s (%s)"):format(result.link, result.verdict.message) or result.link
    end
  end
  return names
end

---The end: which link is the first broken one.
---@param explanation explain.explanation
---@param watcher up.watcher
function M.verdict(explanation, watcher)
  local broken, unknown = explanation.broken, unknown_of(explanation)
  if broken then
    watcher:done("verdict", ("%s is broken: %s"):format(broken.link, broken.verdict.message))
    watcher:done("to do", broken.verdict.err.hint)
  elseif #unknown > 0 then
    watcher:done("verdict", "no link is broken; unknown: " .. table.concat(unknown, ", "))
  else
    watcher:done("verdict", ("all %d links hold"):format(#explanation.links))
  end
  for _, result in ipairs(explanation.links) do
    if result.verdict.advice then
      watcher:done(result.link, result.verdict.message)
      watcher:done("to change", result.verdict.advice)
    end
  end
end

local function array(list) return setmetatable(list, { __jsontype = "array" }) end

---For --json.
---@param explanation explain.explanation
---@return table
function M.for_programs(explanation)
  local case, links, broken = explanation.case, {}, explanation.broken
  local told = status.all()[case.name or ""]
  for i, result in ipairs(explanation.links) do
    local verdict = result.verdict
    links[i] = {
      link = result.link, verdict = verdict.word, message = verdict.message, evidence = array(result.evidence),
      code = verdict.err and verdict.err.code, hint = verdict.err and verdict.err.hint or verdict.advice,
    }
  end
  return {
    modem = case.name, asked = case.asked, title = case.title, vendor = case.ids and case.ids.vendor,
    product = case.ids and case.ids.product, links = array(links), broken = broken and broken.link,
    daemon = told and { state = told.state, since = told.since, reason = told.reason },
    code = broken and broken.verdict.err.code, message = broken and broken.verdict.message,
    hint = broken and broken.verdict.err.hint,
  }
end

---How the command ends: as one that meets the first broken link would.
---@param explanation explain.explanation
---@return integer
function M.status(explanation)
  return explanation.broken and exit_status.of(explanation.broken.verdict.err.code) or 0
end

return M
