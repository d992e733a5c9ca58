-- SPDX-License-Identifier: MIT
-- Logs of mbimcli, qmicli, ModemManager, uqmi, umbim, makers' connection managers and Android's libraries: their bytes
-- in hex, their AT commands, whatever a logger has put before.

local control = require "captures.control"
local hex = require "base.hex"
local lines = require "captures.lines"
local ports = require "captures.ports"

local DAY = 86400
local LONGEST_NAME = 80 -- of a port
local LONGEST_DUMP = 4096 -- bytes of a message over several lines
local LONGEST_PREFIX = 160 -- in front of a line, with its time

---@class captures.log
---@field private emit fun(item: captures.item)
---@field private skip fun(why: string)
---@field private ports captures.ports
---@field private port string? the one named last
---@field private time number? seconds
---@field private has_seconds boolean? times are ModemManager's own, not those of a logger
---@field private days integer that have begun
---@field private dumped string? the beginning of a message of which more lines come
local Log = {}
Log.__index = Log

local M = {}

-- ---- when ----

-- What a maker's connection manager puts before each line: month, day, time, milliseconds.
local STAMP = "%[%d%d%-%d%d_(%d%d):(%d%d):(%d%d):(%d%d%d)%]"

local function time_of_day(prefix)
  local hour, minute, second, thousandths = prefix:match(STAMP)
  if hour then
    return hour, minute, second .. "." .. thousandths
  end
  return prefix:match "%f[%d:](%d%d):(%d%d):(%d%d[%.,]?%d*)%f[^%d:]"
end

local function see_time(self, line)
  local start = line:sub(1, LONGEST_PREFIX)
  local seconds = start:match "%[(%d%d%d%d+%.%d+)%]"
  local prefix = start:match "^[^=<>]*" -- and not in bytes, or in values
  if seconds then
    self.time, self.has_seconds = tonumber(seconds), true
    return
  end
  local hour, minute, second = time_of_day(prefix)
  if not hour or self.has_seconds then
    return
  end
  local time = hour * 3600 + minute * 60 + tonumber((second:gsub(",", ".")))
  if self.time and time + self.days * DAY < self.time - DAY / 2 then
    self.days = self.days + 1
  end
  self.time = time + self.days * DAY
end

-- ---- bytes of control ports ----

local function bytes_of(digits)
  digits = digits:gsub("[:%s]", "")
  return hex.decode(digits:sub(1, #digits // 2 * 2))
end

local function add_bytes(self, bytes)
  local port, item, skipped = self.ports:get(self.port or "?", control.new), nil, ports.TOO_MANY
  if port then
    item, skipped = port:add(bytes)
  end
  if item then
    item.port, item.time = self.port, self.time
    self.emit(item)
  elseif skipped then
    self.skip(skipped)
  end
end

-- Lines with bytes, and what stands in front of those: "<<<<<<   data   = 01:00:...", on a line of its own or, from
-- syslog, with all around it (with --verbose alone only the first bytes are there, and "..."); "Send packet: 01 0f 00",
-- of uqmi; "sending (16): 01 00 00", of umbim; "[09-10_08:03:46:123] 01 0b 00", of a maker's, or ">01:00:00:", if it
-- speaks MBIM.
local forms = {
  { "data", "%f[%w]data%s*=%s*(%x%x[%x:%s]*)" },
  { " packet:", "%f[%w]Send packet:%s*(%x%x[%x%s]*)" }, { " packet:", "%f[%w]Received packet:%s*(%x%x[%x%s]*)" },
  { "_", STAMP:gsub("[()]", "") .. "%s*[<>]?%s*(" .. ("%x%x[ :]"):rep(12) .. "[%x :]*)$" },
  { "ing (", "%f[%w]sending %(%d+%):%s*(%x%x[%x%s]*)" }, { "ing (", "%f[%w]reading %(%d+%):%s*(%x%x[%x%s]*)" },
}

local function see_bytes(self, line)
  for _, form in ipairs(forms) do
    local digits = line:find(form[1], 1, true) and line:match(form[2])
    if digits then
      add_bytes(self, bytes_of(digits))
      return true
    end
  end
end

-- Bytes on lines of their own behind a logger's name: "D QC-QMI  : 01 1E 00 80". Nothing else tells that they are a
-- message than that they are as long as its beginning says, so only such count. Offsets, and bare hex, are what people
-- paste: decode/hex.lua.
local function see_dump(self, line)
  local digits = (line:match "%f[%w_%-]%a[%w_%-]*%s*:%s+(%x%x [%x ]*)$" or "") .. " "
  local is_dump = digits ~= " " and not digits:gsub("%x%x +", ""):find "%x"
  local bytes = is_dump and (self.dumped or "") .. bytes_of(digits) or ""
  local head = control.head(bytes)
  self.dumped = nil
  if head and #bytes == head.size then
    add_bytes(self, bytes)
  elseif head and #bytes < head.size and head.size <= LONGEST_DUMP then
    self.dumped = bytes
  end
end

-- ---- AT commands ----

local controls = { CR = "\r", LF = "\n" }

-- "<CR><LF>OK<CR><LF>"; what cannot be printed is "\26".
local function unescaped(text)
  return (text:gsub("<(%u%u)>", controls):gsub("\\(%d%d?%d?)", function(code)
    return tonumber(code) < 256 and string.char(tonumber(code)) or nil
  end))
end

-- "(ttyUSB2): --> 'AT<CR>'", "[modem0/ttyUSB2/at] <-- '<CR><LF>OK<CR><LF>'"
local function see_at(self, line)
  local at = line:find("--> '", 1, true)
  local is_sent = at ~= nil
  at = at or line:find("<-- '", 1, true)
  local quoted = at and line:match("^'(.*)'%s*$", at + 4)
  if not quoted then
    return
  end
  local before = line:sub(math.max(1, at - LONGEST_NAME), at - 1)
  local name = before:match "[%[(]([^%[%]()]*)[%])]:?%s*$" or "?"
  name = name:match "([%w]+)/at$" or name:match "[^/]*$"
  local port = self.ports:get("AT " .. name, lines.new)
  if not port then
    return self.skip(ports.TOO_MANY)
  end
  local said = is_sent and { port:send(unescaped(quoted)) } or port:receive(unescaped(quoted))
  for _, item in ipairs(said) do
    item.protocol, item.port, item.time = "at", name, self.time
    self.emit(item)
  end
end

local function see(self, line)
  see_time(self, line)
  if line:find("[/", 1, true) then
    self.port = line:match "%[(/dev/[^%]%s]+)%]" or line:match "%[(/run/[^%]%s]+)%]" or self.port
  end
  see_at(self, line)
  if see_bytes(self, line) then
    self.dumped = nil
  else
    see_dump(self, line)
  end
end

---Reads the next line.
---@param input captures.input
---@return boolean is_more
---@return moontower.error? err
function Log:step(input)
  local line, err = input:line()
  if not line then
    return false, err
  end
  for part in (line:gsub("#012", "\n")):gmatch "[^\n]+" do see(self, part) end -- syslog's form of an end of line
  return true
end

---@return true what is nothing else may be one
function M.fits() return true end

---@param emit fun(item: captures.item)
---@param skip fun(why: string)
---@return captures.log
function M.new(emit, skip)
  return setmetatable({ emit = emit, skip = skip, ports = ports.new(), days = 0 }, Log)
end

return M
