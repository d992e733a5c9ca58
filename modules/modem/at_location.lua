-- SPDX-License-Identifier: MIT
-- The receiver for GPS by AT commands (maker.receiver), and by the NMEA port, where the modem has one that is free.
--
-- Sentences come by themselves, at the NMEA port or among the lines of the AT port. Where none do, the modem is asked
-- once a second where it is: it tells that in no other way.

local at_port = require "modem.at"
local at_ports = require "modem.at_ports"
local errors = require "errors"
local left = require "modem.location_left"
local location = require "modem.location"
local nmea = require "gnss.nmea"
local port_of = require("modem.ports").find
local ports = require "core.port"
local position = require "at.position"
local task = require "task"

local ANSWER_TIME, INTERVAL = 10, 1
local PATIENCE = 3 -- seconds without a sentence until it is asked

local M = {}

---@class modem.at_receiver : modem.receiver
---@field private modem modem.modem
---@field private commands maker.receiver
---@field private port core.port? the NMEA port
---@field private was_on boolean
---@field private heard number? when the last sentence came
local Receiver = {}
Receiver.__index = Receiver

local function send(modem, command) return modem.at:command(command, { seconds = ANSWER_TIME, private = true }) end

local function is_silent(err) return err.code == "timeout" or err.code == "gone" end

---@param modem modem.modem
---@param why moontower.error? what MBIM or QMI have said to the question
---@return modem.receiver?
---@return moontower.error? err "unsupported": no commands for it are known, or the modem does not know them
function M.receiver(modem, why)
  local maker, err = nil, modem.at_error
  if modem.at then
    maker, err = at_port.maker(modem)
  end
  if modem.at and err then
    return nil, err
  end
  for _, commands in ipairs(maker and maker.receivers or {}) do
    local reply
    reply, err = send(modem, commands.asks)
    if reply then
      return setmetatable({
        modem = modem, commands = commands, group = modem.at.group,
        was_on = commands.on ~= nil and table.concat(reply.lines, "\n"):find(commands.on) ~= nil,
      }, Receiver)
    elseif is_silent(err) then
      return nil, err
    end
  end
  if why then
    return nil, why
  elseif err and modem.at == false then
    return nil, err
  end
  return errors.fail {
    code = "unsupported", source = "at", message = "the modem has no receiver for GPS that is known here",
    hint = "A maker's commands for it are declared in modules/makers.", detail = err and err.detail,
  }
end

-- A port that another program has open is left to that, as gpsd's. Returns false and the reason where nothing else
-- tells where the modem is.
local function open_port(self)
  local path, err = port_of(self.modem.description, "nmea")
  local holder = path and at_ports.holder_of(path)
  if path and not holder then
    self.port, err = ports.open(path)
  elseif path then
    err = errors.new {
      code = "busy", source = "at", message = ("%s is in use by %s (process %d)"):format(path, holder.name, holder.pid),
      hint = "Stop it, then try again.",
    }
  end
  if self.port and self.commands.port_start then
    self.port:write(self.commands.port_start .. "\r\n")
  end
  return self.port ~= nil or self.commands.position ~= nil, err
end

function Receiver:start(tell)
  local take = location.reader(tell)
  self.tell = tell
  function self.take(line)
    self.heard = nmea.is_sentence(line) and task.now() or self.heard
    take(line)
  end
  self.urcs = self.modem.at:urcs()
  if not self.was_on then
    left.save(self.modem, { commands = self.commands.stops })
    for _, command in ipairs(self.commands.starts) do
      local ok, err = send(self.modem, command)
      if not ok then
        return nil, err
      end
    end
  end
  local has_source, err = open_port(self)
  if not has_source then
    return nil, err
  end
  return true
end

---They come in any case, if there is a way for them.
---@return true?
---@return moontower.error? err
function Receiver:want_nmea()
  local commands = self.commands
  if self.port or commands.has_sentences or commands.position and commands.position.alone then
    return true
  end
  return errors.fail {
    code = "unsupported", source = "at", message = "no port of the modem sends NMEA",
    hint = "Another USB composition may have such a port (`moontower usbcomp`), or another program has it open.",
  }
end

---The port is another program's from now on.
function Receiver:leave_port()
  if self.port then
    self.port:close()
    self.port = nil
  end
end

local function read_port(self, port)
  local lines = nmea.lines()
  while true do
    local bytes = port:read()
    if not bytes then
      return -- the AT port tells why
    end
    for _, line in ipairs(lines:feed(bytes)) do self.take(line) end
  end
end

local function read_urcs(self)
  while true do
    local line, err = self.urcs:pop()
    if not line then
      return err
    end
    self.take(line)
  end
end

local function ask(self)
  local asks = self.commands.position
  while asks do
    task.sleep(INTERVAL)
    if not self.heard or asks.alone or task.now() - self.heard > PATIENCE then
      local reply, err = send(self.modem, asks.asks)
      if not reply and err.code == "gone" then
        return
      end
      for _, line in ipairs(reply and reply.lines or {}) do self.take(line) end
      if not asks.alone then
        self.tell { report = reply and position.read(asks, reply.lines) or {} }
      end
    end
  end
end

function Receiver:run()
  local group <close> = task.group()
  if self.port then
    group:spawn(read_port, self, self.port)
  end
  group:spawn(ask, self)
  return read_urcs(self)
end

function Receiver:stop()
  if self.port then
    if self.commands.port_stop and not self.was_on then
      self.port:write(self.commands.port_stop .. "\r\n")
    end
    self.port:close()
  end
  if self.was_on then
    return
  end
  for _, command in ipairs(self.commands.stops) do
    local _, err = send(self.modem, command)
    if err and is_silent(err) and err.code ~= "gone" then
      return -- what is written down says so
    end
  end
  left.forget(self.modem)
end

return M
