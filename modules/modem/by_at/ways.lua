-- SPDX-License-Identifier: MIT
-- Which commands connect a modem's network card: those of its maker that it knows (maker.data), or 3GPP's.

local at_port = require "modem.at"
local errors = require "errors"

local ANSWER_TIME = 10

local M = {}

-- 3GPP TS 27.007: what a maker's way does not say is as here. What the card's addresses are then differs from modem to
-- modem: a DHCP server knows it best.
local STANDARD = {
  connects = { "AT+CGACT=1,{cid}" }, ends = { "AT+CGACT=0,{cid}" },
  asks_state = "AT+CGACT?", on = "^%+CGACT:%s*{cid}%s*,%s*1", addresses = { "dhcp", "told" },
}
local DEFINES, LOGIN = 'AT+CGDCONT={cid},"{type}","{apn}"', 'AT+CGAUTH={cid},{auth},"{user}","{password}"'
local AUTH = { none = 0, pap = 1, chap = 2 } -- of AT+CGAUTH
local type_numbers = { ipv4 = 1, ipv6 = 2, ipv4v6 = 3 }
local types = { ipv4 = "IP", ipv6 = "IPV6", ipv4v6 = "IPV4V6" }

-- Capitals and blanks do not count: firmware differs in them.
local function matches(lines, pattern)
  for _, line in ipairs(lines) do
    if line:upper():match("^%s*(.*)$"):find(pattern) then return true end
  end
  return false
end

-- Does the modem know this way? An error: it does not answer.
local function knows(modem, way)
  if not way.asks then
    return true
  end
  local reply, err = modem.at:command(way.asks, { seconds = ANSWER_TIME })
  if not reply then
    return false, at_port.is_silent(err) and err or nil
  end
  return not way.when or matches(reply.lines, way.when)
end

---@param modem modem.by_at
---@return maker.data_way?
---@return moontower.error? err the modem does not answer
function M.of(modem)
  if modem.data_way then
    return modem.data_way
  end
  local maker, err = at_port.maker(modem)
  if err then
    return nil, err
  end
  for _, way in ipairs(maker and maker:load "data" or {}) do
    local is_known
    is_known, err = knows(modem, way)
    if err then
      return nil, err
    elseif is_known then
      modem.data_way = setmetatable(way, { __index = STANDARD })
      return way
    end
  end
  modem.data_way = STANDARD
  return STANDARD
end

---The context that the network card belongs to.
---@param way maker.data_way
---@return integer
function M.context(way) return way.context or 1 end

-- In a command line a quotation mark ends a text, and a control character the line.
local words = { apn = "APN", user = "user name", password = "password" }

---@param parameters modem.parameters
---@return true? ok
---@return moontower.error? err "invalid": a value that cannot be put into a command
function M.check(parameters)
  for name, word in pairs(words) do
    if (parameters[name] or ""):find '[%c"\\\127-\255]' then
      return errors.fail {
        code = "invalid", source = "at",
        message = ("the %s has a character that no AT command can carry: a quotation mark, a backslash, or one "
          .. "beyond ASCII"):format(word),
        hint = "Is it right? With MBIM or QMI, such a modem takes others: see `moontower usbcomp`.",
      }
    end
  end
  return true
end

---Puts values into a command. What is in square brackets is for connections with a user.
---@param template string
---@param values table<string, string|integer>
---@return string
function M.fill(template, values)
  template = template:gsub("%[(.-)%]", values.user and "%1" or "")
  return (template:gsub("{([%a_]+)}", function(name) return tostring(values[name] or "") end))
end

---Does the answer say that the modem is connected?
---@param way maker.data_way
---@param lines string[]
---@return boolean
function M.is_on(way, lines)
  for _, pattern in ipairs(type(way.on) == "table" and way.on or { way.on }) do
    if matches(lines, (pattern:gsub("{cid}", M.context(way)))) then return true end
  end
  return false
end

---What commands say of a connection.
---@param way maker.data_way
---@param parameters modem.parameters
---@return table<string, string|integer>
function M.values(way, parameters)
  local auth = parameters.auth or parameters.user and "chap" or "none"
  return {
    cid = M.context(way), apn = parameters.apn, user = parameters.user, password = parameters.password,
    type = types[parameters.ip or "ipv4v6"], type_number = type_numbers[parameters.ip or "ipv4v6"],
    auth = (way.auth or AUTH)[auth],
  }
end

---@param way maker.data_way
---@return string
function M.defines(way) return way.defines or DEFINES end

---The command for user and password; nil: `connects` has them.
---@param way maker.data_way
---@return string?
function M.login(way)
  if way.login == nil then
    return LOGIN
  end
  return way.login or nil
end

return M
