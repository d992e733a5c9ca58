-- SPDX-License-Identifier: MIT
-- How hosts find a modem of tier 1: a file that describes it, or entries in /sys, for one on PCIe.

local state = require "state"

local shown = {}

-- The entries of the description file for all control ports but the first.
local function others_of(cable)
  local list = {}
  for i = 2, #cable.channels do
    local name = cable.channels[i].name
    list[i - 1] = { qmi = cable.place.sockets[name], net = cable.place.links[name] }
  end
  return #list > 0 and list or nil
end

-- Writes the file that says which modem sockets, links and terminals belong to.
local function describe(modem, cable, arrival)
  local identity, place, first = modem:usb_identity(), cable.place, cable.channels[1]
  return state.save("devices", place.name, {
    name = place.name, composition = modem.composition, mode = modem:network_mode(),
    [first and first.name or "none"] = first and place.sockets[first.name], net = first and place.link or nil,
    controls = others_of(cable),
    at = cable.at and place.at, nmea = cable.nmea and place.nmea, incarnation = tostring(arrival),
    vendor = ("%04x"):format(identity.vendor), product = ("%04x"):format(identity.product),
    manufacturer = identity.manufacturer, model = modem.personality.hardware, usb_folder = place.usb,
  })
end

-- Shows them as ports of a PCIe device.
local function show_ports(modem, cable)
  local place, types, ports, nets = cable.place, modem.personality.pcie.types, {}, {}
  for _, channel in ipairs(cable.channels) do
    ports[#ports + 1] = { type = types[channel.name], path = place.sockets[channel.name] }
    nets[#nets + 1] = place.links[channel.name]
  end
  for name, path in pairs { modem = cable.at and place.at, nmea = cable.nmea and place.nmea } do
    ports[#ports + 1] = { type = types[name], path = path }
  end
  return place.slot:show(ports, nets)
end

---Hosts find it from now on.
---@param modem simulator.modem
---@param cable simulator.tier1.cable
---@param arrival integer how often it has been plugged in
---@return true? ok
---@return moontower.error? err
function shown.show(modem, cable, arrival)
  if cable.place.slot then
    return show_ports(modem, cable)
  end
  return describe(modem, cable, arrival)
end

---Hosts do not find it any more.
---@param place simulator.tier1.place
function shown.hide(place)
  if place.slot then
    place.slot:hide()
  else
    state.remove("devices", place.name)
  end
end

---In its boot loader: a device without any port that we know.
---@param modem simulator.modem
---@param place simulator.tier1.place
function shown.show_boot_loader(modem, place)
  local identity = modem:usb_identity()
  assert(state.save("devices", place.name, {
    name = place.name, vendor = ("%04x"):format(identity.vendor), product = ("%04x"):format(identity.product),
    manufacturer = identity.manufacturer,
  }))
end

return shown
