-- SPDX-License-Identifier: MIT
-- Restarts the modem, and follows it until it is there again: at the same place, maybe with another product id, other
-- ports and another protocol.

local reenumeration = require "modem.reenumeration"
local modem_module = require "modem"
local ports = require "modem.ports"
local reset = require "modem.reset"
local task = require "task"

local AT_TRIES, AT_TIME = 6, 5

-- Seconds: a modem that changes its product id has been seen to take three minutes.
local M = { BACK_TIME = 240 }

-- The AT port may come later than the control port.
local function has_ports(interfaces)
  local wants_at = false
  for _, name in ipairs(interfaces or {}) do wants_at = wants_at or name == "at" end
  return function(description)
    if not wants_at then
      return true
    end
    for _, port in ipairs(ports.of(description)) do
      if port.role == "at" then
        return true
      end
    end
    return false
  end
end

-- Just after its start, a modem's AT port is deaf to the first commands.
local function wake_at(modem)
  if modem.at then
    for _ = 1, AT_TRIES do
      local ok, err = modem.at:command("AT", { seconds = AT_TIME })
      if ok or err.code ~= "timeout" then
        return
      end
    end
  end
end

local function reopen(description, options)
  local modem, err = modem_module.open(description, options)
  if not modem then
    return nil, err
  end
  local ok
  ok, err = modem:ensure_started()
  if not ok then
    modem:close()
    return nil, err
  end
  wake_at(modem)
  return modem
end

---For what restarts the modem by itself: takes it offline, and watches it from now on.
---@param modem modem.modem
---@return modem.reenumeration? watch keep it in a <close> variable
---@return moontower.error? err
function M.watch(modem)
  modem:down() -- what is left of it on the host would lead nowhere
  return reenumeration.watch(modem.description)
end

local function ask(modem, watcher)
  modem:down() -- what is left of it on the host would lead nowhere
  watcher:doing("Restart", "asking for it")
  return reset.reset(modem)
end

---Restarts it.
---@param modem modem.modem is closed
---@param interfaces string[]? what it will show on USB
---@param options { watcher: up.watcher, wait: number? } wait: seconds
---@param under_way modem.reenumeration? it restarts already, and this has watched since before
---@return modem.modem? modem as it is now, started
---@return moontower.error? err
function M.restart(modem, interfaces, options, under_way)
  local watcher = options.watcher
  local before <close> = modem
  local how, watching, err = "its USB configuration", under_way, nil
  if not under_way then
    watching, err = reenumeration.watch(before.description)
  end
  local watch <close> = watching
  if watch and not under_way then
    how, err = ask(before, watcher)
  end
  if err then
    return nil, err
  end
  before:close()
  watcher:doing("Restart", ("by %s; waiting for the modem"):format(how))
  local start = task.now()
  local description
  description, err = watch:wait(options.wait or M.BACK_TIME, has_ports(interfaces))
  if not description then
    return nil, err
  end
  watcher:done("Restart", ("by %s; back after %.0f s as %s, %s%s"):format(how, task.now() - start, description.control,
    description.protocol:upper(), description.product and (" (%s:%s)"):format(description.vendor, description.product)
    or ""))
  return reopen(description, { proxy = before.options.proxy, at_only = true })
end

return M
