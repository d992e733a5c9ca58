-- SPDX-License-Identifier: MIT
-- Log lines on standard error, by level. Where the journal of systemd reads them, each line tells its priority, so that
-- `journalctl -p warning` shows warnings and errors alone.

local core = require "core.task"
local fs = require "core.fs"
local printable = require "base.printable"

local levels = { error = 1, warn = 2, info = 3, debug = 4 }
local priorities = { error = 3, warn = 4, info = 6, debug = 7 } -- those of syslog(3)

---@class log
---@field level "error"|"warn"|"info"|"debug" what is less urgent than this is not written
local log = { level = "warn" }

local is_journal

-- $JOURNAL_STREAM has device and inode of the stream that the service manager gave us; after a redirection, standard
-- error is another one: sd-daemon(3), systemd.exec(5).
local function is_read_by_journal()
  if is_journal == nil then
    local stream = os.getenv "JOURNAL_STREAM"
    local found = stream and fs.stat "/proc/self/fd/2"
    is_journal = found and ("%d:%d"):format(found.device, found.inode) == stream or false
  end
  return is_journal
end

---@param level "error"|"warn"|"info"|"debug"
---@param text string one or more lines
---@return string lines as they are written to standard error
function log.lines(level, text)
  local context = core.context()
  if context and context.session or not is_read_by_journal() then -- the session's terminal reads them
    return text
  end
  return (text:gsub("[^\n]+", ("<%d>%%0"):format(priorities[level])))
end

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
  local text = format:format(table.unpack(parts, 1, parts.n))
  io.stderr:write(log.lines(level, ("moontower: %s: %s\n"):format(level, text)))
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
