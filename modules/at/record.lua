-- SPDX-License-Identifier: MIT
-- What one line of an answer says about the air: values by name, and those of single antenna ports.

local fields = require "at.fields"

---@class at.record
---@field is "primary"|"secondary"|"neighbour"|"antennas"|"registration"|"operator" what it is about
---@field technology "5G"|"LTE"|"UMTS"|"GSM"|nil
---@field ports table<integer, table<string, number>>? by antenna port
---@field [string] any

---@class at.entry a value's place
---@field name string "-" has no meaning here
---@field port integer?
---@field kind at.kind?

local M = {}

---@param word string "rsrp", or "rsrp.2": of antenna port 2
---@param kinds table<string, at.kind>? those that differ from at/fields.lua
---@param more table<string, at.kind>? likewise, where `kinds` has none
---@return at.entry
function M.entry(word, kinds, more)
  local name, port = word:match "^(.-)%.(%d+)$"
  name = name or word
  local kind = name ~= "-" and (kinds and kinds[name] or more and more[name] or fields.kinds[name]) or nil
  if name ~= "-" and not kind then
    error(("no kind of value is called '%s'"):format(name), 0)
  end
  return { name = name, port = math.tointeger(tonumber(port)), kind = kind }
end

---Puts a value into a record, if it means something.
---@param record at.record
---@param entry at.entry
---@param text string?
function M.put(record, entry, text)
  local value = text and entry.kind and entry.kind(text)
  if value == nil then
    return
  elseif not entry.port then
    record[entry.name] = value
    return
  end
  record.ports = record.ports or {}
  record.ports[entry.port] = record.ports[entry.port] or {}
  record.ports[entry.port][entry.name] = value
end

return M
