-- SPDX-License-Identifier: MIT
-- What several answers say about the air, put together: signal and cells in the shapes of modem/backend.lua.

local radio = require "radio"

local M = {}

-- ---- one cell ----

-- 23.003: what is no identity of a cell, or none of an area.
local last_cell = { LTE = 0xffffffe, ["5G"] = 0xffffffffe, UMTS = 0xffffffe, GSM = 0xfffe }
local last_area = { LTE = 0xfffd, ["5G"] = 0xfffffd }
local LAST_PCI_OF_LTE = 503
local band_names = { LTE = "B%d", ["5G"] = "n%d", UMTS = "B%d" }

local function at_most(value, last) return value and last and value <= last and value or nil end

-- A channel of LTE is in one band. One of 5G mostly is in several: the modem has to say which.
local function set_band(cell, number)
  local name = number and band_names[cell.technology]
  local band = name and name:format(number) or nil
  local by_channel = radio.channel(cell.technology, cell.channel) or {}
  local found = band and radio.channel(cell.technology, cell.channel, band) or by_channel
  cell.band = cell.technology == "LTE" and by_channel.band or band or found.band
  cell.frequency = found.frequency
end

local copied = {
  "lac", "psc", "channel", "bandwidth", "rsrp", "rsrq", "sinr", "rssi", "rscp", "ecio", "timing_advance",
}

-- The strongest of the antennas, where there is no value of all of them together.
local function strongest(found, name)
  local best = found[name]
  for _, port in pairs(not best and found.ports or {}) do
    if port[name] and (not best or port[name] > best) then best = port[name] end
  end
  return best
end

---@param found at.record
---@return modem.cell
local function cell_of(found)
  local technology = found.technology
  local cell = { technology = technology, role = found.is ~= "neighbour" and found.is or nil }
  for _, name in ipairs(copied) do cell[name] = found[name] end
  cell.rsrp, cell.rssi = strongest(found, "rsrp"), strongest(found, "rssi")
  cell.plmn = found.plmn or found.mcc and found.mnc and found.mcc .. ("0"):rep(2 - #found.mnc) .. found.mnc or nil
  cell.cell_id = at_most(found.cell_id, last_cell[technology])
  cell.tac = at_most(found.tac, last_area[technology])
  cell.pci = technology == "LTE" and at_most(found.pci, LAST_PCI_OF_LTE) or technology == "5G" and found.pci or nil
  cell.state = found.is == "secondary" and found.state or nil
  if technology == "LTE" and cell.cell_id then
    cell.enb, cell.sector = cell.cell_id >> 8, cell.cell_id & 0xff
  end
  set_band(cell, found.band)
  return cell
end

-- ---- cells put together ----

local function differ(a, b, name) return a[name] and b[name] and a[name] ~= b[name] end

-- Are they one and the same? Carriers that are aggregated often share a PCI, so that alone does not say it; nor does a
-- band, as two may be in one.
local function is_same(a, b)
  if a.technology ~= b.technology or differ(a, b, "pci") or differ(a, b, "psc") then
    return false
  elseif a.channel and b.channel then
    return a.channel == b.channel
  elseif differ(a, b, "band") then
    return false
  end
  local is_lacking = a.channel ~= b.channel -- one tells it, the other does not
  return a.role == b.role and (a.role == "primary" or is_lacking and a.band ~= nil and a.band == b.band)
    or is_lacking and a.pci ~= nil and a.pci == b.pci
end

local function merge(cell, other)
  for name, value in pairs(other) do
    if cell[name] == nil then cell[name] = value end
  end
end

-- Adds what a cell knows to the one that is in the list; false: there is none such.
local function complete(list, cell)
  for _, known in ipairs(list) do
    if is_same(known, cell) then
      merge(known, cell)
      return true
    end
  end
  return false
end

local function add_serving(cells, cell)
  if not complete(cells.serving, cell) then table.insert(cells.serving, cell) end
end

-- Modems list cells that serve among the neighbours, too.
local function add_neighbour(cells, cell)
  local is_known = complete(cells.serving, cell) or complete(cells.neighbours, cell)
  if not is_known then table.insert(cells.neighbours, cell) end
end

---Adds cells to others, or what they know more to those that are there.
---@param cells modem.cells
---@param more modem.cells
function M.add(cells, more)
  for _, cell in ipairs(more.serving) do add_serving(cells, cell) end
  for _, cell in ipairs(more.neighbours) do add_neighbour(cells, cell) end
end

-- The primary one first. 5G beside a primary cell of LTE is secondary, whatever the modem calls it.
local function arrange(list)
  local order, has_lte = {}, false
  for _, cell in ipairs(list) do has_lte = has_lte or cell.technology == "LTE" and cell.role == "primary" end
  for place, cell in ipairs(list) do
    cell.role = has_lte and cell.technology == "5G" and "secondary" or cell.role
    order[cell] = place + (cell.role == "primary" and 0 or #list)
  end
  table.sort(list, function(a, b) return order[a] < order[b] end)
end

local is_cell = { primary = "serving", secondary = "serving", neighbour = "neighbours" }

-- Some modems have lines for carriers that they do not have.
local function says_something(found)
  return found.channel or found.band or found.pci or found.cell_id or found.rsrp or found.rssi or found.rscp
end

---@param records at.record[] of one answer or more, those of the best source first
---@return modem.cells
function M.of(records)
  local cells, pending = { serving = {}, neighbours = {} }, {}
  for _, found in ipairs(records) do
    if is_cell[found.is] == "serving" and found.technology and says_something(found) then
      add_serving(cells, cell_of(found))
    elseif is_cell[found.is] and found.technology then
      pending[#pending + 1] = found
    end
  end
  arrange(cells.serving)
  local primary = cells.serving[1] or {}
  for _, found in ipairs(pending) do
    found.channel = found.channel or found.shares_channel and primary.channel or nil
    local cell = cell_of(found)
    if cell.pci or cell.psc or cell.cell_id then add_neighbour(cells, cell) end
  end
  return cells
end

-- ---- signal ----

local parts = { LTE = "lte", ["5G"] = "nr", UMTS = "umts", GSM = "gsm" }
local measured = {
  LTE = { "rssi", "rsrp", "rsrq", "sinr" }, ["5G"] = { "rsrp", "rsrq", "sinr" }, UMTS = { "rssi", "rscp", "ecio" },
  GSM = { "rssi" },
}

local function add_values(signal, cell)
  local name = parts[cell.technology]
  local values = signal[name] or {}
  for _, key in ipairs(measured[cell.technology]) do
    if values[key] == nil then values[key] = cell[key] end
  end
  signal[name] = next(values) and values or nil
end

local function antennas_of(records)
  local list = {}
  for _, found in ipairs(records) do
    for number, port in pairs(found.is ~= "secondary" and found.technology and found.ports or {}) do
      local antenna
      for _, known in ipairs(list) do
        antenna = antenna or known.port == number and known.technology == found.technology and known or nil
      end
      if not antenna then
        antenna = { port = number, technology = found.technology }
        list[#list + 1] = antenna
      end
      merge(antenna, port)
    end
  end
  table.sort(list, function(a, b)
    if a.technology ~= b.technology then return a.technology > b.technology end -- LTE, then 5G
    return a.port < b.port
  end)
  return #list > 0 and list or nil
end

---@param records at.record[]
---@return modem.signal
function M.signal_of(records)
  local signal, seen = {}, {}
  local serving = M.of(records).serving
  for _, cell in ipairs(serving) do
    if not seen[cell.technology] then -- of aggregated carriers, the first
      seen[cell.technology] = true
      add_values(signal, cell)
    end
  end
  for _, found in ipairs(records) do
    if found.is == "signal" and found.technology then add_values(signal, found) end
    signal.dbm = signal.dbm or found.is == "signal" and found.dbm or nil
  end
  local primary = serving[1]
  local own = primary and signal[parts[primary.technology]] or signal.lte or signal.nr or signal.umts or signal.gsm
    or {}
  signal.dbm = own.rssi or signal.dbm or own == signal.nr and own.rsrp or nil
  signal.antennas = antennas_of(records)
  return signal
end

return M
