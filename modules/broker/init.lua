-- SPDX-License-Identifier: MIT
-- The daemon stands in for mbim-proxy and qmi-proxy: other programs share the modems that it owns.
--
-- libmbim's and libqmi's programs (mbimcli -p, qmicli -p, ModemManager) connect to an abstract socket, name a modem by
-- the path of its port, and speak as if it were theirs alone.

local cids = require "broker.cids"
local events = require "events"
local fs = require "core.fs"
local log = require "log"
local mbim = require "broker.mbim"
local peers = require "broker.peer"
local ports = require "core.port"
local unix_server = require "unix_server"
local status = require "status"
local task = require "task"

local MAX_CLIENTS = 32
local LEAVE_TIME = 10

---Runs a program's request that a person could order as well, as such an order or not.
---@alias broker.order fun(modem: modem.modem, order: string, words: string, forward: fun(): table?, moontower.error?,
--- boolean): table?, moontower.error?, boolean

---@class broker.broker
---@field list fun(): modem.modem[] the modems that are open
---@field clients table<table, boolean>
---@field receiving table<table, boolean> the devices whose indications are passed on
---@field left table<modem.modem, table<integer, boolean>> QMI client ids whose calls outlive their programs
---@field group task.group
---@field order broker.order
local Broker = {}
Broker.__index = Broker

local M = {}

local kinds = { mbim, (require "broker.qmi") }
local kind_of = {}
for _, kind in ipairs(kinds) do kind_of[kind.protocol] = kind end

---The QMI client ids that ended programs have left in a modem, as their calls go on.
---@param modem modem.modem
---@return table<integer, boolean>
function Broker:left_in(modem)
  self.left[modem] = self.left[modem] or {}
  return self.left[modem]
end

-- A call that outlived its program is over: its id goes the way of the others.
local function release_left(self, modem, message)
  local kind, left = kind_of[modem.description.protocol], self:left_in(modem)
  local frame = next(left) and cids.ended(left, kind.inner(message) or {})
  if frame then
    self.group:spawn(kind.release, modem, { frame })
  end
end

-- Passes the modem's indications on.
local function receive_indications(self, modem)
  local device = modem[modem.description.protocol]
  if self.receiving[device] then
    return
  end
  self.receiving[device] = true
  function device.on_open() mbim.subscribe(self.clients, modem) end
  function device.on_indication(message)
    release_left(self, modem, message)
    for client in pairs(self.clients) do
      if client.modem and client.modem[modem.description.protocol] == device then
        client:indicated(message)
      end
    end
  end
end

---The modem that a program names.
---@param protocol "mbim"|"qmi"
---@param path string? of its control port, or a link to that
---@return modem.modem?
function Broker:find(protocol, path)
  local real = path and fs.realpath(path)
  for _, modem in ipairs(real and self.list() or {}) do
    if modem.description.protocol == protocol and fs.realpath(modem.description.control) == real then
      receive_indications(self, modem)
      return modem
    end
  end
end

-- "ModemManager, process 812"; the kernel knows no number for what is in another container.
local function name_of(process)
  local name = (fs.read(("/proc/%d/comm"):format(process.pid)) or ""):match "^[^\n]+"
  return name and ("%s, process %d"):format(name, process.pid) or "another program"
end

-- Does it concern our connection, or one of the program's own?
local function is_ours(modem, effect)
  local link = modem.link
  return not effect.session or link ~= nil and link.bearer.session == effect.session
end

-- Reports what a program has done, in `moontower why` and in events.
local function report(client, effect, words)
  local modem, process = client.modem, client.peer.process
  local told = status.of(modem)
  told:record(words)
  events.publish("program", {
    modem = told.modem, program = client.peer.name, pid = process.pid, what = effect.text,
  })
  if effect.order == "radio off" and not modem.link and told.state ~= "offline" then
    told:set("offline", words)
  end
end

-- Asks the modem, in the turn that an order of a person's would have, if it counts as one.
local function carry_out(self, client, effect, words, forward)
  if not effect.order or not is_ours(client.modem, effect) then
    return forward()
  end
  return self.order(client.modem, effect.order, words, forward)
end

---Lets a program change the modem, and records that it did.
---@param client table
---@param effect broker.effect? nil: nothing that concerns others
---@param forward fun(): table?, moontower.error?, boolean asks the modem; has it done so?
---@return table? answer
---@return moontower.error? err
function Broker:act(client, effect, forward)
  if not effect then
    return forward()
  end
  local modem, words = client.modem, ("%s, %s"):format(client.peer.name, effect.text)
  local ours = is_ours(modem, effect)
  local before = modem.blame
  if effect.ends and ours then
    modem.blame = { words = words, at = task.now() } -- from before: what comes of it may be there first
  end
  if effect.restarts then
    modem:expect_restart()
  end
  modem.ordered_by_others = task.now()
  local answer, err, has_worked = carry_out(self, client, effect, words, forward)
  modem.ordered_by_others = task.now()
  if has_worked then
    report(client, effect, words)
  else
    modem.blame = before
  end
  return answer, err
end

---A modem is gone: ends the connections of the programs that use it.
---@param modem modem.modem
function Broker:modem_gone(modem)
  for client in pairs(self.clients) do
    if client.modem == modem then
      client.peer:drop "the modem is gone"
    end
  end
end

local function serve(self, kind, port, process)
  local _ <close> = port
  local name = name_of(process)
  local peer = peers.new(port, name, process)
  local client = kind.new(self, peer)
  self.clients[client] = true
  local function leave()
    self.clients[client] = nil
    task.shield(LEAVE_TIME, client.leave, client)
  end
  local _ <close> = task.finally(leave)
  log.debug("%s: %s has come", kind.socket, name)
  local why = peer:run(kind.frame, function(bytes) return client:receive(bytes) end)
  log.debug("%s: %s is let go: %s", kind.socket, name, why)
end

local function count(clients)
  local number = 0
  for _ in pairs(clients) do number = number + 1 end
  return number
end

local function accept_all(self, kind, listener, group)
  unix_server.run(listener, group, {
    name = kind.socket, is_full = function() return count(self.clients) >= MAX_CLIENTS end,
    serve = function(port, process) serve(self, kind, port, process) end,
  })
end

-- Another user's program has bound the name first: warn the administrator that it is no proxy.
local function stranger_at(socket)
  local port <close>, err = ports.open(socket)
  return not port and err.detail.uid and err or nil
end

-- A proxy that lingers after its last program, or a stranger, has the name: we take it once they have gone. Otherwise
-- the next program would start another proxy, which sends OPEN and so ends our connection.
local function accept_later(self, kind, group)
  local listener
  for attempt in task.backoff { first = 2, max = 60 } do
    listener = attempt.number > 1 and ports.listen(kind.socket, "stream")
    if listener then
      break
    end
  end
  log.info("%s is free: other programs can share the modems by it", kind.socket)
  accept_all(self, kind, listener, group)
end

---@type table<broker.broker, true> those of this process, as long as they are used
local started = setmetatable({}, { __mode = "k" })

---Do other programs share the modem by us?
---@param modem modem.modem
---@return boolean
function M.serves(modem)
  for broker in pairs(started) do
    for _, served in ipairs(broker.group:is_closing() and {} or broker.list()) do
      if served == modem then return true end
    end
  end
  return false
end

---Starts to serve other programs.
---@param group task.group
---@param list fun(): modem.modem[] the modems that are open
---@param order broker.order
---@return broker.broker
function M.start(group, list, order)
  local self = setmetatable({
    list = list, clients = {}, group = group, order = order,
    receiving = setmetatable({}, { __mode = "k" }), left = setmetatable({}, { __mode = "k" }),
  }, Broker)
  started[self] = true
  for _, kind in ipairs(kinds) do
    local listener, err = ports.listen(kind.socket, "stream")
    if listener then
      group:spawn(accept_all, self, kind, listener, group)
    else
      err = err.code == "busy" and stranger_at(kind.socket) or err
      log.warn("other programs cannot share the modems by %s: %s", kind.socket, err)
      group:spawn(accept_later, self, kind, group)
    end
  end
  return self
end

return M
