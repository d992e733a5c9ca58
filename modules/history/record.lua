-- SPDX-License-Identifier: MIT
-- A record of the history: one line of text, as short as it can be. One declaration writes and reads each kind.

local printable = require "base.printable"

local M = {}

local LONGEST_TEXT = 160 -- bytes: reasons can be long

---@class history.record
---@field time integer as os.time() has it
---@field kind string one of M.kinds
---@field [string] string|number|nil its values, by the names of its kind

-- The names of each kind's values, in the order of the line. An older moontower passes over what it does not know, so
-- a new name comes last; a change of the meaning of one raises the version in state/shapes.lua.
---@type table<string, string[]>
M.kinds = {
  signal = {
    "dbm", "lte_rssi", "lte_rsrp", "lte_rsrq", "lte_sinr", "nr_rsrp", "nr_rsrq", "nr_sinr", "umts_rssi", "umts_rscp",
    "umts_ecio", "gsm_rssi",
  },
  cell = { "technology", "plmn", "cell_id", "band", "channel", "pci", "tac", "carriers" },
  network = { "state", "technology", "provider", "name", "cell_id" },
  bytes = { "received", "sent", "seconds" },
  state = { "state", "reason", "ordered" },
  try = { "what", "reason" },
  tried = { "what", "result" },
  program = { "program", "what" },
  ready = { "control" },
  gone = { "reason" },
  lost = { "count" },
}

-- In a line, a tab separates values, and a line ends with a line feed.
local function plain(value)
  if type(value) == "number" then
    return math.tointeger(value) and ("%d"):format(value) or ("%.1f"):format(value)
  end
  local text = printable(value):gsub("\t", " ")
  if #text > LONGEST_TEXT then
    local stop = LONGEST_TEXT + 1
    while stop > 1 and text:byte(stop) & 0xc0 == 0x80 do stop = stop - 1 end -- not within a character
    text = text:sub(1, stop - 1)
  end
  return text
end

---What a record says, without its time: two that say the same have the same text.
---@param kind string
---@param values table<string, string|number>
---@return string
function M.words(kind, values)
  local words = { kind }
  for i, name in ipairs(M.kinds[kind]) do words[i + 1] = values[name] ~= nil and plain(values[name]) or "" end
  return (table.concat(words, "\t"):gsub("\t+$", ""))
end

---@param time integer
---@param words string of M.words
---@return string line without a line feed
function M.line(time, words) return ("%d\t%s"):format(time, words) end

-- Those that are no numbers, even if they are digits, as that of an operator.
local is_text = {}
for name in ("technology plmn band carriers state provider name reason what result program control " ..
  "ordered"):gmatch "%l+" do
  is_text[name] = true
end

---@param line string
---@return history.record? record nil: another moontower has written it, or it is damaged
function M.read(line)
  local time, kind, rest = line:match("^(%-?%d+)\t(%l+)(.*)$")
  local names = kind and M.kinds[kind]
  time = math.tointeger(tonumber(time))
  if not names or not time then
    return nil
  end
  local record, i = { time = time, kind = kind }, 0
  for word in rest:gmatch "\t([^\t]*)" do
    i = i + 1
    if names[i] and word ~= "" then
      record[names[i]] = is_text[names[i]] and word or tonumber(word) or word
    end
  end
  return record
end

return M
