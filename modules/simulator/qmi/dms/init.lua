-- SPDX-License-Identifier: MIT
-- The simulated modem's device management: identity, operating mode, time; Sierra's messages are in sierra.lua.

local dms = require "qmi.dms"
local foxconn = require "makers.foxconn.qmi"
local service = require "simulator.qmi.service"
local register_card = require "simulator.qmi.dms.uim"
local register_firmware = require "simulator.qmi.dms.firmware"
local register_sierra = require "simulator.qmi.sierra"

local device, handle = service.new(1, 14)
register_card(device, handle)
register_firmware(handle)
register_sierra(handle)

-- Foxconn's, which no other maker's modem knows.
handle(foxconn.set_fcc_authentication, function(modem)
  if modem.personality.at ~= "foxconn" then
    return nil, "invalid-qmi-command"
  end
  modem.fcc_locked = false
  return {}
end)

-- Identity -----------------------------------------------------------------------------------------------------------

handle(dms.get_capabilities, function(modem)
  return { info = {
    max_tx_channel_rate = modem.personality.uplink_speed, max_rx_channel_rate = modem.personality.downlink_speed,
    data_service_capability = "non-simultaneous-cs-ps", sim_capability = "supported",
    radio_interface_list = modem.personality.modes,
  } }
end)

handle(dms.get_manufacturer, function(modem) return { manufacturer = modem.personality.usb.manufacturer } end)
handle(dms.get_model, function(modem) return { model = modem.personality.hardware } end)
handle(dms.get_revision, function(modem) return { revision = modem.personality.firmware } end)
handle(dms.get_hardware_revision, function() return { revision = "1.0" } end)
handle(dms.get_software_version, function(modem) return { version = modem.personality.firmware } end)
handle(dms.get_factory_sku, function(modem) return { sku = modem.personality.sku } end)

handle(dms.get_ids, function(modem)
  local imei = modem.personality.imei
  return { esn = "0", imei = imei, meid = imei:sub(1, 14), imei_software_version = "61" }
end)

handle(dms.get_msisdn, function(modem)
  if modem:sim_state() ~= "ready" then
    return nil, "not-provisioned"
  end
  return { msisdn = modem.card.number }
end)

local HIGHEST_IN_MASK = 43 -- of LTE

handle(dms.get_band_capabilities, function(modem)
  local lte = {}
  for _, band in ipairs(modem.personality.lte_bands) do
    lte[#lte + 1] = band <= HIGHEST_IN_MASK and "eutran-" .. band or nil
  end
  local nr = modem.personality.nr_bands -- which only newer modems tell, and all bands of LTE then
  return {
    band_capability = modem.personality.umts_bands, lte_band_capability = lte,
    extended_lte_band_capability = nr and modem.personality.lte_bands, nr5g_band_capability = nr,
  }
end)

handle(dms.get_power_state, function()
  return { info = { flags = { "external-source" }, battery_level = 100 } }
end)

handle(dms.get_activation_state, function() return { info = "activated" } end)

-- Operating mode ----------------------------------------------------------------------------------------------------

local function operating_mode(modem)
  return modem.offline and "offline" or modem:radio_on() and "online" or "low-power"
end

handle(dms.get_operating_mode, function(modem)
  return { mode = operating_mode(modem), hardware_restricted_mode = modem.radio.hardware == "off" }
end)

-- The answer goes out before the modem does.
local function after_the_answer(modem, fn)
  modem:after(modem.group and 0.01 or 0, fn)
end

local modes = {}

modes["online"] = function(modem)
  if modem.offline or modem.fcc_locked then
    return "invalid-transition" -- only a reset leads out of "offline", and only the right word out of a lock
  end
  modem:set_radio("software", "on")
end

modes["low-power"] = function(modem)
  if modem.offline then
    return "invalid-transition"
  end
  modem:set_radio("software", "off")
end
modes["persistent-low-power"] = modes["low-power"]

modes["offline"] = function(modem)
  modem.offline = true
  modem:set_radio("software", "off")
end

modes["reset"] = function(modem)
  after_the_answer(modem, function() modem:restart() end)
end

modes["shutting-down"] = function(modem)
  after_the_answer(modem, function() modem:unplug() end)
end

handle(dms.set_operating_mode, function(modem, values)
  local mode = modes[values.mode]
  local err = "invalid-argument"
  if mode then
    err = mode(modem)
  end
  if err then
    return nil, err
  end
  return {}
end)

handle(dms.set_event_report, service.register)

function device.events.radio(modem, client)
  if client.wants.operating_mode_reporting then
    client.fn:indicate(client, dms.set_event_report, { operating_mode = operating_mode(modem) })
  end
end

-- Time --------------------------------------------------------------------------------------------------------------

local GPS_EPOCH = 315964800 -- 6 January 1980, in seconds of Unix

handle(dms.get_time, function()
  local milliseconds = (os.time() - GPS_EPOCH) * 1000
  return {
    device_time = { time_count = milliseconds * 4 // 5, time_source = "device" }, -- in 1.25 ms
    system_time = milliseconds, user_time = milliseconds,
  }
end)

handle(dms.set_time, function() return {} end)

return device
