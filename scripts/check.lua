-- SPDX-License-Identifier: MIT
-- moontower check: reads a carrier file as `up` would, and says what is wrong with it, or what it means.

local carrier = require "carrier"
local fs = require "core.fs"
local words = require "carrier_words"

-- Where a field stands: a mistake is found once the whole table is there, and then only its name is known.
local function lines_of_field(source, name)
  local found, number = {}, 0
  for line in (source .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    local code = line:gsub("%-%-.*$", "")
    if code:find("%f[%w_]" .. name .. "%f[^%w_]%s*=[^=]") then
      found[#found + 1] = { number = number, text = line:match("^%s*(.-)%s*$") }
    end
  end
  return found
end

-- Adds the lines that a mistake is about.
local function locate(err, path)
  local source = path and fs.read(path)
  local detail = err.detail or {}
  local name = detail.field or (detail.mistake or ""):match("'([%a_][%w_]*)'")
  if err.code ~= "carrier-invalid" or not source or not name then
    return err
  end
  detail.field, detail.lines = name, lines_of_field(source, name)
  for _, line in ipairs(detail.lines) do
    err.message = err.message .. ("\n  line %d: %s"):format(line.number, line.text)
  end
  return err
end

local function load(args)
  local name = args.carrier
  -- In the folder of the carriers, one does not think of ./
  if name:find("%.lua$") and not name:find("/") then
    name = "./" .. name
  end
  local chosen, err = carrier.load(name, { apn = args.apn })
  if not chosen then
    return nil, locate(err, err.detail and err.detail.path)
  end
  err = words.mistake(chosen)
  if err then
    return nil, locate(err, carrier.path(name))
  end
  return chosen
end

return {
  summary = "Check a carrier file: what is wrong with it, or what it means.",
  exits = { [0] = "the file is fine", [9] = "it is not" },
  here = true,

  arguments = function(parser)
    parser:epilog [[
Examples:
  moontower check ./my-carrier.lua
  moontower check calyx-sprint
The file is run as `moontower up --carrier` runs it: in a sandbox, without touching a modem. carriers/README.md teaches
how to write one.]]
    parser:argument("carrier", "A path with a slash in it, or a name from carriers/ or /etc/moontower/carriers.")
    parser:option("--apn", "What a file that takes its APN from the command line is given."):argname("APN")
    parser:flag("--json", "Print one JSON object, for programs.")
  end,

  run = function(args)
    local chosen, err = load(args)
    if not chosen then
      return nil, err
    elseif args.json then
      print(require("json").encode({ carrier = words.public(chosen) }, { indent = true }))
    else
      for _, line in ipairs(words.lines(chosen)) do print(line) end
    end
    return 0
  end,
}
