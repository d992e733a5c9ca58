-- SPDX-License-Identifier: MIT
-- What the links from the SIM on go by: plain values, as the modem, the kernel and hosts beyond the modem gave them. So
-- they can be written into a recording, and be judged again from it.

local host_facts = require "explain.host_facts"
local link = require "explain.link"
local modem_facts = require "explain.modem_facts"

---@class explain.facts
---@field asked explain.modem_facts
---@field host explain.host_facts? nil: there is no connection

local M = {}

---Asks for them once; those of a recording are there already.
---@param case explain.case
---@return explain.facts
function M.of(case)
  if not case.facts then
    local modem = assert(case:open()) -- the link to its firmware holds
    local asked, bearer = modem_facts.ask(modem)
    case.facts = { asked = asked, host = bearer and host_facts.look(bearer) or nil }
  end
  return case.facts
end

---The first answer that has a field.
---@param list explain.answer[]
---@param field string
---@return explain.answer?
function M.first(list, field)
  for _, one in ipairs(list) do
    if one[field] then return one end
  end
end

---Does a host beyond the connection answer?
---@param facts explain.facts
---@return boolean
function M.answers(facts)
  local probes = facts.host and facts.host.probes
  return M.first(probes and probes.hosts or {}, "seconds") ~= nil
end

---@param answer explain.answer|explain.resolver
---@return string? words nil: it was not asked
function M.answer_words(answer)
  return answer.seconds and ("answers in %.0f ms"):format(answer.seconds * 1000)
    or answer.problem and answer.problem .. (answer.from and (", says %s"):format(answer.from) or "") or nil
end

---Why the last `up` failed, as evidence.
---@param failure modem.failure
---@param seen explain.seen
---@return { code: string, message: string, hint: string }
function M.of_failure(failure, seen)
  seen:note(os.date("the last `moontower up`, %H:%M:%S", failure.time), failure.message)
  return { code = failure.code, message = failure.message, hint = failure.hint or "Connect again: `moontower up`." }
end

---A page of the operator's in place of the world's.
---@param web explain.web
---@return { code: string, message: string, hint: string }
function M.portal(web)
  return {
    code = "unreachable",
    message = ("the operator shows a page of its own%s in place of all others"):format(web.portal ~= ""
      and (" (%s)"):format(web.portal) or ""),
    hint = "Open it in a browser on this computer: mostly the plan's data is used up, the SIM unpaid, or not activated "
      .. "yet.",
  }
end

---Is the connection the way that packets take, as far as there is one?
---@param facts explain.facts
---@param family "ipv4"|"ipv6"
---@return explain.way? other the better way; nil: it is
function M.better_way(facts, family)
  local host = facts.host
  for _, way in ipairs(host.ways) do
    if way.family == family then
      local is_its = way.link == host.name or host.clat ~= nil and way.link == host.clat.device
      return not is_its and way or nil
    end
  end
end

-- Why there is nothing to see of the host's side; nil: there is.
local function lacks_host(facts, seen)
  if not facts.host then
    return seen:unknown("there is no connection")
  elseif facts.host.problem then
    return seen:unknown("the kernel does not tell: %s", facts.host.problem)
  end
end

---@class explain.host_link
---@field name string
---@field needs string[]
---@field look fun(facts: explain.facts, seen: explain.seen): explain.verdict
---@field without_host (fun(facts: explain.facts, seen: explain.seen): explain.verdict?)? looks where there is no
--- connection on this computer

---A link that is about a connection as this computer has it; without one, it is unknown.
---@param values explain.host_link
---@return explain.link
function M.host_link(values)
  return link {
    name = values.name, needs = values.needs, by_facts = true,
    look = function(case, seen)
      local facts = M.of(case)
      local verdict = not facts.host and values.without_host and values.without_host(facts, seen)
      return verdict or lacks_host(facts, seen) or values.look(facts, seen)
    end,
  }
end

---The first thing of a kind that is not as it was set up.
---@param facts explain.facts
---@param ... string kinds of link.difference
---@return { code: string, message: string, hint: string }?
function M.difference(facts, ...)
  for _, difference in ipairs(facts.host.differences) do
    for _, kind in ipairs { ... } do
      if difference.what == kind then
        return {
          code = "unreachable", message = difference.message, hint = facts.host.is_ours
            and "Another program has changed it: `moontower up` puts it back, `moontower serve` keeps it."
            or "The modem was not connected by `moontower up`, which sets this computer up, too.",
        }
      end
    end
  end
end

return M
