-- SPDX-License-Identifier: MIT
-- A modem over QMI: the verbs about the modem, its SIM and its network. Those about connections: sessions.lua.

local lazy = require "base.lazy"
local dms = require "qmi.dms"
local errors = require "errors"
local inside_mbim = lazy(function() return require "qmi.inside_mbim" end)
local nas = require "qmi.nas"
local netlink = require "core.netlink"
local diagnose = require "modem.qmi.diagnose"
local qmi = require "qmi"
local sessions = require "modem.qmi.sessions"
local card = require "modem.qmi.card"
local state = require "state"
local task = require "task"
local trace = require "trace"

local RADIO_TIME, ATTACH_TIME = 20, 60
local KIND = "qmi" -- of the files that remember client ids
local SERVICES = { "uim", "nas", "wda" } -- that `up` needs before the first ping, beside WDS
local KEPT = { "uim", "nas", "wda", "dms" } -- whose client ids are kept from run to run, one each
local START_TIME = 5

---@class modem.qmi : modem.modem
---@field qmi qmi.device
---@field private is_inside_mbim boolean do its messages go to the modem in MBIM commands?
---@field private wds table<integer, table> the WDS clients of each session: see sessions.lua
---@field private watcher core.queue? the queue that gets the state of every session
---@field framing modem.qmi.framing? how packets are framed, as far as we know
---@field private is_allocating boolean? ids are being given that no file has yet
---@field private was_connected boolean? the modem was, when it was ordered to connect
---@field private may_have_left_overs boolean? other programs' connections have not been ended
---@field private has_lost_clients boolean? a run was killed while that was so
---@field keeps_clients boolean? `up` has worked: the next run finds its client ids in the modem
---@field private left_alone table[] ids in the file that this run does not use
---@field refused_in string? technology of the network that has refused the registration last
---@field why_ended table<integer, verdict.verdict> why each session has ended last, where the modem gave a reason
---@field private tried string? the version of QMAP that a connection was tried out with
---@field private agreed "disabled"|"qmap"|nil what modem and driver have agreed on since
---@type modem.qmi
local Backend = setmetatable({}, { __index = sessions })

-- ---- opening and closing ----

-- Client ids outlive us in the modem, and those of a connection have to. So a file lists them, for the next run to go
-- on with them, or to give them back if we were killed.
local function remember_clients(self)
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

-- One that waits for its next use. Beside other programs it is left alone: one of them may have had the modem take all
-- ids back, and have been given that one since.
local function take_up_kept(self, entry)
  if self.is_shared then
    table.insert(self.left_alone, entry)
  elseif entry.persistent.shared then
    self.qmi:share(entry.service, entry.client)
  else
    self:take_up_session(self.qmi:adopt(entry.service, entry.client), entry.persistent)
  end
end

local function take_up_clients(self)
  local left = state.load(KIND, self.description.key)
  if not left or left.incarnation ~= self.description.incarnation then
    return
  end
  self.has_lost_clients, self.keeps_clients = left.allocating, left.kept == true or nil
  for _, entry in ipairs(left.clients) do
    local persistent = entry.persistent
    if type(persistent) == "table" and (persistent.shared or persistent.idle) then
      take_up_kept(self, entry)
    else
      local client = self.qmi:adopt(entry.service, entry.client)
      if persistent then
        self:take_up_session(client, persistent)
      end -- else it is given back when we close
    end
  end
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
  take_up_clients(self)
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
    self:keep_idle_sessions(true)
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
-- silent, or has no more of them.
local function allocate(self, wanted)
  local functions, has_failed = {}, false
  local clients = self:wds_clients(wanted)
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
function Backend:start(wanted, is_unresponsive)
  if self.mbim then
    local ok, err = self.mbim:start()
    if not ok then
      return nil, err
    end
    receive_inside_mbim(self)
    self:forget_sessions()
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
  return self:take_back_clients()
end

---From now on its client ids are left for the next run, which has fewer questions to ask, then: at most one a service,
---and two of WDS. Not beside other programs, nor inside MBIM, whose opening takes them back.
function Backend:keep_clients()
  self.keeps_clients = not self.is_shared and not self.is_inside_mbim or nil
end

---Client ids that are kept are given back when the port is closed.
function Backend:give_clients_back()
  self.keeps_clients = nil
  self:keep_idle_sessions(false)
end

---Takes back the client ids of all programs, which ends their connections.
---@return true? ok
---@return moontower.error? err
function Backend:take_back_clients()
  self.has_lost_clients, self.may_have_left_overs = nil, nil
  return self.qmi:start()
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
  local revision, model, ids = answers[1].revision or "", answers[2].model, answers[3] or {}
  return {
    imei = ids.imei ~= "0" and ids.imei or nil,
    firmware = revision:match("^%S+") or "unknown", -- what follows is where and when it was built
    hardware = model,
  }
end

function Backend:sim() return card.read(self.qmi) end
function Backend:sim_state() return card.state(self.qmi) end
function Backend:provision_sim() return card.provision(self.qmi) end
function Backend:pin() return card.pin(self.qmi) end
function Backend:enter_pin(pin) return card.enter_pin(self.qmi, pin) end

function Backend:radio()
  local reply, err = self.qmi:request(dms.get_operating_mode)
  if not reply then
    return nil, err
  elseif not reply.mode then
    return errors.lacks("qmi", "Get Operating Mode", "mode")
  end
  return {
    hardware = reply.hardware_restricted_mode and "off" or "on",
    software = reply.mode == "online" and "on" or "off",
  }
end

function Backend:set_radio(on)
  local reply, err = self.qmi:request(dms.set_operating_mode, { mode = on and "online" or "low-power" }, RADIO_TIME)
  -- Asked for the mode that it is in, a modem may say so instead.
  if not reply and not (err.detail and err.detail.status == "no-effect") then
    return nil, err
  end
  return self:radio()
end

-- ---- the network ----

-- The newest that is in use, as people call it.
local technologies = {
  { "5gnr", "5G" }, { "lte", "LTE" }, { "umts", "UMTS" }, { "td-scdma", "UMTS" }, { "gsm", "GPRS" },
}
local faster = {
  umts = { hsdpa = "HSPA", hsupa = "HSPA", ["hsdpa-plus"] = "HSPA", ["dc-hsdpa-plus"] = "HSPA" },
  gsm = { edge = "EDGE" },
}

local function technology_of(reply)
  local in_use = {}
  for _, interface in ipairs((reply.serving_system or {}).radio_interfaces or {}) do in_use[interface] = true end
  for _, technology in ipairs(technologies) do
    if in_use[technology[1]] then
      for _, capability in ipairs(reply.data_service_capability or {}) do
        local name = (faster[technology[1]] or {})[capability]
        if name then
          return name
        end
      end
      return technology[2]
    end
  end
end

local north_american = { [302] = true, [334] = true }
for mcc = 310, 316 do
  north_american[mcc] = true
end

-- A network's id: the MNC has two digits or three, and only the modem knows which. In North America it has three.
local function plmn_id(plmn, three_digits)
  if not plmn or not plmn.mnc or plmn.mcc == 0 then
    return ""
  end
  three_digits = three_digits or plmn.mnc > 99 or north_american[plmn.mcc]
  return (three_digits and "%03d%03d" or "%03d%02d"):format(plmn.mcc, plmn.mnc)
end

local states = {
  ["not-registered"] = "deregistered", ["not-registered-searching"] = "searching",
  ["registration-denied"] = "denied", ["unknown"] = "unknown",
}

local function registration_of(reply)
  local digits = reply.mnc_pcs_digit_include_status
  local current = (reply.serving_system or {}).registration_state
  if not current then
    return nil
  end
  local plmn = reply.current_plmn
  local three_digits = digits and plmn and digits.mnc == plmn.mnc and digits.includes_pcs_digit
  if current == "registered" then
    current = reply.roaming_indicator == "on" and "roaming" or "home"
  else
    current = states[current] or "unknown"
  end
  return {
    state = current,
    provider = { id = plmn_id(plmn, three_digits), name = plmn and plmn.description or "" },
    technology = technology_of(reply),
  }
end

-- A modem may have packet service without saying so, or may say so in words that are not known.
local function packet_of(reply)
  local attached = (reply.serving_system or {}).ps_attach_state
  local told = type(attached) == "string" and attached or "unknown"
  return { state = told, technology = told == "attached" and technology_of(reply) or nil }
end

local tried_technologies = {
  { "nr5g", "5G" }, { "lte", "LTE" }, { "wcdma", "UMTS" }, { "td_scdma", "UMTS" }, { "gsm", "GPRS" },
}

-- The cause of a refusal is in the System Info of the technology that was tried.
local function reject_cause(self)
  local reply = self.qmi:request(nas.get_system_info)
  for _, tried in ipairs(tried_technologies) do
    local info = reply and reply[tried[1] .. "_system_info"]
    if info and info.registration_reject_info_valid and info.registration_reject_cause ~= 0 then
      return info.registration_reject_cause, tried[2]
    end
  end
end

local function with_cause(self, registration)
  if registration.state == "denied" or registration.state == "searching" then
    registration.nw_error, self.refused_in = reject_cause(self)
  end
  return registration
end

-- No modem is registered while its radio is off, so it need not be asked for that.
local function radio_of(reply)
  local system = reply.serving_system or {}
  for _, interface in ipairs(system.registration_state == "registered" and system.radio_interfaces or {}) do
    if interface ~= "none" then
      return { hardware = "on", software = "on" }
    end
  end
end

---A modem that is registered needs no other question for this: see radio_of().
Backend.network_tells_radio = true

local function network_of(self)
  local reply, err = self.qmi:request(nas.get_serving_system)
  local registration = reply and registration_of(reply)
  if reply and not registration then
    return errors.lacks("qmi", "Get Serving System", "registration state")
  end
  return registration and {
    registration = with_cause(self, registration), packet = packet_of(reply), radio = radio_of(reply),
  }, err
end

function Backend:network() return network_of(self) end

function Backend:registration()
  local network, err = network_of(self)
  return network and network.registration, err
end

function Backend:packet_service()
  local reply, err = self.qmi:request(nas.get_serving_system)
  return reply and packet_of(reply), err
end

-- Signal strength in dBm, of the newest technology that is there. Older ones say rssi, 5G only rsrp.
local function signal_of(reply)
  for _, name in ipairs { "lte", "wcdma", "td_scdma", "hdr", "cdma", "gsm", "nr5g" } do
    local strength = reply[name]
    local dbm = type(strength) == "table" and (strength.rssi or strength.rsrp) or math.type(strength) and strength
    if dbm and dbm < 0 and dbm > -125 then
      return { dbm = dbm }
    end
  end
  return {}
end

function Backend:signal()
  local reply, err = self.qmi:request(nas.get_signal_info)
  if reply then
    return signal_of(reply)
  elseif err.code ~= "unsupported" then
    return nil, err
  end
  reply, err = self.qmi:request(nas.get_signal_strength) -- modems from before LTE
  return reply and { dbm = (reply.signal_strength or {}).strength }, err
end

function Backend:home_provider()
  local reply, err = self.qmi:request(nas.get_home_network)
  if not reply then
    return nil, err.code == "rejected" and diagnose.of_sim(self, "Get Home Network") or err
  end
  local digits, plmn = reply.home_network_3gpp_mnc, reply.home_network
  if not plmn or not plmn.mnc then
    return errors.lacks("qmi", "Get Home Network", "network")
  end
  return {
    id = plmn_id(plmn, digits and digits.is_3gpp and digits.includes_pcs_digit),
    name = plmn.description or "",
  }
end

function Backend:register()
  local reply, err = self.qmi:request(nas.initiate_network_register, { action = "automatic" }, ATTACH_TIME)
  if not reply and not (err.detail and err.detail.status == "no-effect") then
    return nil, err
  end
  return self:registration()
end

function Backend:attach()
  local reply, err = self.qmi:request(nas.attach_detach, { action = "attach" }, ATTACH_TIME)
  if reply or err.detail and err.detail.status == "no-effect" then
    local packet
    packet, err = self:packet_service()
    if not packet or packet.state ~= "detached" then
      return packet, err
    end
    local hindered = diagnose.of_network(self, "Attach")
    packet.state = "attaching" -- the rest comes as an event
    return not hindered and packet or nil, hindered
  elseif err.code ~= "rejected" then
    return nil, err
  end
  return require("modem.network_reject").packet_service { source = "qmi", err = err }
end

---Ends the packet service, and with it all sessions.
function Backend:detach()
  local reply, err = self.qmi:request(nas.attach_detach, { action = "detach" }, ATTACH_TIME)
  if not reply and not (err.detail and err.detail.status == "no-effect") then
    return nil, err
  end
  local packet
  packet, err = self:packet_service()
  if packet and packet.state == "attached" then
    packet.state = "detaching" -- the rest comes as an event
  end
  return packet, err
end

-- ---- indications ----

---As modem/mbim.lua has it.
function Backend:listen(...) require("modem.qmi.events").listen(self, ...) end

function Backend:notified(...) return require("modem.qmi.events").notified(self, ...) end

---How an indication of signal strength reads.
---@param values table
---@return table value
function Backend.signal_notified(_, values) return signal_of(values) end

---How a DMS event report reads, which has only what has changed.
---@param values table
---@param last table? the last value
---@return table? value nil: it is about something else
function Backend:radio_notified(values, last)
  local mode, is_disabled = values.operating_mode, values.wireless_disable_state
  local now = { hardware = last and last.hardware, software = last and last.software }
  if mode == nil and is_disabled == nil then
    return nil
  end
  if mode ~= nil then
    now.software = mode == "online" and "on" or "off"
  end
  if is_disabled ~= nil then
    now.hardware = is_disabled and "off" or "on"
  end
  return now.hardware and now.software and now or self:radio()
end

-- By the older name, those that only the data capabilities tell apart from it.
local slower = { HSPA = "UMTS", EDGE = "GPRS" }

-- The technology that an indication names, which may leave out the capabilities: then it is the same as before, if it
-- has the same radio interface. nil: only the modem knows.
local function technology_notified(values, technology, last)
  local may_be_faster = technology == "UMTS" or technology == "GPRS"
  local known = last and last.technology
  if values.data_service_capability or not may_be_faster then
    return technology
  end
  return known and (slower[known] or known) == technology and known or nil
end

---How an indication of Get Serving System reads.
---@param values table
---@param last table? the last value
---@return table? value
function Backend:packet_notified(values, last)
  local packet = values.serving_system and packet_of(values)
  if packet and packet.technology then
    packet.technology = technology_notified(values, packet.technology, last)
    return packet.technology and packet or self:packet_service()
  end
  return packet
end

-- Is that the network that an id of ours names?
local function is_plmn(id, plmn)
  return tonumber(id:sub(1, 3)) == plmn.mcc and tonumber(id:sub(4)) == plmn.mnc
end

-- The network that an indication names, or calls the same as before; nil: it does not say, or not how long the MNC is.
local function provider_notified(values, registration, last)
  local plmn, known = values.current_plmn, last and last.provider.id ~= "" and last.provider
  if not plmn then
    return values.plmn_not_changed_indication and known or nil
  elseif values.mnc_pcs_digit_include_status or #registration.provider.id == 6 then
    return registration.provider
  end
  return known and plmn.mnc and is_plmn(known.id, plmn) and { id = known.id, name = registration.provider.name } or nil
end

---How an indication of Get Serving System reads. What it leaves out is not guessed, as roaming may cost money.
---@param values table
---@param last table? the last value
---@return table? value
function Backend:registration_notified(values, last)
  local registration = registration_of(values)
  if registration and (registration.state == "home" or registration.state == "roaming") then
    local technology = registration.technology
    registration.provider = provider_notified(values, registration, last)
    registration.technology = technology_notified(values, technology, last)
    local is_complete = registration.provider and values.roaming_indicator
      and (registration.technology or not technology)
    return is_complete and registration or self:registration()
  end
  return registration and with_cause(self, registration)
end

---How an indication of Network Reject reads.
---@param values table
---@param last table? the last value
---@return table? value
function Backend:reject_notified(values, last)
  if not last or last.state ~= "denied" and last.state ~= "searching" then
    return self:registration()
  end
  self.refused_in = technology_of { serving_system = { radio_interfaces = { values.radio_interface } } }
  return {
    state = last.state, provider = last.provider, technology = last.technology, nw_error = values.reject_cause,
  }
end

return Backend
