-- SPDX-License-Identifier: MIT
-- Parts of answers that more than one command, or service, of MBIM carries.

local basic = require "mbim.basic_connect"
local measured = require "simulator.mbim.measured"

local registry = {}

---@param personality simulator.personality
function registry.device_caps(personality)
  return {
    device_type = "embedded",
    cellular_class = { "gsm" },
    voice_class = "no-voice",
    sim_class = { "removable" },
    data_class = personality.data_classes,
    sms_caps = { "pdu-receive", "pdu-send" },
    control_caps = { "manual-registration", "hardware-radio-switch" },
    max_sessions = personality.max_sessions,
    device_id = personality.imei,
    firmware = personality.firmware,
    hardware = personality.hardware,
  }
end

---@param modem simulator.modem
---@param provider { id: string, name: string }
function registry.provider(modem, provider)
  local is_home = provider.id == modem:operator().provider.id
  return {
    id = provider.id,
    name = provider.name,
    state = {
      home = is_home, registered = is_home and modem:is_registered(), visible = modem.network.present,
      forbidden = not is_home,
    },
    cellular_class = { "gsm" },
    rssi = modem:signal(),
    error_rate = 99,
  }
end

---@param modem simulator.modem
function registry.visible(modem)
  local providers = {}
  for i, provider in ipairs(modem:providers()) do providers[i] = registry.provider(modem, provider) end
  return providers
end

---@param modem simulator.modem
---@param provider_id string
function registry.is_visible(modem, provider_id)
  for _, provider in ipairs(registry.visible(modem)) do
    if provider.id == provider_id then
      return modem.network.present
    end
  end
  return false
end

---@param modem simulator.modem
function registry.register_state(modem)
  local registration, provider = modem.registration, modem:operator().provider
  local registered = modem:is_registered()
  return {
    nw_error = registration.nw_error,
    state = registration.state,
    mode = registration.mode,
    available_data_classes = registered and measured.offered(modem) or nil,
    cellular_class = { "gsm" },
    provider_id = registered and provider.id or nil,
    provider_name = registered and provider.name or nil,
    flags = { "automatic-attach" },
    preferred_data_classes = modem.mbimex >= 0x0200 and measured.known(modem) or nil,
  }
end

---@param modem simulator.modem
function registry.contexts(modem)
  local list = {}
  for number, context in pairs(modem.contexts) do
    list[#list + 1] = {
      context = number, context_type = basic.context_types.internet, apn = context.apn, user = context.user,
      password = context.password,
    }
  end
  table.sort(list, function(a, b) return a.context < b.context end)
  return { contexts = list }
end

---@param handlers table<string, table<integer, table>>
function registry.services(handlers)
  local services = {}
  for uuid, by_cid in pairs(handlers) do
    local cids = {}
    for cid in pairs(by_cid) do
      cids[#cids + 1] = cid
    end
    table.sort(cids)
    services[#services + 1] = { service = uuid, cids = cids }
  end
  local first = basic.connect.service_uuid
  table.sort(services, function(a, b)
    if a.service == first or b.service == first then
      return a.service == first and b.service ~= first
    end
    return a.service < b.service
  end)
  return services
end

return registry
