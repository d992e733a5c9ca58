-- SPDX-License-Identifier: MIT
-- moontower decode HEX: tells what a message between a host and a modem says, and what is wrong with a bad one.

local decode = require "decode"
local errors = require "errors"
local hex = require "decode.hex"
local messages = require "decode.messages"
local option = require "cli.option"
local printer = require "decode.print"
local services = require "qmi.services"
local validate = require "base.validate"

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
  summary = "Decode one message between a host and a modem, given in hex.",
  exits = { [0] = "all of it could be read", [1] = "not all; then it says why, and what could be" },
  here = true,

  epilog = [[
Examples:
  moontower decode 01 00 00 00 10 00 00 00 01 00 00 00 00 10 00 00
  moontower decode --service dms 00 01 00 25 00 00 00
  mbimcli -p -d /dev/cdc-wdm0 --query-pin-state --verbose-full 2>&1 | moontower decode -
Dumps (hexdump -C, xxd, od, tcpdump) and logs of mbimcli, qmicli and ModemManager may be pasted as they are; of a log,
each message is decoded, and the fragments of one are put together.
Passwords and PINs are not shown.]],

  options = {
    { "--service", validate.any_text, "HEX is a bare QMI message of this service (a name such as dms, or a number)" },
    option.with_text(option.json, "Print one JSON object, for programs; of several messages, a list"),
    { "hex", validate.any_text, "An MBIM message or fragment, or a QMUX frame; '-' reads standard input", args = "+" },
  },

  run = function(args)
    local text = table.concat(args.hex, " ")
    local service, err
    if args.service then
      service, err = service_of(args.service)
    end
    local pasted, mistake = hex.messages(text == "-" and io.read("a") or text)
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
