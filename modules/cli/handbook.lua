-- SPDX-License-Identifier: MIT
-- The topics of `moontower help TOPIC`: sections of the READMEs, which explain each thing once.

local errors = require "errors"
local fs = require "core.fs"
local program = require "core.program"
local wrap = require "terminal.wrap"

local M = {}

---@class handbook.topic
---@field name string
---@field summary string
---@field folder string whose README.md it is in
---@field heading string? of the section; nil: the whole file

---@type handbook.topic[]
M.topics = {
  { name = "carriers", summary = "How to write a carrier file.", folder = "carriers" },
  { name = "commands", summary = "How to write a command of your own.", folder = "scripts",
    heading = "Your own commands" },
  { name = "config", summary = "/etc/moontower/config.lua, which the daemon goes by.", folder = "scripts",
    heading = "The daemon" },
  { name = "errors", summary = "The errors that a script meets.", folder = "modules", heading = "Errors" },
  { name = "events", summary = "What `moontower events` and the policy `notify` tell.", folder = "scripts",
    heading = "Events" },
  { name = "json", summary = "What `--json` prints, and what its names mean.", folder = "scripts",
    heading = "JSON, for programs" },
  { name = "orders", summary = "What commands mean to the daemon's policies.", folder = "scripts",
    heading = "What a person has ordered" },
  { name = "own-policies", summary = "How to write a policy of your own.", folder = "scripts",
    heading = "Your own policies" },
  { name = "places", summary = "Where files of your own are looked for.",
    folder = "scripts", heading = "Where files are looked for" },
  { name = "policies", summary = "The policies that there are, and their options.", folder = "scripts",
    heading = "Policies" },
  { name = "probes", summary = "How pings and other probes are written.", folder = "modules",
    heading = "Is there a way out?" },
  { name = "sandbox", summary = "What systemd lets the daemon do, and how to allow more.",
    folder = "scripts", heading = "What the unit allows" },
  { name = "exit-status", summary = "The exit statuses of all commands.", folder = "scripts",
    heading = "Exit statuses" },
}

-- In the source tree, or where they are installed.
local function read(folder)
  for _, place in ipairs { program.home, program.home .. "/../doc/moontower" } do
    local text = fs.read(("%s/%s/README.md"):format(place, folder))
    if text then
      return text
    end
  end
  return errors.fail {
    code = "not-found", source = "help", message = ("%s/README.md is not installed"):format(folder),
    hint = "It belongs to PREFIX/share/doc/moontower.",
  }
end

local function section(text, heading)
  local found
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    local title = line:match("^##%s+(.*)$")
    if found and title then
      break
    elseif found then
      found[#found + 1] = line
    elseif title == heading then
      found = { heading, "" }
    end
  end
  return found and table.concat(found, "\n")
end

-- ---- Markdown as plain text ----

local TERM_WIDTH = 13

local function plain(line) return (line:gsub("%[([^%]]*)%]%([^%)]*%)", "%1"):gsub("^#+%s+", "")) end

local function cells_of(line)
  local cells = {}
  for cell in line:gsub("\\|", "\1"):gmatch("|([^|]*)") do
    cells[#cells + 1] = cell:match("^%s*(.-)%s*$"):gsub("\1", "|")
  end
  cells[#cells] = nil -- what follows the last bar
  return cells
end

-- Two columns become a list; of more, each row is a paragraph.
local function show_table(rows, out)
  local header, first = rows[1], ""
  for i = 3, #rows do
    local cells = rows[i]
    first = cells[1] ~= "" and cells[1] or first
    if #header == 2 and #first <= TERM_WIDTH then
      out[#out + 1] = ("  %s  %s"):format(first .. (" "):rep(TERM_WIDTH - #first), cells[2])
    elseif #header == 2 then
      out[#out + 1] = "  " .. first
      out[#out + 1] = (" "):rep(TERM_WIDTH + 4) .. cells[2]
    else
      out[#out + 1] = ("  %s%s"):format(first, #header > 3 and "  " .. cells[2] or "")
      for j = #header > 3 and 3 or 2, #header do
        out[#out + 1] = ("      %s: %s"):format(header[j], cells[j] or "")
      end
    end
  end
end

local function shown(text)
  local out, rows, is_code = {}, {}, false
  for line in (text .. "\n\n"):gmatch("([^\n]*)\n") do
    if line:find("^|") then
      rows[#rows + 1] = cells_of(plain(line))
    elseif #rows > 0 then
      show_table(rows, out)
      rows = {}
    end
    if line:find("^```") then
      is_code = not is_code
    elseif not line:find("^|") and not line:find("^<!%-%-") then
      out[#out + 1] = is_code and "    " .. line or plain(line)
    end
  end
  return (wrap.text(table.concat(out, "\n")):gsub("%s+$", ""))
end

---@param name string
---@return { name: string, summary: string, help: string }? nil without an error: there is no such topic
---@return moontower.error? err
function M.explain(name)
  for _, topic in ipairs(M.topics) do
    if topic.name == name then
      local text, err = read(topic.folder)
      if not text then
        return nil, err
      end
      text = topic.heading and assert(section(text, topic.heading), topic.heading) or text
      return { name = name, summary = topic.summary, help = shown(text) }
    end
  end
end

return M
