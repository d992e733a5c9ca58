-- SPDX-License-Identifier: MIT
-- moontower decode HEX: tells what a message between a host and a modem says, and what is wrong with a bad one.

local decode = require "decode"
local error_object = require "error"
local printer = require "decode.print"
local services = require "qmi.services"

local function usage(format, ...)
  return error_object.fail {
    code = "usage", source = "decode", message = format:format(...), hint = "Try 'moontower decode --help'.",
  }
end

-- As people paste it: with spaces, colons, line ends, 0x before each byte, or none of them.
local function bytes_of(text)
  local digits = text:gsub("0[xX]", " "):gsub("[%s:,]", "")
  local odd = digits:match("[^%x]")
  if odd then
    return usage("HEX: '%s' is no hexadecimal digit", odd)
  elseif digits == "" then
    return usage("HEX: there are no bytes")
  elseif #digits % 2 == 1 then
    return usage("HEX: an odd number of digits (%d) makes no whole bytes", #digits)
  end
  return (digits:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end))
end

local function service_of(name)
  local number = services[name] or tonumber(name)
  number = math.type(number) == "integer" and number or services[number]
  if math.type(number) ~= "integer" or number < 0 or number > 0xff then
    return usage("there is no QMI service '%s'", name)
  end
  return number
end

return {
  summary = "Decode one message between a host and a modem, given in hex.",
  exits = { [0] = "all of it could be read", [1] = "not all; then it says why, and what could be" },
  here = true,

  arguments = function(parser)
    parser:epilog [[
Examples:
  moontower decode 01 00 00 00 10 00 00 00 01 00 00 00 00 10 00 00
  moontower decode --service dms 00 01 00 25 00 00 00
Passwords and PINs are not shown.]]
    parser:option("--service", "HEX is a bare QMI message of this service (a name such as dms, or a number).")
    parser:flag("--json", "Print one JSON object, for programs.")
    parser:argument("hex", "An MBIM message or fragment, or a QMUX frame; '-' reads standard input."):args("+")
  end,

  run = function(args)
    local text = table.concat(args.hex, " ")
    local bytes, service, err
    bytes, err = bytes_of(text == "-" and io.read("a") or text)
    if bytes and args.service then
      service, err = service_of(args.service)
    end
    if err then
      return nil, err
    end
    local view = decode.decode(bytes, service)
    err = view:failure()
    if args.json then
      print(printer.json(view, nil, { indent = true }))
      return err and 1 or 0
    end
    print(table.concat(printer.all(view), "\n"))
    return not err and 0 or nil, err
  end,
}
