-- SPDX-License-Identifier: MIT
-- The mark that keeps ModemManager away from a modem: a rule of udev, which lasts until it is removed, or until boot.
--
-- ModemManager uses those ports that its own rules mark as candidates. Another event of a port that has lost this mark
-- makes a ModemManager that runs forget the port, close it, and end a probe that is under way; one that starts later
-- never opens it. So the mark needs no process that holds it, and outlives a kill of ours, and restarts of
-- ModemManager and udev.

local errors = require "errors"
local fs = require "core.fs"
local process = require "core.process"
local run_program = require "run_program"

local M = {
  folder = "/run/udev/rules.d",
  socket = "/run/udev/control", -- of a udevd that runs
}

-- After 80-mm-candidate.rules.
local FILE = "%s/81-moontower-%s.rules"
-- ID_MM_DEVICE_IGNORE is what ModemManager documents for a modem that is not its own. The second line keeps others from
-- configuring its network interface while there is no link on it, as after a reset.
-- NetworkManager reads NM_UNMANAGED when an interface appears; from 1.46 on it, and systemd-networkd from 255 on, read
-- ID_NET_MANAGED_BY.
local RULE = [[
# moontower uses the modem at %s. `moontower down` removes this file.
ACTION!="remove", DEVPATH=="%s", ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_CANDIDATE}=""
ACTION!="remove", SUBSYSTEM=="net", DEVPATH=="%s", ENV{NM_UNMANAGED}="1", ENV{ID_NET_MANAGED_BY}="moontower"
]]
local SUBSYSTEMS = { "tty", "net", "usbmisc", "wwan" } -- of the ports that ModemManager looks at
local PATIENCE = 20 -- seconds; udev takes some milliseconds, unless it is at work on much else

---Where a modem is plugged in.
---@class modemmanager.place
---@field name string
---@field folder string all of its ports are below this one, in sysfs
---@field ports string a pattern of udev's, which the paths of its ports have

local function path_of(place) return FILE:format(M.folder, (place.name:gsub("[^%w._-]", "_"))) end

local function udevadm(...) return run_program("udev", { "udevadm", timeout = PATIENCE, ... }) end

-- The arguments of udevadm that make an event of each port; nil: there is no modem now.
local function trigger(place, ...)
  local folder = fs.realpath(place.folder)
  local words = { "trigger", "--action=change", "--parent-match=" .. (folder or ""), ... }
  for _, subsystem in ipairs(SUBSYSTEMS) do words[#words + 1] = "--subsystem-match=" .. subsystem end
  return folder and words
end

-- Has udev apply its rules to the ports again, and waits until it has.
local function apply(place)
  local ok, err = udevadm("control", "--reload")
  local words = ok and trigger(place, "--settle")
  if words then
    ok, err = udevadm(table.unpack(words))
  end
  return ok, err
end

-- The same, without waiting: udevadm would take a good part of the time of a run that has brought a modem online.
local function apply_soon(place)
  local both = '{ udevadm control --reload; [ $# = 0 ] || udevadm "$@"; } </dev/null >/dev/null 2>&1 &'
  return process.run { "sh", "-c", both, "sh", table.unpack(trigger(place) or {}) }
end

---@return boolean can there be a mark: does udev run?
function M.is_possible()
  local found = fs.stat(M.socket)
  return found ~= nil and found.type == "socket"
end

---@param place modemmanager.place
---@return boolean
function M.is_set(place) return fs.stat(path_of(place)) ~= nil end

---@param place modemmanager.place
---@param when "now"|"soon" now: ModemManager runs, and has the event from udev when this returns
---@return true? ok
---@return moontower.error? err
function M.set(place, when)
  local ok, err = fs.mkdir(M.folder)
  if ok then
    ok, err = fs.write_atomic(path_of(place), RULE:format(place.name, place.ports, place.ports))
  end
  if ok then
    local apply_when = when == "now" and apply or apply_soon
    ok, err = apply_when(place)
  end
  return ok and true, err
end

---ModemManager finds the modem again, as if it had just been plugged in. Without udev, there is nothing to tell it.
---@param place modemmanager.place
---@return true? ok also when there was no mark
---@return moontower.error? err
function M.clear(place)
  local removed, err = errors.there(fs.remove(path_of(place)))
  local ok = removed ~= nil
  if ok and M.is_possible() then
    fs.mkdir(M.folder) -- udev looks at the times of folders that are there; a killed run may have removed it
    ok, err = apply(place)
  end
  if removed ~= nil then
    fs.remove(M.folder) -- if it is empty: udev does not make it
  end
  -- Without udevadm, udev was never told of the mark.
  return ok or err.code == "not-found" or nil, err
end

return M
