-- SPDX-License-Identifier: MIT
-- What is in a recording, in a few lines: for the person who decides whether to send it.

local kinds = require("recording.pseudonyms").kinds

local M = {}

---@class recording.summary
---@field private counts table<string, integer> lines by what they are
---@field private replaced table<string, integer> by kind
---@field private seconds number
---@field private keeps_cells boolean?
local Summary = {}
Summary.__index = Summary

---@return recording.summary
function M.new() return setmetatable({ counts = {}, replaced = {}, seconds = 0 }, Summary) end

local function count(counts, name, number) counts[name] = (counts[name] or 0) + number end

-- The field that no other line has; of a line at an AT port, "kind".
local named = { "modem", "opened", "bytes", "kind", "malformed", "event", "changed", "kernel", "said", "explained" }

---@param line table as file.read() has it: each, from the first on
function Summary:add(line)
  if line.recording then
    self.keeps_cells = line.cells == "kept"
  end
  for _, name in ipairs(named) do
    if line[name] ~= nil then count(self.counts, name, 1) end
  end
  self.seconds = math.max(self.seconds, line.t or 0)
  for kind, number in pairs(line.replaced or {}) do count(self.replaced, kind, number) end
end

local function plural(number, one, more) return number and ("%d %s"):format(number, number == 1 and one or more) end

local function joined(parts) return #parts > 0 and table.concat(parts, ", ") or "nothing" end

local words = {
  { "modem", "modem", "modems" }, { "opened", "port", "ports" }, { "bytes", "message", "messages" },
  { "kind", "line at AT ports", "lines at AT ports" }, { "event", "event", "events" },
  { "explained", "explanation", "explanations" }, { "said", "printed line", "printed lines" },
  { "changed", "change to this computer's network", "changes to this computer's network" },
  { "kernel", "message of the kernel", "messages of the kernel" },
  { "malformed", "transfer that is no message, and is left out", "transfers that are no messages, and are left out" },
}

local KEPT = "makes and versions of modems, operators, APNs, addresses of the connection, signal, times, settings"

local HIDDEN = "PINs, passwords, what people write and call, positions, and what nothing is known of"

---@return string[] lines
function Summary:lines()
  local passed, replaced = {}, {}
  for _, entry in ipairs(words) do passed[#passed + 1] = plural(self.counts[entry[1]], entry[2], entry[3]) end
  for _, kind in ipairs(kinds) do
    local number = kind[1] ~= "hidden" and self.replaced[kind[1]]
    replaced[#replaced + 1] = number and ("%s %d times"):format(kind[2], number):gsub(" 1 times$", " once") or nil
  end
  local hidden = self.replaced.hidden
  return {
    ("In it        %s, in %.1f s"):format(joined(passed), self.seconds),
    "Replaced     " .. joined(replaced),
    "Crossed out  " .. (hidden and ("%s: %d in all"):format(HIDDEN, hidden) or "nothing"),
    "As it was    " .. KEPT .. (self.keeps_cells and ", numbers of cells" or ""),
    "",
  }
end

return M
