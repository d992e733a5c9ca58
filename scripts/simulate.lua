-- SPDX-License-Identifier: MIT
-- moontower simulate: a simulated modem to try things with, and its faults.

local foreground = require("core.task").foreground
local fs = require "core.fs"
local json = require "base.json"
local option = require "cli.option"
local process = require "core.process"
local errors = require "errors"
local task = require "task"
local control = require "simulator.control"
local faults = require "simulator.faults"
local validate = require "base.validate"
local wrap = require "terminal.wrap"
local new_modem = require("simulator.modem").new
local personalities = require "simulator.personalities"
local numbered = require("simulator.models.personality").numbered

local MAX_COUNT = 100

local function usage(message)
  return errors.fail {
    code = "invalid", source = "simulator", message = message, hint = "'moontower simulate --help' says how.",
  }
end

-- The modem's own process -------------------------------------------------------------------------------------------

local function make_modem(args, group, number)
  local personality, err = personalities.load(args.modem)
  if not personality then
    return nil, err
  end
  if args.replay then
    return require("simulator.replay").new(args.replay, numbered(personality, number), group)
  end
  local modem = new_modem(numbered(personality, number), group, { factory = args.factory })
  if args.composition and not modem:compose(args.composition) then
    return usage(("the simulated %s has no composition with %s"):format(personality.hardware, args.composition:upper()))
  end
  modem.latency = args.latency or modem.latency
  for _, text in ipairs(args.fault) do
    local fault, ok
    fault, err = faults.parse(text)
    if fault then
      ok, err = faults.apply(modem, fault.name, fault.arguments, fault.after)
    end
    if not fault or not ok then
      return nil, err
    end
  end
  return modem
end

local function make_modems(args, group)
  local modems = {}
  for number = 1, args.count do
    local modem, err = make_modem(args, group, number)
    if modem == nil then
      return nil, err
    end
    modems[#modems + 1] = modem or nil
  end
  return modems
end

local function announce(format, ...)
  io.stderr:write(wrap.fit(format:format(...), 2), "\n")
end

-- The command shares our terminal; without a command it is a shell, whose prompt shows where it is.
local function run_command(command, count)
  local env = { MOONTOWER_SIM = "1" }
  if #command == 0 then
    announce("%s plugged in. Try `moontower up`; `moontower simulate fault ...` makes trouble; `exit` ends it.",
      count == 1 and "A simulated modem is" or count .. " simulated modems are")
    command = { os.getenv("SHELL") or "/bin/sh" }
    env.debian_chroot, env.PS1 = "simulated", "(simulated) \\w\\$ "
  end
  foreground(true) -- Ctrl-C at our terminal interrupts the command
  local result, err = process.spawn_attached(table.move(command, 1, #command, 1, { env = env }))
  if not result then
    return nil, err
  end
  return result.status
end

local function run_in_namespaces(args, command)
  local tier1 = require "simulator.tier1"
  local entered, err = tier1.enter()
  if not entered then
    return nil, err
  end
  local _ <close> = task.finally(tier1.leave)
  local group <close> = task.group()
  local modems, ok
  modems, err = make_modems(args, group)
  if modems then
    ok, err = tier1.start_all(modems, group)
  end
  if not ok then
    return nil, err
  end
  return run_command(command, args.count)
end

local function run_on_usb(args, command)
  if fs.geteuid() ~= 0 then
    return errors.fail {
      code = "permission", source = "simulator", message = "only root can plug in a USB device",
      hint = "Run it with sudo; or leave --usb out: that needs no rights.",
    }
  end
  local group <close> = task.group()
  local modem, err = make_modem(args, group, 1)
  local ok = modem
  if modem then
    ok, err = control.start({ modem }, group)
  end
  if not ok then
    return nil, err
  end
  local plugged = task.queue(1)
  group:spawn(function()
    local _, reason = require("simulator.usb").run {
      modem = modem, mbim = require("simulator.mbim").new, qmi = require("simulator.qmi").new,
      network = require("simulator.network").new, at = require("simulator.at").new,
      nmea = require("simulator.nmea").new,
      ready = function(info)
        announce("The simulated modem is %s and %s (USB %s).", info.control, info.net or "no network interface",
          info.bus_id)
        plugged:push(info)
      end,
    }
    plugged:close(reason)
  end)
  local info
  info, err = plugged:pop()
  if info and #command > 0 then
    return run_command(command, 1)
  end
  while info do
    info, err = plugged:pop() -- until interrupted
  end
  return nil, err
end

-- The one that runs -------------------------------------------------------------------------------------------------

local words = {}

function words.set(list, args)
  local values = {}
  for _, text in ipairs(list) do
    local name, value = text:match("^([%w_-]+)=(.+)$")
    if not name then
      return usage(("'%s' is not NAME=VALUE"):format(text))
    end
    values[name] = value
  end
  return control.ask { request = "set", on = args.on, values = values }
end

function words.fault(list, args)
  local fault, err = faults.parse(list[1] or "")
  if not fault then
    return nil, err
  end
  local arguments = #list > 1 and table.move(list, 2, #list, 1, {}) or fault.arguments
  return control.ask {
    request = "fault", on = args.on, name = fault.name, arguments = arguments, after = fault.after,
  }
end

local function print_state(values)
  local sessions, settings = {}, {}
  for i, session in ipairs(values.sessions) do
    sessions[i] = ("%d: %s %s"):format(session.session, session.apn, table.concat(
      { session.ipv4 or session.ipv6, session.ipv4 and session.ipv6 }, " "))
  end
  for i, setting in ipairs(control.settings) do
    local value = values.settings[setting[1]] or "none"
    settings[i] = setting[1] .. "=" .. (type(value) == "number" and ("%.14g"):format(value) or value)
  end
  for _, line in ipairs {
    { "modem", values.modem .. ", " .. (values.composition or "at alone"):upper()
      .. (values.plugged and "" or ", unplugged") },
    { "sim", values.sim },
    { "radio", ("%s (switch), %s (software)"):format(values.radio.hardware, values.radio.software) },
    { "registration", values.registration },
    { "packet service", values.packet_service },
    { "signal", values.rssi == 99 and "none" or ("%d dBm"):format(2 * values.rssi - 113) },
    { "sessions", #sessions > 0 and table.concat(sessions, "; ") or "none" },
    { "faults", #values.faults > 0 and table.concat(values.faults, " ") or "none" },
    { "settings", table.concat(settings, " ") },
    { "commands", tostring(values.commands) },
    { "notifications", tostring(values.notifications) },
  } do
    wrap.print(("%-14s  %s"):format(line[1], line[2]))
  end
end

function words.state(_, args)
  local values, err = control.ask { request = "state", on = args.on }
  if not values then
    return nil, err
  elseif args.json then
    print(json.encode(values, { indent = true }))
    return true
  end
  for number, one in ipairs(values.modem and { values } or values) do
    if not values.modem then
      print(("%ssimulated%d"):format(number > 1 and "\n" or "", number))
    end
    print_state(one)
  end
  return true
end

-- The command line --------------------------------------------------------------------------------------------------

local function settings_help()
  local lines = {}
  for i, setting in ipairs(control.settings) do
    lines[i] = ("  %-24s %s"):format(setting[1], setting[3])
  end
  return table.concat(lines, "\n")
end

local function names_of(list, form)
  local names = {}
  for i, one in ipairs(list) do names[i] = (form or "%s"):format(one.name or one[1]) end
  return names
end

local function fault_names() return names_of(faults.list) end

-- What the next word may be, for a shell.
local function next_words(before)
  if before[1] == "fault" and not before[2] then
    return fault_names()
  elseif before[1] == "set" then
    return names_of(control.settings, "%s=")
  end
  return before[1] and {} or { "fault", "set", "state" }
end

-- The arguments do not show which came after "--", so count.
local function split_words(args)
  local after = 0
  for i, word in ipairs(arg) do
    if word == "--" then
      after = #arg - i
      break
    end
  end
  local all, first = args.words, #args.words - after
  return table.move(all, 1, first, 1, {}), table.move(all, first + 1, #all, 1, {})
end

return {
  summary = "Simulate a modem, in namespaces or on this computer's USB.",
  exits = false,
  here = true,

  usage = table.concat({
    "Usage: moontower simulate [OPTION...] [-- COMMAND [ARG...]]",
    "       moontower simulate --usb [OPTION...] [-- COMMAND [ARG...]]",
    "       moontower simulate set NAME=VALUE... [--on N]",
    "       moontower simulate fault NAME[@N] [ARG] [--on N]",
    "       moontower simulate state [--json] [--on N]",
  }, "\n"),
  description = "Runs COMMAND, or a shell, where a simulated modem is plugged in (a Sierra MC7455, if you name no "
    .. "other), and ends with it.\n"
    .. "Nothing outside changes. With --usb the modem is a USB device of this very computer instead.\n"
    .. "set, fault and state reach the modem from the shell that it has started.",
  epilog = function()
    return "Settings:\n" .. settings_help() .. "\n\nFaults (NAME@N begins at the N-th command from now; "
      .. "with --fault, NAME=ARG@N):\n" .. faults.help()
  end,

  options = {
    { "words", validate.any_text, "The command, or set, fault or state with what belongs to it", args = "*",
      candidates = next_words },
    { "--usb", validate.flag, "Plug it into this computer, by USB/IP. Needs root and the kernel module vhci-hcd" },
    { "--composition", validate.one_of { "mbim", "qmi", "ecm", "ncm", "rndis" },
      "What it speaks: mbim, which is usual, or qmi; or ecm, ncm or rndis, with which it is a network card",
      argname = "PROTOCOL" },
    { "--factory", validate.flag, "Not set up yet, as it leaves the factory: QMI, no IPv6, a wrong APN" },
    { "--latency", validate.seconds_or_none, "Seconds from each command to its answer", argname = "SECONDS" },
    { "--fault", validate.any_text, "Begin with this fault; can be given more than once", many = true,
      argname = "FAULT", candidates = fault_names },
    { "--modem", validate.any_text, "Which modem: a file of modules/simulator/models", default = "mc7455",
      argname = "NAME", candidates = function() return personalities.names() end },
    { "--replay", validate.any_text, "A modem that answers as the one in this recording did: see `moontower record`",
      argname = "FILE" },
    { "--count", validate.whole(1, MAX_COUNT),
      "Plug in this number of modems: simulated1 with wwan0, simulated2 with wwan1 ...", default = 1, argname = "N" },
    { "--on", validate.any_text, "Which of several modems set, fault and state are for: its number, or all",
      argname = "N" },
    option.with_text(option.json, "Print the state as JSON"),
  },

  run = function(args)
    local before, command = split_words(args)
    local word = table.remove(before, 1)
    if word and not words[word] then
      return usage(("'%s' is neither set, fault nor state; a command comes after --"):format(word))
    elseif word then
      local ok, err = words[word](before, args)
      if not ok then
        return nil, err
      end
      return 0
    elseif args.usb and args.count > 1 then
      return usage "with --usb, --count takes only 1"
    elseif control.is_running() then
      return errors.fail {
        code = "busy", source = "simulator", message = "a simulated modem runs here already",
        hint = "'moontower simulate state' shows it. End that one first.",
      }
    end
    return (args.usb and run_on_usb or run_in_namespaces)(args, command)
  end,
}
