-- SPDX-License-Identifier: MIT
-- moontower ussd: sends a USSD code, shows what the network answers, and asks for what it waits for.

local edit = require "terminal.line_editor"
local errors = require "errors"
local json = require "base.json"
local modem = require "modem"
local option = require "cli.option"
local task = require "task"
local terminal = require "terminal"
local ussd = require "modem.ussd"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local check = errors.check

local CANCEL_TIME = 10

-- What is sent next: first those of the command line, then those typed at a terminal; nil: no more.
local function replies_of(args)
  local given, prompt = 0, nil
  local is_asked = not args.json and terminal.is_terminal(0) and terminal.is_terminal(1)
  local function next_reply()
    given = given + 1
    if args.reply[given] or not is_asked then
      return args.reply[given]
    end
    prompt = prompt or check(edit.open { keep = function() return false end })
    local line = prompt:read "reply> "
    return line and line:match "%S" and line or nil
  end
  return next_reply, task.finally(function()
    if prompt then prompt:close() end
  end)
end

-- Returns whether the network has ended it, and not we.
local function talk(device, args, show)
  local is_open = false
  local _ <close> = task.finally(function()
    if is_open then task.shield(CANCEL_TIME, function() device:cancel_ussd() end) end
  end)
  local next_reply, prompt = replies_of(args)
  local _ <close> = prompt
  local text, is_reply = args.code, false
  while text do
    is_open = true -- also if we are interrupted while it is waited for
    local answer, err = device:ussd(text, is_reply, args.timeout)
    is_open = answer ~= nil and answer.state == "reply"
    show(text, check(answer, err))
    if answer.state == "done" then
      return true
    end
    text, is_reply = next_reply(), true
  end
  return false
end

local run = errors.protect(function(args)
  local device <close> = check(modem.find(args.device, {
    proxy = args.proxy, protocol = args.protocol, at_only = true,
  }))
  local exchanges = {}
  local has_ended = talk(device, args, function(text, answer)
    exchanges[#exchanges + 1] = { sent = text, text = answer.text, state = answer.state }
    if not args.json then
      print(answer.text ~= "" and answer.text or "(an empty answer)")
    end
  end)
  if args.json then
    print(json.encode({ exchanges = exchanges, state = has_ended and "done" or "cancelled" }, { indent = true }))
  elseif not has_ended then
    wrap.print "The network waited for a reply; the dialogue is ended without one."
  end
  return 0
end)

return {
  summary = "Send a USSD code, such as that for the balance of a card.",
  description = "Send a USSD code, such as that for the balance of a prepaid card, and show what the network answers.",
  exits = { [3] = true, [4] = true, [5] = true, [7] = true, [8] = true },

  epilog = [[
Where the network waits for a reply, as with a menu, it is asked for at a terminal; an empty line, or Ctrl-D, ends the
dialogue. Elsewhere, --reply gives it: once for each, in order. Ctrl-C ends the dialogue at any time.

Quote the code: '*100#'. On LTE and 5G, USSD goes by IMS alone, which many data modems lack; a modem that may use 2G or
3G (`moontower technology`) changes to it for the dialogue.]],

  options = {
    { "code", validate.any_text, "The code", argname = "CODE" },
    { "--reply", validate.any_text, "What the network is answered when it waits for a reply", many = true,
      argname = "TEXT" },
    { "--timeout", validate.seconds, "How long the network has for each answer", default = ussd.time,
      argname = "SECONDS" },
    option.device, option.proxy, option.protocol, option.json,
  },

  run = run,
}
