-- SPDX-License-Identifier: MIT
-- `moontower help`, for people and for programs.

local exit_status = require "exit_status"
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

function T.test_every_script_is_in_the_list_once()
  local text, listed, there = help(), {}, {}
  local lists = json.decode((help "--json"))
  for _, list in pairs(lists) do
    for _, entry in ipairs(list) do
      listed[#listed + 1] = entry.name
      lu.assertStrContains(text, ("  %-9s %s\n"):format(entry.name, entry.summary))
    end
  end
  for _, file in ipairs(assert(fs.list(program.home .. "/scripts"))) do there[#there + 1] = file:match "^(.+)%.lua$" end
  lu.assertItemsEquals(listed, there)
  lu.assertEquals({ lists.commands[1].name, lists.policies[1].name }, { "at", "balance" })
end

-- Also of the commands that pass --help on to somebody else.
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
  lu.assertStrContains(words, "there is no command 'nope'")
  local told
  told, status = help("nope", "--json")
  lu.assertEquals({ status, json.decode(told).error.code }, { 2, "usage" })
end

-- One table is what the code, each command's help and the README go by.
function T.test_exit_statuses()
  local readme = assert(fs.read(program.home .. "/scripts/README.md"))
  for status, entry in pairs(exit_status.list) do
    lu.assertStrContains(readme, ("| %d | %s |\n"):format(status, entry[1]))
  end
  for _, file in ipairs(assert(fs.list(program.home .. "/scripts"))) do
    local name = file:match "^(.+)%.lua$"
    local exits = name and dofile(("%s/scripts/%s"):format(program.home, file)).exits
    for status in pairs(exits or {}) do lu.assertNotNil(exit_status.list[status], name) end
    if name and exits ~= false then
      lu.assertStrContains(help(name), "\nExit status: 0 ")
    end
  end
end

return T
