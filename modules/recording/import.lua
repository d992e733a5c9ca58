-- SPDX-License-Identifier: MIT
-- Makes a recording of what another program has written down, with the same replaced as in one of our own.

local captures = require "captures"
local errors = require "errors"

local M = {}

local names = { mbim = "messages of MBIM", qmi = "messages of QMI", at = "lines at AT ports" }

---@class recording.import
---@field format string what it is made of
---@field private reader captures.reader
---@field since number the time of its first message
---@field private first captures.item
---@field private counts table<string, integer> by protocol, and of those that were "cut" short
local Import = {}
Import.__index = Import

---Writes all of it.
---@param recording recording.recorder
---@return string[]? report what was in it, for people
---@return moontower.error? err
function Import:write(recording)
  local streams, time = {}, self.since
  local item, err = self.first, nil
  while item do
    time = item.time or time
    item.time = time
    local key = item.protocol .. " " .. (item.port or "")
    streams[key] = streams[key] or recording:stream(item.protocol, time)
    local is_cut = item.size ~= nil
    local kind = is_cut and "cut" or item.protocol
    self.counts[kind] = self.counts[kind] + 1
    if is_cut then
      streams[key]:malformed(item, ("%d of %d bytes were kept"):format(#item.bytes, item.size))
    else
      streams[key]:show(item, 0)
    end
    item, err = self.reader:next()
  end
  if err then
    return nil, err
  end
  return self:report()
end

---@private
---@return string[]
function Import:report()
  local parts = {}
  for _, protocol in ipairs { "mbim", "qmi", "at" } do
    if self.counts[protocol] > 0 then
      parts[#parts + 1] = ("%d %s"):format(self.counts[protocol], names[protocol])
    end
  end
  local list = { ("Imported %s of %s."):format(table.concat(parts, ", "), self.format) }
  if self.counts.cut > 0 then
    list[2] = ("%d messages are cut short there, and are left out: %s"):format(self.counts.cut, self.reader.advice)
  end
  for _, entry in ipairs(self.reader.skipped) do
    list[#list + 1] = ("Left out, first in line %d: %d %s."):format(entry.line, entry.count, entry.why)
  end
  return list
end

---@param piece fun(): string?, moontower.error? the next bytes of the file
---@param name string of the file, for messages
---@return recording.import?
---@return moontower.error? err "malformed": it is none that is known; no message in it is whole
function M.open(piece, name)
  local reader, err = captures.open(piece, name)
  local item, cut = nil, 0
  if reader then
    item, err = reader:next()
  end
  while item and item.size do
    cut = cut + 1
    item, err = reader:next()
  end
  if err then
    return nil, err
  elseif not item then
    return errors.fail {
      code = "malformed", source = "recording", hint = reader.advice,
      message = ("%s: each of its %d messages is cut short"):format(name, cut),
    }
  end
  return setmetatable({
    format = reader.format, reader = reader, since = item.time or 0, first = item,
    counts = { mbim = 0, qmi = 0, at = 0, cut = cut },
  }, Import)
end

return M
