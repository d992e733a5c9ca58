-- SPDX-License-Identifier: MIT
-- ModemManager's own programs that unlock a laptop's modem, where the computer's owner has put a link to one into
-- ModemManager's folder: that is how unlocking is allowed there, and it holds here, too.
--
-- A program gets what ModemManager gives it: a D-Bus path, which it does not use, and the names of the modem's ports.
-- It asks the modem by `mbimcli -p` or `qmicli -p`; so where no daemon of ours stands in for their proxies, we do while
-- it runs.

local brokers = require "broker"
local fs = require "core.fs"
local log = require "log"
local ports = require "modem.ports"
local run_program = require "run_program"
local task = require "task"
local trust = require "loading.trust"

local M = {
  TIME = 15, -- seconds
}

local USUAL = { "/etc/ModemManager/fcc-unlock.d", "/usr/lib/ModemManager/fcc-unlock.d" }
local OBJECT = "/org/freedesktop/ModemManager1/Modem/0"
local PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

-- Distributions that keep programs of several architectures apart have a third one.
local function folders()
  local list = table.move(USUAL, 1, #USUAL, 1, {})
  for _, name in ipairs(fs.list "/usr/lib" or {}) do
    if name:find("-linux-", 1, true) then
      list[#list + 1] = ("/usr/lib/%s/ModemManager/fcc-unlock.d"):format(name)
    end
  end
  return list
end

-- Those of a model come before those of its maker, wherever they are.
local function candidates(description)
  local list = {}
  for _, name in ipairs { ("%s:%s"):format(description.vendor, description.product), description.vendor } do
    for _, folder in ipairs(folders()) do
      list[#list + 1] = { folder = folder, path = ("%s/%s"):format(folder, name) }
    end
  end
  return list
end

---The program for a modem.
---@param description modem.description
---@return string? path nil without an error: there is none
---@return moontower.error? err it is not root's alone to change
function M.find(description)
  for _, candidate in ipairs(description.vendor and candidates(description) or {}) do
    local info = fs.stat(candidate.path)
    if info and info.type == "file" then
      local real, err = trust.check(candidate.folder)
      if real then
        real, err = trust.check(candidate.path)
      end
      return real and candidate.path, err
    end
  end
end

local function names_of(description)
  local names = {}
  for _, control in ipairs(description.controls) do names[#names + 1] = control.control:match "[^/]+$" end
  for _, port in ipairs(ports.of(description) or {}) do
    names[#names + 1] = port.role:find "^at" and port.path:match "[^/]+$" or nil
  end
  return names
end

-- Programs that share a modem find it by the path of its port.
local function serve(modem, group)
  local itself = modem.itself or modem -- in the daemon, which lends it
  if not modem.options.proxy and not brokers.serves(itself) then
    brokers.start(group, function() return { itself } end, function(_, _, _, forward) return forward() end)
  end
end

---Runs one for a modem that is started.
---@param modem modem.modem
---@param path string
---@return true? ok
---@return moontower.error? err
function M.run(modem, path)
  log.info("%s: running %s", modem.description.name, path)
  local group <close> = task.group()
  serve(modem, group)
  local command = { "env", "-i", PATH, "LC_ALL=C", path, OBJECT, timeout = M.TIME }
  local names = names_of(modem.description)
  table.move(names, 1, #names, #command + 1, command)
  local output, err = run_program("unlock", command)
  if err then
    err.message = ("%s failed: %s"):format(path, err.message:gsub("^env: ", ""))
  end
  return output and true, err
end

return M
