-- SPDX-License-Identifier: MIT
-- What the simulated modem is on, and how well it receives its cells, as the version of MBIMEx that holds has it.

local measured = {}

local TWO_DIGITS = 0x8000 -- of an MNC
local classes = { LTE = "lte", ["5G NSA"] = "5g-nsa", ["5G SA"] = "5g-sa" }
local subclasses = { ["5G NSA"] = "endc", ["5G SA"] = "nr" }

-- From 3.0 on there is one class for 5G.
local function class_of(modem, class)
  return modem.mbimex >= 0x0300 and class:find "^5g" and "5g" or class
end

---@param modem simulator.modem
---@return string[]? classes that it knows
function measured.known(modem)
  local list = {}
  for i, class in ipairs(modem.personality.data_classes) do list[i] = class_of(modem, class) end
  return list
end

---@param modem simulator.modem
---@return string[]? classes that the cell offers
function measured.offered(modem)
  local technology = modem:technology()
  local class = class_of(modem, classes[technology])
  return technology == "5G NSA" and { "lte", class } or { class }
end

---Adds to Packet Service what is in use.
---@param modem simulator.modem
---@param values table
function measured.add_class(modem, values)
  local technology = modem:technology()
  local is_5g = technology ~= "LTE"
  values.highest_data_class = { class_of(modem, classes[technology]) }
  values.frequency_range = modem.mbimex >= 0x0200 and is_5g and { "fr1" } or nil
  if modem.mbimex >= 0x0300 then
    local mcc, mnc = modem:operator().provider.id:match "^(%d%d%d)(%d+)$"
    values.data_subclass = is_5g and { subclasses[technology] } or nil
    values.tracking_area = {
      mcc = tonumber(mcc, 16), mnc = tonumber(mnc, 16) | (#mnc == 2 and TWO_DIGITS or 0),
      tac = modem:primary_cell().tac,
    }
  end
end

local function code(value, lowest, step)
  return value and math.max(0, math.min(126, math.floor((value - lowest) / step + 0.5))) or 0xffffffff
end

---RSRP and SNR, which a modem tells from 2.0 on, and no RSSI then.
---@param modem simulator.modem
---@return { signals: table[] }?
function measured.levels(modem)
  local signals, seen = {}, {}
  for _, cell in ipairs(modem.mbimex >= 0x0200 and modem.rssi ~= 99 and modem:cells().serving or {}) do
    if not seen[cell.technology] then
      seen[cell.technology] = true
      signals[#signals + 1] = {
        rsrp = code(cell.rsrp, -157, 1), snr = cell.sinr and code(cell.sinr, -23.5, 0.5) or 128,
        system_type = { cell.technology == "LTE" and "lte"
          or class_of(modem, cell.role == "primary" and "5g-sa" or "5g-nsa") },
      }
    end
  end
  return #signals > 0 and { signals = signals } or nil
end

local NONE = 0xffffffff

local function lte_cell(modem, cell, is_serving)
  return {
    provider_id = modem:operator().provider.id, cell_id = cell.id or NONE, earfcn = cell.channel, pci = cell.pci,
    tac = cell.tac or NONE, rsrp = math.floor(cell.rsrp), rsrq = math.floor(cell.rsrq),
    timing_advance = is_serving and NONE or nil,
  }
end

local function nr_cell(modem, cell)
  return {
    provider_id = modem:operator().provider.id, pci = cell.pci, tac = cell.tac or NONE,
    rsrp = code(cell.rsrp, -156, 1), rsrq = code(cell.rsrq, -43, 0.5), sinr = code(cell.sinr, -23, 0.5),
  }
end

local function nr_serving(modem, cell)
  local values = nr_cell(modem, cell)
  values.cell_id, values.nrarfcn, values.timing_advance = cell.id or -1, cell.channel, -1
  return values
end

local function nr_neighbour(modem, cell)
  local values = nr_cell(modem, cell)
  values.cell_id, values.data_subclass = cell.id and ("%x"):format(cell.id) or "", { "nr" }
  return values
end

---Base Stations Info: aggregated carriers of LTE are not among its cells, nor those of 5G before 3.0.
---@param modem simulator.modem
---@return table
function measured.base_stations(modem)
  local cells, technology = modem:cells(), modem:technology()
  local values = { system_type = measured.offered(modem) }
  local neighbours, served, around = {}, {}, {}
  for _, cell in ipairs(cells.serving) do
    if cell.technology == "5G" then
      served[#served + 1] = nr_serving(modem, cell)
    elseif cell.role == "primary" then
      values.lte_serving = lte_cell(modem, cell, true)
    end
  end
  for _, cell in ipairs(cells.neighbours) do
    if cell.technology == "5G" then
      around[#around + 1] = nr_neighbour(modem, cell)
    else
      neighbours[#neighbours + 1] = lte_cell(modem, cell)
    end
  end
  values.lte_neighbours = { cells = neighbours }
  if modem.mbimex >= 0x0300 then
    values.data_subclass = subclasses[technology] and { subclasses[technology] } or nil
    values.nr_serving, values.nr_neighbours = { cells = served }, { cells = around }
  end
  return values
end

return measured
