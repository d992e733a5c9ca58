-- SPDX-License-Identifier: MIT
-- Settings of Sierra Wireless modems, by their AT! commands: IPv6 and radio access; the larger ones have files of their
-- own.
--
-- Models differ in what the numbers of these commands mean, so all is chosen by the names that the modem itself lists.

local errors = require "errors"
local setting = require "settings.setting"
local technologies = require "settings.technologies"

local ANSWER_TIME = 10

local M = {
  ---What unlocks protected commands on every Sierra modem seen so far; a carrier's `modem` table may have another.
  password = "A710",
}

-- ---- asking ----

---@class makers.sierra.session
---@field at table the AT port
---@field password string
---@field refused moontower.error? the modem did not take the password
local Session = {}
Session.__index = Session

---Begins with a modem: it may have to be unlocked, once for all settings.
---@param modem table
---@param password string?
---@return makers.sierra.session
function M.open(modem, password)
  return setmetatable({ at = modem.at, password = password or M.password }, Session)
end

---Is it one of the commands that may be protected?
---@param command string
---@return boolean
function Session:has(command) return command:find("^[Aa][Tt]!") ~= nil end

---Lets the modem take protected commands, until its next restart.
---@return true? ok
---@return moontower.error? err
function Session:unlock()
  if self.refused then
    return nil, self.refused
  end
  local command = ('AT!ENTERCND="%s"'):format(self.password)
  local reply, err = self.at:command(command, { seconds = ANSWER_TIME, secret = true })
  if reply then
    return true
  elseif setting.is_refusal(err) then
    self.refused = errors.new {
      code = "rejected", source = "at", message = "the modem does not take the password for protected commands",
      hint = "Give the right one as `unlock` in the carrier's modem table.", detail = err.detail,
    }
    return nil, self.refused
  end
  return nil, err
end

---Sends a command; if the modem refuses it, unlocks and tries once more. What is locked answers a bare ERROR, as does
---what does not exist.
---@param modem table
---@param command string
---@return table? reply
---@return moontower.error? err
function Session:ask(modem, command)
  self.at = modem.at
  if not self.at then
    return errors.fail { code = "unsupported", source = "settings", message = "the modem has no AT port now" }
  end
  local reply, err = self.at:command(command, { seconds = ANSWER_TIME })
  if reply or not setting.is_refusal(err) then
    return reply, err
  end
  local unlocked, locked_err = self:unlock()
  if unlocked then
    reply, err = self.at:command(command, { seconds = ANSWER_TIME })
  elseif not setting.is_refusal(locked_err) then
    err = locked_err
  end
  return reply, err
end

-- ---- IPv6 ----

local IPv6 = setting.class { name = "ipv6", restart = true }

IPv6.normalise = function(_, wanted) return setting.switch(wanted) end
IPv6.how = function(_, _, wanted) return ('AT!CUSTOM="IPV6ENABLE",%d'):format(wanted == "on" and 1 or 0) end

function IPv6:read(modem)
  local reply, err = self.session:ask(modem, "AT!CUSTOM?")
  if not reply then
    return nil, err
  end
  for _, line in ipairs(reply.lines) do
    local value = line:match("IPV6ENABLE%s+0x(%x+)")
    if value then
      return setting.switch(tonumber(value, 16) ~= 0)
    end
  end
  return "off" -- the list has only what was changed
end

function IPv6:set(modem, wanted)
  local reply, err = self.session:ask(modem, self:how(nil, wanted))
  return reply and true, err
end

-- ---- radio access ----

local Rat = setting.class { name = "rat", restart = false }

-- "!SELRAT: 06, LTE Only", "06, LTE Only". The list may begin with "!SELRAT: Index, Name".
local function rat_row(line)
  local index, name = line:gsub("^%s*!%a+:%s*", ""):match("^%s*(%x%x?)%s*,%s*(.-)%s*$")
  if index then
    return { index = index, value = technologies.of_text(name) or name:lower() }
  end
end

local function rat_rows(reply)
  local rows = {}
  for _, line in ipairs(reply.lines) do rows[#rows + 1] = rat_row(line) end
  return rows
end

local function row_of(rows, value)
  for _, row in ipairs(rows) do
    if row.value == value then
      return row
    end
  end
end

function Rat:choices()
  local names = {}
  for i, row in ipairs(self.rows) do names[i] = row.value end
  return table.concat(names, ", ")
end

function Rat:normalise(wanted)
  if row_of(self.rows, wanted) then
    return wanted
  end
  local value, err = technologies.wanted(wanted)
  if not value or row_of(self.rows, value) then
    return value, err
  end
  return errors.fail {
    code = "unsupported", source = "settings", message = ("this modem cannot be set to %s"):format(value),
    hint = "It can be set to: " .. self:choices(),
  }
end

function Rat:read(modem)
  local reply, err = self.session:ask(modem, "AT!SELRAT?")
  if not reply then
    return nil, err
  end
  local now = rat_rows(reply)[1]
  return now and now.value or setting.UNKNOWN -- such as "Unknown RAT mode"
end

-- A value that the modem does not list cannot be set again.
function Rat:undo(now) return row_of(self.rows, now) and now end

function Rat:how(_, wanted)
  return "AT!SELRAT=" .. row_of(self.rows, wanted).index
end

function Rat:set(modem, wanted)
  local reply, err = self.session:ask(modem, self:how(nil, wanted))
  return reply and true, err
end

-- ---- what there is ----

function M.carrier_configuration(modem, options)
  return require("makers.sierra.carrier_image").new(options.session, modem)
end

function M.ipv6(modem, options)
  local session = options.session
  local reply, err = session:ask(modem, "AT!CUSTOM?")
  return reply and setting.new(IPv6, { session = session }), err
end

function M.rat(modem, options)
  local session = options.session
  local reply, err = session:ask(modem, "AT!SELRAT=?")
  local rows = reply and rat_rows(reply)
  return rows and rows[1] and setting.new(Rat, { session = session, rows = rows }) or nil, err
end

function M.bands(modem, options)
  return require("makers.sierra.bands").new(options.session, modem)
end

function M.composition(modem, options)
  return require("makers.sierra.composition").new(options.session, modem, options)
end

---@type maker.settings
return M
