-- SPDX-License-Identifier: MIT
-- The simulated modem's user identity module service: the card, its PINs, its power.

local uim = require "qmi.uim"
local cards = require "simulator.card"
local pins = require "simulator.qmi.pins"
local service = require "simulator.qmi.service"
local register_channels = require "simulator.qmi.uim.channels"
local register_files = require "simulator.qmi.uim.files"

local card_service, handle = service.new(1, 46)
register_files(handle)
register_channels(handle, card_service.events)

local NONE = 0xffff -- the index of no application
local ISIM = "\xa0\x00\x00\x00\x87\x10\x04\xff\xff\xff\xff\x89\x06\x19\x00\x00"
local USIM = cards.USIM

local application_state = {
  detected = "detected", other = "check-personalization-state", ready = "ready",
  pin = "pin1-or-upin-pin-required", puk = "puk1-or-upin-puk-required", dead = "pin1-blocked",
}

local features = {
  ["network"] = "gw-network", ["network-subset"] = "gw-network-subset", ["service-provider"] = "gw-service-provider",
  ["corporate"] = "gw-corporate", ["device-sim"] = "gw-uim",
}

-- One for calls comes first on some cards.
local function isim(state)
  return { type = "isim", state = state == "ready" and "ready" or "detected", application_id = ISIM }
end

local function application(modem)
  local pin1, pin2 = pins.states(modem.card)
  local ready, lock = modem:sim_state() == "ready", modem:sim_state() == "other" and modem.lock
  return {
    type = "usim", state = application_state[modem:sim_state()],
    personalization_state = lock and (lock:find("puk$") and "puk-code-required" or "code-required")
      or ready and "ready" or "unknown",
    personalization_feature = lock and features[lock:match("^(.*)%-p[iu]")] or "unknown",
    personalization_retries = lock and 10 or 0, personalization_unblock_retries = lock and 10 or 0,
    application_id = USIM, upin_replaces_pin1 = false,
    pin1_state = pin1.state, pin1_retries = pin1.tries, puk1_retries = pin1.puk_tries,
    pin2_state = pin2.state, pin2_retries = pin2.tries, puk2_retries = pin2.puk_tries,
  }
end

local function card_status(modem)
  local card = { state = "absent", upin_state = "not-initialized", error = "unknown", applications = {} }
  if modem:sim_state() == "no-profile" then
    card.state = "present"
  elseif modem.card then
    card.state, card.applications = "present", { application(modem) }
    if modem.unprovisioned ~= nil then
      table.insert(card.applications, 1, isim(modem:sim_state()))
    end
  elseif modem.parked_card then
    card.state, card.error = "error", "power-down"
  end
  return { card_status = {
    index_gw_primary = card.applications[1] and not modem.unprovisioned and #card.applications - 1 or NONE,
    index_1x_primary = NONE,
    index_gw_secondary = NONE, index_1x_secondary = NONE,
    cards = { card },
  } }
end

handle(uim.get_card_status, card_status)

local function slot_status(modem)
  local statuses, informations, eids = {}, {}, {}
  for number = 1, #modem.slots do
    local card, in_use = modem:card_in(number), number == modem.slot
    statuses[number] = {
      physical_card_status = card and "present" or "absent", physical_slot_status = in_use and "active" or "inactive",
      logical_slot = in_use and 1 or 0, iccid = card and cards.bcd(card.iccid or "") or "",
    }
    informations[number] = {
      card_protocol = card and "uicc" or "unknown", atr_value = card and cards.ATR or "",
      valid_applications = in_use and card and card.imsi and 1 or 0, is_euicc = card and card.euicc ~= nil or false,
    }
    eids[number] = { eid = card and card.euicc and card.euicc:eid_bytes() or "" }
  end
  return { physical_slot_status = statuses, physical_slot_information = informations, slot_eid = eids }
end

-- Only what has more than one slot tells of them.
handle(uim.get_slot_status, function(modem)
  if #modem.slots == 1 then
    return nil, "not-supported"
  end
  return slot_status(modem)
end)

handle(uim.register_events, function(modem, values, client)
  local wanted = values.event_registration_mask
  client.wants.card = wanted["card-status"]
  client.wants.slots = #modem.slots > 1 and wanted["physical-slot-status"] or nil
  return { event_registration_mask = {
    ["card-status"] = client.wants.card, ["physical-slot-status"] = client.wants.slots,
  } }
end)

function card_service.events.sim(modem, client)
  if client.wants.card then
    client.fn:indicate(client, uim.card_status, card_status(modem))
  end
  if client.wants.slots then
    client.fn:indicate(client, uim.slot_status, slot_status(modem))
  end
end

handle(uim.switch_slot, function(modem, values)
  if #modem.slots == 1 then
    return nil, "not-supported"
  elseif values.logical_slot ~= 1 or not modem.slots[values.physical_slot] then
    return nil, "invalid-argument"
  elseif values.physical_slot == modem.slot then
    return nil, "no-effect"
  end
  modem:use_slot(values.physical_slot)
  return {}
end)

-- Power -------------------------------------------------------------------------------------------------------------

handle(uim.power_off_sim, function(modem, values)
  if values.slot ~= 1 then
    return nil, "invalid-argument"
  elseif not modem.card then
    return nil, "no-effect"
  end
  modem.parked_card = modem.card
  modem:set_card(nil)
  return {}
end)

handle(uim.power_on_sim, function(modem, values)
  if values.slot ~= 1 then
    return nil, "invalid-argument"
  elseif not modem.parked_card then
    return nil, "no-effect"
  end
  local card = modem.parked_card
  modem.parked_card = nil
  card:power_on()
  modem:set_card(card)
  return {}
end)

handle(uim.change_provisioning_session, function(modem, values)
  local change, wanted = values.session_change, values.application_information
  if change.session_type ~= "primary-gw-provisioning" then
    return {}
  elseif change.activate and (not wanted or wanted.slot ~= 1 or wanted.application_id ~= USIM) then
    return nil, "invalid-argument"
  elseif modem.unprovisioned == not change.activate then
    return nil, "no-effect"
  end
  modem.unprovisioned = not change.activate
  modem:sim_changed()
  return {}
end)

-- PINs --------------------------------------------------------------------------------------------------------------

pins.handle(handle, {
  verify = uim.verify_pin, protect = uim.set_pin_protection, change = uim.change_pin, unblock = uim.unblock_pin,
}, { pin = "pin_value", enabled = "pin_enabled", retries = "retries_remaining" })

return card_service
