-- SPDX-License-Identifier: MIT
-- The AT port of a modem, opened when it is first needed: `modem.at`.

local lazy = require "base.lazy"
local at_ports = require "modem.at_ports"
local maker = require "maker"
local task = require "task"
local tunnel = lazy "modem.at_tunnel"

local ANSWER_TIME = 10

local making = setmetatable({}, { __mode = "k" }) -- by modem
local makers = setmetatable({}, { __mode = "k" }) -- what is known of whose it is, by port

local M = {}

---Is this no refusal, but no answer: from a modem that does not speak, or makes no sense?
---@param err moontower.error of a command
---@return boolean
function M.is_silent(err) return err.code == "timeout" or err.code == "gone" or err.code == "modem-failed" end

---Whose AT commands a modem takes: as it says itself or USB does, or else by its ids.
---@param modem table with `at` and `description`
---@return maker.maker? maker nil without an error: no maker that we know
---@return moontower.error? err the modem does not answer
function M.maker(modem)
  local port = modem.at
  local known = makers[port] or { asking = task.mutex() }
  makers[port] = known
  local _ <close> = known.asking:lock() -- several tasks may want to know it at once
  if not known.is_asked then
    local reply, err = port:command("ATI", { seconds = ANSWER_TIME })
    if not reply and M.is_silent(err) then
      return nil, err
    end
    local text = modem.description and modem.description.manufacturer or ""
    local found = maker.of_text(text .. "\n" .. table.concat(reply and reply.lines or {}, "\n"))
    known.maker, known.is_asked = found or modem.description and maker.of(modem.description) or nil, true
  end
  return known.maker
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
  local port, err = at_ports.open(modem.description)
  if not port and err.code == "not-found" and modem.mbim then
    local inside, failure = tunnel.open(modem)
    port, err = inside, failure or err
  end
  rawset(modem, "at", port or false)
  rawset(modem, "at_error", err)
  return port or false
end

return M
