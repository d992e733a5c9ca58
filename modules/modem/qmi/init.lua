-- SPDX-License-Identifier: MIT
-- A modem over QMI: opening and closing, client ids, and the verbs about the modem itself. Files beside this one have
-- the other verbs.

local lazy = require "base.lazy"
local dms = require "qmi.dms"
local inside_mbim = lazy "qmi.inside_mbim"
local backends = require "modem.backend"
local left_clients = lazy "modem.qmi.left_clients"
local netlink = require "core.netlink"
local network = require "modem.qmi.network"
local qmi = require "qmi"
local sessions = require "modem.qmi.sessions"
local card = require "modem.qmi.card"
local card_numbers = lazy "modem.qmi.card_numbers"
local card_pin = lazy "modem.qmi.card_pin"
local connecting = require "modem.qmi.connecting"
local patience = require "modem.patience"
local state = require "state"
local task = require "task"
local trace = require "trace"
local wds_clients = require "modem.qmi.wds_clients"

local KIND = "qmi" -- of the files that remember client ids
local SERVICES = { "uim", "nas", "wda" } -- that `up` needs before the first ping, beside WDS
local KEPT = { "uim", "nas", "wda", "dms" } -- whose client ids are kept from run to run, one each
local START_TIME = 5

---@class modem.qmi : modem.modem
---@field qmi qmi.device
---@field private is_inside_mbim boolean do its messages go to the modem in MBIM commands?
---@field private wds table<integer, table> the WDS clients of each session: see wds_clients.lua
---@field private watcher core.queue? the queue that gets the state of every session
---@field framing modem.qmi.framing? how packets are framed, as far as we know
---@field private is_allocating boolean? ids are being given that no file has yet
---@field private has_news boolean? a WDS client is to be taken up otherwise than the file says
---@field private was_connected boolean? the modem was, when it was ordered to connect
---@field private may_have_left_overs boolean? other programs' connections have not been ended
---@field private has_lost_clients boolean? a run was killed while that was so
---@field keeps_clients boolean? `up` has worked: the next run finds its client ids in the modem
---@field private left_alone table[] ids in the file that this run does not use
---@field is_signal_watched boolean? it was told when to tell its signal
---@field lacks_serving_system boolean? it knows no Get Serving System: System Info tells of its network
---@field has_nr boolean? does it know 5G? nil: not asked yet
---@field refused_in string? technology of the network that has refused the registration last
---@field why_ended table<integer, verdict.verdict> why each session has ended last, where the modem gave a reason
---@field private tried string? the version of QMAP that a connection was tried out with
---@field private agreed "disabled"|"qmap"|nil what modem and driver have agreed on since
---@type modem.qmi
local Backend = setmetatable({}, {
  __index = function(_, name) return network[name] or sessions[name] or connecting[name] end,
})

-- ---- opening and closing ----

-- Client ids outlive us in the modem, and those of a connection have to. So a file lists them, for the next run to go
-- on with them, or to give them back if we were killed.
local function remember_clients(self)
  self.has_news = nil
  local list, allocated = table.move(self.left_alone, 1, #self.left_alone, 1, {}), self.qmi:allocated()
  table.move(allocated, 1, #allocated, #list + 1, list)
  local key = self.description.key
  if #list == 0 and not self.is_allocating then
    return state.remove(KIND, key)
  end
  return state.save(KIND, key, {
    incarnation = self.description.incarnation, clients = list, allocating = self.is_allocating,
    kept = self.keeps_clients,
  })
end

-- How QMI gets to the modem: through its own port, through qmi-proxy, or inside MBIM.
local function open_device(description, options)
  if description.protocol == "qmi" then
    return qmi.open(description.control, options)
  end
  local mbim_device, err = require("modem.mbim").open_device(description, options)
  if not mbim_device then
    return nil, err
  end
  return inside_mbim.open(mbim_device), mbim_device
end

---Opens the control port of a modem; sends nothing.
---@param description modem.description
---@param options { proxy: boolean? }
---@return table? fields of the facade
---@return moontower.error? err
function Backend.open(description, options)
  local device, host = open_device(description, options)
  if not device then
    return nil, host
  end
  return {
    qmi = device, mbim = host, is_inside_mbim = host ~= nil, description = description, is_shared = options.proxy,
    wds = {}, why_ended = {}, left_alone = {},
  }
end

function Backend:trace(group)
  if self.qmi.exchange and self.qmi.exchange.tap then
    trace.watch(self.qmi.exchange, "qmi", group)
  end
end

function Backend:opened()
  local left = state.load(KIND, self.description.key)
  if left and left.incarnation == self.description.incarnation then
    left_clients.take_up(self, left)
  end
  self.qmi.on_change = function()
    if not self.is_allocating then -- else the file is marked, and gets all ids at once
      remember_clients(self)
    end
  end
  self.qmi.on_lost = function(err) self:end_watching(err) end
  if self.has_lost_clients then
    remember_clients(self) -- that much is known now
  end
end

-- Made when they are first asked for: they cost something, and few scripts need them.
Backend.made = {
  ---AT commands; false where there is no AT port.
  at = function(self) return require("modem.at").make(self) end,
}

function Backend:close_port()
  self:close_sessions()
  if self.keeps_clients and not self.qmi.lost then
    self.qmi:keep_shared(KEPT)
    wds_clients.keep_all_idle(self, true)
    remember_clients(self)
  end
  self.qmi:close()
  if self.mbim then
    self.mbim:close()
  end
end

-- Once the MBIM around it is open. No caller waits for that.
local function receive_inside_mbim(self)
  self.qmi.group:spawn(inside_mbim.switch_indications_on, self.mbim)
end

-- Has another program left a connection behind? Then its addresses are still on the interface.
local function is_in_use(self)
  for _, address in ipairs(self.net and netlink.addresses(self.net) or {}) do
    if address.scope == "global" then
      return true
    end
  end
  return false
end

-- All client ids that `up` needs, at the same time, and marked in the file until the modem has given them, also where
-- the caller is cancelled: a run that is killed in between does not know them. Returns nothing where the modem is
-- silent, gone, or has no more of them.
local function allocate(self, wanted)
  if self.qmi.lost then
    return nil -- nor could a task begin
  end
  local functions, has_failed = {}, false
  local clients = wds_clients.wanted(self, wanted)
  for _, service in ipairs(SERVICES) do clients[#clients + 1] = self.qmi:shared_client(service) end
  for _, client in ipairs(clients) do
    functions[#functions + 1] = not client.id and function()
      local id, err = client:allocate()
      local status = err and err.detail and err.detail.status
      has_failed = has_failed or not id and (status == "client-ids-exhausted" or err.code == "gone")
      return true
    end or nil
  end
  if #functions == 0 then
    return true
  end
  self.is_allocating = true
  remember_clients(self)
  local allocating = self.qmi.group:spawn(function()
    task.all(table.unpack(functions))
    self.is_allocating = nil
    remember_clients(self)
  end)
  return task.timeout(START_TIME, allocating.join, allocating) and not has_failed
end

-- QMI needs no opening: client ids are enough. A CTL sync takes back those of all programs, and ends their connections.
-- So it is for what another program or a killed run has left, and for a modem that is silent; not while others use the
-- modem, too.
function Backend:start(wanted, is_unresponsive, on_try)
  if self.mbim then
    local ok, err = patience.ask(function() return self.mbim:start(on_try) end)
    if not ok then
      return nil, err
    end
    receive_inside_mbim(self)
    wds_clients.forget(self)
  end
  -- Inside MBIM no SYNC is sent: OPEN has reset QMI already, and the modem's own clients would lose their ids.
  if self.is_shared or self.is_inside_mbim then
    return self.qmi:started()
  end
  local is_clean = not is_unresponsive and not self.has_lost_clients and not is_in_use(self)
  if is_clean and wanted and allocate(self, wanted) then
    self.may_have_left_overs = true
    return true
  end
  return self:take_back_clients(on_try)
end

---From now on its client ids are left for the next run, which has fewer questions to ask, then: at most one a service,
---and two of WDS. Not beside other programs, nor inside MBIM, whose opening takes them back.
function Backend:keep_clients()
  self.keeps_clients = not self.is_shared and not self.is_inside_mbim or nil
end

---Client ids that are kept are given back when the port is closed.
function Backend:give_clients_back()
  self.keeps_clients = nil
  wds_clients.keep_all_idle(self, false)
end

---Takes back the client ids of all programs, which ends their connections.
---@param on_try fun(number: integer, of: integer)? called before it is tried once more
---@return true? ok
---@return moontower.error? err
function Backend:take_back_clients(on_try)
  self.has_lost_clients, self.may_have_left_overs = nil, nil
  return self.qmi:start(on_try)
end

function Backend:resume(has_record)
  if has_record and self.mbim then
    receive_inside_mbim(self)
  end
  return has_record
end

function Backend:started()
  if self.mbim then
    local ok, err = self.mbim:started()
    if not ok then
      return ok, err
    end
    receive_inside_mbim(self)
  end
  return self.qmi:started()
end

-- ---- what the modem is ----

-- Whatever a modem does not know, it does not have; only silence is a failure.
local function optional(reply, err)
  if reply or err.code ~= "timeout" and err.code ~= "gone" then
    return reply or {}
  end
  return nil, err
end

function Backend:identity(part)
  local device = self.qmi
  local answers, err = task.all(
    function() return optional(device:request(dms.get_revision)) end,
    function() return optional(device:request(dms.get_model)) end,
    part ~= "name" and function() return optional(device:request(dms.get_ids)) end or nil)
  if not answers then
    return nil, err
  end
  local revision, model, ids = answers[1].revision or "", answers[2].model or "", answers[3] or {}
  local imei = (ids.imei or ""):match "%S+"
  return {
    imei = imei ~= "0" and imei or nil,
    firmware = revision:match("^%S+") or "unknown", -- what follows is where and when it was built
    hardware = model:match "%S.*",
  }
end

function Backend:sim() return card_numbers.read(self.qmi) end
function Backend:sim_state() return card.state(self.qmi) end
function Backend:provision_sim() return card_pin.provision(self.qmi) end
function Backend:pin() return card_pin.pin(self.qmi) end
function Backend:enter_pin(pin) return card_pin.enter_pin(self.qmi, pin) end

function Backend:receiver() return require("modem.qmi.location").receiver(self, self.qmi) end

-- ---- verbs that many runs do not need ----

backends.elsewhere(Backend, "modem.qmi.radio", "radio", "set_radio")
backends.elsewhere(Backend, "modem.qmi.signal", "signal", "signal_notified")
backends.elsewhere(Backend, "modem.qmi.signal_reports", "watch_signal")
backends.elsewhere(Backend, "modem.qmi.cells", "cells")
backends.elsewhere(Backend, "modem.qmi.scan", "scan")
backends.elsewhere(Backend, "modem.qmi.counters", "counters")
backends.elsewhere(Backend, "modem.qmi.images", "images")
backends.elsewhere(Backend, "modem.qmi.slots", "slots", "select_slot")
backends.elsewhere(Backend, "modem.qmi.ussd", "ussd", "cancel_ussd")
backends.elsewhere(Backend, "modem.qmi.card_file", "card_file")
backends.elsewhere(Backend, "modem.qmi.card_channel", "open_card_channel", "close_card_channel",
  "restart_card")
backends.elsewhere(Backend, "modem.qmi.messages", "stored_messages", "send_pdu", "delete_stored",
  "message_notified", "memory_full_notified")
backends.elsewhere(Backend, "modem.qmi.technology", "knows_nr", "with_nr")
backends.elsewhere(Backend, "modem.qmi.home", "home_provider")
backends.elsewhere(Backend, "modem.qmi.registering", "register", "attach", "detach")
backends.elsewhere(Backend, "modem.qmi.disconnecting", "disconnect", "deactivate", "put_framing_back")
backends.elsewhere(Backend, "modem.qmi.notified",
  "radio_notified", "packet_notified", "registration_notified", "reject_notified", "cell_notified", "systems_notified")
backends.elsewhere(Backend, "modem.qmi.events", "listen", "notified")

return Backend
