-- SPDX-License-Identifier: MIT
-- The AT port of a modem, opened when it is first needed: `modem.at`.

local at = require "at"
local errors = require "errors"
local fs = require "core.fs"
local maker = require "maker"
local ports = require "modem.ports"
local process = require "core.process"
local task = require "task"
local trace = require "trace"
local tunnel = require "base.lazy"(function() return require "modem.at_tunnel" end)

local ANSWER_TIME = 10

local making = setmetatable({}, { __mode = "k" }) -- by modem

local M = {}

---Which program has a port open. One that makes a pseudo terminal may keep both of its sides open; so does the
---simulated modem.
---@param path string
---@return { name: string, pid: integer }? holder
function M.holder_of(path)
  local is_pty = (fs.realpath(path) or ""):find("^/dev/pts/")
  return not is_pty and (process.holders(path) or {})[1] or nil
end

---Opens an AT port, unless another program uses it: each would take the other's answers.
---@param path string
---@return at.port? port keep it in a <close> variable
---@return moontower.error? err
function M.open_path(path)
  local holder = M.holder_of(path)
  if holder then
    return errors.fail {
      code = "busy", source = "at", message = ("%s is in use by %s (process %d)"):format(path, holder.name, holder.pid),
      hint = holder.name == "ModemManager" and "`systemctl stop ModemManager`, then try again."
        or "Stop it, then try again.",
    }
  end
  local port, err = at.open(path)
  if port then
    trace.watch_at(port)
  elseif err.code == "permission" and not err.hint then
    err.hint = "Run it as root, for example with sudo; or become a member of the group that owns " .. path .. "."
  end
  return port, err
end

---Opens the AT port of a modem.
---@param description modem.description
---@return at.port? port keep it in a <close> variable
---@return moontower.error? err
function M.open(description)
  local path, err = ports.find(description, "at")
  if not path then
    return nil, err
  end
  return M.open_path(path)
end

---Whose AT commands a modem takes: as it says itself or USB does, or else by its ids.
---@param modem table with `at` and `description`
---@return maker.maker? maker nil without an error: no maker that we know
---@return moontower.error? err the modem does not answer
function M.maker(modem)
  local text = modem.description and modem.description.manufacturer or ""
  local reply, err = modem.at:command("ATI", { seconds = ANSWER_TIME })
  if not reply and (err.code == "timeout" or err.code == "gone") then
    return nil, err
  end
  local found = maker.of_text(text .. "\n" .. table.concat(reply and reply.lines or {}, "\n"))
  return found or modem.description and maker.of(modem.description) or nil
end

---modem.at, tried again where there was none, or it was lost while the modem stayed.
---@param modem modem.modem
---@return at.port?
---@return moontower.error? err
function M.again(modem)
  local port = rawget(modem, "at")
  if port == false or port and port.lost then
    rawset(modem, "at", nil)
  end
  return modem.at or nil, modem.at_error
end

---For the backends' `made` tables: modem.at, or false when there is none. Why is in modem.at_error.
---@param modem modem.modem
---@return at.port|false
function M.make(modem)
  making[modem] = making[modem] or task.mutex()
  local _ <close> = making[modem]:lock() -- several tasks may ask for it at once
  local made = rawget(modem, "at")
  if made ~= nil then
    return made
  end
  local port, err = M.open(modem.description)
  if not port and err.code == "not-found" and modem.mbim then
    local inside, failure = tunnel.open(modem)
    port, err = inside, failure or err
  end
  rawset(modem, "at", port or false)
  rawset(modem, "at_error", err)
  return port or false
end

return M
