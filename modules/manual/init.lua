-- SPDX-License-Identifier: MIT
-- The manual pages, made of what help is made of: commands of their declarations, the others of sections of READMEs,
-- whose tables are made of declarations, too.

local command = require "cli.command"
local declaration = require "base.declaration"
local exit_help = require "cli.exit_help"
local handbook = require "cli.handbook"
local parser = require "cli.parser"
local policy = require "policy"
local program = require "core.program"
local roff = require "manual.roff"
local usage = require "cli.usage"

local M = {}

local COMMANDS = 8

-- Of the pages that are no commands: the topics of help that are in them, and sections that are no topic.
local pages = {
  { name = "moontower-config", section = 5, topics = { "config", "orders", "sandbox", "fcc" } },
  { name = "moontower-carrier", section = 5, topics = { "carriers" } },
  { name = "moontower-policy", section = 7, topics = { "policies", "own-policies", "events", "probes" } },
  { name = "moontower-modules", section = 7, topics = { "modules", "errors", "tasks", "probes", "commands" } },
}

local MAIN = { name = "moontower", section = COMMANDS, topics = { "places", "json", "exit" } }

local function reference(page) return ("%s(%d)"):format(page.name, page.section) end

local function scripts()
  local commands, policies = {}, {}
  for _, name in ipairs(command.names()) do
    local script = assert(command.script(name))
    table.insert(policy.is(script) and policies or commands, { name = name, script = script })
  end
  return commands, policies
end

local function new(page, date) return roff.new(page.name, page.section, date, "moontower " .. program.version) end

local function see_also(out, page, others)
  local names = {}
  for _, other in ipairs(others) do
    if other.name ~= page.name then names[#names + 1] = reference(other) end
  end
  out:see_also(names)
end

local function option_list(out, heading, options, is)
  local is_first = true
  for _, option in ipairs(options) do
    if is(option) then
      if is_first then out:section(heading) end
      is_first = false
      local names = usage.names(option)
      for i, name in ipairs(names) do names[i] = roff.call(name) end
      out:item(table.concat(names, ", "), declaration.sentence(option))
    end
  end
end

local function is_argument(option) return not parser.is_option(option) end

-- A call's words, between which a line may end; what is in brackets stays together.
local function words_of(call)
  local words, depth = {}, 0
  for word in call:gmatch "%S+" do
    if depth > 0 then
      words[#words] = words[#words] .. " " .. word
    else
      words[#words + 1] = word
    end
    depth = depth + select(2, word:gsub("%[", "")) - select(2, word:gsub("%]", ""))
  end
  return words
end

local function add_synopsis(out, name, script)
  out:section "synopsis"
  if not script.usage then
    out:synopsis("moontower " .. name, usage.calls(script))
  end
  for words, rest in (script.usage or ""):gmatch "(moontower %l+)([^\n]*)" do
    out:synopsis(words, words_of(rest))
  end
end

local function command_page(page, script, date)
  local name = page.name:match "^moontower%-(.*)$"
  local out = new(page, date)
  local description, epilog = usage.texts(script)
  local options = usage.options(script)
  out:name(page.name, script.summary)
  add_synopsis(out, name, script)
  out:section "description"
  out:help(description)
  option_list(out, "arguments", options, is_argument)
  option_list(out, "options", options, parser.is_option)
  if epilog then
    out:section "notes"
    out:help(epilog)
  end
  if script.exits ~= false then
    out:section "exit status"
    for _, one in ipairs(exit_help.of_command(script.exits)) do out:item(tostring(one.status), one.words .. ".") end
  end
  see_also(out, page, { MAIN, table.unpack(pages) })
  return out:text()
end

local function add_topics(out, page)
  for _, name in ipairs(page.topics) do
    local topic = assert(handbook.topic(name), name)
    local blocks = assert(handbook.blocks(topic.folder, topic.heading))
    if blocks[1].level == 1 then
      blocks[1] = { kind = "heading", level = 2, text = "Description" }
    end
    out:blocks(blocks)
  end
end

local function topic_page(page, date)
  local out = new(page, date)
  out:name(page.name, handbook.topic(page.topics[1]).summary)
  add_topics(out, page)
  see_also(out, page, { MAIN, table.unpack(pages) })
  return out:text()
end

local function main_page(commands, policies, date)
  local out = new(MAIN, date)
  local about = assert(handbook.blocks ".")[2].text
  out:name(MAIN.name, about:match "^moontower (.-%.)")
  out:section "synopsis"
  out:synopsis("moontower", { "COMMAND", "[OPTION...]", "[ARGUMENT...]" })
  out:section "description"
  out:paragraph(about)
  out:section "commands"
  for _, one in ipairs(commands) do
    out:item(roff.marked(("`moontower-%s`(%d)"):format(one.name, COMMANDS)), one.script.summary)
  end
  out:section "policies"
  for _, one in ipairs(policies) do out:item(roff.marked("`" .. one.name .. "`"), one.script.summary) end
  add_topics(out, MAIN)
  see_also(out, MAIN, pages)
  return out:text()
end

---All pages.
---@param date string
---@return { name: string, section: integer, text: string }[]
function M.pages(date)
  local commands, policies = scripts()
  local made = { { name = MAIN.name, section = MAIN.section, text = main_page(commands, policies, date) } }
  for _, one in ipairs(commands) do
    local page = { name = "moontower-" .. one.name, section = COMMANDS }
    page.text = command_page(page, one.script, date)
    made[#made + 1] = page
  end
  for _, page in ipairs(pages) do
    made[#made + 1] = { name = page.name, section = page.section, text = topic_page(page, date) }
  end
  return made
end

return M
