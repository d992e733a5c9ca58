-- SPDX-License-Identifier: MIT
-- For test_mbimex: compares what mbimcli has printed, field by field, with what our commands have. Two differences are
-- mbimcli's own (findings/mbimcli-cells.sh): 5G's steps of 0.5 dB are 1 dB to it, and 1.28 prints one neighbour again
-- and again.

local fs = require "core.fs"
local json = require "core.json"

local client = ...
local seen, differences, count = assert(fs.read("/tmp/seen/" .. client)), {}, 0

local function ours(name) return assert(json.decode(assert(fs.read("/tmp/seen/" .. name .. ".json")))) end

local signal, cells, status = ours "signal", ours "cells", ours "status"

local function same(what, theirs, own)
  count = count + 1
  if theirs ~= own then
    differences[#differences + 1] = ("%s: mbimcli has %s, we have %s"):format(what, tostring(theirs), tostring(own))
  end
end

-- The number behind a name in some lines; nil for "unknown".
local function number(text, name)
  local value = text:match("%f[%w]" .. name .. ": '?(%-?[%d.]+)")
  return value and tonumber(value)
end

-- ---- signal state ----

for class, text in seen:gmatch "RSRP/SNR info: '([^']*)'(.-SNR threshold)" do
  local own = signal[class:find "5g" and "nr" or "lte"] or {}
  same(class .. " RSRP", number(text, "RSRP"), own.rsrp)
  same(class .. " SNR", number(text, "SNR"), own.sinr)
end
local rssi = number(seen, "RSSI %[0%-31,99%]")
same("RSSI", rssi, 99)

-- ---- base stations ----

local function find(list, technology, pci)
  for _, cell in ipairs(list) do
    if cell.technology == technology and cell.pci == pci then
      return cell
    end
  end
  return {}
end

local function compare(what, text, cell, fields)
  for theirs, own in pairs(fields) do same(what .. " " .. theirs, number(text, theirs), cell[own]) end
end

local lte_fields = { EARFCN = "channel", ["Physical cell id"] = "pci", TAC = "tac", RSRP = "rsrp", RSRQ = "rsrq" }
local lte = seen:match "LTE Serving cell:(.-)\n%u"
if lte then
  local cell = find(cells.serving, "LTE", number(lte, "Physical cell id"))
  compare("LTE", lte, cell, lte_fields)
  same("LTE Cell id", number(lte, "Cell id"), cell.cell_id)
  same("LTE provider", lte:match "Provider id: (%d+)", cell.plmn)
end

local function halved(value, lowest) return value and lowest + (value - lowest) / 2 end

local function compare_nr(what, text, list)
  local cell = find(list, "5G", number(text, "Physical cell id"))
  compare(what, text, cell, { TAC = "tac", RSRP = "rsrp" })
  same(what .. " RSRQ", halved(number(text, "RSRQ"), -43), cell.rsrq)
  same(what .. " SINR", halved(number(text, "SINR"), -23), cell.sinr)
  return cell
end

for text in (seen:match "Serving NR cells: %d+(.-)\nNeighboring" or ""):gmatch "Serving cell (.-Timing advance)" do
  local cell = compare_nr("NR", text, cells.serving)
  same("NR NCI", number(text, "NCI"), cell.cell_id)
  same("NR ARFCN", number(text, "NRARFCN"), cell.channel)
end
if client == "newer" then
  for text in (seen:match "Neighboring LTE cells: %d+(.-)\nCDMA" or ""):gmatch "Neighboring cell (.-RSRQ[^\n]*)" do
    compare("LTE neighbour", text, find(cells.neighbours, "LTE", number(text, "Physical cell id")), lte_fields)
  end
  for text in (seen:match "Neighboring NR cells: %d+(.*)" or ""):gmatch "Neighboring cell (.-SINR[^\n]*)" do
    compare_nr("NR neighbour", text, cells.neighbours)
  end
end

-- ---- registration, packet service, device ----

local packet = seen:match "Packet service status:(.*)"
local class, subclass = packet:match "Available data classes: '([^']*)'", packet:match "Data sub class: '([^']*)'"
local technologies = {
  lte = "LTE", ["5g-nsa"] = "5G NSA", ["5g-sa"] = "5G SA", ["5g 5g-endc"] = "5G NSA", ["5g 5g-nr"] = "5G SA",
}
same("data class", technologies[class] or technologies[class .. " " .. (subclass or "")], status.network.technology)
same("register state", seen:match "Register state: '([^']*)'", status.network.state)
same("provider", seen:match "Provider ID: '([^']*)'", status.network.provider.id)
same("IMSI", seen:match "Subscriber ID: '([^']*)'", status.sim.imsi)
same("ICCID", seen:match "SIM ICCID: '([^']*)'", status.sim.iccid)
same("device id", seen:match "Device ID: '([^']*)'", status.modem.imei)
same("firmware", seen:match "Firmware info: '([^']*)'", status.modem.firmware)

if #differences > 0 then
  error(table.concat(differences, "\n") .. "\n" .. seen, 0)
end
print(("%d values agree"):format(count))
