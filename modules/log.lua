-- SPDX-License-Identifier: MIT
-- Log lines on standard error, by level. Where the journal of systemd reads them, each line tells its priority, so that
-- `journalctl -p warning` shows warnings and errors alone.

local core = require "core.task"
local fs = require "core.fs"
local ports = require "core.port"
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

-- A client of the daemon reads what is written in the task of its command.
local function goes_to_journal()
  local context = core.context()
  return not (context and context.session) and is_read_by_journal()
end

---@param level "error"|"warn"|"info"|"debug"
---@param text string one or more lines
---@return string lines as they are written to standard error
function log.lines(level, text)
  return goes_to_journal() and (text:gsub("[^\n]+", ("<%d>%%0"):format(priorities[level]))) or text
end

-- Fields are not for standard error, but for the journal's own socket: systemd's "Journal Export Formats" and "Native
-- Journal Protocol". A text of several lines would have to be written in another way there.
local JOURNAL = "/run/systemd/journal/socket"

local function tell_journal(level, modem, text)
  return not text:find "\n" and ports.send(JOURNAL, ("PRIORITY=%d\nSYSLOG_IDENTIFIER=moontower\nMOONTOWER_MODEM=%s\n"
    .. "MESSAGE=%s\n"):format(priorities[level], printable(modem), text))
end

local function write(level, modem, format, ...)
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
  local text = ("moontower: %s: %s"):format(level, format:format(table.unpack(parts, 1, parts.n)))
  if not (modem and goes_to_journal() and tell_journal(level, modem, text)) then
    io.stderr:write(log.lines(level, text .. "\n"))
  end
end

---@param format string as string.format's
function log.error(format, ...) write("error", nil, format, ...) end

---@param format string
function log.warn(format, ...) write("warn", nil, format, ...) end

---@param format string
function log.info(format, ...) write("info", nil, format, ...) end

---@param format string
function log.debug(format, ...) write("debug", nil, format, ...) end

---@class log.of_modem
---@field modem string?
local OfModem = {}
OfModem.__index = OfModem

---@param format string
function OfModem:error(format, ...) write("error", self.modem, format, ...) end

---@param format string
function OfModem:info(format, ...) write("info", self.modem, format, ...) end

---For lines about one modem. In the journal its name is their field MOONTOWER_MODEM.
---@param modem string? its name, as in `moontower why`; nil: they are about no single one
---@return log.of_modem
function log.of(modem) return setmetatable({ modem = modem }, OfModem) end

return log
