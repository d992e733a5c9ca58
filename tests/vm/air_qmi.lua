-- SPDX-License-Identifier: MIT
-- Does qmicli say of the simulated modem's signal and cells what moontower does? Field by field.

local json = require "dkjson"
local process = require "core.process"

local failures, compared = 0, 0

local function output_of(...)
  local command = { ... }
  command.timeout = 120
  local result = assert(process.run(command))
  return result.stdout, result.stderr, result.status
end

local function moontower(...)
  local out, err, status = output_of("moontower", ...)
  assert(status == 0 or status == 11, out .. err)
  return json.decode(out)
end

-- What qmicli prints, as tables: an indented line belongs to the one above it. `\tRSRP: '-98.0' dBm` is RSRP = -98.
local function parse(text)
  local levels = { [0] = {} }
  for tabs, line in text:gmatch "(\t*)([^\n]+)" do
    local parent, key, value = levels[#tabs] or {}, line:match "^(.-):%s*'([^']*)'"
    if key then
      parent[key] = tonumber(value:match "^(-?[%d.]+)" or "") or value
    else
      key = line:match "^([^:]+)"
      parent[key] = parent[key] or {}
      levels[#tabs + 1] = parent[key]
    end
  end
  return levels[0]
end

local function qmicli(question)
  return parse((output_of("qmicli", "-d", "/dev/cdc-wdm0", "--" .. question)))
end

-- "n/a" and "unavailable" are nil here.
local function same(what, ours, theirs)
  if theirs == "n/a" or theirs == "unavailable" or theirs == "" then
    theirs = nil
  end
  compared = compared + 1
  local are_numbers = type(ours) == "number" and type(theirs) == "number"
  if ours ~= theirs and not (are_numbers and math.abs(ours - theirs) < 0.05) then
    failures = failures + 1
    print(("FAIL  %s: moontower has %s, qmicli %s"):format(what, ours, theirs))
  end
end

local function same_fields(what, ours, theirs, names)
  for theirs_name, name in pairs(names) do
    same(("%s, %s"):format(what, name), (ours or {})[name], (theirs or {})[theirs_name])
  end
end

-- qmicli prints the digits as 3GPP packs them: the third digit of the MNC before the others.
local function plmn(printed)
  local mcc, third, rest = ("%06d"):format(printed):match "^(...)(.)(..)$"
  return mcc .. rest .. third
end

local function find(list, technology, pci, channel)
  for _, cell in ipairs(list) do
    if cell.technology == technology and cell.pci == pci and (not channel or cell.channel == channel) then
      return cell
    end
  end
end

local function check_signal(signal)
  local theirs = qmicli "nas-get-signal-info"
  same_fields("signal of LTE", signal.lte, theirs.LTE, { RSSI = "rssi", RSRQ = "rsrq", RSRP = "rsrp", SNR = "sinr" })
  same_fields("signal of 5G", signal.nr, theirs["5G"], { RSRQ = "rsrq", RSRP = "rsrp", SNR = "sinr" })
end

local MEASURED = { ["Physical Cell ID"] = "pci", RSRQ = "rsrq", RSRP = "rsrp", RSSI = "rssi" }

local function check_location(cells)
  local theirs, primary = qmicli "nas-get-cell-location-info", cells.serving[1]
  local lte, nr = theirs["Intrafrequency LTE Info"], theirs["5GNR cell information"]
  if lte then
    same("network", primary.plmn, plmn(lte.PLMN))
    same_fields("primary cell", primary, lte, {
      ["Tracking Area Code"] = "tac", ["Global Cell ID"] = "cell_id", ["Serving Cell ID"] = "pci",
      ["EUTRA Absolute RF Channel Number"] = "channel",
    })
    for i = 0, 1 do
      local cell = lte[("Cell [%d]"):format(i)]
      local list = cell["Physical Cell ID"] == primary.pci and cells.serving or cells.neighbours
      same_fields("cell of LTE", find(list, "LTE", cell["Physical Cell ID"]), cell, MEASURED)
    end
    local other = theirs["Interfrequency LTE Info"]["Frequency [0]"]
    same_fields("cell on another channel", find(cells.neighbours, "LTE", other["Cell [0]"]["Physical Cell ID"],
      other["EUTRA Absolute RF Channel Number"]), other["Cell [0]"], MEASURED)
  end
  if nr then
    local ours = find(cells.serving, "5G", nr["Physical Cell ID"])
    same_fields("cell of 5G", ours, nr, {
      ["Physical Cell ID"] = "pci", RSRQ = "rsrq", RSRP = "rsrp", SNR = "sinr",
    })
    same("channel of 5G", ours and ours.channel, theirs["5GNR ARFCN"])
    if not lte then
      same("network of 5G", primary.plmn, plmn(nr.PLMN))
      same_fields("cell of 5G", primary, nr, { ["Tracking Area Code"] = "tac", ["Global Cell ID"] = "cell_id" })
    end
  end
  same("is there 5G?", find(cells.serving, "5G", 625) ~= nil, nr ~= nil)
end

local states = { active = "activated", inactive = "deactivated" }

local function check_carriers(cells)
  local theirs = qmicli "nas-get-lte-cphy-ca-info"
  local names = { ["Physical Cell ID"] = "pci", ["RX Channel"] = "channel", ["DL Bandwidth"] = "bandwidth" }
  local first, second = theirs["Primary Cell Info"], theirs["Secondary Cell 1 Info"]
  same("does LTE serve?", cells.serving[1].technology == "LTE", first ~= nil)
  if first then
    local ours = cells.serving[2]
    same_fields("first carrier", cells.serving[1], first, names)
    same_fields("second carrier", ours, second, names)
    same("band", cells.serving[1].band, "B" .. first["LTE Band"]:match "%d+")
    same("second band", ours.band, "B" .. second["LTE Band"]:match "%d+")
    same("state", states[ours.state], second.State)
  end
end

local function check_system(cells, status)
  local theirs = qmicli "nas-get-system-info"
  theirs = theirs[next(theirs)] -- below the first line
  local technology, primary = status.network.technology, cells.serving[1]
  local lte, nr = theirs["LTE service"] or {}, theirs["5G SA service"] or {}
  same("LTE serves", technology == "5G SA" and "none" or "available", lte.Status)
  same("5G alone serves", technology == "5G SA" and "available" or "none", nr.Status)
  same("5G is to be had", technology == "5G NSA" and "yes" or "no", lte["5G NSA Available"])
  if technology == "5G SA" then
    same("area", primary.tac, theirs["5GNR Tracking Area Code"])
  else
    same_fields("System Info", primary, lte, { ["Cell ID"] = "cell_id", ["Tracking Area Code"] = "tac" })
    same("network", primary.plmn, ("%d%d"):format(lte.MCC, lte.MNC))
  end
  same("the signal in status", status.signal.dbm, status.network.signal_dbm)
end

for _, offer in ipairs { "lte", "nsa", "sa" } do
  for _, settings in ipairs { { "cell=1", "rsrp=-98" }, { "cell=2", "rsrp=-111", "sinr=-3.5", "rsrq=-17" } } do
    local before = failures
    assert(select(3, output_of("moontower", "simulate", "set", "offer=" .. offer, table.unpack(settings))) == 0)
    local cells, status = moontower("cells", "--json"), moontower("status", "--json")
    check_signal(moontower("signal", "--json"))
    check_location(cells)
    check_carriers(cells)
    check_system(cells, status)
    print(("%s  %s, %s"):format(failures == before and "ok  " or "FAIL", offer, table.concat(settings, " ")))
  end
end
print(("%d values compared, %d differ"):format(compared, failures))
assert(failures == 0 and compared > 200, "moontower and qmicli differ")
