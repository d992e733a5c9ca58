-- SPDX-License-Identifier: MIT
-- The simulated modem's persistent device configuration service: its sets for operators, where it has some.

local pdc = require "qmi.pdc"
local service = require "simulator.qmi.service"

local configuration_service, handle = service.new(1, 0)

local SIZE = 0x1a2c
local NOT_SUPPORTED, INVALID_ID, NOT_PROVISIONED = 94, 47, 16 -- numbers of QMI's errors

-- The number of one by its id, which is a hash of it in real ones.
local function id_of(configuration) return configuration.version .. configuration.name:sub(1, 8) end

local function find(modem, id)
  for _, configuration in ipairs(modem.personality.configurations or {}) do
    if id_of(configuration) == id then
      return configuration
    end
  end
end

local function named(modem, name)
  for _, configuration in ipairs(modem.personality.configurations or {}) do
    if configuration.name == name then
      return id_of(configuration)
    end
  end
end

-- A request is answered twice: that it has arrived, and what came of it. Its client has to ask for that no more than
-- qmicli does.
local function answers(message, fn)
  handle(message, function(modem, values, client)
    if not modem.personality.configurations then
      return nil, "not-supported"
    end
    local told, err = fn(modem, values)
    told = told or {}
    told.error, told.token = err or 0, values.token
    modem.group:spawn(function() client.fn:indicate(client, message, told) end)
    return { token = values.token }
  end)
end

handle(pdc.register, service.register)

answers(pdc.list_configs, function(modem, values)
  local list = {}
  for i, configuration in ipairs(values.type == "software" and modem.personality.configurations or {}) do
    list[i] = { type = "software", id = id_of(configuration) }
  end
  return { configurations = list }
end)

answers(pdc.get_selected_config, function(modem, values)
  local now = modem.nv.configuration
  if values.type ~= "software" or not (now.active or now.selected) then
    return nil, NOT_PROVISIONED
  end
  return {
    active_id = now.active and named(modem, now.active),
    pending_id = now.selected ~= now.active and now.selected and named(modem, now.selected) or nil,
  }
end)

answers(pdc.get_config_info, function(modem, values)
  local configuration = find(modem, values.configuration.id)
  if not configuration then
    return nil, INVALID_ID
  end
  return { size = SIZE, description = configuration.name, version = tonumber(configuration.version, 16) }
end)

answers(pdc.set_selected_config, function(modem, values)
  local configuration = find(modem, values.configuration.id)
  if not configuration then
    return nil, INVALID_ID
  end
  modem.nv.configuration.pending = configuration.name
end)

answers(pdc.activate_config, function(modem)
  local now = modem.nv.configuration
  if not now.pending then
    return nil, NOT_PROVISIONED
  end
  now.selected, now.pending = now.pending, nil
end)

answers(pdc.deactivate_config, function(modem, values)
  if values.type ~= "software" then
    return nil, NOT_SUPPORTED
  end
  modem.nv.configuration.selected = nil
end)

return configuration_service
