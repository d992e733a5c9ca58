-- SPDX-License-Identifier: MIT
-- `moontower help`, for people and for programs.

local command = require "cli.command"
local exit_status = require "cli.exit_status"
local fs = require "core.fs"
local json = require "dkjson"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"

local T = {}

local executable = require("core.program").executable

local function help(...)
  local result = assert(process.run { executable, "help", ... })
  return result.stdout, result.status, result.stderr
end

local function escaped(text) return (text:gsub("%p", "%%%0")) end

function T.test_every_script_is_in_the_list_once()
  local text, listed, there = help():gsub("%s+", " "), {}, {}
  local lists = json.decode((help "--json"))
  local topics = help "topics"
  for _, entry in ipairs(lists.topics) do
    lu.assertStrMatches(topics, (".*\n? +%s +%s\n.*"):format(escaped(entry.name), escaped(entry.summary)))
  end
  for _, entry in ipairs(lists.commands) do
    lu.assertStrContains(text, (" %s %s"):format(entry.name, entry.summary))
  end
  for _, list in ipairs { lists.commands, lists.policies, lists.topics } do
    for _, entry in ipairs(list) do lu.assertStrContains(text, " " .. entry.name .. " ") end
  end
  for _, list in ipairs { lists.commands, lists.policies } do
    for _, entry in ipairs(list) do listed[#listed + 1] = entry.name end
  end
  for _, folder in ipairs { "/scripts", "/scripts/policies" } do
    for _, file in ipairs(assert(fs.list(program.home .. folder))) do there[#there + 1] = file:match "^(.+)%.lua$" end
  end
  lu.assertItemsEquals(listed, there)
  lu.assertEquals({ lists.commands[1].name, lists.policies[1].name }, { "apn", "balance" })
end

-- A line for each command, and no more than six others.
function T.test_the_list_is_short()
  local text, lists = help(), json.decode((help "--json"))
  lu.assertEquals(select(2, text:gsub("\n", "")) <= #lists.commands + 6, true, text)
  for _, list in pairs(lists) do
    for _, entry in ipairs(list) do lu.assertTrue(#entry.summary <= 65, entry.summary) end
  end
end

-- Of the list, of every command, policy and topic; what cannot be broken may stand out.
function T.test_no_line_is_wider_than_a_terminal()
  local lists = json.decode((help "--json"))
  local texts = { help() }
  for _, list in pairs(lists) do
    for _, entry in ipairs(list) do
      local text, status = help(entry.name)
      lu.assertEquals(status, 0, entry.name)
      lu.assertTrue(#text > #entry.name + 40, entry.name)
      texts[#texts + 1] = text
    end
  end
  for line in table.concat(texts, "\n"):gmatch("[^\n]+") do
    lu.assertTrue(utf8.len(line) <= 80 or not line:find("%S%s+%S"), line)
  end
end

-- For programs that complete a command line, or check a configuration.
function T.test_the_options_of_commands_and_policies_are_data()
  local lists, options = json.decode((help "--json")), {}
  for _, list in ipairs { lists.commands, lists.policies } do
    for _, entry in ipairs(list) do
      for _, option in ipairs(entry.options) do
        lu.assertNotEquals(option.text, "", entry.name)
        options[entry.name .. " " .. (option.name or option.names[#option.names])] = option
      end
    end
  end
  lu.assertEquals(options["up --ip"].choices, { "ipv4", "ipv6", "ipv4v6" })
  lu.assertEquals(options["up --device"].names, { "-d", "--device" })
  lu.assertEquals({ options["up --json"].type, options["up --metric"].type, options["up --wait"].unit },
    { "boolean", "integer", "seconds" })
  lu.assertEquals({ options["at commands"].is_argument, options["at commands"].many, options["at --text"].is_argument },
    { true, true, false })
  lu.assertEquals(options["simulate --count"].default, 1)
  local every = options["reconnect every"]
  lu.assertEquals({ every.type, every.unit, every.default }, { "number", "seconds", 10 })
  lu.assertEquals(json.decode((help("up", "--json"))).options[1].names, { "-c", "--carrier" })
end

function T.test_a_policy_is_explained_with_its_options()
  for _, words in ipairs { { "policy", "schedule" }, { "schedule" } } do
    local text, status = help(table.unpack(words))
    lu.assertEquals(status, 0)
    lu.assertStrContains(text, "day     the day of the month on which the budget starts again (default: 1).")
    lu.assertStrContains(text, "It needs one of these: hours, budget.")
  end
  local explained = json.decode((help("policy", "notify", "--json")))
  lu.assertEquals({ explained.name, explained.options[4].default }, { "notify", 30 })
  local _, status, words = help("policy", "nope")
  lu.assertEquals({ status, words:match "there is no policy 'nope'" }, { 1, "there is no policy 'nope'" })
end

function T.test_topics_come_from_the_readmes()
  lu.assertStrContains(help "exit", "11             `status`: not online")
  lu.assertStrContains(help "policies", "`schedule`  `budget`\n")
  lu.assertStrContains(help "probes", "dns:9.9.9.9/example.org")
  lu.assertNotStrContains(help "carriers", "](")
end

function T.test_run_explains_itself_and_leaves_its_scripts_options_to_them()
  local path = os.tmpname()
  assert(fs.write_atomic(path, "print(...)"))
  lu.assertStrContains(assert(process.run { executable, "run", "--help" }).stdout, "Usage: moontower run ")
  lu.assertStrContains(assert(process.run { executable, "run", "-h" }).stdout, "Usage: moontower run ")
  lu.assertEquals(assert(process.run { executable, "run", path, "--help" }).stdout, "--help\n")
  os.remove(path)
end

-- Also of the commands that pass --help on to another program.
function T.test_one_command_is_explained_as_it_explains_itself()
  for _, name in ipairs { "up", "run", "trace", "reconnect" } do
    local text, status = help(name)
    lu.assertEquals(status, 0)
    lu.assertStrContains(text, "Usage: moontower " .. name .. " ")
    local explained = json.decode((help(name, "--json")))
    lu.assertEquals({ explained.name, explained.help .. "\n" }, { name, text })
  end
  lu.assertEquals(assert(process.run { executable, "up", "--help" }).stdout, (help "up"))
end

function T.test_a_command_that_is_not_there()
  local _, status, words = help "nope"
  lu.assertEquals(status, 2)
  lu.assertStrContains(words, "there is no command or topic 'nope'\n  `moontower help` lists them.")
  lu.assertStrContains(select(3, help "polices"), "`moontower help policies`")
  lu.assertStrContains(select(3, help "exits"), "`moontower help exit`")
  local told
  told, status = help("nope", "--json")
  lu.assertEquals({ status, json.decode(told).error.code }, { 2, "usage" })
end

function T.test_a_mistyped_command()
  for typed, meant in pairs {
    statsu = "status", sevre = "serve", dow = "down", resett = "reset", recon = "reconnect",
  } do
    local result = assert(process.run { executable, typed })
    lu.assertEquals({ result.status, result.stdout }, { 2, "" })
    lu.assertStrContains(result.stderr, ("Did you mean `moontower %s`?"):format(meant))
  end
  lu.assertNotStrContains(assert(process.run { executable, "xyz" }).stderr, "Did you mean")
  local sim = assert(process.run { executable, "sim", "--", "true" }).stderr
  lu.assertStrContains(sim, "`moontower simulate` simulates a modem; `moontower status` shows the SIM card.")
end

-- A program that asked for JSON gets it whatever is wrong.
function T.test_a_wrong_command_line_as_json()
  for _, case in ipairs { { "up", "--json", "--bogus" }, { "radio", "of", "--json" }, { "nope", "--json" },
    { "decode", "--json" }, { "up", "--metric", "x", "--json" }, { "setup", "--json" } } do
    local result = assert(process.run { executable, table.unpack(case) })
    local told = json.decode(result.stdout)
    lu.assertEquals({ result.status, told and told.error.code, result.stderr }, { 2, "usage", "" },
      table.concat(case, " "))
  end
end

-- Each says what is wrong before anything is done.
function T.test_nonsense_on_a_command_line()
  for _, case in ipairs {
    { "up", "--apn", "x", "--user", "me" }, { "up", "--apn", "x", "--auth", "pap" }, { "up", "--metric", "1.5" },
    { "up", "--metric", "0" }, { "up", "--wait", "-1" }, { "up", "--wait", "nan" }, { "up", "--wait", "soon" },
    { "up", "--probe", "9.9.9.9", "--no-probe" }, { "up", "--pin-tries", "-1" }, { "up", "--pin-tries", "1.5" },
    { "at", "--timeout", "0", "AT" }, { "reset", "--wait", "inf" }, { "reset", "--wait", "9", "--no-wait" },
    { "setup", "calyx-sprint", "--plan", "--wait", "0" }, { "simulate", "--count", "0", "--", "true" },
    { "simulate", "--latency", "-1", "--", "true" },
  } do
    local result = assert(process.run { executable, timeout = 600, table.unpack(case) })
    lu.assertEquals(result.status, 2, table.concat(case, " ") .. ": " .. result.stderr .. result.stdout)
  end
end

local function texts_below(folder, add)
  for _, file in ipairs(assert(fs.list(folder))) do
    local path = folder .. "/" .. file
    if (fs.stat(path) or {}).type == "directory" then
      texts_below(path, add)
    elseif file:find "%.lua$" or file:find "%.md$" then
      add(path, assert(fs.read(path)))
    end
  end
end

-- Hints, help and READMEs name what there is: `moontower COMMAND --option`.
function T.test_the_commands_that_our_words_name()
  local lists, helps, topics, count = json.decode((help "--json")), {}, { topics = true }, 0
  for _, entry in ipairs(lists.topics) do topics[entry.name] = true end
  for _, list in ipairs { lists.commands, lists.policies } do
    for _, entry in ipairs(list) do helps[entry.name] = help(entry.name) end
  end
  local function check(words, where)
    local name, rest = words:match "^([%w%-]+)(.*)$"
    if not name or name:find "^%u" or name == "--version" or name == "--help" then
      return -- a place-holder
    end
    count = count + 1
    lu.assertNotNil(helps[name], where)
    if name == "trace" then
      return check(rest:gsub("^%s+%-%-%S+", ""):match "^%s*(.*)$", where)
    elseif name == "run" then
      return -- options are the script's
    end
    for option in rest:gmatch "%s(%-%-%l[%w%-]*)" do lu.assertStrContains(helps[name], option, false, where) end
    local topic = name == "help" and rest:gsub("^%s+policy%s", " "):match "^%s+(%l[%l%-]*)"
    lu.assertTrue(not topic or topics[topic] or helps[topic] ~= nil, where)
  end
  for _, folder in ipairs { "modules", "scripts", "carriers" } do
    texts_below(program.home .. "/" .. folder, function(path, text)
      for words in text:gmatch "[`']moontower ([^`'\n]+)[`']" do check(words, path .. ": " .. words) end
    end)
  end
  for words in assert(fs.read(program.home .. "/README.md")):gmatch "moontower ([^`'\n|;]+)" do
    if words:find "^%l+ %-%-" or helps[words] then check(words, "README.md: " .. words) end
  end
  lu.assertTrue(count > 100, tostring(count))
end

function T.test_exit_statuses()
  for _, name in ipairs(command.names()) do
    local exits = command.script(name).exits
    for status in pairs(exits or {}) do lu.assertNotNil(exit_status.list[status], name) end
    if exits ~= false then
      lu.assertStrContains(help(name), "\nExit status: 0 ")
    end
  end
end

return T
