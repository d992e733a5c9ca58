-- SPDX-License-Identifier: MIT
-- Reads what other programs have written down of a modem: a log, a capture, answers to AT commands.

local errors = require "errors"
local inputs = require "captures.input"

---@class captures.item
---@field protocol "mbim"|"qmi"|"at"
---@field sent boolean by the host
---@field port string? as the other program calls it
---@field time number? seconds, from a time of the other program's on
---@field line integer? where it is in the file
---@field bytes string? of MBIM and QMI: a whole message
---@field size integer? of a message of which not all was kept: how long it was
---@field fragments integer? that it was put together from
---@field text string? of AT, with what is secret hidden
---@field kind "sent"|"echo"|"line"|"final"|"prompt"|"urc"|nil of AT

---@class captures.format
---@field name string what it is, for people
---@field advice string how all of a message is kept
---@field module string its file: fits(start) tells by the first bytes of a file, new(emit, skip) reads it

local START = 512 -- bytes that a format is recognised by

local PCAP = "`tcpdump -i usbmon1 -s 0 -w FILE` keeps all."

---@type captures.format[] the last one fits always
local formats = {
  { name = "a capture of USB", module = "captures.pcap", advice = PCAP },
  { name = "usbmon's text", module = "captures.usbmon",
    advice = "usbmon's text has 32 bytes of a transfer. " .. PCAP },
  { name = "QModem's fixtures", module = "captures.fixtures", advice = "" },
  { name = "a log", module = "captures.log",
    advice = "mbimcli and qmicli write all with --verbose-full, ModemManager with --log-personal-info." },
}

local M = {}

---@class captures.reader
---@field format string what it was taken for
---@field advice string how all of a message is kept
---@field skipped { why: string, count: integer, line: integer }[] what was not read; line: of the first of a kind
---@field count integer of all items so far
---@field private input captures.input
---@field private parser { step: fun(self: any, input: captures.input): boolean?, moontower.error? }
---@field private items captures.item[] that wait
---@field private at integer the next of them
local Reader = {}
Reader.__index = Reader

local function skip(self, why)
  local entry = self.skipped[why]
  if not entry then
    entry = { why = why, count = 0, line = self.input.number }
    self.skipped[why] = entry
    table.insert(self.skipped, entry)
  end
  entry.count = entry.count + 1
end

local function emit(self, item)
  item.line = self.input.number
  self.count = self.count + 1
  self.items[#self.items + 1] = item
end

local function nothing_in(self)
  return errors.fail {
    code = "malformed", source = "captures",
    message = ("%s: nothing in it passed at a modem's port, as far as is known here"):format(self.name),
    hint = "Logs of mbimcli and qmicli (--verbose-full), ModemManager (--debug --log-personal-info), uqmi and "
      .. "makers' connection managers (-v), usbmon's text, pcap files of USB and QModem's fixtures can be read.",
  }
end

---@return captures.item? item nil without an error: there are no more
---@return moontower.error? err
function Reader:next()
  while self.at > #self.items do
    self.items, self.at = {}, 1
    local is_more, err = self.parser:step(self.input)
    if err then
      return errors.during(err, self.name)
    elseif not is_more and #self.items == 0 then
      if self.count == 0 and #self.skipped == 0 then
        return nothing_in(self)
      end
      return nil
    end
  end
  self.at = self.at + 1
  return self.items[self.at - 1]
end

---@param piece fun(): string?, moontower.error? the next bytes of the file; nil without an error: the end
---@param name string of the file, for messages
---@return captures.reader?
---@return moontower.error? err
function M.open(piece, name)
  local input = inputs.new(piece)
  local start, err = input:peek(START)
  if not start then
    return nil, err
  end
  local self = setmetatable({ input = input, name = name, skipped = {}, count = 0, items = {}, at = 1 }, Reader)
  for _, format in ipairs(formats) do
    local module = require(format.module)
    if module.fits(start) then
      self.format, self.advice = format.name, format.advice
      self.parser = module.new(function(item) emit(self, item) end, function(why) skip(self, why) end)
      break
    end
  end
  return self
end

return M
