-- SPDX-License-Identifier: MIT
-- moontower record FILE -- COMMAND...: runs a command, and writes down what passes between us and the modem; or writes
-- down what the daemon has kept, or another program's log.

local command = require "cli.command"
local client = require "daemon.client"
local daemon = require "daemon"
local errors = require "errors"
local file = require "recording.file"
local files = require "terminal.files"
local fs = require "core.fs"
local import = require "recording.import"
local report = require "recording.report"
local task = require "task"
local trace = require "trace"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

local PIECE = 64 << 10 -- bytes
local FINISH_TIME = 10 -- seconds to save it

local function tell(path)
  local told = ("Recorded in %s. `moontower record --inspect %s` shows what is in it."):format(path, path)
  io.stderr:write(wrap.fit(told, 2) .. "\n")
end

local function run_recorded(recording, words)
  trace.enable(recording)
  local _ <close> = task.finally(function() trace.disable(recording) end)
  local group <close> = task.group()
  recording:follow_events(group)
  recording:follow_kernel(group)
  local _ <close> = recording:follow_words(words[1])
  arg = table.move(words, 1, #words, 1, { [0] = arg[0] })
  return (command.run(words[1], table.move(words, 2, #words, 1, {})))
end

local function record(args)
  local words = args.command
  local recording, writer = report.begin(args.file, words, { keep_cells = args.keep_cells })
  if not recording then
    return nil, writer
  end
  -- Also of a command that is interrupted: that is what is to be reported then.
  local _ <close> = task.finally(function()
    if not writer.is_finished then task.shield(FINISH_TIME, writer.finish, writer) end
  end)
  local status = run_recorded(recording, words)
  recording:exit(status)
  local ok, err = writer:finish()
  if not ok then
    return nil, err
  end
  tell(args.file)
  return status
end

-- What the daemon has kept.
local function write_last(args)
  local ring = daemon.running and daemon.running.ring
  if not ring then
    return client.not_there "record --last"
  end
  local writer
  local recording = ring:write(function(since)
    local begun
    begun, writer = report.begin(args.file, { "serve" }, { keep_cells = args.keep_cells, since = since })
    return begun
  end)
  if not recording then
    return nil, writer
  end
  local ok, err = writer:finish()
  if not ok then
    return nil, err
  end
  tell(args.file)
  return 0
end

local function import_log(args)
  local piece, err = files.pieces(args.import, PIECE)
  local source
  if piece then
    source, err = import.open(piece, args.import)
  end
  if not source then
    return nil, err
  end
  local recording, writer = report.begin(args.file, { "record", "--import", args.import }, {
    keep_cells = args.keep_cells, since = source.since, imported = source.format,
  })
  if not recording then
    return nil, writer
  end
  local told, ok, problem
  told, err = source:write(recording)
  ok, problem = writer:finish()
  if not told or not ok then
    return nil, err or problem
  end
  for _, line in ipairs(told) do io.stderr:write(wrap.fit(line, 2) .. "\n") end
  tell(args.file)
  return 0
end

-- Calls for each line, and returns whether the last one is there.
local function each_line(path, visit)
  local reader <close>, err = file.open(path)
  local line
  while reader and not err do
    line, err = reader:next()
    if not line then break end
    visit(line)
  end
  return not err and reader.is_whole, err
end

-- What comes through a pipe can be read once: the summary is below the lines then.
local function inspect(args)
  local inspection, seen = require "recording.inspect", require("recording.summary").new()
  local is_file = (fs.stat(args.file) or {}).type == "file"
  local function show_summary()
    for _, line in ipairs(seen:lines()) do wrap.print(line) end
  end
  if is_file and each_line(args.file, function(line) seen:add(line) end) ~= nil then
    show_summary()
  end
  local is_whole, err = each_line(args.file, function(line)
    print(inspection.line(line))
    if not is_file then seen:add(line) end
  end)
  if err then
    return nil, err
  elseif not is_file then
    show_summary()
  end
  if not is_whole then
    io.stderr:write("moontower: its end is missing: the program that recorded was killed\n")
  end
  return 0
end

-- One of these is done at a time.
local function misused(args)
  local given = {}
  for _, name in ipairs { "inspect", "last", "import" } do
    if args[name] then given[#given + 1] = "--" .. name end
  end
  if #given == 1 and #(args.command or {}) > 0 then
    given[2] = "a command"
  end
  return #given > 1 and ("%s and %s do not go together"):format(given[1], given[2]) or nil
end

return {
  summary = "Run a command, and write down all that passes, for a report.",
  exits = false,
  here = function(args) return args.inspect or args.import end, -- a file of others' is no matter of the daemon's
  precedes_command = true, -- what follows it is for the command

  epilog = [[
Examples:
  moontower record bug.recording -- up --carrier calyx-sprint
  moontower record --last bug.recording              the daemon's last minutes
  moontower record --inspect bug.recording           what is in it, before it is
                                                     sent to anybody
  moontower record --import mm.log bug.recording     makes one of another program's log
In the file are the modems that are plugged in, every message to and from them with its time, and what moontower
decided. Numbers of SIM, modem, telephones and cells, PINs, passwords and the texts of messages are replaced before
anything is written: always the same for the same, so that they can still be told apart. The exit status is
COMMAND's.]],

  options = {
    { "--inspect", validate.flag, "Show what is in FILE" },
    { "--last", validate.flag, "Write what the daemon has kept of the last ten minutes" },
    { "--import", validate.any_text, "Make FILE of this log or capture of mbimcli, qmicli, ModemManager and others",
      argname = "LOG" },
    { "--keep-cells", validate.flag, "Leave the numbers of cells, which tell where the modem was" },
    { "file", validate.any_text, "The file; it must not be there yet" },
    { "command", validate.any_text, "The command and its arguments", args = "*" },
  },

  run = function(args)
    local mistake = misused(args)
    if mistake then
      return errors.fail {
        code = "usage", source = "record", message = mistake, hint = "Try `moontower record --help`.",
      }
    elseif args.inspect then
      return inspect(args)
    elseif args.import then
      return import_log(args)
    elseif args.last then
      return write_last(args)
    elseif #(args.command or {}) == 0 then
      return errors.fail {
        code = "usage", source = "record", message = "which command is to be recorded?",
        hint = "For example: moontower record bug.recording -- up",
      }
    end
    return record(args)
  end,
}
