-- SPDX-License-Identifier: MIT
-- moontower help: lists the commands, policies and topics, and explains each.

local command = require "cli.command"
local errors = require "errors"
local handbook = require "cli.handbook"
local json = require "base.json"
local nearest = require "cli.nearest"
local option = require "cli.option"
local parser = require "cli.parser"
local places = require "loading.places"
local policy = require "policy"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local function summary_of(script, err)
  return err and ("not usable: %s"):format(err) or script.summary or ""
end

-- An entry of a list, and of which.
local function entry_of(name, with_options)
  local noted = not with_options and command.noted(name)
  if noted then
    return { name = name, summary = noted.summary }, noted.is_policy and "policies" or "commands"
  end
  local script, err, folder = command.script(name)
  local is_policy = policy.is(script)
  return {
    name = name, summary = summary_of(script, err),
    options = with_options and script and (is_policy and policy.describe or parser.describe)(script) or nil,
  }, is_policy and "policies" or folder.is_ours and "commands" or "own"
end

-- The same of a policy that has the name of a command.
local function policy_entry(name, with_options)
  local noted = not with_options and command.noted(name, "policies")
  if noted then
    return { name = name, summary = noted.summary }
  end
  local loaded, err = policy.load(name)
  return {
    name = name, summary = summary_of(loaded, err),
    options = with_options and loaded and policy.describe(loaded) or nil,
  }
end

local function by_name(a, b) return a.name < b.name end

-- The commands, those of the user's own, and the policies: one may have the name of a command.
local function scripts(with_options)
  local lists = { commands = {}, own = {}, policies = {} }
  for _, name in ipairs(command.names()) do
    local entry, kind = entry_of(name, with_options)
    table.insert(lists[kind], entry)
    if kind ~= "policies" and places.find("policies", name) then
      table.insert(lists.policies, policy_entry(name, with_options))
    end
  end
  local own = lists.own
  for _, name in ipairs(places.names("scripts", "own")) do
    if select(3, places.find("scripts", name)).is_ours then
      own[#own + 1] = { name = name, summary = "not used: a command of moontower has this name" }
    end
  end
  table.sort(own, by_name)
  return lists.commands, own, lists.policies
end

local function list_of(entries)
  local lines = {}
  for i, entry in ipairs(entries) do lines[i] = ("  %-11s  %s"):format(entry.name, entry.summary) end
  return wrap.text(table.concat(lines, "\n"))
end

local function print_names(label, list)
  local names = { label }
  for _, entry in ipairs(list) do names[#names + 1] = entry.name end
  print(wrap.text(table.concat(names, " ")))
end

local function names()
  local all = command.names()
  for _, topic in ipairs(handbook.topics) do all[#all + 1] = topic.name end
  return all
end

-- What the next word may be, for a shell.
local function next_words(before)
  if before[1] == "policy" and not before[2] then
    return places.names "policies"
  elseif before[1] then
    return {}
  end
  local all = names()
  return table.move({ "policy", "topics" }, 1, 2, #all + 1, all)
end

local function not_there(name)
  local meant = nearest(name, names())
  return errors.fail {
    code = "usage", source = "help", message = ("there is no command or topic '%s'"):format(name),
    hint = (meant and ("Did you mean `moontower help %s`? "):format(meant) or "") .. "`moontower help` lists them.",
  }
end

local function explain_policy(name)
  local loaded, err = policy.load(name)
  if not loaded then
    return nil, err
  end
  return {
    name = name, summary = loaded.summary, options = policy.describe(loaded),
    help = wrap.text(("%s\n\n%s"):format(loaded.summary or name, policy.help(loaded))),
  }
end

-- A command of a topic's name (events) has the topic behind its own words.
local function explain(words)
  local of_policy = words:match "^policy (%S+)$"
  if of_policy then
    return explain_policy(of_policy)
  end
  if words == "topics" then
    return { name = words, summary = "The topics of this help.", help = list_of(handbook.topics) }
  end
  local name = words
  local topic, topic_err = handbook.explain(name)
  local explained, err = command.help(name)
  if explained and topic then
    explained.help = explained.help .. "\n\n" .. topic.help
  end
  if explained or err then
    return explained, err
  elseif topic or topic_err then
    return topic, topic_err
  end
  return not_there(name)
end

return {
  summary = "List commands and topics; `moontower help NAME` explains one.",
  here = true,

  options = {
    { "words", validate.any_text, "The command or topic to explain; `policy` and the name of one", args = "*",
      argname = "NAME", candidates = next_words },
    option.json,
    { "--complete", validate.flag, "Print what the last word of a command line could become, for shells" },
  },

  run = function(args)
    if args.complete then
      for _, word in ipairs(require "cli.completion"(#args.words > 0 and args.words or { "" })) do print(word) end
      return 0
    elseif #args.words > 0 then
      local explained, err = explain(table.concat(args.words, " "))
      if explained then
        print(args.json and json.encode(explained, { indent = true }) or explained.help)
      end
      return explained and 0, err
    end
    local commands, own, policies = scripts(args.json)
    if args.json then
      local lists = { commands = commands, own = own[1] and own, policies = policies, topics = handbook.topics }
      print(json.encode(lists, { indent = true }))
      return 0
    end
    wrap.print "Usage: moontower COMMAND [OPTION...]    brings modems online and keeps them so"
    print(list_of(commands))
    if own[1] then
      print("Commands of your own:\n" .. list_of(own))
    end
    print_names("Policies:", policies)
    print_names("Topics:", handbook.topics)
    wrap.print("`moontower help NAME` explains any of them; `moontower help topics` the topics.\n"
      .. "Without a modem, try: moontower simulate -- moontower up -c calyx-sprint")
    return 0
  end,
}
