-- SPDX-License-Identifier: MIT
-- An open QMI device: clients for its services, requests in direct style, indications by subscription.

local lazy = require "base.lazy"
local Client = require "qmi.client"
local core = require "core.qmi"
local core_port = require "core.port"
local ctl = require "qmi.ctl"
local errors = require "errors"
local qmi = require "qmi.message"
local recovery = lazy "qmi.recovery"
local task = require "task"
local trace = require "trace"
local verdict = lazy "cause.verdict"

-- As much as libqmi's users allow an ordinary answer.
local ANSWER_TIME = 10
local SYNC_TIME, SYNC_TRIES = 5, 3
local CLOSE_TIME = 3
local PROXY_TIME = 30 -- qmi-proxy opens the modem first
-- QMI sets no limit; this is what one look at a modem asks at the same time.
local WINDOW = 13
local BROADCAST = 0xff

---@class qmi.exchange what carries QMUX frames: core.qmi's exchange, or MBIM (qmi/inside_mbim.lua)
---@field request fun(self, message: table|string, seconds: number): (table|string)?, moontower.error? a string is a
---whole frame; then so is the answer
---@field indication fun(self): table?, moontower.error?
---@field fail_after_reset fun(self) the modem has restarted, and answers no earlier request
---@field close fun(self)

---@class qmi.device
---@field path string
---@field exchange qmi.exchange? nil once closed
---@field group task.group the tasks that read indications and make clients
---@field lost moontower.error? why no more indications can come
---@field on_lost fun(err: moontower.error)? that has just happened
---@field on_indication fun(message: table)? gets every indication, as core.qmi has it
---@field on_change fun()? clients have come or gone: what allocated() returns is another list now
---@field is_closing boolean? clients go, no new one comes, and on_change() is called once all have gone
---@field private making_again core.task? makes the clients again after the modem's last restart
---@field private has_overrun boolean? a warning has said so
---@field private clients table<qmi.client, true>
---@field private shared table<integer, qmi.client> those of device:request(), one a service
local Device = {}
Device.__index = Device

function Device:__tostring()
  return "QMI device " .. self.path
end

local function dispatch(self, message)
  if message.type == "overrun" then
    return recovery.report_overrun(self, message.lost)
  elseif self.on_indication then
    self.on_indication(message)
  end
  if message.service == ctl.sync.service_id then
    if message.id == ctl.sync.id then
      recovery.resync(self)
    end
    return
  end
  local declared = qmi.lookup(message.service, message.id)
  for client in pairs(declared and declared.indication and self.clients or {}) do
    if client.service_id == message.service and (client.id == message.client or message.client == BROADCAST) then
      client:deliver(declared, message.tlvs)
    end
  end
end

local function closed()
  return errors.new { code = "gone", source = "qmi", message = "the device is closed" }
end

-- No indications will come any more: each subscriber gets the reason.
local function end_subscriptions(self, err)
  self.lost = err
  for client in pairs(self.clients) do
    client:end_subscriptions(err)
  end
  if self.on_lost then
    self.on_lost(err)
  end
end

-- One task per device reads the modem's indications and hands them to the subscribers.
local function read_indications(self, exchange)
  while true do
    local message, err = exchange:indication()
    if not message then
      end_subscriptions(self, err)
      return
    end
    dispatch(self, message)
  end
end

---Speaks QMI over an exchange, which is the device's from now on.
---@param exchange qmi.exchange? none: the device is closed from the beginning
---@param path string for people
---@param group task.group
---@return qmi.device
function Device.new(exchange, path, group)
  local self = setmetatable({ path = path, exchange = exchange, group = group, clients = {}, shared = {} }, Device)
  if exchange then
    group:spawn(read_indications, self, exchange)
  else
    self.lost = closed()
  end
  return self
end

local function open_port(path, options)
  if options.proxy then
    return require("proxy").connect "qmi-proxy"
  end
  return core_port.open(path)
end

---Opens the control port; sends nothing to the modem. Keep it in a <close> variable:
---`local device <close> = qmi.open(path)`.
---@param path string "/dev/cdc-wdm0", "/dev/wwan0qmi0", or a unix socket
---@param options { proxy: boolean? }? share the port with others by libqmi's qmi-proxy
---@return qmi.device? device
---@return moontower.error? err
function Device.open(path, options)
  options = options or {}
  local port, err = open_port(path, options)
  if not port then
    return nil, err
  end
  local exchange = core.exchange(port, WINDOW)
  -- Harmless, and known to every modem.
  exchange:set_wakeup { service = 0, client = 0, type = "request", id = ctl.get_version_info.id, tlvs = "" }
  local group = task.group()
  trace.watch(exchange, "qmi", group)
  local self = Device.new(exchange, path, group)
  self.owns_group = true
  if options.proxy then
    local ok
    ok, err = self:ask(ctl.proxy_open, 0, { device_path = path }, PROXY_TIME)
    if not ok then
      self:close()
      return errors.during(err, "qmi-proxy could not open " .. path)
    end
  end
  return self
end

---Releases all clients that are not persistent, closes the port, and leaves the modem as it is.
function Device:close()
  if not self.exchange then
    return
  end
  self.is_closing = true
  local releases = {}
  for client in pairs(self.clients) do
    if not client.persistent then
      releases[#releases + 1] = function() return client:release() end
    end
  end
  task.shield(CLOSE_TIME + 1, function()
    task.timeout(CLOSE_TIME, task.all, table.unpack(releases))
    -- Also where the modem has not answered: it has to restart, or to be told to take back what it has given.
    if #releases > 0 and self.on_change then
      self.on_change()
    end
  end)
  self.exchange:close()
  self.exchange = nil
  end_subscriptions(self, closed())
  if self.owns_group then
    self.group:__close()
  end
end

Device.__close = Device.close

-- ---- requests ----

local function failure(message, reply)
  local name, sentence, kind = qmi.status(reply.result.error)
  return verdict.fail(message.name, verdict.new(kind, sentence), {
    source = "qmi", detail = { status = name, number = reply.result.error, reply = reply },
  })
end

---Asks in the name of a client. Scripts use device:request() or a client's own.
---@param message qmi.message
---@param client_id integer 0 for the service CTL
---@param values table?
---@param seconds number?
---@return table? reply
---@return moontower.error? err `detail.status` names QMI's error, `detail.reply` has what came with it
function Device:ask(message, client_id, values, seconds)
  if not message.request then
    error(("%s cannot be requested"):format(message), 3)
  end
  local bytes, err = core.encode(message.request, values, message.service_id, client_id, message.id)
  if not bytes then
    return nil, err
  elseif not self.exchange then
    return nil, closed()
  end
  local answer, reply, other
  answer, err = self.exchange:request(bytes, seconds or ANSWER_TIME)
  if not answer then
    return errors.during(err, message.name)
  end
  reply, err, other = core.decode(message.response, answer, message.id)
  if other then
    return errors.fail {
      code = "malformed", source = "qmi", message = ("%s: the modem answered something else"):format(message.name),
    }
  elseif reply and not reply.result.error then -- nor, then, do we know whether it was done
    return errors.fail {
      code = "malformed", source = "qmi", message = ("%s: the modem's answer has no result"):format(message.name),
    }
  elseif reply and reply.result.status ~= 0 then
    return failure(message, reply)
  end
  return reply, err
end

---Asks the modem: `device:request(dms.get_ids)`. For a client id of your own, call device:client().
---@param message qmi.message
---@param values table?
---@param seconds number? how long the answer may take: 10 if not given
---@return table? reply
---@return moontower.error? err
function Device:request(message, values, seconds)
  if message.service == "ctl" then
    return self:ask(message, 0, values, seconds)
  end
  return self:shared_client(message.service_id):request(message, values, seconds)
end

-- ---- clients ----

---@param service string|integer
---@return qmi.client client it is allocated when it is first used
function Device:client(service)
  return self:adopt(service)
end

---A client whose id an earlier run has allocated, and not released.
---@param service string|integer
---@param id integer?
---@return qmi.client
function Device:adopt(service, id)
  local number = math.type(service) == "integer" and service or qmi.services[service]
  if math.type(number) ~= "integer" then
    error(("there is no QMI service '%s'"):format(tostring(service)), 3)
  end
  if number > 0xff then
    error(("QMUX, and so this modem's port, carries no QMI service above 0xff, as '%s' is"):format(service), 3)
  end
  for client in pairs(id and self.clients or {}) do
    if client.service_id == number and client.id == id then
      return client
    end
  end
  local client = Client.new(self, number, id)
  self.clients[client] = true
  return client
end

---The client that device:request() uses for a service.
---@param service string|integer
---@return qmi.client
function Device:shared_client(service)
  local number = math.type(service) == "integer" and service or qmi.services[service]
  self.shared[number] = self.shared[number] or self:client(number)
  return self.shared[number]
end

---Takes up the client of device:request() that an earlier run has left with keep_shared().
---@param service integer
---@param id integer
---@return qmi.client
function Device:share(service, id)
  self.shared[service] = self.shared[service] or self:adopt(service, id)
  return self.shared[service]
end

---The clients of device:request() for these services stay allocated when the device is closed; not one that gets
---indications, which would pile up while no program reads them.
---@param services string[]
function Device:keep_shared(services)
  for _, service in ipairs(services) do
    local client = self.shared[qmi.services[service]]
    if client and client.id and not client:has_set_ups() then
      client.persistent = { shared = true }
    end
  end
end

---@param client qmi.client
function Device:forget(client)
  self.clients[client] = nil
  if self.shared[client.service_id] == client then
    self.shared[client.service_id] = nil
  end
end

---Clients have come or gone.
function Device:changed()
  if self.on_change and not self.is_closing then
    self.on_change()
  end
end

---The client ids that the modem has allocated for us: enough for a later run to use them, or to give them back.
---@return { service: integer, client: integer, persistent: table? }[]
function Device:allocated()
  local list = {}
  for client in pairs(self.clients) do
    if client.id then
      list[#list + 1] = { service = client.service_id, client = client.id, persistent = client.persistent }
    end
  end
  return list
end

-- ---- the control channel ----

---CTL sync: the modem forgets all clients, also those of other programs, and ends their connections.
---@param on_try fun(number: integer, of: integer)? called before it is tried once more
---@return true? ok
---@return moontower.error? err
function Device:start(on_try)
  local reply, err
  for number = 1, SYNC_TRIES do
    if number > 1 and on_try then
      on_try(number, SYNC_TRIES)
    end
    reply, err = self:ask(ctl.sync, 0, nil, SYNC_TIME)
    if reply or err.code == "gone" then
      break
    elseif err.code ~= "timeout" then
      return true -- it refuses, but it answers
    end
  end
  if reply then
    for client in pairs(self.clients) do
      client:lose()
    end
    self.exchange:fail_after_reset() -- what was asked before is forgotten, too
    return true
  elseif err.code == "gone" then
    return nil, err
  end
  return errors.fail {
    code = "modem-mute", source = "qmi",
    message = ("%s does not answer QMI: %s"):format(self.path, err),
    hint = "Unplug the modem and plug it in again. If that does not help, its firmware may not speak QMI here.",
    detail = err.detail,
  }
end

---May it be asked? QMI needs no opening, so that is no question to the modem.
---@return boolean? started
---@return moontower.error? err
function Device:started()
  if not self.exchange then
    return nil, closed()
  end
  return true
end

return Device
