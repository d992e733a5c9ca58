-- SPDX-License-Identifier: MIT
-- moontower at: AT commands to a modem, given as arguments, from a file, or typed.

local lazy = require "base.lazy"
local at = require "at"
local at_access = require "modem.at_access"
local at_pty = lazy "at.pty"
local edit = require "terminal.line_editor"
local effect = require "at.effect"
local errors = require "errors"
local fs = require "core.fs"
local modem = require "modem"
local option = require "cli.option"
local parser = require "cli.parser"
local printable = require "base.printable"
local task = require "task"
local terminal = require "terminal"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

-- A search for networks takes minutes; a person can interrupt it.
local ANSWER_TIME, PATIENCE = 30, 180

local function usage(format, ...)
  return errors.fail {
    code = "usage", source = "at", message = format:format(...), hint = "Try `moontower at --help`.",
  }
end

-- Recipes on web pages have typographic quotation marks; no modem understands those.
local function straight(command)
  return (command:gsub("\u{201c}", '"'):gsub("\u{201d}", '"'):gsub("\u{201e}", '"'))
end

local function checked(text)
  local command = straight(text):match("^%s*(.-)%s*$")
  if not command:find("^[Aa][Tt]") then
    return usage("'%s': a command begins with AT", printable(command))
  elseif command:find("%c") then
    return usage("%s: it has a control character in it", printable(at.hide(command)))
  end
  return command
end

local function check_usage(args)
  if args.json and #args.commands == 0 then
    return usage("--json goes with commands as arguments")
  elseif args.pty and #args.commands > 0 then
    return usage("--pty goes without commands: another program gives them")
  elseif args.text and args.text:find("[\26\27]") then
    return usage("--text: Ctrl-Z and Escape can't be in it")
  end
  for i, text in ipairs(args.commands) do
    local err
    args.commands[i], err = checked(text)
    if err then
      return nil, err
    end
  end
  return true
end

-- Beside the daemon, no policy may undo what is ordered here.
local function send(port, command, options)
  local order = effect.of(command)
  if not order or not modem.owner or not options.modem then
    return port:command(command, options)
  end
  local reply, err
  modem.owner.carry_out(options.modem, order, ("moontower at '%s'"):format(at.hide(command)), function()
    reply, err = port:command(command, options)
    return reply ~= nil
  end)
  return reply, err
end

-- A bare ERROR gives no reason; the hint helps with the most frequent one.
local function with_hint(err, command)
  if err.code == "rejected" and err.detail and err.detail.result == "error" and command:find("^[Aa][Tt]!") then
    err.hint = 'Sierra modems need AT!ENTERCND="A710" before some of their commands; once, until they restart.'
  end
  return err
end

local function gone(port)
  return errors.fail {
    code = "gone", source = "at", message = ("the modem is gone, and %s with it"):format(port.path),
    hint = "After a restart it is back in some seconds: `moontower devices` shows it.",
  }
end

-- ---- as arguments, or from a file ----

local function print_reply(reply)
  for _, line in ipairs(reply.lines) do print(printable(line)) end
  if terminal.is_terminal(1) then
    print(printable(reply.text))
  end
end

local function run_commands(port, args)
  local done = {}
  for i, command in ipairs(args.commands) do
    local reply, err = send(port, command,
      { seconds = args.timeout or ANSWER_TIME, data = args.text, modem = args.modem })
    if not reply then
      for _, line in ipairs(not args.json and err.detail and err.detail.lines or {}) do print(printable(line)) end
      return nil, with_hint(err, command)
    elseif not args.json then
      print_reply(reply)
    end
    done[i] = { command = at.hide(command), lines = setmetatable(reply.lines, { __jsontype = "array" }),
      result = reply.result, text = reply.text }
  end
  if args.json then
    print(require("base.json").encode({ port = port.path, commands = done }, { indent = true }))
  end
  return 0
end

-- ---- for another program ----

local function serve_pty(port, args)
  local description = args.modem
  local name = description and description.name or fs.realpath(args.port):match "[^/]*$"
  local pty <close>, err = at_pty.open(name, function() return port end, {
    send = function(opened, command, options)
      options.modem = description
      return send(opened, command, options)
    end,
  })
  if not pty then
    return nil, err
  end
  print(pty.path)
  pty:wait()
  return gone(port)
end

-- ---- typed ----

-- Shows each line as it arrives, also while the user is typing; ends when the modem is gone.
local function show(heard, prompt)
  local is_shown = { line = true, final = true, urc = true }
  local escaped = false
  for item in heard.pop, heard do
    if item.kind == "prompt" or item.kind == "sent" then
      escaped = item.kind == "prompt" -- unless a text follows, and then its result
    elseif is_shown[item.kind] and not (escaped and item.kind == "final") then
      prompt:print(printable(item.text))
    end
  end
  prompt:close()
end

local function let_show(heard)
  while heard:length() > 0 do task.sleep(0) end
  task.sleep(0)
end

-- The modem asks for a text, such as an SMS: we ask the user for it, and send the command again.
local function with_text(port, prompt, command, options)
  if prompt:is_terminal() then
    prompt:print("(Ctrl-Z sends the text, Ctrl-C gives it up)")
  end
  local text = prompt:text()
  if not text then
    return errors.fail {
      code = "interrupted", source = "at", message = at.hide(command) .. ": the text was given up; it ends with Ctrl-Z",
    }
  end
  options.data = text
  return port:command(command, options)
end

local function ask(port, prompt, command, options)
  local reply, err = send(port, command, options)
  if err and err.detail and err.detail.result == "prompt" then
    reply, err = with_text(port, prompt, command, options)
  end
  return reply, err
end

-- The answer of the modem is on the screen already; its meaning is not, nor that no answer came.
local function explain(prompt, err)
  local detail = err.detail or {}
  if not detail.result then -- the modem did not answer
    prompt:print(printable(err))
  elseif detail.number and detail.words then
    prompt:print(("(%s)"):format(printable(detail.words)))
  end
end

local function one_line(port, prompt, heard, line, options)
  local command, err = checked(line)
  local ok, reply = true, nil
  if command then
    ok, reply, err = prompt:call(ask, port, prompt, command, { seconds = options.seconds, modem = options.modem })
  end
  let_show(heard)
  if not ok and reply.code ~= "interrupted" then
    error(reply, 0)
  elseif port.lost then
    return true
  elseif not prompt:is_terminal() and err then
    return nil, with_hint(err, command or "") -- a recipe that continues after a mistake does harm
  elseif err then
    explain(prompt, err)
  end
  return true
end

local function greet(prompt, port)
  if prompt:is_terminal() then
    prompt:print(wrap.fit(
      ("%s. Commands begin with AT; Ctrl-D ends, Ctrl-C interrupts, Ctrl-R searches what was typed before.")
      :format(printable(port)), 1))
  end
end

local function type_commands(port, args)
  local answers, opened, err
  answers, err = port:command("AT", { seconds = args.timeout or ANSWER_TIME }) -- does a modem answer?
  if not answers then
    return nil, err
  end
  opened, err = edit.open {
    prompt = "at> ", history = edit.history_path "at_history",
    keep = function(line) return at.hide(straight(line)) == straight(line) end,
  }
  if not opened then
    return nil, err
  end
  local prompt <close> = opened
  local group <close> = task.group()
  local heard = port:raw()
  local shower = group:spawn(show, heard, prompt)
  greet(prompt, port)
  local options = {
    seconds = args.timeout or prompt:is_terminal() and PATIENCE or ANSWER_TIME, modem = args.modem,
  }
  local ok = true
  while ok and not port.lost do
    local line, interrupted = prompt:read()
    if not line and not interrupted then
      break
    elseif line and line:find("^%s*[^%s#]") then
      ok, err = one_line(port, prompt, heard, line, options)
    end
  end
  if port.lost then
    shower:join()
    return gone(port)
  end
  return ok and 0 or nil, err
end

return {
  summary = "Send AT commands to the modem, or type them at a prompt.",
  exits = { [3] = true, [4] = true, [5] = true, [7] = true, [8] = true },

  epilog = [[
Examples:
  moontower at 'AT!SELRAT?'                          what it answers; exit status 0 OK, 1 ERROR, 7 no answer
  moontower at 'AT!ENTERCND="A710"' 'AT!USBCOMP?'    one after the other; the first that fails ends it
  moontower at                                       a prompt, with what the modem says by itself
  moontower at < recipe.txt                          a command a line; # begins a comment
  moontower at --text 'On my way' 'AT+CMGS="+15550100"'
The prompt edits lines and remembers them in ~/.local/state/moontower/at_history, except for those with a PIN or
password in them. All users of this computer can see a command's arguments: type PINs at the prompt, or read them from
a file.]],

  options = {
    { "commands", validate.any_text, "AT commands. In a shell, put each in '...': ! and \" mean something there",
      args = "*", argname = "COMMAND" },
    { "--timeout", validate.seconds, "Seconds to wait for each answer",
      otherwise = ("%d; %d at the prompt"):format(ANSWER_TIME, PATIENCE), argname = "SECONDS" },
    { "--pty", validate.flag, "Make a terminal where another program, such as gammu or minicom, uses the AT port, too; "
      .. "print its path, and keep it until interrupted" },
    { "--text", validate.any_text, "What to send when the modem asks for a text (AT+CMGS). Ctrl-Z follows by itself" },
    parser.either { option.device, { "--port", validate.any_text, "The AT port itself, such as /dev/ttyUSB2" } },
    option.json,
  },

  run = function(args)
    local ok, err = check_usage(args)
    local opened, of
    if ok then
      opened, of = at_access.open(args.device, args.port)
      err = not opened and of or nil
    end
    local port <close> = opened
    if not port then
      return nil, err
    end
    args.modem = of
    local run = args.pty and serve_pty or #args.commands > 0 and run_commands or type_commands
    return run(port, args)
  end,
}
