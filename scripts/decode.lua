-- SPDX-License-Identifier: MIT
-- moontower decode HEX: tells what a message between a host and a modem says, and what is wrong with a bad one.

local captures = require "captures"
local decode = require "decode"
local errors = require "errors"
local file = require "recording.file"
local files = require "terminal.files"
local fs = require "core.fs"
local hex = require "decode.hex"
local inspection = require "recording.inspect"
local items = require "recording.items"
local messages = require "decode.messages"
local option = require "cli.option"
local passed = require "decode.passed"
local printer = require "decode.print"
local services = require "qmi.services"
local terminal = require "terminal"
local validate = require "base.validate"

local PIECE = 64 << 10 -- bytes
local GZIP = "\x1f\x8b"

local function usage(format, ...)
  return errors.fail {
    code = "usage", source = "decode", message = format:format(...), hint = "Try `moontower decode --help`.",
  }
end

local function service_of(name)
  local number = services[name] or tonumber(name)
  number = math.type(number) == "integer" and number or services[number]
  if math.type(number) ~= "integer" or number < 0 or number > 0xffff then
    return usage("there is no QMI service '%s'", name)
  end
  return number
end

-- ---- whole logs ----

local function tell_skipped(reader)
  for _, entry in ipairs(reader.skipped) do
    io.stderr:write(("moontower: left out, first in line %d: %d %s\n"):format(entry.line, entry.count, entry.why))
  end
end

---@param reader captures.reader
---@param item captures.item? the first one
local function decode_log(reader, item, args)
  local show, err = passed.new(args.json), nil
  while item do
    show:show(item)
    item, err = reader:next()
  end
  local status, failure = show:finish(reader.advice)
  tell_skipped(reader)
  return status == 0 and not err and 0 or nil, err or failure
end

local function decode_recording(path, args)
  local reader <close>, err = file.open(path)
  local show = passed.new(args.json, 0) -- as the lines beside the messages have it
  while reader and not err do
    local line
    line, err = reader:next()
    local item = line and items.of(line)
    if not line then
      break
    elseif item then
      show:show(item)
    elseif not args.json then
      print(inspection.line(line))
    end
  end
  local status, failure = 0, nil
  if reader then
    status, failure = show:finish()
  end
  return status == 0 and not err and 0 or nil, err or failure
end

local function decode_file(path, args)
  local piece, err = files.pieces(path, PIECE)
  local start
  if piece then
    start, err = piece()
  end
  if err then
    return nil, err
  elseif (start or ""):sub(1, #GZIP) == GZIP then
    return decode_recording(path, args)
  end
  local reader
  reader, err = captures.open(function()
    local bytes = start
    start = nil
    if bytes then return bytes end
    return piece()
  end, path)
  local item
  if reader then
    item, err = reader:next()
  end
  if not item then
    return nil, err
  end
  return decode_log(reader, item, args)
end

-- Only what is no word in hex: a file of such a name is "./cafe".
local function is_file(words)
  local found = #words == 1 and words[1]:find "%X" and fs.stat(terminal.path(words[1]))
  return found and found.type ~= "directory"
end

-- ---- what was pasted ----

-- A word that a person has meant as a file's name.
local function no_such_file(words)
  local word = #words == 1 and words[1]
  return word and word:find "[./]" and word:find "[^%x%s.:]" and not word:find "\n" and word
end

-- The reader of a log, and its first message; nil: it is none.
local function log_in(text)
  local reader = captures.open(function()
    local all = text
    text = nil
    return all
  end, "what was pasted")
  local item = reader and reader:next()
  return item and reader, item
end

-- Secrets are hidden, so that the output may be given to others.
local function cut_short(bytes)
  return errors.new {
    code = "malformed", source = "decode",
    message = ("what was pasted is cut short after %d bytes"):format(#bytes),
    hint = "mbimcli and qmicli print all with --verbose-full, ModemManager with --log-personal-info.",
  }
end

local function print_json(views)
  local texts = {}
  for i, view in ipairs(views) do texts[i] = printer.json(view, nil, { indent = true }) end
  print(#texts == 1 and texts[1] or "[" .. table.concat(texts, ",\n") .. "]")
end

return {
  summary = "Decode messages of a modem: in hex, in a log, a recording.",
  exits = { [0] = "all of it could be read", [1] = "not all; then it says why, and what could be" },
  here = true,

  epilog = [[
Examples:
  moontower decode 01 00 00 00 10 00 00 00 01 00 00 00 00 10 00 00
  moontower decode --service dms 00 01 00 25 00 00 00
  mbimcli -p -d /dev/cdc-wdm0 --query-pin-state --verbose-full 2>&1 | moontower decode -
  moontower decode modemmanager.log
  moontower decode bug.recording
Dumps (hexdump -C, xxd, od, tcpdump) may be pasted as they are. A FILE, or what is pasted, may be a log of mbimcli,
qmicli, ModemManager, uqmi or umbim, usbmon's text, a pcap file of USB, QModem's fixtures, or a recording: each message
is shown with its time, the fragments of one are put together, and what was left out is told at the end.
Passwords and PINs are not shown.]],

  options = {
    { "--service", validate.any_text, "HEX is a bare QMI message of this service (a name such as dms, or a number)" },
    option.with_text(option.json, "Print one JSON object, for programs; of several messages, a list"),
    { "hex", validate.any_text, "An MBIM message or fragment, a QMUX frame, or a file; '-' reads standard input",
      args = "+" },
  },

  run = function(args)
    local missing = no_such_file(args.hex)
    if is_file(args.hex) then
      return decode_file(args.hex[1], args)
    elseif missing then
      return usage("there is no file '%s', and it is no message in hex", missing)
    end
    local text = table.concat(args.hex, " ")
    text = text == "-" and io.read("a") or text
    local reader, first = log_in(text)
    if reader then
      return decode_log(reader, first, args)
    end
    local service, err
    if args.service then
      service, err = service_of(args.service)
    end
    local pasted, mistake = hex.messages(text)
    if err then
      return nil, err
    elseif not pasted then
      return usage("HEX: %s", mistake)
    end
    local failure, views = nil, {}
    for i, message in ipairs(messages.of(pasted, service ~= nil)) do
      views[i] = decode.decode(message.bytes, service)
      if message.truncated then
        views[i]:note("what was pasted is cut short after %d bytes", #message.bytes)
      end
      if message.fragments then
        views[i]:note("put together from %d fragments", message.fragments)
      end
      failure = failure or views[i]:failure() and (message.truncated and cut_short(message.bytes) or views[i]:failure())
    end
    if args.json then
      print_json(views)
      return failure and 1 or 0
    end
    for i, view in ipairs(views) do
      print((i > 1 and "\n" or "") .. table.concat(printer.all(view), "\n"))
    end
    return not failure and 0 or nil, failure
  end,
}
