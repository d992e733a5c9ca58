-- SPDX-License-Identifier: MIT
-- Log lines on standard error, by level.

local printable = require "base.printable"

local levels = { error = 1, warn = 2, info = 3, debug = 4 }

---@class log
---@field level "error"|"warn"|"info"|"debug" what is less urgent than this is not written
local log = { level = "warn" }

local function write(level, format, ...)
  if levels[level] > levels[log.level] then
    return
  end
  local parts = table.pack(...)
  for i = 1, parts.n do
    -- %s takes anything; objects show what their __tostring says.
    if type(parts[i]) == "table" or type(parts[i]) == "userdata" then
      parts[i] = tostring(parts[i])
    end
    if type(parts[i]) == "string" then
      parts[i] = printable(parts[i])
    end
  end
  io.stderr:write("moontower: ", level, ": ", format:format(table.unpack(parts, 1, parts.n)), "\n")
end

---@param format string as string.format's
function log.error(format, ...) write("error", format, ...) end

---@param format string
function log.warn(format, ...) write("warn", format, ...) end

---@param format string
function log.info(format, ...) write("info", format, ...) end

---@param format string
function log.debug(format, ...) write("debug", format, ...) end

return log
