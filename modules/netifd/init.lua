-- SPDX-License-Identifier: MIT
-- An interface of OpenWrt's netifd: the daemon for its one modem, with netifd as the manager of the link.
--
-- netifd's handler, moontower.sh in scripts/host/openwrt, writes down what netifd has given it in a file that only root
-- can read, as all users can see command lines. netifd starts us, and we stay until it ends us, or until only a person
-- can help.

local carrier = require "carrier"
local config = require "daemon.config"
local daemon = require "daemon"
local errors = require "errors"
local events = require "events"
local fs = require "core.fs"
local log = require "log"
local managers = require "netifd.manager"
local modems = require "modem"
local options = require "netifd.options"
local repair = require "repair"
local run_program = require "run_program"
local state = require "state"
local task = require "task"

local check = errors.check

local M = {}

local UNDO_TIME = 15

---@param interface string
---@return string path
function M.file(interface) return ("%s/netifd/%s.json"):format(state.folder, interface) end

-- The names of all options in the interface's section. An interface that another program has added is in no section.
local function names_in_uci(interface)
  local shown = run_program("netifd", { "uci", "-q", "show", "network." .. interface, timeout = 10 })
  local names, prefix = {}, "network." .. interface .. "."
  for line in (shown or ""):gmatch "[^\n]+" do
    local name = line:sub(1, #prefix) == prefix and line:sub(#prefix + 1):match "^([^=.]+)="
    names[#names + 1] = name or nil
  end
  return names
end

local function look_for_mistakes(interface)
  local unknown, mistake = options.unknown(names_in_uci(interface))
  check(not mistake, mistake)
  for _, name in ipairs(unknown) do
    log.warn("%s: nothing here knows the option '%s'", interface, name)
  end
end

-- Removed once it is read: the PIN and the password are in it.
local function read_options(interface)
  local source, err = fs.read(M.file(interface))
  if not source then
    return errors.fail {
      code = "invalid", source = "netifd", message = ("no options for '%s': %s"):format(interface, err),
      hint = "netifd's protocol handler runs this: `ifup` the interface.",
    }
  end
  fs.remove(M.file(interface))
  local own, mistake, told = options.read(source)
  for _, sentence in ipairs(told or {}) do log.info("%s: %s", interface, sentence) end
  return own, mistake
end

-- What a configuration file would say of this modem.
local function configuration(interface, own, manager)
  local where = ("the interface %s of /etc/config/network"):format(interface)
  local loaded = check(config.of({
    modems = { {
      carrier = own.carrier, apn = own.apn, policy = own.policy, mtu = own.mtu, roaming = own.roaming,
    } }, on_stop = "disconnect",
  }, where))
  local entry = loaded.modems[1]
  if not own.carrier then
    entry.carrier = check(carrier.load("default", {
      apn = own.apn, ip = own.ip, user = own.username, password = own.password, auth = own.auth, roaming = own.roaming,
    }))
    check(carrier.takes_mtu(entry.carrier, own.mtu))
  end
  entry.options.pin = { given = own.pincode and { value = own.pincode, from = where } or nil }
  entry.origin, entry.manager = where, manager
  return loaded
end

-- What keeps us from knowing the interface's modem until it changes, which an event says: no reason to look again.
local waits_for_event = { ["no-modem"] = true, ["several-modems"] = true }

-- The modem of the interface alone. Also returns why it is not there.
local function lister(device)
  return function()
    local description, err = modems.select(device)
    if description then
      return { description }
    end
    return {}, not waits_for_event[err.code] and err or nil, err
  end
end

local function no_device(message) return errors.new { code = "no-modem", source = "netifd", message = message } end

-- What the manager does not learn from its links.
local function follow(heard, manager)
  for event in heard.next, heard do
    if event.event == "modem-gone" then
      manager:tell(no_device("the modem is gone"))
    elseif event.event == "state" and event.state == "unusable" then
      manager:tell(no_device(event.reason))
    elseif event.event == "policy-disabled" then
      manager.over:push(errors.new {
        code = "raised", source = "netifd", message = ("the policy %s has failed too often"):format(event.policy),
      })
    end
  end
end

local prepare = errors.protect(function(interface, over)
  local own = check(read_options(interface))
  look_for_mistakes(interface)
  local manager = managers.new(interface, own, over)
  return manager, configuration(interface, own, manager), lister(own.device)
end)

-- A connection that a command has made, and no policy has taken over yet, outlives the daemon, but not us.
local function end_rest(list)
  local description = list()[1]
  if description and modems.connection(description) then
    task.shield(UNDO_TIME, M.undo, description.control)
  end
end

local function serve(interface, manager, loaded, list)
  local _ <close> = task.finally(function() end_rest(list) end)
  local heard <close> = events.subscribe()
  local group <close> = task.group()
  local missing = select(3, list())
  if missing then
    manager:tell(missing)
  end
  group:spawn(follow, heard, manager)
  group:spawn(function()
    local _, ended = daemon.run {
      single = { name = interface, by = "netifd", config = loaded, list = list },
    }
    manager.over:push(ended or errors.new { code = "cancelled", source = "netifd", message = "the daemon has ended" })
  end)
  return manager.over:pop()
end

---Takes down what a killed run has left. `moontower down`, in another interface's daemon, would be an order as well.
---@param device string? which modem
---@return integer? exit
---@return moontower.error? err
function M.undo(device)
  repair()
  local description, err = modems.select(device)
  local opened, result
  if description then
    opened, err = modems.open_alone(description)
  end
  local modem <close> = opened
  if modem then
    result, err = modem:down()
  end
  return result and 0 or nil, err
end

---Keeps the interface's modem online until netifd ends us.
---@param interface string
---@return nil
---@return moontower.error err
function M.run(interface)
  local over = task.queue(1)
  local manager, loaded, list = prepare(interface, over)
  local err = not manager and loaded or serve(interface, manager, loaded, list)
  manager = manager or managers.new(interface, {}, over)
  manager:tell(err)
  manager:block_restart() -- what time may mend has not ended us
  return nil, err
end

return M
