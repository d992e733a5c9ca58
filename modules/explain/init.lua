-- SPDX-License-Identifier: MIT
-- Explains why a modem is not online: looks at each link of the chain in its order, and names the first broken one.

local chain = require "explain.chain"
local seen = require "explain.seen"

---@class explain.result one link, looked at
---@field link string its name
---@field verdict explain.verdict
---@field evidence explain.evidence[]

---@class explain.explanation
---@field case explain.case
---@field links explain.result[]
---@field broken explain.result? the first broken link

local M = {}

local function first_missing(link, results)
  for _, name in ipairs(link.needs) do
    local word = results[name].verdict.word
    if word == "broken" or word == "not reached" then return name end
  end
end

-- Of a recording: what is seen of this computer and its modem cannot be looked at again.
local function recorded(link, case)
  return case.recorded[link.name] or { link = link.name, evidence = {}, verdict = {
    word = "unknown", message = "the recording does not tell",
  } }
end

local function look_at(link, case, results)
  if case.recorded and not (link.by_facts and case.facts) then
    return recorded(link, case)
  end
  local missing = first_missing(link, results)
  if missing then
    return { link = link.name, evidence = {}, verdict = {
      word = "not reached", message = ("it needs the link %s"):format(missing),
    } }
  end
  local its = seen.new(case.host)
  local verdict
  if case.recorded then -- a file of others' may say anything
    local ok, value = pcall(link.look, case, its)
    verdict = ok and value or its:unknown("what the recording says of it makes no sense")
  else
    verdict = link.look(case, its)
  end
  return { link = link.name, evidence = its.evidence, verdict = verdict }
end

---Looks at all links, those beyond a broken one as well, if they can be looked at. Changes nothing.
---@param case explain.case
---@param watch { doing: fun(name: string), done: fun(result: explain.result, is_first: boolean) }? is_first: the first
---broken one
---@return explain.explanation
function M.explain(case, watch)
  local results, broken = {}, nil
  for i, link in ipairs(chain.links()) do
    if watch then watch.doing(link.name) end
    local result = look_at(link, case, results)
    results[i], results[link.name] = result, result
    local is_first = not broken and result.verdict.word == "broken"
    broken = is_first and result or broken
    if watch then watch.done(result, is_first) end
  end
  return { case = case, links = table.move(results, 1, #results, 1, {}), broken = broken }
end

return M
