-- SPDX-License-Identifier: MIT
-- Answers to Microsoft's Basic Connect Extensions: handlers[cid], as in basic_connect.lua.

local extensions = require "mbim.ms_basic_connect_extensions"
local measured = require "simulator.mbim.measured"
local registry = require "simulator.mbim.registry"

local handlers = {}

local function handle(command, parts)
  handlers[command.cid] = parts
end

local pdp_types = { ipv4 = "ipv4", ipv6 = "ipv6", ipv4v6 = "ipv4-or-ipv6" }
local ip_types = { ["ipv4"] = "ipv4", ["ipv6"] = "ipv6", ["ipv4-or-ipv6"] = "ipv4v6" }

-- There is one for all networks: the first profile to attach with.
local function attach_configuration(modem)
  local configurations, profile = {}, modem.profiles[modem.attach_profiles[1]]
  for _, roaming in ipairs { "home", "partner", "non-partner" } do
    configurations[#configurations + 1] = {
      ip_type = ip_types[profile.pdp_type], roaming = roaming, source = "modem", apn = profile.apn_name or "",
    }
  end
  return { configurations = configurations }
end

handle(extensions.lte_attach_configuration, {
  query = attach_configuration,
  set = function(modem, values)
    for _, configuration in ipairs(values.operation == "default" and values.configurations or {}) do
      if configuration.roaming == "home" then
        modem:set_attach_apn(configuration.apn or "", pdp_types[configuration.ip_type])
      end
    end
    if values.operation == "restore-factory" then
      modem:set_attach_apn(modem.personality.default_apn)
    end
    return attach_configuration(modem)
  end,
})

handle(extensions.lte_attach_info, {
  query = function(modem)
    local attached = modem.packet.state == "attached"
    return {
      state = attached and "attached" or "detached",
      nw_error = modem.mbimex >= 0x0300 and 0 or nil,
      ip_type = attached and modem.personality.default_ip_type or "default",
      apn = attached and modem.contexts[0].apn or nil,
    }
  end,
})

handle(extensions.device_caps, {
  query = function(modem)
    local caps = registry.device_caps(modem.personality)
    caps.executor = 0
    if modem.mbimex >= 0x0300 then
      caps.data_class, caps.data_subclass = measured.known(modem), { "endc", "nr" }
      caps.lte_bands, caps.nr_bands = modem.personality.lte_bands, modem.personality.nr_bands
    end
    return caps
  end,
})

handle(extensions.sys_caps, {
  query = function(modem) return { executors = 1, slots = #modem.slots, concurrency = 1, modem_id = 0 } end,
})

local function mappings(modem)
  if modem:has_uicc_habit "no-mappings" then
    return nil, "no-device-support"
  end
  return { executors = { { slot = modem.slot - 1 } } }
end

handle(extensions.device_slot_mappings, {
  query = mappings,
  set = function(modem, values)
    local wanted = values.executors[1]
    if modem:has_uicc_habit "no-mappings" then
      return nil, "no-device-support"
    elseif #values.executors ~= 1 or not modem.slots[wanted.slot + 1] then
      return nil, "invalid-parameters"
    end
    modem:use_slot(wanted.slot + 1)
    return mappings(modem)
  end,
})

handle(extensions.slot_info_status, {
  query = function(modem, values)
    local number = values.slot + 1
    if not modem.slots[number] then
      return nil, "invalid-parameters"
    end
    local card = modem:card_in(number)
    local active = card and card.euicc and (card.imsi and "active-esim" or "active-esim-no-profiles") or "active"
    local states = card and { active, "off" } or { "empty", "off-empty" }
    return { slot = values.slot, state = states[number == modem.slot and 1 or 2] }
  end,
})

handle(extensions.device_reset, {
  set = function(modem)
    -- The answer goes out before the modem does.
    modem:after(modem.group and 0.01 or 0, function() modem:restart() end)
    return {}
  end,
})

handle(extensions.base_stations_info, {
  query = function(modem) return modem:is_registered() and measured.base_stations(modem) or {} end,
})

handle(extensions.location_info_status, {
  query = function(modem)
    local cell = modem:is_registered() and modem:primary_cell() or {}
    return { lac = 0xffffffff, tac = cell.tac or 0xffffffff, cell_id = (cell.id or 0xffffffff) & 0xffffffff }
  end,
})

-- The newest version that this firmware and the host know: it holds for all programs until the modem is opened again.
handle(extensions.version, {
  query = function(modem, values)
    modem.mbimex = math.min(modem.newest_mbimex, values.mbimex)
    return { mbim = 0x0100, mbimex = modem.mbimex }
  end,
})

return handlers
