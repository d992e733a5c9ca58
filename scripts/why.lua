-- SPDX-License-Identifier: MIT
-- moontower why: the state of each modem in the daemon, since when and why; what it tried; what it will do next.

local lazy = require "base.lazy"
local client = require "daemon.client"
local daemon = require "daemon"
local json = require "base.json"
local option = require "cli.option"
local printable = require "base.printable"
local report = lazy "modem.report"
local status = require "status"
local task = require "task"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local SHOWN = 10

local function say(format, ...) wrap.print(printable(format:format(...))) end

-- The APN of the connection, or of the next one, and where it is configured.
local function apn_of(modems, name)
  for _, modem in ipairs(modems) do
    local profile = modem.description.name == name and modem.profile
    if profile then
      local ordered = profile.ordered and profile.ordered.carrier and profile.ordered
      local names = {}
      for i, bearer in ipairs(profile.carrier.bearers) do names[i] = bearer.apn end
      local found = profile.carrier.search and modem.found_apn
      if found and found.apn ~= "" then
        return {
          names = setmetatable({ found.apn }, { __jsontype = "array" }), carrier = profile.carrier.name,
          origin = "`moontower apn`: one " .. report.origin(found),
        }
      end
      return {
        names = setmetatable(names, { __jsontype = "array" }), carrier = profile.carrier.name,
        origin = ordered and ("`%s`, given at %s"):format(ordered.command, ordered.time) or profile.configured.origin,
      }
    end
  end
end

local PATIENCE = 2 -- seconds for the modem to tell

-- Asks for it, once: another one is active only after a restart.
local function ask_configuration(modem)
  local found, err = task.timeout(PATIENCE, modem.carrier_configurations, modem)
  local active = found and require("modem.carrier_configurations").active(found)
  if found or err and err.code == "unsupported" then
    modem.configuration = active and { name = active.name, automatic = found.automatic } or false
  end
end

-- Which of its maker's sets for operators is active, where it has some.
local function configuration_of(modems, name)
  for _, modem in ipairs(modems) do
    if modem.description.name == name then
      if rawget(modem, "configuration") == nil then
        ask_configuration(modem)
      end
      return rawget(modem, "configuration") or nil
    end
  end
end

local function show_configuration(configuration)
  local by = { [true] = ", chosen by the SIM", [false] = ", which was chosen by hand" }
  say("  MBN      %s%s: the modem's set for an operator", configuration.name, by[configuration.automatic] or "")
end

local function show_apn(apn)
  local names = {}
  for i, name in ipairs(apn.names) do names[i] = name ~= "" and name or "the default one" end
  say("  APN      %s, by %s", table.concat(names, ", else "), apn.origin)
end

local function for_programs(told, policies, apn, configuration)
  local plan, lines = told.plan, {}
  for i, line in ipairs(told:others()) do lines[i] = for_programs(line) end
  return {
    modem = told.modem, policy = told.policy, lines = lines[1] and lines,
    state = told.state, reason = told.reason, since = told.since,
    tried = setmetatable(told.tried, { __jsontype = "array" }),
    plan = plan and { what = plan.what, reason = plan.reason, seconds = math.max(plan.at - task.now(), 0) },
    apn = apn, carrier_configuration = configuration,
    policies = policies and setmetatable(policies, { __jsontype = "array" }),
  }
end

-- The steps that were tried, and the next one.
local function show_steps(told)
  for i = math.max(#told.tried - SHOWN + 1, 1), #told.tried do
    local step = told.tried[i]
    local result = step.result == step.reason and "the same again" or step.result or "under way"
    say("  %s  %s%s", step.time, step.what, step.reason and (", because %s: %s"):format(step.reason, result) or "")
  end
  if told.plan then
    say("  next     %s in %.0f s%s", told.plan.what, math.max(told.plan.at - task.now(), 0),
      told.plan.reason and ", because " .. told.plan.reason or "")
  end
end

local function show(told, policies, apn, configuration)
  say("modem %s is %s since %s: %s", told.modem, told.state, told.since, tostring(told.reason))
  say("  policy   %s", #policies > 0 and table.concat(policies, ", ") or "none")
  if apn then
    show_apn(apn)
  end
  if configuration then
    show_configuration(configuration)
  end
  show_steps(told)
  for _, line in ipairs(told:others()) do
    say("policy %s of modem %s is %s since %s: %s", line.policy, line.modem, line.state, line.since, line.reason)
    show_steps(line)
  end
end

-- The modem's own ones, then those for all modems together.
local function policies_of(jobs, modem)
  local own, of_all = {}, {}
  table.sort(jobs, function(a, b) return (a.beside or "") < (b.beside or "") end)
  for _, job in ipairs(jobs) do
    if not job.modem or job.modem == modem then
      table.insert(job.modem and own or of_all, job.policy)
    end
  end
  table.sort(of_all)
  return table.move(of_all, 1, #of_all, #own + 1, own)
end

return {
  summary = "Tell the state of each modem in the daemon, and what comes next.",
  description = "Tell what the daemon believes of each modem, what it tried, and what it will do next.",

  exits = { [3] = true, [4] = true, [5] = true, [6] = true, [7] = true, [8] = true },

  options = {
    option.json_list,
    { "--deep", validate.flag, "Look at each link between computer and network, as `moontower explain` does" },
  },

  run = function(args)
    if args.deep then
      return require("cli.command").script("explain").run { json = args.json }
    elseif not daemon.running then
      return client.not_there "why"
    end
    local names, list = {}, {}
    for name in pairs(status.all()) do names[#names + 1] = name end
    table.sort(names)
    local jobs = daemon.running.supervisor:list()
    for _, name in ipairs(names) do
      local told, its = status.all()[name], policies_of(jobs, name)
      local apn = apn_of(daemon.running.fleet:list(), name)
      local configuration = configuration_of(daemon.running.fleet:list(), name)
      if args.json then
        list[#list + 1] = for_programs(told, its, apn, configuration)
      else
        show(told, its, apn, configuration)
      end
    end
    if args.json then
      print(json.encode(setmetatable(list, { __jsontype = "array" }), { indent = true }))
    elseif daemon.running.fleet.unsure then
      say("There may be modems that are not known yet: %s", daemon.running.fleet.unsure)
    elseif #names == 0 then
      print "There is no modem yet."
    end
    return 0
  end,
}
