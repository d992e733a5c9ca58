-- SPDX-License-Identifier: MIT
-- The AT port of a modem for a command: the daemon's own port beside it, one that ModemManager may have, or one inside
-- MBIM, for which the modem itself is opened.

local lazy = require "base.lazy"
local at_ports = require "modem.at_ports"
local modem = require "modem"
local ports = require "modem.ports"
local takeover = lazy "modem.takeover"

local M = {}

-- The modem that has this AT port; nil: no modem has it, or, with an error, the modems cannot be listed.
local function modem_at(path)
  local list, unknown = modem.list()
  for _, description in ipairs(list) do
    local its, err = ports.of(description)
    unknown = unknown or err
    for _, port in ipairs(its) do
      if port.path == path then return description end
    end
  end
  return nil, unknown
end

-- The same port, but for what closing it does.
local function with_close(port, close)
  return setmetatable({}, {
    __index = function(_, name)
      local value = port[name]
      return type(value) == "function" and function(_, ...) return value(port, ...) end or value
    end,
    __tostring = function() return tostring(port) end,
    __close = close,
  })
end

-- The daemon's own port: two readers would take each other's answers. Closing it leaves it open.
local function shared(description)
  local device = modem.owner and modem.owner.open_modem(description)
  local port = device and device.at
  return port and not port.lost and with_close(port, function() end) or nil
end

-- Inside MBIM, which needs the whole modem.
local function inside(description)
  local device, err = modem.open(description)
  if not device then
    return nil, err
  end
  local port = device.at
  if not port then
    err = device.at_error
    device:close()
    return nil, err
  end
  return with_close(port, function() device:close() end)
end

-- ModemManager may have the port; it gets it back when this program ends, unless that is the daemon.
local function take(description)
  if not description or modem.owner then
    return true
  end
  local taken, err = takeover.take(description)
  return taken ~= nil, err
end

---Opens it.
---@param selector string? as for modem.select
---@param path string? of the AT port itself
---@return at.port? port keep it in a <close> variable
---@return modem.description|moontower.error|nil of the modem that it is of, if any has it; or why there is no port
function M.open(selector, path)
  if path then
    local description, err = modem_at(path)
    local port = description and shared(description)
    local ok = not port and not err -- if the modem is not known, the daemon might read the same port
    if ok then
      ok, err = take(description)
    end
    if ok then
      port, err = at_ports.open_path(path)
    end
    return port, err or description
  end
  local description, err = modem.select(selector)
  local port
  if description then
    port = shared(description)
    local ok = not port
    if ok then
      ok, err = take(description)
    end
    if ok then
      port, err = at_ports.open(description)
    end
    if ok and not port and err.code == "not-found" and description.protocol == "mbim" then
      port, err = inside(description)
    end
  end
  return port, err or description
end

return M
