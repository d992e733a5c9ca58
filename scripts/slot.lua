-- SPDX-License-Identifier: MIT
-- moontower slot: the SIM slots of a modem, and which one it uses.

local columns = require "terminal.columns"
local errors = require "errors"
local exit_status = require "cli.exit_status"
local json = require "base.json"
local modem = require "modem"
local option = require "cli.option"
local progress = require "terminal.progress"
local validate = require "base.validate"

local words = {
  active = "a card", inactive = "a card, not in use", empty = "empty", error = "a card that does not work",
  unknown = "not told while it is not in use",
}
local esim = { [true] = "eSIM", [false] = "SIM" }

local function print_table(slots)
  local rows = { { "slot", "", "card", "", "ICCID", "EID" } }
  for _, slot in ipairs(slots) do
    rows[#rows + 1] = {
      tostring(slot.number), slot.in_use and "in use" or "", words[slot.state], esim[slot.is_esim] or "",
      slot.iccid or "", slot.eid or "",
    }
  end
  columns.print(rows)
end

local function list(device, args)
  local slots, err = device:slots()
  if not slots then
    return nil, err
  elseif args.json then
    print(json.encode(setmetatable(slots, { __jsontype = "array" }), { indent = true }))
  else
    print_table(slots)
  end
  return 0
end

-- What is wrong with the card, as an error whose code other commands have for it, too.
local problems = {
  locked = { "sim-locked", "the card in slot %d asks for its PIN",
    "`moontower up` enters it: see `--pin-file` there." },
  missing = { "sim-missing", "no card has appeared in slot %d",
    "Is there one? `moontower slot` lists them; `moontower slot N` goes back." },
  starting = { "sim-failure", "the card in slot %d has not started",
    "Give it longer (--wait), or go back by `moontower slot N`." },
  failure = { "sim-failure", "the card in slot %d does not work",
    "It may not be activated, or be damaged; `moontower slot N` goes back." },
}

local function problem_with(switched)
  local problem = problems[switched.sim.state]
  return problem and errors.new {
    code = problem[1], source = "modem", message = problem[2]:format(switched.slot),
    hint = problem[3]:gsub("slot N", "slot " .. (switched.before or "N")), detail = { reason = switched.sim.reason },
  }
end

local function switch(device, args)
  local watcher <close> = progress.new(args.json)
  local switched, err = device:use_slot(args.slot, {
    force = args.force, seconds = args.wait,
    progress = function(step)
      watcher:doing(step, step == "switch" and ("to slot %d"):format(args.slot) or "waiting for it")
    end,
  })
  watcher:rest()
  if not switched then
    return nil, err
  end
  local sim, problem = switched.sim, problem_with(switched)
  if problem and not args.json then
    return nil, problem
  elseif args.json then
    print(json.encode({ slot = switched.slot, before = switched.before, sim = {
      state = sim.state, reason = sim.reason, iccid = sim.iccid, imsi = sim.imsi,
    } }, { indent = true }))
    return problem and exit_status.of(problem.code) or 0
  end
  watcher:done("slot", ("%d%s"):format(switched.slot, switched.before == switched.slot and ", as before" or ""))
  watcher:done("card", ("ready%s"):format(sim.iccid and ", ICCID " .. sim.iccid or ""))
  if not modem.owner and switched.before ~= switched.slot then
    print "`moontower up` connects with it."
  end
  return 0
end

return {
  summary = "List the SIM slots, or use the card in another one.",
  exits = { [3] = true, [4] = "the card is missing, locked or broken", [7] = true, [8] = true },
  order = function(args) return args.slot and "change" or nil end,

  epilog = [[
A connection ends when the modem goes to another slot: everything that it knew of the old card is void. The command
waits until the new one is ready, and enters no PIN: `moontower up` does. Modems keep the slot when they restart. Beside
the daemon, the policies pause as long as this takes; the card that is there afterwards decides which entry of the
configuration is the modem's.]],

  options = {
    { "slot", validate.whole(1, 255), "Use this one, counted from 1", args = "?", otherwise = "list them" },
    { "--force", validate.flag, "Switch also to a slot that is empty" },
    { "--wait", validate.seconds, "How long to wait for the card", otherwise = "30 seconds", argname = "SECONDS" },
    option.device, option.proxy, option.protocol, option.json,
  },

  run = function(args)
    local found, err = modem.find(args.device, { proxy = args.proxy, protocol = args.protocol, at_only = true })
    local device <close> = found
    if not device then
      return nil, err
    end
    return (args.slot and switch or list)(device, args)
  end,
}
