-- SPDX-License-Identifier: MIT
-- The topics of `moontower help TOPIC`: sections of the READMEs, which explain each thing once.

local errors = require "errors"
local fs = require "core.fs"
local lazy = require "base.lazy"
local markdown = lazy "cli.markdown" -- the list of topics needs none of it
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
  { name = "exit", summary = "The exit statuses of all commands.", folder = "scripts", heading = "Exit statuses" },
  { name = "fcc", summary = "Laptops' modems whose radio their makers have locked.", folder = "scripts",
    heading = "Laptops' modems" },
  { name = "json", summary = "What `--json` prints, and what its names mean.", folder = "scripts",
    heading = "JSON, for programs" },
  { name = "modules", summary = "What scripts are written with.", folder = "modules",
    heading = "What scripts require" },
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
  { name = "tasks", summary = "How a script does several things at once, and waits.", folder = "modules",
    heading = "Tasks" },
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

-- ---- as plain text ----

local TERM_WIDTH = 13

-- Two columns become a list; of more, each row is a paragraph.
local function table_lines(block)
  local header, out, first = block.header, {}, ""
  for _, cells in ipairs(block.rows) do
    first = cells[1] ~= "" and cells[1] or first
    if #header == 2 and #first <= TERM_WIDTH then
      out[#out + 1] = ("  %s  %s"):format(first .. (" "):rep(TERM_WIDTH - #first), cells[2])
    elseif #header == 2 then
      out[#out + 1] = "  " .. first
      out[#out + 1] = (" "):rep(TERM_WIDTH + 4) .. cells[2]
    else
      out[#out + 1] = ("  %s%s"):format(first, #header > 3 and "  " .. cells[2] or "")
      for i = #header > 3 and 3 or 2, #header do
        out[#out + 1] = ("      %s: %s"):format(header[i], cells[i] or "")
      end
    end
  end
  return out
end

local function plain(block)
  if block.kind == "table" then
    return table.concat(table_lines(block), "\n")
  elseif block.kind == "code" then
    return "    " .. table.concat(block.lines, "\n    ")
  end
  return block.text
end

local function shown(blocks)
  local texts = {}
  for i, block in ipairs(blocks) do texts[i] = plain(block) end
  return wrap.text(table.concat(texts, "\n\n"))
end

---The blocks of a README, or of one of its sections.
---@param folder string
---@param heading string?
---@return markdown.block[]?
---@return moontower.error? err
function M.blocks(folder, heading)
  local text, err = read(folder)
  if not text then
    return nil, err
  end
  local blocks = markdown.blocks(text)
  return heading and assert(markdown.section(blocks, heading), heading) or blocks
end

---@param name string
---@return handbook.topic?
function M.topic(name)
  for _, topic in ipairs(M.topics) do
    if topic.name == name then
      return topic
    end
  end
end

---@param name string
---@return { name: string, summary: string, help: string }? nil without an error: there is no such topic
---@return moontower.error? err
function M.explain(name)
  local topic = M.topic(name)
  if not topic then
    return nil
  end
  local blocks, err = M.blocks(topic.folder, topic.heading)
  return blocks and { name = name, summary = topic.summary, help = shown(blocks) }, err
end

return M
