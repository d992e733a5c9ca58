-- SPDX-License-Identifier: MIT
-- What Home Assistant shows of a modem: its discovery topics, one for each value of the modem's state.
--
-- https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery: a retained message with the configuration at
-- PREFIX/COMPONENT/NODE/OBJECT/config.

local json = require "base.json"

local M = {}

---@class mqtt.entity
---@field key string where the state has it: "lte.rsrp"
---@field name string
---@field component "sensor"|"binary_sensor"
---@field unit string?
---@field class string? Home Assistant's device class
---@field state_class string?

local function signal(key, name, unit)
  return {
    key = key, name = name, component = "sensor", unit = unit, class = unit == "dBm" and "signal_strength" or nil,
    state_class = "measurement",
  }
end

---@type mqtt.entity[]
M.entities = {
  { key = "online", name = "Online", component = "binary_sensor", class = "connectivity" },
  { key = "state", name = "State", component = "sensor" },
  { key = "reason", name = "Reason", component = "sensor" },
  { key = "network.name", name = "Network", component = "sensor" },
  { key = "network.technology", name = "Technology", component = "sensor" },
  signal("nr.rsrp", "5G RSRP", "dBm"), signal("nr.rsrq", "5G RSRQ", "dB"), signal("nr.sinr", "5G SINR", "dB"),
  signal("lte.rsrp", "LTE RSRP", "dBm"), signal("lte.rsrq", "LTE RSRQ", "dB"), signal("lte.sinr", "LTE SINR", "dB"),
  signal("dbm", "RSSI", "dBm"),
  { key = "month", name = "Data this month", component = "sensor", unit = "B", class = "data_size",
    state_class = "total" },
}

---A name as a part of a topic, and as an id of Home Assistant's.
---@param name string
---@return string
function M.id(name) return (name:gsub("[^%w_-]", "_")) end

-- A value that the state lacks now is "unknown" there, and no error in its log.
local function template(entity)
  local path = entity.key:gsub("%.", "', {}).get('")
  local value = ("value_json.get('%s'%s)"):format(path, entity.component == "binary_sensor" and ", false" or "")
  return entity.component == "binary_sensor" and ("{{ 'ON' if %s else 'OFF' }}"):format(value)
    or ("{{ %s | default(none) }}"):format(value)
end

---@param modem string its name
---@param base string of our topics
---@param prefix string of Home Assistant's: "homeassistant"
---@param hardware string? what it calls itself
---@return { topic: string, payload: string }[] retained
function M.messages(modem, base, prefix, hardware)
  local id, list = M.id(base .. "_" .. modem), {}
  for i, entity in ipairs(M.entities) do
    local key = M.id(entity.key)
    list[i] = {
      topic = ("%s/%s/%s/%s/config"):format(prefix, entity.component, id, key),
      payload = json.encode {
        name = entity.name, unique_id = id .. "_" .. key, object_id = id .. "_" .. key,
        state_topic = ("%s/%s/state"):format(base, M.id(modem)), value_template = template(entity),
        availability_topic = base .. "/availability", unit_of_measurement = entity.unit,
        device_class = entity.class, state_class = entity.state_class,
        device = { identifiers = { id }, name = "Modem " .. modem, model = hardware, via_device = M.id(base) },
      },
    }
  end
  return list
end

return M
