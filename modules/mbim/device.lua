-- SPDX-License-Identifier: MIT
-- An open MBIM device: commands in direct style, indications by subscription.

local lazy = require "base.lazy"
local answers = require "mbim.answers"
local core = require "core.mbim"
local core_port = require "core.port"
local errors = require "errors"
local log = lazy "log"
local mbim = require "mbim.command"
local subscribers = require "events.subscribers"
local task = require "task"
local trace = require "trace"

-- libmbim's and umbim's users know modems that need this long for an ordinary answer.
local ANSWER_TIME = 10
local CLOSE_TIME = 2
local PROXY_TIME = 30 -- mbim-proxy opens the modem first
-- For a device that has no descriptor with bMaxOutstandingCommandMessages.
local DEFAULT_WINDOW, DEFAULT_TRANSFER = 4, 4096

---@class mbim.device
---@field path string
---@field exchange core.exchange? nil once closed
---@field on_open fun()? called when it has been opened again, and has forgotten subscriptions
---@field on_closed (fun(openings: integer): boolean?)? the modem says that it is not open, to a request that was sent
--- when it had been opened so often: opens it again, unless another task has; true: that request may be repeated
---@field openings integer how often it has been opened by us
---@field on_indication fun(message: table)? gets every indication, as core.mbim has it
---@field private group task.group the task that reads indications
---@field private lost moontower.error? why no more indications can come
---@field private has_overrun boolean? a warning has said so
---@field private subscribers table<string, core.queue[]>
---@field version integer? of MBIMEx that it speaks with us and all others, in BCD, as far as it is known: 0x0300 is
--- 3.0. nil: MBIM 1.0 is sent, and what comes is read as what it is
---@field on_version fun(version: integer)? called when that was agreed on
---@field is_agreed boolean? by us, or while we listened; else an earlier run says so, or a message that fits no other
---@field private agreeing task.mutex while it is agreed on, nothing is sent that depends on it
---@field private is_shared boolean? by mbim-proxy, which opens the modem for all its programs
local Device = {
  ---Seconds that each OPEN has for its answer: a modem may lose the first one, and after it was plugged in or reset it
  ---may take ten seconds and more.
  open_times = { 5, 10, 11 },
}
Device.__index = Device

function Device:__tostring()
  return "MBIM device " .. self.path
end

local function key_of(uuid, cid)
  return uuid .. "/" .. cid
end

-- Indications were lost, and it is unknown which: each subscriber gets a mark.
local function report_overrun(self, lost)
  if not self.has_overrun then
    self.has_overrun = true
    log.warn("%s: the modem sends faster than we read; %d of its messages were lost", self.path, lost)
  end
  local marked = {}
  for _, queues in pairs(self.subscribers) do
    for _, queue in ipairs(queues) do
      if not marked[queue] then subscribers.deliver(queue, subscribers.mark(lost)) end
      marked[queue] = true
    end
  end
end

local function closed()
  return errors.new { code = "gone", source = "mbim", message = "the device is closed" }
end

-- No indications will come any more: each subscriber gets the reason.
local function end_subscriptions(self, err)
  self.lost = err
  for _, queues in pairs(self.subscribers) do
    for _, queue in ipairs(queues) do
      queue:close(err)
    end
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
    if message.type == "overrun" then
      report_overrun(self, message.lost)
    else
      if self.on_indication then
        self.on_indication(message)
      end
      self:dispatch(message)
    end
  end
end

local function open_port(path, options)
  if options.proxy then
    return require("proxy").connect "mbim-proxy"
  end
  return core_port.open(path)
end

-- Needed by few programs, so it is loaded late.
local function agreement() return require "mbim.agreement" end

-- The proxy opens the modem for us. Before it answers, it says which version is in force.
local function configure_proxy(self)
  local control = require "mbim.proxy_control"
  self.is_shared = true
  local told = self:subscribe(control.version)
  local ok, err = self:set(control.configuration, { device = self.path, timeout = PROXY_TIME }, PROXY_TIME)
  if not ok then
    return errors.during(err, "mbim-proxy could not open " .. self.path)
  end
  local item = told:length() > 0 and told:pop()
  self:unsubscribe(told)
  if item and item.values then -- dispatch() may not have run yet
    agreement().told(self, item.values)
  end
  return agreement().check(self)
end

---Opens the control port; sends nothing to the modem. Keep it in a <close> variable:
---`local device <close> = mbim.open(path)`.
---@param path string "/dev/cdc-wdm0", or a unix socket
---@param options { transfer: integer?, window: integer?, proxy: boolean? }? the first two from the USB descriptors,
---where there are any; proxy: share the port with others by libmbim's mbim-proxy
---@return mbim.device? device
---@return moontower.error? err
function Device.open(path, options)
  options = options or {}
  local port, err = open_port(path, options)
  if not port then
    return nil, err
  end
  local transfer = port:max_message() or options.transfer or DEFAULT_TRANSFER
  local self = setmetatable({
    path = path, openings = 0,
    transfer = math.max(64, math.min(transfer, 65536)),
    subscribers = {},
    group = task.group(),
    agreeing = task.mutex(),
  }, Device)
  self.exchange = core.exchange(port, self.transfer, options.window or DEFAULT_WINDOW)
  trace.watch(self.exchange, "mbim", self.group)
  -- Harmless, and known to every modem.
  local caps = require("mbim.basic_connect").device_caps
  self.exchange:set_wakeup { type = "command", service = caps.service_uuid, cid = caps.cid }
  self.group:spawn(read_indications, self, self.exchange)
  if options.proxy then
    local ok
    ok, err = configure_proxy(self)
    if not ok then
      self:close()
      return nil, err
    end
  end
  return self
end

---Closes the port, and leaves the modem and its session as they are.
function Device:close()
  if self.exchange then
    self.exchange:close()
    self.exchange = nil
    end_subscriptions(self, closed())
    self.group:__close()
  end
end

Device.__close = Device.close

-- Loaded late, as its tables need this module's.
local function versions() return require "mbim.versions" end

-- A value that a version lays out otherwise is encoded when no other version is being agreed on, and sent at once.
local function encode(self, command, set, values)
  local part = set and "set" or "query"
  if not command[part] then
    error(("%s cannot be %s"):format(command, set and "set" or "queried"), 6)
  elseif command.declaration.later and versions().differs(command, part) then
    local _ <close> = self.agreeing:lock()
    if self.version then
      local ok, err = agreement().check(self)
      if not ok then
        return nil, err
      end
      command = self:laid_out(command)
    end
  end
  return core.encode(command[part], type(values) == "function" and values(self.version or 0x0100) or values,
    command.service_uuid, command.cid, set)
end

-- The answer as it came.
local function answer_to(self, command, set, values, seconds)
  local bytes, err = encode(self, command, set, values)
  if not bytes then
    return nil, err
  elseif not self.exchange then
    return nil, closed()
  end
  local answer
  answer, err = self.exchange:request(bytes, seconds or ANSWER_TIME)
  if not answer then
    return errors.during(err, command.name)
  end
  return answer
end

local function request(self, command, set, values, seconds)
  local answer, err = answer_to(self, command, set, values, seconds)
  if not answer then
    return nil, err
  end
  return answers.read(self, command, answer)
end

-- The same, and once more where another version holds than it was sent in: by an agreement just now, or where another
-- program has opened the modem since the run of ours that the version is known from.
local function request_again(self, command, set, values, seconds)
  local version = self.version
  local reply, err = request(self, command, set, values, seconds)
  if reply or not (err.detail and err.detail.status == "invalid-parameters"
    and versions().differs(command, set and "set" or "query")) then
    return reply, err
  end
  if self.version == version and version and not self.is_agreed then
    agreement().renew(self)
  end
  if self.version == version then
    return nil, err
  end
  return request(self, command, set, values, seconds)
end

-- The same, and once more where the modem had forgotten that it was opened: it has done nothing, then.
local function request_opened(self, ...)
  local openings = self.openings
  local reply, err = request_again(self, ...)
  if err and err.code == "not-open" and self.on_closed and self.on_closed(openings) then
    return request_again(self, ...)
  end
  return reply, err
end

---Asks.
---@param command mbim.command
---@param values table|(fun(version: integer): table)|nil what the query carries, for the few that carry something; a
---function: in the words of the version that holds
---@param seconds number? how long the answer may take: 10 if not given
---@return table? reply
---@return moontower.error? err
function Device:query(command, values, seconds)
  return request_opened(self, command, false, values, seconds)
end

---Changes.
---@param command mbim.command
---@param values table|(fun(version: integer): table)|nil
---@param seconds number?
---@return table? reply
---@return moontower.error? err
function Device:set(command, values, seconds)
  return request_opened(self, command, true, values, seconds)
end

---A command as the version lays it out that holds.
---@param command mbim.command
---@return mbim.command
function Device:laid_out(command) return self.version and mbim.at(command, self.version) or command end

---Agrees on the newest version of MBIMEx that both know, where that has not been done yet, and the modem lists the
---command for it.
---@return integer? version in BCD: 0x0100, where the modem knows no newer one
---@return moontower.error? err
function Device:agree()
  if self.version then
    return self.version
  end
  return agreement().agree(self)
end

---Indications of these commands: queue:pop() waits for { command =, values = }; for { overrun = true, lost = number }
---where some were lost, as they were not read in time; nil and an error once the modem is gone.
---@param ... mbim.command
---@return core.queue queue
function Device:subscribe(...)
  local queue = subscribers.queue()
  for _, command in ipairs { ... } do self:listen(queue, command) end
  return queue
end

---Puts the indications of one more command into the queue of a subscription.
---@param queue core.queue
---@param command mbim.command
function Device:listen(queue, command)
  local key = key_of(command.service_uuid, command.cid)
  local queues = self.subscribers[key] or {}
  self.subscribers[key] = queues
  subscribers.add(queues, queue)
  if self.lost then
    queue:close(self.lost)
  end
end

---Hands an indication to its subscribers: one of the modem, or one made for a program's command.
---@param message table as core.mbim has it
function Device:dispatch(message)
  local command = mbim.lookup(message.service, message.cid)
  if self.is_shared and command == require("mbim.proxy_control").version then
    agreement().told(self, command.indication:decode(message.info, true) or {})
  end
  local queues = self.subscribers[key_of(message.service, message.cid)]
  local values = queues and command and command.indication
    and answers.body(self, command, "indication", message.info)
  for _, queue in ipairs(values and queues or {}) do
    subscribers.deliver(queue, { command = command, values = values })
  end
end

---Ends a subscription.
---@param queue core.queue
function Device:unsubscribe(queue)
  for _, queues in pairs(self.subscribers) do subscribers.remove(queues, queue) end
end

local function handshake(self, kind, seconds)
  if not self.exchange then
    return nil, closed()
  end
  local doing = "MBIM " .. kind:upper()
  local answer, err = self.exchange:request({ type = kind, max_control = self.transfer }, seconds)
  if not answer then
    return nil, err
  elseif answer.type == "function-error" then
    return answers.protocol_failure(doing, answer)
  elseif answer.type ~= kind .. "-done" then
    return errors.fail {
      code = "malformed", source = "mbim", message = doing .. ": the modem answered something else",
    }
  elseif answer.status ~= 0 then
    return answers.refusal(doing, answer)
  end
  return true
end

local function not_opened(self, err)
  local is_mute = err.code == "timeout"
  return errors.fail {
    code = is_mute and "modem-mute" or "modem-failed", source = "mbim",
    message = ("%s %s: %s"):format(self.path, is_mute and "does not answer MBIM OPEN" or "cannot be opened", err),
    hint = "Unplug the modem and plug it in again. If that does not help, its firmware may not speak MBIM here.",
    detail = err.detail,
  }
end

---Opens the MBIM function, which ends the sessions of its earlier user. A modem whose last user left it in
---the middle of something may need a CLOSE first.
---@param on_try fun(number: integer, of: integer)? called before it is tried once more
---@return true? ok
---@return moontower.error? err "busy": it may be opened later
function Device:start(on_try)
  local ok, err
  for number, seconds in ipairs(self.open_times) do
    if number > 1 then
      handshake(self, "close", CLOSE_TIME)
      if on_try then
        on_try(number, #self.open_times)
      end
    end
    ok, err = handshake(self, "open", seconds)
    if ok then
      self.openings = self.openings + 1
    end
    if ok and not self.is_shared then
      self.version, self.is_agreed = nil, nil -- which the modem has forgotten
    end
    if ok and self.on_open then
      self.on_open()
    end
    if ok or err.code == "gone" or err.code == "busy" then
      return ok, err
    end
  end
  return not_opened(self, err)
end

---Is the MBIM function open already, left so by an earlier run or by another program?
---@return boolean? started nil when the modem does not say
---@return moontower.error? err
function Device:started()
  -- Any command will do: a function that is not open refuses it as such.
  local command = require("mbim.basic_connect").device_caps
  local answer, err = answer_to(self, command, false)
  if not answer and (err.code == "timeout" or err.code == "gone") then
    return nil, err
  elseif not answer then
    return true
  elseif answers.is_not_opened(answer) then
    return false
  end
  answers.read(self, command, answer) -- which notices by what version of MBIMEx it is laid out
  return true -- it may refuse, or answer nonsense; but it answers
end

return Device
