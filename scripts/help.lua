-- SPDX-License-Identifier: MIT
-- moontower help: the commands there are.

local command = require "command"
local fs = require "core.fs"
local handbook = require "handbook"
local json = require "json"
local policy = require "policy"
local program = require "core.program"
local wrap = require "wrap"

-- The commands, and the policies.
local function scripts()
  local commands, policies = {}, {}
  for _, file in ipairs(fs.list(program.home .. "/scripts") or {}) do
    local name = file:match("^(.+)%.lua$")
    if name then
      local script = dofile(("%s/scripts/%s"):format(program.home, file))
      table.insert(policy.is(script) and policies or commands, { name = name, summary = script.summary })
    end
  end
  return commands, policies
end

local function print_list(list)
  for _, script in ipairs(list) do
    print(wrap.text(("  %-11s  %s"):format(script.name, script.summary)))
  end
end

-- A command of a topic's name (events) has the topic behind its own words.
local function explain(name)
  local topic, topic_err = handbook.explain(name)
  local explained, err = command.help(name)
  if explained and topic then
    explained.help = explained.help .. "\n\n" .. topic.help
  elseif topic then
    return topic
  end
  return explained, topic_err or err
end

return {
  summary = "List commands and topics; `moontower help NAME` explains one.",
  here = true,

  arguments = function(parser)
    parser:argument("command", "The command or topic to explain."):args("?"):argname("NAME")
    parser:flag("--json", "Print one JSON object, for programs.")
  end,

  run = function(args)
    if args.command then
      local explained, err = explain(args.command)
      if explained then
        print(args.json and json.encode(explained, { indent = true }) or explained.help)
      end
      return explained and 0, err
    end
    local commands, policies = scripts()
    if args.json then
      print(json.encode({ commands = commands, policies = policies, topics = handbook.topics }, { indent = true }))
      return 0
    end
    print("moontower brings 4G/5G modems online and keeps them online.\n\nUsage: moontower COMMAND [OPTIONS]\n")
    print_list(commands)
    print "\nPolicies, for /etc/moontower/config.lua, or run in the foreground by their name:"
    print_list(policies)
    print "\nTopics:"
    print_list(handbook.topics)
    print("\n`moontower COMMAND --help` tells more, and so does `moontower help TOPIC`.\n"
      .. "Without a modem, try: moontower sim -- moontower up -c calyx-sprint")
    return 0
  end,
}
