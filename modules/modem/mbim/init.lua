-- SPDX-License-Identifier: MIT
-- A modem over MBIM: the verbs of modem/backend.lua, put into Basic Connect commands.

local answers = require "modem.mbim.answers"
local backends = require "modem.backend"
local basic = require "mbim.basic_connect"
local descriptors = require "mbim.descriptors"
local errors = require "errors"
local mbim = require "mbim"
local opening = require "modem.mbim.opening"
local technology = require "modem.mbim.technology"
local trace = require "trace"

local REGISTER_TIME, RADIO_TIME = 60, 20

---@class modem.mbim : modem.modem
---@field mbim mbim.device
---@field private asked_sim boolean? Qualcomm modems do not connect before
---@field packet modem.packet_service? as told last: what is in use of what the cell offers
---@field lacks_qmi boolean? QMI inside it has not answered
---@field card_class "interindustry"|"extended"|nil which it takes for commands to the card's applications, if only one
---@field watches_signal boolean? the modem has been told when to tell of its signal
local Backend = {}

---@param description modem.description
---@param options modem.options
---@return mbim.device?
---@return moontower.error? err
function Backend.open_device(description, options)
  local device_options = descriptors.options(description.descriptors)
  device_options.proxy = options.proxy
  return mbim.open(description.control, device_options)
end

---Opens the control port of a modem; sends nothing.
---@param description modem.description
---@param options modem.options
---@return table? fields of the facade
---@return moontower.error? err
function Backend.open(description, options)
  local device, err = Backend.open_device(description, options)
  return device and { mbim = device }, err
end

function Backend:trace(group) trace.watch(self.mbim.exchange, "mbim", group) end

-- Made when they are first asked for: they cost something, and few scripts need them.
Backend.made = {
  ---QMI inside MBIM.
  qmi = function(self)
    local inside_mbim = require "qmi.inside_mbim"
    local device = inside_mbim.open(self.mbim)
    if device.exchange then
      device.group:spawn(inside_mbim.switch_indications_on, self.mbim)
    end
    rawset(self, "qmi", device)
    return device
  end,
  ---AT commands; false where there is no AT port.
  at = function(self) return require("modem.at").make(self) end,
}

---Closes QMI inside MBIM, if no task has a client of it.
function Backend:close_idle_qmi()
  local inside = rawget(self, "qmi")
  if inside and not next(inside.clients) then
    inside:close()
    rawset(self, "qmi", nil)
  end
end

function Backend:close_port()
  local inside = rawget(self, "qmi")
  if inside then
    inside:close()
  end
  self.mbim:close()
end

Backend.opened, Backend.start, Backend.resume = opening.opened, opening.start, opening.resume
function Backend:started() return self.mbim:started() end

---Puts the indications of an event into a queue: for modem/notifications.lua.
---@param queue core.queue
---@param name string
function Backend:listen(queue, name)
  if name == "cell" then
    return self:listen_to_cells(queue)
  elseif name == "sms" then
    return self:listen_to_messages(queue)
  elseif name == "ussd" then
    return self:listen_to_ussd(queue)
  end
  self.mbim:listen(queue, basic[answers.events[name][1]])
  if name == "signal" and not self.watches_signal then
    self:watch_signal()
  end
end

---What an item of that queue says of an event.
---@param name string
---@param item table
---@param last table? the value before
---@return table? value as the verb's result; nil: nothing
function Backend:notified(name, item, last)
  if name == "cell" then
    return self:cell_notified(item, last)
  elseif name == "sms" then
    return self:message_notified(item)
  elseif name == "ussd" then
    return self:ussd_notified(item)
  end
  local event = answers.events[name]
  return basic[event[1]] == item.command and event[2](item.values, self) or nil
end

function Backend:identity()
  return answers.ask(self, basic.device_caps, function(reply)
    return {
      imei = (reply.device_id or ""):match "%S+", firmware = (reply.firmware or ""):match "%S.*" or "unknown",
      hardware = (reply.hardware or ""):match "%S.*",
    }
  end)
end

function Backend:sim()
  self.asked_sim = true
  return answers.ask(self, basic.subscriber_ready_status, answers.sim)
end
Backend.sim_state = Backend.sim
function Backend:radio() return answers.ask(self, basic.radio_state, answers.radio) end

-- Where the cell offers 5G, another answer says whether that is used.
function Backend:registration()
  local told
  local registration, err = answers.ask(self, basic.register_state, function(reply)
    told = reply
    return technology.registration_of(reply)
  end)
  if registration and technology.is_5g(registration.technology) and self.mbim:agree() then
    return technology.registration_of(told, self:packet_service())
  end
  return registration, err
end

function Backend:network()
  return answers.ask(self, basic.register_state, function(reply)
    local registration = answers.registration(reply, self)
    return registration and { registration = registration, radio = answers.radio_of_network(registration) }
  end)
end
function Backend:packet_service() return answers.ask(self, basic.packet_service, answers.packet) end
---@param part "protocol"? what one answer tells is enough, if it tells any strength
---@return modem.signal? signal
---@return moontower.error? err
function Backend:signal(part)
  if part == "protocol" then
    local reply, err = self.mbim:query(basic.signal_state)
    local signal = reply and answers.signal(reply)
    if not signal or signal.dbm or self.mbim.version or not self.mbim:agree() then
      return answers.result(self, basic.signal_state, signal, err)
    end
  end
  return require("modem.mbim.air").signal(self)
end
backends.elsewhere(Backend, "modem.mbim.air", "cells", "scan", "watch_signal", "listen_to_cells", "cell_notified")
backends.elsewhere(Backend, "modem.mbim.images", "images", "firmware_id")
backends.elsewhere(Backend, "modem.mbim.pin", "pin", "enter_pin")
backends.elsewhere(Backend, "modem.mbim.slots", "slots", "select_slot")
backends.elsewhere(Backend, "modem.mbim.inside", "card_file")
backends.elsewhere(Backend, "modem.mbim.card_channel", "open_card_channel", "close_card_channel",
  "restart_card")

---By QMI inside it: MBIM has no messages for that.
function Backend:receiver() return require("modem.qmi.location").receiver(self, self.qmi) end

function Backend:home_provider()
  return answers.ask(self, basic.home_provider, function(reply)
    return reply.id and { id = reply.id, name = reply.name or "" }
  end)
end

-- What an answer says of another session says nothing of this one, which is asked about once more.
local function ask_about(self, number, command, read)
  for _ = 1, 2 do
    local value, err = answers.ask(self, command, read, { session = number })
    if not value or value.session == number then
      return value, err
    end
  end
  return errors.fail {
    code = "malformed", source = "mbim", message = command.name .. ": the modem tells of another session",
  }
end

function Backend:session(number)
  local session, err = ask_about(self, number, basic.connect, answers.session)
  if err and err.code == "not-open" then
    return { session = number, state = "deactivated", ip = "default" } -- the channel takes its sessions along
  end
  return session, err
end

function Backend:ip_configuration(number)
  return ask_about(self, number, basic.ip_configuration, answers.ip)
end

function Backend:counters()
  return answers.ask(self, basic.packet_statistics, answers.counters)
end

function Backend:set_radio(on)
  return answers.change(self, basic.radio_state, { state = on and "on" or "off" }, RADIO_TIME, "radio")
end

function Backend:register()
  return answers.change(self, basic.register_state, { action = "automatic" }, REGISTER_TIME, "registration")
end

backends.elsewhere(Backend, "modem.mbim.messages", "stored_messages", "send_pdu", "delete_stored",
  "listen_to_messages", "message_notified")
backends.elsewhere(Backend, "modem.mbim.ussd", "ussd", "cancel_ussd", "listen_to_ussd", "ussd_notified")
backends.elsewhere(Backend, "modem.mbim.connecting", "activate", "deactivate", "attach", "detach")

---The interface of a session: to cdc_mbim, session N is VLAN N; the drivers of PCIe modems make a link for it. None for
---the modem's own.
---@param session integer
---@return link.channel?
function Backend:channel(session)
  local device = (self.description.wwan_folder or ""):match "[^/]+$"
  if session == 0 then
    return nil
  end
  return device and { kind = "wwan", id = session, device = device } or { kind = "vlan", id = session }
end

return Backend
