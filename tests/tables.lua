-- SPDX-License-Identifier: MIT
-- The tables in the READMEs that are made from declarations: `moontower run tests/tables.lua` tells which are stale,
-- and with --write renews them.

local command = require "cli.command"
local composition = require "simulator.composition"
local control = require "simulator.control"
local declaration = require "base.declaration"
local entries = require "daemon.entries"
local events = require "events"
local exit_status = require "cli.exit_status"
local fs = require "core.fs"
local keys = require "carrier.keys"
local maker = require "maker"
local option = require "cli.option"
local own_command = require "cli.own_command"
local families = require "metrics.families"
local parser = require "cli.parser"
local personalities = require "simulator.personalities"
local places = require "loading.places"
local policy = require "policy"
local program = require "core.program"
local status = require "status"

local READMES = { "README.md", "carriers/README.md", "modules/simulator/README.md", "scripts/README.md" }

local function escaped(text) return (text:gsub("|", "\\|")) end

local function row(cells)
  for i, cell in ipairs(cells) do cells[i] = cell == "" and "" or " " .. escaped(cell) end
  return "|" .. table.concat(cells, " |") .. " |"
end

local function table_of(header, rows)
  local lines = { row { table.unpack(header) }, "|" .. ("---|"):rep(#header) }
  for i, cells in ipairs(rows) do lines[i + 2] = row(cells) end
  return table.concat(lines, "\n")
end

local function quoted(name) return "`" .. name .. "`" end

-- What a value is: its unit says more than its type, and its choices more than both.
local function value_of(one)
  local kind = one[2]
  if kind.choices and #kind.choices <= 4 then
    local names = {}
    for i, choice in ipairs(kind.choices) do names[i] = ('`"%s"`'):format(choice) end
    return table.concat(names, ", ")
  end
  return kind.least and ("%d to %d"):format(kind.least, kind.most) or declaration.unit_of(one) or kind.type
end

local function default_of(one)
  local words = declaration.default_of(one)
  if one.needed then
    return "needed"
  end
  return one.default ~= nil and quoted(words) or words or one[2].type == "boolean" and "no" or "none"
end

-- Of a file's options, the name of the file in the first row only.
local function rows_of(list, name, rows)
  for i, one in ipairs(list) do
    rows[#rows + 1] = { i == 1 and quoted(name) or "", quoted(one[1]), one[3], value_of(one), default_of(one) }
  end
end

local function each_script(fn)
  for _, name in ipairs(command.names()) do
    local script, _, folder = command.script(name)
    if folder.is_ours then fn(name, script) end
  end
end

-- One may have the name of a command.
local function each_policy(fn)
  for _, name in ipairs(places.names "policies") do fn(name, assert(policy.load(name))) end
end

local made = {}

made["options of policies"] = function()
  local rows = {}
  each_policy(function(name, loaded) rows_of(loaded.options or {}, name, rows) end)
  return table_of({ "Policy", "Option", "What it is", "Value", "Default" }, rows)
end

-- Of tables inside each other, by the names of the inner ones.
local function nested(noun, ...)
  local rows = {}
  for _, list in ipairs { ... } do
    for i, one in ipairs(list[2]) do
      rows[#rows + 1] = {
        i == 1 and list[1] ~= "" and quoted(list[1]) or "", quoted(one[1]), one[3], value_of(one), default_of(one),
      }
    end
  end
  return table_of({ "In", noun, "What it is", "Value", "Default" }, rows)
end

made["entries of the configuration"] = function()
  return nested("Entry", { "", entries.all }, { "modems", entries.of_modem }, { "broker", entries.of_broker },
    { "web", entries.of_web })
end

local function fields(list)
  local rows = {}
  for i, one in ipairs(list) do rows[i] = { quoted(one[1]), one[3], default_of(one) } end
  return table_of({ "Field", "What it is", "Default" }, rows)
end

made["settings of the simulated modem"] = function()
  local rows = {}
  for i, one in ipairs(control.settings) do rows[i] = { quoted(one[1]), one[3] } end
  return table_of({ "Setting", "What it is" }, rows)
end

made["fields of a command"] = function() return fields(own_command.fields) end

made["fields of a policy"] = function() return fields(policy.fields) end

made["keys of a carrier"] = function()
  return nested("Key", { "", keys.of_carrier }, { "sims", keys.of_sim }, { "bearers", keys.of_bearer })
end

made["keys of modem"] = function() return nested("Key", { "modem", keys.of_modem }) end

local function words_of(names)
  local seen, list = {}, {}
  for _, name in ipairs(names) do
    if not seen[name] then list[#list + 1] = name end
    seen[name] = true
  end
  table.sort(list)
  return quoted(table.concat(list, "` `"))
end

local function names_in(list, names, pattern)
  for _, one in ipairs(list or {}) do
    for name in one[1]:gmatch(pattern or "%S+") do names[#names + 1] = name end
  end
  return names
end

made["public words"] = function()
  local commands, of_commands, policies, of_policies = {}, {}, {}, {}
  each_policy(function(name, loaded)
    policies[#policies + 1] = name
    names_in(loaded.options, of_policies)
  end)
  each_script(function(name, script)
    if not policy.is(script) then
      commands[#commands + 1] = name
      names_in(parser.flat(script.options), of_commands, "%-%-[%w-]+") -- arguments have no names for others
    end
  end)
  local config = {}
  for _, list in ipairs { entries.all, entries.of_modem, entries.of_broker, entries.of_web } do
    names_in(list, config)
  end
  return table_of({ "Where", "Words" }, {
    { "commands", words_of(commands) },
    { "their options", words_of(of_commands) },
    { "entries of config.lua", words_of(config) },
    { "policies", words_of(policies) },
    { "their options", words_of(of_policies) },
    { "events", words_of(events.names) },
    { "`why --json`", words_of(status.fields) },
  })
end

made["options that commands share"] = function()
  local users, rows = {}, {}
  each_script(function(name, script)
    for _, one in ipairs(policy.is(script) and {} or parser.flat(script.options)) do
      users[one[1]] = users[one[1]] or {}
      table.insert(users[one[1]], quoted(name))
    end
  end)
  for _, one in ipairs(option.all) do
    rows[#rows + 1] = { quoted(one[1]), one[3], default_of(one), table.concat(users[one[1]], ", ") }
  end
  return table_of({ "Option", "What it is", "Default", "Commands" }, rows)
end

made["exit statuses"] = function()
  local rows, statuses = {}, {}
  for number in pairs(exit_status.list) do statuses[#statuses + 1] = number end
  table.sort(statuses)
  for i, number in ipairs(statuses) do rows[i] = { tostring(number), exit_status.list[number][1] } end
  rows[#rows + 1] = { "128 + n",
    "ended by signal n; 141: the reader of its output has gone, as in `moontower events | head -1`" }
  return table_of({ "Status", "Meaning" }, rows)
end

made["metrics"] = function()
  local rows = {}
  for i, family in ipairs(families) do
    rows[i] = { quoted(family.type == "counter" and family.name .. "_total" or family.name), family.help }
  end
  return table_of({ "Metric", "What it is" }, rows)
end

-- What people call a maker, where that is more than its name.
local called = { sierra = "Sierra Wireless", simcom = "SIMCom" }

local function speaks(personality)
  local words, choices = {}, composition.choices(personality)
  for _, name in ipairs { "mbim", "qmi", "ecm", "ncm", "rndis" } do
    words[#words + 1] = choices[name] and name:upper() or nil
  end
  return table.concat(words, ", ") .. (personality.pcie and " on PCIe" or "")
end

local function sorted_keys(values)
  local list = {}
  for key in pairs(values) do list[#list + 1] = key end
  table.sort(list)
  return list
end

made["modems"] = function()
  local modems, rows = {}, {}
  for _, name in ipairs(personalities.names()) do
    local personality = assert(personalities.load(name))
    local its = personality.at or maker.of_text(personality.usb.manufacturer).name
    modems[its] = modems[its] or {}
    table.insert(modems[its], ("%s (%s; %s)"):format(personality.hardware:gsub("^%u+_", ""), speaks(personality),
      quoted(name)))
  end
  for _, one in ipairs(maker.all()) do
    local settings = sorted_keys(one:load "settings" or {})
    rows[#rows + 1] = modems[one.name] and {
      called[one.name] or one.name:gsub("^%l", string.upper), table.concat(modems[one.name], ", "),
      table.concat(settings, ", "),
    } or nil
  end
  return table_of({ "Maker", "Simulated modems", "`setup` sets, beside what all have" }, rows)
end

local tables = {}
for name, make in pairs(made) do tables[name] = make() end

-- Each table is between two comments, of which the first names it.
local function renewed(text, readme)
  local names = {}
  text = text:gsub("(<!%-%- table: ([%w ]+) %-%->\n)(.-)(<!%-%- end %-%->)", function(head, name, _, tail)
    names[#names + 1] = name
    return head .. assert(tables[name], readme .. ": there is no table: " .. name) .. "\n" .. tail
  end)
  return text, names
end

local writes, stale, seen = arg[1] == "--write", {}, {}
for _, readme in ipairs(READMES) do
  local path = ("%s/%s"):format(program.home, readme)
  local text = assert(fs.read(path))
  local now, names = renewed(text, readme)
  for _, name in ipairs(names) do seen[name] = true end
  if now ~= text and writes then
    assert(fs.write(path, now))
  elseif now ~= text then
    stale[#stale + 1] = readme
  end
end
for name in pairs(tables) do
  if not seen[name] then stale[#stale + 1] = ("the table '%s', which no README has"):format(name) end
end
if #stale > 0 then
  io.stderr:write("stale: ", table.concat(stale, "; "), "\nRun: moontower run tests/tables.lua --write\n")
  return 1
end
return 0
