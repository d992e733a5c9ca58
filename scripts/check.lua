-- SPDX-License-Identifier: MIT
-- moontower check: reads a carrier file as `up` would, and says what is wrong with it, or what it means.

local carrier = require "carrier"
local locate = require "loading.locate"
local option = require "cli.option"
local validate = require "base.validate"
local explain = require "setup.explain"
local wrap = require "terminal.wrap"

-- The field that a mistake names: "bearers[2]: the key 'auth' should be ..." is about "bearers.2.auth".
local function field_of(mistake)
  mistake = mistake:gsub("^[^\n]-:%d+: ", "")
  local where, key = mistake:match "^[%w_.%[%]]+", mistake:match "'([%w_]+)'"
  if not where or not key then
    return nil
  end
  return where == "a" and key or (where:gsub("%[(%d+)%]", ".%1") .. "." .. key)
end

local function line_of(source, field)
  local path = {}
  for key in field:gmatch "[^.]+" do path[#path + 1] = key end
  return locate.line(source, path)
end

-- Adds the line with the mistake.
local function with_line(err, source)
  local detail = err.detail or {}
  local field = detail.field and "modem." .. detail.field or field_of(detail.mistake or "")
  local number = err.code == "carrier-invalid" and source and field and line_of(source, field)
  if number then
    local found = 0
    for line in (source .. "\n"):gmatch "(.-)\n" do
      found = found + 1
      if found == number then
        line = line:match "^%s*(.-)%s*$"
        detail.field, detail.lines = field, { { number = number, text = line } }
        err.message = ("%s\n  line %d: %s"):format(err.message, number, line)
      end
    end
  end
  return err
end

local function load(args)
  local name = args.carrier
  -- In the folder of the carriers, it is easy to forget the ./
  if name:find("%.lua$") and not name:find("/") then
    name = "./" .. name
  end
  local chosen, err, source = carrier.load(name, { apn = args.apn }, true)
  err = err or explain.mistake(chosen)
  if err then
    return nil, with_line(err, source)
  end
  return chosen
end

return {
  summary = "Check a carrier file: what is wrong with it, or what it means.",
  exits = { [0] = "the file is fine", [9] = "it is not" },
  here = true,

  epilog = [[
Examples:
  moontower check ./my-carrier.lua
  moontower check calyx-sprint
The file is run as `moontower up --carrier` runs it: in a sandbox, without touching a modem. carriers/README.md teaches
how to write one.]],

  options = {
    { "carrier", validate.any_text, "A path with a slash in it, or a name from carriers/ or /etc/moontower/carriers",
      candidates = option.carriers },
    { "--apn", validate.any_text, "The APN for a file that takes it from the command line", argname = "APN" },
    option.json,
  },

  run = function(args)
    local chosen, err = load(args)
    if not chosen then
      return nil, err
    elseif args.json then
      print(require("base.json").encode({ carrier = explain.public(chosen) }, { indent = true }))
    else
      for _, line in ipairs(explain.lines(chosen)) do wrap.print(line) end
    end
    return 0
  end,
}
