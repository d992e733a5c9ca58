-- SPDX-License-Identifier: MIT
-- moontower update: runs another project's program that updates the modem's firmware, and stands guard over it.

local command = require "cli.command"
local control = require "daemon.control"
local errors = require "errors"
local fs = require "core.fs"
local json = require "base.json"
local modem = require "modem"
local option = require "cli.option"
local process = require "core.process"
local program = require "core.program"
local progress = require "terminal.progress"
local update = require "modem.update"
local validate = require "base.validate"

local check = errors.check

local WAIT_TIME = 300

-- As it was before. In the daemon, which has the configuration, nothing has to be said.
local function go_online(description, record, watcher)
  local arguments = { "--device", description.name }
  local is_alone = not fs.stat(control.path())
  if not is_alone then
    update.await_daemon(description)
  elseif record.apn and record.apn ~= "" and not record.is_found then
    table.move({ "--apn", record.apn }, 1, 2, 3, arguments)
  end
  watcher:rest()
  if not watcher.values then
    return command.run("up", arguments)
  end
  local ran = check(process.run { program.executable, "up", "--json", table.unpack(arguments) })
  watcher:data("up", json.decode(ran.stdout))
  return ran.status
end

local function report(result, watcher)
  local back = result.description
  watcher:done("program", result.status == 0 and "done" or ("failed: exit status %d"):format(result.status),
    { status = result.status })
  if not back then
    watcher:done("back", tostring(result.err), { problem = tostring(result.err) })
    watcher:done("", result.err.hint)
    return
  end
  watcher:done("back", ("as %s, %s"):format(back.control, back.protocol:upper()),
    { device = back.control, protocol = back.protocol })
  watcher:done("firmware", result.after == result.before and result.after .. ", as before"
    or ("%s before, %s now"):format(result.before, result.after or "unknown"),
    { before = result.before, after = result.after })
end

return {
  summary = "Run a program that updates the modem's firmware, under guard.",
  exits = { [3] = "no modem, or not back", [7] = true, [8] = "another update, or a program, has the modem" },
  here = true,
  precedes_command = true,

  epilog = [[
The update is the work of the program, such as qmi-firmware-update or fwupdmgr; `moontower firmware` names those for a
modem. This checks first that the computer does not run on a battery, that there is space for an image, and that the ids
of the modem in its boot loader are known. Then the connection ends, and nothing of moontower touches the modem as long
as the program runs: the daemon lets go of it, no ladder resets it, and commands say why they do not open it. That holds
also when this command is killed. At the end it waits for the modem, tells the firmware before and after, and brings the
modem online again, if it was. Options come before the program.

    moontower update qmi-firmware-update --update -t /dev/ttyUSB0 image.cwe image.nvu]],

  options = {
    { "command", validate.any_text, "The program, and its arguments", args = "+" },
    { "--force", validate.flag, "Run it in spite of what speaks against it" },
    { "--wait", validate.seconds, "How long to wait for the modem afterwards", default = WAIT_TIME,
      argname = "SECONDS" },
    option.device, option.json,
  },

  run = errors.protect(function(args)
    local watcher <close> = progress.new(args.json)
    local description = check(modem.select(args.device))
    local ok, err = update.check(description)
    if not ok and not args.force then
      return nil, err
    end
    local record = modem.connection(description) or {}
    local result = check(update.run(description, args.command, {
      wait = args.wait, progress = function(step, text) watcher:doing(step, text) end,
      boot = function(device)
        local ids = ("%s:%s"):format(device.vendor, device.product)
        watcher:done("boot", ("it waits for firmware, as %s"):format(ids), { ids = ids })
      end,
    }))
    report(result, watcher)
    local status = result.status ~= 0 and 1 or not result.description and 3 or 0
    if result.description and record.complete then
      local online = go_online(result.description, record, watcher)
      status = status == 0 and online or status
    end
    if args.json then
      print(json.encode(watcher.values, { indent = true }))
    end
    return status
  end),
}
