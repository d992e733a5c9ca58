-- SPDX-License-Identifier: MIT
-- The effects of programs' requests on the shared modem: in words, and as the order that a person would give.

local at_effect = require "at.effect"
local at_text = require "at.text"
local basic = require "mbim.basic_connect"
local dms = require "qmi.dms"
local extensions = require "mbim.ms_basic_connect_extensions"
local maker = require "maker"
local nas = require "qmi.nas"
local services = require "qmi.services"
local uim = require "qmi.uim"
local versions = require "mbim.versions"
local wds = require "qmi.wds"

---@class broker.effect
---@field text string such as "switched the radio off"
---@field order "radio off"|"radio on"|"offline"|nil
---@field ends boolean? our connection ends by it, if there is one
---@field restarts boolean? the modem leaves the bus
---@field session integer? it concerns this session alone
---@field has_worked (fun(info: string): boolean)? whether the body of an answer says so, where its status does not

local M = {}

local ANY_CONNECTION = 0xffffffff -- QMI's handle for whatever there is

local RADIO_ON = { text = "switched the radio on", order = "radio on" }
local RADIO_OFF = { text = "switched the radio off", order = "radio off", ends = true }
local RESTART = { text = "restarted the modem", ends = true, restarts = true }
local POWER_OFF = { text = "switched the modem off", ends = true }
local DETACH = { text = "detached the modem from the network", order = "offline", ends = true }
local SIM_OFF = { text = "switched the SIM off", ends = true }
local ANOTHER_SIM = { text = "switched to another SIM", ends = true }
local RESELECT = { text = "changed which network the modem uses", ends = true }
local DISCONNECT = { text = "ended the connection", order = "offline", ends = true }

local of_mode = {
  ["online"] = RADIO_ON, ["low-power"] = RADIO_OFF, ["persistent-low-power"] = RADIO_OFF,
  ["mode-only-low-power"] = RADIO_OFF, ["offline"] = RADIO_OFF, ["factory-test"] = RADIO_OFF,
  ["reset"] = RESTART, ["shutting-down"] = POWER_OFF,
}

-- Where effects are found: of commands that set something, and of QMI requests. An entry is what reads a request, and
-- the effect, or what finds it in the request's values. Values may lack what a sloppy program leaves out.
local of_set, of_request = {}, {}

local function command(declared, effect)
  of_set[declared.service_uuid .. declared.cid] = {
    function(info) return (versions.read(declared, "set", info)) end, effect,
  }
end

local function message(declared, effect)
  of_request[declared.service_id << 16 | declared.id] = {
    function(tlvs) return (declared.request:decode(tlvs, true)) end, effect,
  }
end

command(basic.radio_state, function(values)
  return values.state == "off" and RADIO_OFF or values.state and RADIO_ON
end)
command(basic.packet_service, function(values) return values.action == "detach" and DETACH end)
command(basic.connect, function(values)
  if not values.session or not values.command then
    return nil
  elseif values.command == "activate" then
    return { text = ("connected session %d"):format(values.session), session = values.session }
  end
  return { text = DISCONNECT.text, session = values.session, order = "offline", ends = true }
end)
command(basic.register_state, function(values)
  return values.action == "manual" and {
    text = ("chose the network %s"):format(values.provider_id or "by hand"), ends = true,
  }
end)
command(extensions.device_reset, RESTART)
command(extensions.device_slot_mappings, ANOTHER_SIM)

message(dms.set_operating_mode, function(values) return of_mode[values.mode] end)
message(wds.stop_network, function(values) return values.packet_data_handle == ANY_CONNECTION and DISCONNECT end)
message(nas.attach_detach, function(values) return values.action == "detach" and DETACH end)
message(nas.initiate_network_register, function(values) return values.action == "manual" and RESELECT end)
message(nas.set_system_selection_preference, RESELECT)
message(nas.set_technology_preference, RESELECT)
message(uim.power_off_sim, SIM_OFF)
message(uim.switch_slot, ANOTHER_SIM)

local function find(entry, bytes)
  local effect = entry and entry[2]
  if type(effect) ~= "function" then
    return effect
  end
  local values = entry[1](bytes)
  return values and effect(values) or nil
end

-- By service and command number: those that carry AT commands, of all makers.
local tunnels

local function tunnel_of(request)
  if not tunnels then
    tunnels = {}
    for declared in maker.each "at_tunnel" do
      local carrier = require(declared[1]).at_command
      tunnels[carrier.service_uuid .. carrier.cid] = carrier
    end
  end
  return tunnels[request.service .. request.cid]
end

-- An AT command inside MBIM.
local function of_tunnel(carrier, request)
  local codec = carrier[request.set and "set" or "query"]
  local values = codec and codec:decode(request.info, true)
  local effect = values and M.of_at((values.bytes or ""):gsub("%c", ""))
  local copy = effect and { has_worked = function(info)
    local reply = carrier.response:decode(info, true)
    return (reply and reply.bytes or ""):find "OK%c*$" ~= nil
  end }
  for key, value in pairs(effect or {}) do copy[key] = value end
  return copy
end

---@param request table a command, as core.mbim has it
---@return broker.effect?
function M.of_mbim(request)
  local carrier = tunnel_of(request)
  if carrier then
    return of_tunnel(carrier, request)
  end
  return request.set and find(of_set[request.service .. request.cid], request.info) or nil
end

---@param command_line string of AT
---@return broker.effect?
function M.of_at(command_line)
  local order = at_effect.of(command_line)
  if order == "radio on" then
    return RADIO_ON
  elseif order == "radio off" then
    return RADIO_OFF
  elseif order == "offline" then
    return DISCONNECT
  end
  return order and { text = "sent " .. at_text.hide(command_line), ends = true } or nil
end

---@param request table as core.qmi has it
---@return broker.effect?
function M.of_qmi(request)
  local number = math.type(request.service) == "integer" and request.service or services[request.service]
  return find(of_request[number << 16 | request.id], request.tlvs)
end

---Has the modem carried out a QMI request?
---@param answer table? as core.qmi has it
---@return boolean
function M.has_worked(answer)
  local reply = answer and wds.stop_network.response:decode(answer.tlvs, true) -- no more than the result
  return reply ~= nil and reply.result.status == 0
end

return M
