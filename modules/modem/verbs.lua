-- SPDX-License-Identifier: MIT
-- What every modem can do, whatever it speaks: verbs that are built from those of its back end, mostly in files of
-- their own.

local lazy = require "base.lazy"
local bearers = lazy "modem.bearer"
local errors = require "errors"
local takeover = lazy "modem.takeover"
local task = require "task"
local usb = lazy "modem.usb"
local wait = require "modem.wait"

---A modem that is open: the verbs of its back end, and those below.
---@class modem.modem: modem.backend
---@field mbim mbim.device? the MBIM device itself; nil on a modem that speaks QMI
---@field qmi qmi.device? the QMI device; on a modem that speaks MBIM, QMI inside MBIM
---@field at at.port|false its AT port, opened when it is first asked for; false: there is none to use
---@field at_error moontower.error? why
---@field description modem.description
---@field net string? its network interface
---@field options modem.options how it was opened
---@field private is_started boolean?
---@field notifications modem.notifications
---@field profile modem.profile? what `up` goes by unless it is given something else: from the daemon's configuration
---@field link link.link? what `up` made last
---@field keeps_links integer? above 0: the daemon ends what has asked for a connection, and the connection stays
---@field blame { words: string, at: number }? what another program has done to it last that ends a connection
---@field ordered_by_others number when another program last gave an order through our broker, on task.now()'s clock
---@field private network_released_at number? when the network ended that, with nothing else wrong: see modem/up.lua
---@field found_apn apn.candidate? what was connected last, of those that were looked for: see modem/apn_search.lua
---@field cell_changed_at number? when an indication said last that it may be on another cell
---@field message_news table? which SMS have come in: see modem/message_news.lua
---@field is_asked_for_cells boolean?
---@field tells_no_cells boolean? it does not know the question
---@field signal_waits table<modem.signal_limits, true>? what tasks wait for by signal_below()
---@field private lock core.fs.lock no other moontower uses the modem while we have it
---@field private starting task.mutex two tasks that open its control channel would end each other's sessions
local Modem = {}

---Starts the modem's control channel, unless it is started already: that would end a session left running.
---@return true? ok
---@return moontower.error? err
function Modem:ensure_started()
  local _ <close> = self.starting:lock()
  if not self.is_started then
    local ok, err = self:started()
    if ok == false then
      ok, err = self:start()
    end
    self.is_started = ok
    if ok then
      require("modem.location_left").put_back(self)
    end
    return ok, err
  end
  return true
end

---The maker as USB has it, and the model as the modem itself or USB has it: "Maker Wireless XY100".
---@param hardware string? what the modem says of its hardware; on some models that is no name, on some the best one
---@return string
function Modem:describe(hardware)
  local description = self.description
  local maker = (description.manufacturer or ""):match("^[^,]*")
  local model = description.model or ""
  if hardware and hardware ~= "" and model:find(hardware, 1, true) then
    model = hardware
  end
  -- Some products repeat their maker: "Maker Wireless XY100 Qualcomm Snapdragon X7 LTE-A".
  if maker ~= "" and model:sub(1, #maker) == maker then
    return model
  end
  local name = (maker .. " " .. model):match("^%s*(.-)%s*$")
  return name ~= "" and name or hardware and hardware ~= "" and hardware or description.control
end

---Closes the port. The modem and its sessions stay as they are.
function Modem:close()
  self.is_started = nil
  -- All of it, also where closing a port raises what a task of it has failed with.
  local _ <close> = task.finally(function()
    self.lock:close()
    if self.options.give_back then
      takeover.settle(self.description)
    end
    self.notifications:close(errors.new { code = "gone", source = "modem", message = "the modem is closed" })
  end)
  local _ <close> = task.finally(function() self:close_port() end)
  local at = rawget(self, "at") -- if it was used
  if at then
    at:close()
  end
end

---The SMS that it has stored, and those of its card that this computer has, parts put together; it takes them as read.
---@param most integer? as many of the newest of this computer's
---@return sms.message[]?
---@return moontower.error|integer err how many older ones this computer has
function Modem:messages(most) return require("modem.messages").list(self, most) end

---One of them.
---@param id string
---@return sms.message?
---@return moontower.error? err "not-found"
function Modem:message(id) return require("modem.messages").read(self, id) end

---Sends an SMS, in as many parts as it takes: `modem:send_message("+15550100999", "on my way")`.
---@param number string
---@param text string
---@param options { report: boolean? }? report: the network is to tell whether it has been delivered, in an SMS
---@return { number: string, parts: integer }?
---@return moontower.error? err
function Modem:send_message(number, text, options)
  return require("modem.messages").send(self, number, text, options)
end

---Deletes an SMS, all parts of it.
---@param message sms.message|string as messages() has it, or its id
---@return true? ok
---@return moontower.error? err
function Modem:delete_message(message) return require("modem.messages").delete(self, message) end

---Where the modem is, by its receiver for GPS: see modem/location.lua.
---@param options modem.location_options?
---@return gnss.report?
---@return moontower.error? err "timeout": no view of the sky
function Modem:location(options) return require("modem.location").fix(self, options) end

---Switches that receiver on, for as long as the result is open: `place:next()` waits for what it knows next.
---@param options { nmea: boolean? }? nmea: `place:next_sentence()` is to be asked for
---@return modem.location? place keep it in a <close> variable
---@return moontower.error? err
function Modem:locate(options) return require("modem.location").open(self, options) end

---How many answers and indications it has sent since its port was opened, each fragment of a message by itself: on USB,
---each takes its turn. Those at an AT port do not count.
---@return integer
function Modem:answers()
  local device = self.mbim or self.qmi -- inside MBIM, it is MBIM's that take a turn
  return device and device.exchange and device.exchange:received() or 0
end

---Brings the modem online, as `moontower up` does: see modem/up.lua.
---An order that a person has given wins over what a policy asks for.
---@param carrier carrier.carrier? if not given: the one in modem.profile; else the one that lets the network choose
---@param options table? what is given here wins over modem.profile.options
---@return link.link? link keep it in a <close> variable
---@return moontower.error? err
function Modem:up(carrier, options)
  local profile, err = self.profile, nil
  local ordered = profile and profile.ordered or { options = {} }
  local all = {}
  for _, source in ipairs { profile and profile.options or {}, options or {}, ordered.options } do
    for key, value in pairs(source) do all[key] = value end
  end
  carrier = ordered.carrier or carrier or profile and profile.carrier
  if not carrier then
    carrier, err = require("carrier").load("default")
  end
  local link
  if carrier then
    link, err = require("modem.up").up(self, carrier, all)
  end
  if link and profile then
    link:make_adoptable()
  end
  return link, err
end

---Takes the modem offline, as `moontower down` does: this computer first, then all sessions that are known of.
---@return { interface: string?, was_online: boolean }?
---@return moontower.error? err
function Modem:down() return require("modem.down").down(self) end

---What `up` has connected, in this run or an earlier one, as it is written down: the modem is not asked.
---@return modem.connection? connection nil without an error: nothing
---@return moontower.error? err that could not be found out
function Modem:connection() return require("modem.connection").of(self.description, self) end

---What its SIM has used of this month's data, as this computer has counted it; what has passed since the last call is
---counted, and written down.
---@param day integer? of the month on which it starts at zero again; 1 if not given
---@return modem.usage
function Modem:usage(day) return require("modem.data").usage(self, day or 1) end

-- It is about to leave the bus. Should it not come back, its power is all that is left to switch.
local function will_restart(self)
  local switch, err = usb.switch_of(self.description)
  self.restarting = { at = task.now(), switch = switch, err = err }
  return switch, err
end

---Another program has asked it to.
function Modem:expect_restart() will_restart(self) end

---Asks the modem to restart. It goes off the bus; what was open of it is of no use from then on.
---@return "AT"|"QMI"|"MBIM"|nil how
---@return moontower.error? err
function Modem:reset()
  will_restart(self)
  return require("modem.reset").reset(self)
end

---Resets the USB port that the modem is plugged into, without asking the modem: see modem/usb.lua.
---@return true? ok
---@return moontower.error? err
function Modem:reset_usb()
  will_restart(self)
  return usb.reset(self.description)
end

---Switches the power of its USB port off and on again, where that can be done: see modem/usb.lua.
---@param options { off: number? }? seconds without power
---@return true? ok
---@return moontower.error? err
function Modem:power_cycle(options)
  local switch, err = will_restart(self)
  if not switch then
    return nil, err
  end
  return usb.power_cycle(switch, options)
end

---The events of the modem from now on: `local events <close> = modem:events("registration", "session")`.
---@param ... "sim"|"radio"|"registration"|"packet"|"signal"|"session"|"ip"|"cell"|"sms"|"ussd" each value
--- reads as the verb's result; "sms": an SMS that has come in
---@return modem.events
function Modem:events(...) return self.notifications:subscribe(...) end

---Waits until the primary cell is received worse than this for some time, by the modem's own reports:
---`modem:signal_below { rsrp = -110, seconds = 600 }`; see modem/signal_wait.lua.
---@param limits modem.signal_limits
---@return modem.signal? signal as it is then
---@return moontower.error? err
function Modem:signal_below(limits) return require("modem.signal_wait").below(self, limits) end

---Has the modem tell each change of its signal of 1 dB, where it can, as long as the result is kept:
---`local _ <close> = modem:watch_signal_closely()`.
---@return table closely
function Modem:watch_signal_closely() return require("modem.signal_wait").closely(self) end

---Its maker's sets of settings for operators, and which is active.
---@return modem.carrier_configurations?
---@return moontower.error? err "unsupported"
function Modem:carrier_configurations() return require("modem.carrier_configurations").list(self) end

---Has the modem use the card in another slot, and waits until it is there: see modem/slots.lua.
---@param number integer as people count, from 1 on
---@param options { force: boolean?, seconds: number?, progress: fun(step: "switch"|"card")? }?
---@return modem.switched? switched
---@return moontower.error? err
function Modem:use_slot(number, options) return require("modem.slots").use(self, number, options) end

---Waits until a part of the modem's state is as wanted: looks once, then at each event, and again now and then, in case
---the modem does not tell: see modem/wait.lua.
---@param event string
---@param look fun(): table?, moontower.error? the verb that reads it now
---@param wanted fun(value: table): boolean
---@param seconds number
---@param session integer? that it is about, of the events "session" and "ip"
---@return table? value the first that is wanted; the last there was, when none came in time
---@return moontower.error? err "timeout", or what `look` failed with at first; "busy" is waited for, too
function Modem:wait_for(event, look, wanted, seconds, session)
  local events <close> = self:events(event) -- from before the look: nothing may slip through
  local value, err = look()
  if not value and err.code ~= "busy" then
    return nil, err
  end
  return wait.on(events, value, look, wanted, seconds, session)
end

---Reads the addresses of an active session.
---@param parameters { session: integer, apn: string, ip: string, refused: table? } refused: as the bearer has it
---@return modem.bearer?
---@return moontower.error? err
function Modem:bearer(parameters) return bearers.read(self, parameters) end

---Connects: `modem:connect { apn = "r.ispsn" }`; see modem/bearer.lua.
---@param parameters modem.parameters
---@return modem.bearer?
---@return moontower.error? err
function Modem:connect(parameters) return bearers.connect(self, parameters) end

return Modem
