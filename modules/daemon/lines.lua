-- SPDX-License-Identifier: MIT
-- Lines of JSON from a client, no more of each than is read in a moment: the whole daemon waits that long.

local json = require "core.json"

local LONGEST_LINE = 1 << 20
-- All that clients say is flat, and little but for the text of a script.
local DEEPEST, MOST_VALUES = 8, 8192
local DEEPER = { ["["] = 1, ["{"] = 1, ["]"] = -1, ["}"] = -1 }
local MOST_ESCAPES = 1 << 16

local M = {}

-- The place behind a string that begins before `at`, and how many escapes it has; nil when it does not end.
local function skip_string(line, at)
  local escapes = 0
  while escapes <= MOST_ESCAPES do
    local found = line:find('["\\]', at)
    if not found then
      return nil
    elseif line:sub(found, found) == '"' then
      return found + 1, escapes
    end
    at, escapes = found + 2, escapes + 1
  end
end

-- Can a line be read in a moment?
local function is_modest(line)
  local depth, values, escapes, at = 0, 0, 0, 1
  while depth <= DEEPEST and values <= MOST_VALUES and escapes <= MOST_ESCAPES do
    local found = line:find('[%[%]{},"]', at)
    if not found then
      return true
    end
    local character, more = line:sub(found, found), 0
    at = found + 1
    if character == '"' then
      at, more = skip_string(line, at)
    end
    if not at then
      return false
    end
    depth, values, escapes = depth + (DEEPER[character] or 0), values + 1, escapes + more
  end
  return false
end

---The tables that a client sends.
---@param port core.port
---@return fun(): table? next waits; nil at the end, or when what comes is none
function M.of(port)
  local buffer, start = "", 1
  return function()
    while true do
      local stop = buffer:find("\n", start, true)
      if stop then
        local line = buffer:sub(start, stop - 1)
        start = stop + 1
        local value = is_modest(line) and json.decode(line)
        return type(value) == "table" and value or nil
      end
      buffer, start = buffer:sub(start), 1
      local bytes = #buffer <= LONGEST_LINE and port:read()
      if not bytes then
        return nil
      end
      buffer = buffer .. bytes
    end
  end
end

return M
