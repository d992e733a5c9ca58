-- SPDX-License-Identifier: MIT
-- moontower usage: what each SIM has used, month by month, and what modem and interface have counted.

local columns = require "terminal.columns"
local errors = require "errors"
local json = require "base.json"
local modem = require "modem"
local option = require "cli.option"
local usage = require "usage"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local check = errors.check

local function in_words(bytes)
  for _, unit in ipairs { { 1e12, "TB" }, { 1e9, "GB" }, { 1e6, "MB" }, { 1e3, "kB" } } do
    if bytes >= unit[1] then return ("%.2f %s"):format(bytes / unit[1], unit[2]) end
  end
  return ("%d B"):format(bytes)
end

-- What the modem and its interface have counted; what has passed is written down.
local look_at = errors.protect(function(args)
  local device <close> = check(modem.find(args.device, {
    proxy = args.proxy, protocol = args.protocol, at_only = true,
  }))
  local used = device:usage(args.day)
  local counters, err = device:counters()
  return {
    modem = device.description.name, sim = used.sim, interface = used.received and device.net or nil,
    received = used.received, sent = used.sent, by_modem = counters, problem = err and tostring(err),
  }
end)

local function all(args, now)
  local list = {}
  for _, known in ipairs(check(usage.known())) do
    if known.day == args.day then
      list[#list + 1] = usage.look(known.sim, known.day, now)
    end
  end
  return list
end

local function print_table(list, in_modem)
  local rows = { { "SIM", "month", "used", "" } }
  for _, used in ipairs(list) do
    local place = used.sim == in_modem and "in the modem" or ""
    rows[#rows + 1] = { used.sim, "from " .. used.since, in_words(used.bytes), place }
    for _, month in ipairs(used.months) do
      rows[#rows + 1] = { "", "from " .. month.since, in_words(month.bytes), "" }
    end
  end
  columns.print(rows)
end

local function pair(counted)
  return ("%s received, %s sent"):format(in_words(counted.received), in_words(counted.sent))
end

local function print_counters(look)
  if look.interface then
    wrap.print(("%s: %s since it was made."):format(look.interface, pair(look)))
  end
  wrap.print(look.by_modem and ("The modem itself: %s."):format(pair(look.by_modem))
    or ("The modem itself tells nothing: %s."):format(look.problem))
end

return {
  summary = "Show what each SIM has used, month by month.",
  exits = { [3] = true, [7] = true, [8] = true },

  epilog = [[
The daemon counts what the kernel's interface of a modem carries, for each SIM, whatever the policies are; without it,
this command counts what has passed since it ran last. What other devices use with the same SIM it cannot know, and the
operator's own count decides what you pay. The interface's counters begin at zero when it is made; the modem's own ones
when it starts or, by QMI, when it connects.]],

  options = {
    { "--day", validate.whole(1, 31), "The day of the month on which counting starts again", default = 1 },
    option.device, option.proxy, option.protocol, option.json,
  },

  run = errors.protect(function(args)
    local look, err = look_at(args)
    local is_needless = err and not args.device and (err.code == "no-modem" or err.code == "busy")
    if err and not is_needless then
      return nil, err
    end
    local list = all(args, os.time())
    if args.json then
      print(json.encode({
        sims = setmetatable(list, { __jsontype = "array" }), modem = look,
      }, { indent = true }))
      return 0
    elseif #list == 0 then
      print "Nothing has been counted yet."
    else
      print_table(list, look and look.sim)
    end
    if look then
      print_counters(look)
    end
    return 0
  end),
}
