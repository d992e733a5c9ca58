-- SPDX-License-Identifier: MIT
-- The simulated modem's wireless messaging service: its store of SMS, and sending.

local wms = require "qmi.wms"
local service = require "simulator.qmi.service"

local messaging, handle = service.new(1, 10)

local STORAGE, FORMAT = "uim", "gsm-wcdma-point-to-point"

-- Only the card has a store.
local function stored(modem, storage)
  return storage == STORAGE and modem.sms or {}
end

handle(wms.set_event_report, service.register)

function messaging.events.sms(_, client, index)
  if client.wants.new_mt_message_indicator then
    client.fn:indicate(client, wms.set_event_report, {
      mt_message = { storage_type = STORAGE, memory_index = index }, message_mode = "gsm-wcdma",
    })
  end
end

messaging.events["sms-full"] = function(_, client)
  if client.wants.new_mt_message_indicator then
    client.fn:indicate(client, wms.memory_full, {
      memory_full = { storage_type = STORAGE, message_mode = "gsm-wcdma" },
    })
  end
end

local transaction = 0

function messaging.events.flash(_, client, pdu)
  if client.wants.new_mt_message_indicator then
    transaction = transaction + 1
    client.fn:indicate(client, wms.set_event_report, { message_mode = "gsm-wcdma", transfer_route_mt_message = {
      ack_indicator = "send", transaction_id = transaction, format = FORMAT, raw_data = pdu,
    } })
  end
end

handle(wms.list_messages, function(modem, values)
  local list = {}
  for index, sms in pairs(stored(modem, values.storage_type)) do
    if not values.message_tag or values.message_tag == sms.tag then
      list[#list + 1] = { memory_index = index, message_tag = sms.tag }
    end
  end
  table.sort(list, function(a, b) return a.memory_index < b.memory_index end)
  return { message_list = list }
end)

handle(wms.raw_read, function(modem, values)
  local place = values.message_memory_storage_id
  local sms = stored(modem, place.storage_type)[place.memory_index]
  if not sms then
    return nil, "no-entry"
  end
  local tag = sms.tag
  sms.tag = tag == "mt-not-read" and "mt-read" or tag
  return { raw_message_data = { message_tag = tag, format = FORMAT, raw_data = sms.pdu } }
end)

handle(wms.raw_write, function(modem, values)
  local data = values.raw_message_data
  if data.storage_type ~= STORAGE then
    return nil, "invalid-argument"
  end
  local index = modem:keep_sms("mo-not-sent", data.raw_data)
  if not index then
    return nil, "device-storage-full"
  end
  return { memory_index = index }
end)

handle(wms.modify_tag, function(modem, values)
  local change = values.message_tag
  local sms = stored(modem, change.storage_type)[change.memory_index]
  if not sms then
    return nil, "no-entry"
  end
  sms.tag = change.message_tag
  return {}
end)

handle(wms.delete, function(modem, values)
  local store = stored(modem, values.memory_storage)
  local index, tag = values.memory_index, values.message_tag
  if index and not store[index] then
    return nil, "no-entry"
  end
  for number, sms in pairs(store) do
    if (not index or number == index) and (not tag or tag == sms.tag) then
      store[number] = nil
    end
  end
  return {}
end)

-- Sending -----------------------------------------------------------------------------------------------------------

local function send(modem, pdu)
  local reference, why = modem:send_sms(pdu)
  if reference then
    return { message_id = reference }
  elseif why == "no-centre" then
    return nil, "wms-smsc-address"
  end
  return { gsm_wcdma_cause_info = {
    rp_cause = why == "no-service" and "network-out-of-order" or why.rp_cause, tp_cause = "unspecified-error",
  } }, "wms-cause-code"
end

handle(wms.raw_send, function(modem, values)
  return send(modem, values.raw_message_data.raw_data)
end)

handle(wms.send_from_memory_storage, function(modem, values)
  local place = values.information
  local sms = stored(modem, place.storage_type)[place.memory_index]
  if not sms then
    return nil, "no-entry"
  end
  local answer, err = send(modem, sms.pdu)
  if not err then
    sms.tag = "mo-sent"
  end
  return answer, err
end)

handle(wms.send_ack, function(modem, values)
  modem.acknowledged = values.information.success
  return {}
end)

-- Where messages go -------------------------------------------------------------------------------------------------

handle(wms.get_message_protocol, function() return { message_protocol = "wcdma" } end)

handle(wms.get_routes, function()
  local routes = {}
  for i, class in ipairs { "class-0", "class-1", "class-2", "class-3", "none" } do
    routes[i] = {
      message_type = "point-to-point", message_class = class, storage = STORAGE, receipt_action = "store-and-notify",
    }
  end
  return { route_list = routes }
end)

handle(wms.set_routes, function() return {} end)

handle(wms.get_smsc_address, function(modem)
  return { address = { type = "145", digits = "+" .. modem.personality.smsc } }
end)

handle(wms.indication_register, service.register)

handle(wms.get_transport_network_registration_status, function(modem)
  return { registration_status = modem:is_registered() and "full-service" or "no-service" }
end)

return messaging
