-- SPDX-License-Identifier: MIT
-- Stands guard over a program that updates a modem's firmware: what must hold before, nothing of ours near the modem as
-- long as it runs, and a look at what came of it.

local boot_watch = require "modem.boot_watch"
local errors = require "errors"
local firmware = require "modem.firmware"
local fs = require "core.fs"
local modems = require "modem"
local process = require "core.process"
local reenumeration = require "modem.reenumeration"
local state = require "state"
local task = require "task"
local update_hold = require "modem.update_hold"

local check = errors.check

local M = {
  power = "/sys/class/power_supply",
  folders = { "/tmp", "/var/tmp" }, -- that such programs write to
  space = 200 << 20, -- bytes: an image, unpacked
  release_time = 60, -- seconds until the daemon has let go of the modem
}

local ANSWER_TIME = 10

-- ---- before ----

local function word_in(folder, name) return (fs.read(folder .. "/" .. name) or ""):match "^[^\n]*" end

-- A battery of a mouse has the scope "Device".
local function on_battery()
  local percent, has_mains
  for _, name in ipairs(fs.list(M.power) or {}) do
    local folder = M.power .. "/" .. name
    local kind, scope = word_in(folder, "type"), word_in(folder, "scope")
    if kind == "Battery" and scope ~= "Device" and word_in(folder, "status") == "Discharging" then
      percent = tonumber(word_in(folder, "capacity")) or 0
    elseif kind ~= "Battery" and word_in(folder, "online") == "1" then
      has_mains = true
    end
  end
  return not has_mains and percent or nil
end

local function refuse(message, hint)
  return errors.fail { code = "unsupported", source = "update", message = message, hint = hint }
end

---What speaks against an update now.
---@param description modem.description
---@return true? ok
---@return moontower.error? err
function M.check(description)
  local percent = on_battery()
  if percent then
    return refuse(("this computer runs on its battery (%d %%); if that is empty too soon, the modem may be lost")
      :format(percent), "Plug its power in.")
  end
  for _, folder in ipairs(M.folders) do
    local free = fs.free(folder)
    if free and free < M.space then
      return refuse(("%s has %d MB left, and %d may be needed"):format(folder, free >> 20, M.space >> 20),
        "Make room there.")
    end
  end
  if not firmware.of_maker(description) then
    return refuse(("it is not known what %s:%s shows itself as while it waits for firmware"):format(
      description.vendor or "?", description.product or "?"),
      "If you know that the program can find it then, say --force.")
  end
  return true
end

-- ---- the program ----

-- It writes its number down before it becomes the program.
local WRAPPER = 'start=$(cut -d" " -f22 "/proc/$$/stat") && echo "$$ $start" >"$0" && exec "$@"'

local function run(name, command)
  local words = { "sh", "-c", WRAPPER, update_hold.child_file(name) }
  return process.spawn_attached(table.move(command, 1, #command, #words + 1, words))
end

-- ---- the modem, while only we may open it ----

-- One that has just started may not answer yet.
local function ask(description, seconds, fn)
  local result, err
  task.timeout(seconds, function()
    for _ in task.backoff { first = 1, max = 10 } do
      local opened <close>, failed = modems.open_alone(description, {
        is_update = true, patience = M.release_time, at_only = true,
      })
      err = failed
      if opened and opened:ensure_started() then
        result, err = task.timeout(ANSWER_TIME, fn, opened)
      end
      if result or err and err.code == "permission" then
        return
      end
    end
  end)
  return result, result == nil and err or nil
end

local function identify(device) return device:identity() end

local function take_offline(device)
  local identity = check(device:identity())
  if device.description.protocol ~= "at" then
    check(device:down())
  end
  return identity
end

-- Why it has not come back.
local function still_waits(description, seconds, err)
  local device = boot_watch.look(description)
  if not device then
    return err
  end
  return errors.new {
    code = "gone", source = "modem",
    message = ("the modem still waits for firmware, as %s:%s, and has not come back in %g seconds"):format(
      device.vendor, device.product, seconds),
    hint = "Run the program again, without moontower, for a modem in that state (qmi-firmware-update: with "
      .. "`--update-download -t PORT`); `moontower devices` shows it and its ports. Or pull it out and plug it in: "
      .. "the old firmware may start.",
  }
end

---@class update.result
---@field status integer of the program
---@field before string revision of the firmware
---@field after string? nil: the modem does not say
---@field description modem.description? of the modem as it is now; nil: it has not come back
---@field err moontower.error? why

---Runs a program that updates the firmware, and waits until the modem is back.
---@param description modem.description
---@param command string[]
---@param options { wait: number, progress: fun(step: string, text: string), boot: fun(device: modem.waiting) }
--- boot: it is in its boot loader
---@return update.result?
---@return moontower.error? err nothing was run
M.run = errors.protect(function(description, command, options)
  local name = description.name
  check(update_hold.hold(name, table.concat(command, " ")))
  local _ <close> = task.finally(function() update_hold.leave(name) end)
  options.progress("modem", "waiting until it is free")
  local identity = check(ask(description, M.release_time, errors.protect(take_offline)))
  local watch <close> = check(reenumeration.watch(description))
  local _ <close> = boot_watch.watch(description, options.boot)
  options.progress("program", command[1])
  local ended = check(run(name, command))
  local result = { status = ended.status, before = identity.firmware or "unknown" }
  options.progress("back", "waiting for the modem")
  local seconds = ended.status == 0 and options.wait or math.min(options.wait, ANSWER_TIME)
  local back, err = watch:wait(seconds)
  if not back and ended.status ~= 0 then
    back = modems.select(name) -- it has not restarted
  end
  result.description, result.err = back, not back and still_waits(description, seconds, err) or nil
  if back then
    local now
    now, result.err = ask(back, options.wait, identify)
    result.after = now and now.firmware
  end
  return result
end)

---Waits until the daemon has taken the modem up again, or for a while: a command for it would meet it in between.
---@param description modem.description
function M.await_daemon(description)
  local deadline = task.now() + ANSWER_TIME
  for _ in task.backoff { first = 0.2, max = 1 } do
    local lock = state.lock(description.key)
    if not lock or task.now() > deadline then
      return
    end
    lock:close()
  end
end

return M
