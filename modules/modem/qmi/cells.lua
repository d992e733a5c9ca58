-- SPDX-License-Identifier: MIT
-- The cells that a modem uses and hears, over QMI. Several messages each know a part.

local nas = require "qmi.nas"
local packed = require "qmi.nas.packed"
local radio = require "radio"
local serving = require "modem.qmi.serving_system"
local task = require "task"

---@class modem.qmi
local M = {}

local UNKNOWN_16, UNKNOWN_32 = 0xffff, 0xffffffff
local HIGHEST_TAC = 0xfffd -- 0xfffe is reserved, 0xffff unknown; 0 stands for unknown, too
local HIGHEST_ECI, HIGHEST_NCI = 0x0fffffff, 0xfffffffff
local HIGHEST_PCI = 1007

local function ranged(value, lowest, highest)
  return value and value >= lowest and value <= highest and value or nil
end

-- In 0.1 dB, or in dB; what is out of range stands for "unknown".
local function dbm(value) return ranged(value, -160, -1) end
local function quality(value) return ranged(value, -50, 30) end
local function tenths(value) return value and value / 10 end

local function tac_of(bytes) return ranged(packed.area(bytes), 1, 0xfffffd) end

-- "20", "5gnr-100", "wcdma-5"
local function megahertz(bandwidth)
  return type(bandwidth) == "string" and tonumber(bandwidth:match "[%d.]+$") or nil
end

local prefixes = { lte = "B", nr5g = "n" }

-- "lte-25" is B25.
local function band_name(class)
  local technology, number = tostring(class):match "^(%w+)%-(%d+)$"
  return prefixes[technology] and prefixes[technology] .. number
end

-- Adds what the number of a channel says. Fields of 16 bits have cut off the highest ones.
local function place(cell, channel, band)
  cell.band = band
  cell.channel = cell.technology == "LTE" and radio.unwrapped(channel, band) or channel
  local found = radio.channel(cell.technology, cell.channel, band)
  cell.frequency, cell.band = found and found.frequency, band or found and found.band
  return cell
end

-- What Get RF Band Information says of a technology.
local function band_of(told, interface)
  local found = {}
  for _, list in ipairs { told.extended_list or {}, told.list or {} } do
    for _, entry in ipairs(list) do
      if entry.radio_interface == interface and not found.band then
        found.band, found.channel = band_name(entry.active_band_class), entry.active_channel
      end
    end
  end
  for _, entry in ipairs(told.bandwidth_list or {}) do
    if entry.radio_interface == interface then
      found.bandwidth = found.bandwidth or megahertz(entry.bandwidth)
    end
  end
  return found
end

-- ---- LTE ----

local function measured_lte(entry, cell)
  cell.technology, cell.pci = "LTE", ranged(entry.physical_cell_id, 0, HIGHEST_PCI)
  cell.rsrp, cell.rsrq = dbm(tenths(entry.rsrp)), quality(tenths(entry.rsrq))
  cell.rssi = dbm(tenths(entry.rssi))
  return cell
end

local function primary_lte(answers, cells)
  local info, band = answers.cells.intrafrequency_lte_info, band_of(answers.bands, "lte")
  local first = answers.carriers.phy_ca_agg_pcell_info or {}
  local id = ranged(info.global_cell_id, 1, HIGHEST_ECI)
  local cell = {
    technology = "LTE", role = "primary", plmn = packed.plmn(info.plmn), cell_id = id, enb = id and id >> 8,
    sector = id and id & 0xff, tac = ranged(info.tracking_area_code, 1, HIGHEST_TAC),
    pci = ranged(info.serving_cell_id, 0, HIGHEST_PCI),
    bandwidth = megahertz(first.dl_bandwidth) or band.bandwidth,
    timing_advance = ranged(answers.cells.lte_info_timing_advance, 0, UNKNOWN_32 - 1),
  }
  place(cell, info.eutra_absolute_rf_channel_number, band.band or band_name(first.lte_band))
  for _, entry in ipairs(info.cell or {}) do
    if entry.physical_cell_id == info.serving_cell_id then
      measured_lte(entry, cell)
    else
      table.insert(cells.neighbours, place(measured_lte(entry, {}), cell.channel, cell.band))
    end
  end
  local signal = answers.signal.lte or {}
  cell.rsrp, cell.rsrq = cell.rsrp or signal.rsrp, cell.rsrq or signal.rsrq
  cell.rssi, cell.sinr = cell.rssi or signal.rssi, signal.sinr
  table.insert(cells.serving, cell)
end

local function other_frequencies(answers, cells)
  for _, frequency in ipairs((answers.cells.interfrequency_lte_info or {}).frequency or {}) do
    for _, entry in ipairs(frequency.cell or {}) do
      table.insert(cells.neighbours, place(measured_lte(entry, {}), frequency.eutra_absolute_rf_channel_number))
    end
  end
end

local carrier_states = { activated = "active", deactivated = "inactive" }

-- One that is measured as a neighbour, too, is taken from there.
local function secondary_lte(answers, cells)
  local told = answers.carriers
  for _, entry in ipairs(told.phy_ca_agg_secondary_cells or { told.phy_ca_agg_scell_info }) do
    local state = carrier_states[entry.state]
    if state then
      local cell = place({
        technology = "LTE", role = "secondary", state = state, pci = ranged(entry.physical_cell_id, 0, HIGHEST_PCI),
        bandwidth = megahertz(entry.dl_bandwidth),
      }, entry.rx_channel, band_name(entry.lte_band))
      for i, neighbour in ipairs(cells.neighbours) do
        if neighbour.pci == cell.pci and neighbour.channel == cell.channel then
          cell.rsrp, cell.rsrq, cell.rssi = neighbour.rsrp, neighbour.rsrq, neighbour.rssi
          table.remove(cells.neighbours, i)
          break
        end
      end
      table.insert(cells.serving, cell)
    end
  end
end

-- ---- 5G ----

-- A cell beside LTE tells the modem neither network nor area nor id. A modem that could use one answers about it, too:
-- only a measurement says that it is used.
local function serving_nr(answers, cells)
  local info, signal = answers.cells.nr5g_cell_information or {}, answers.signal.nr or {}
  local rsrp = dbm(tenths(info.rsrp)) or signal.rsrp
  if not rsrp then
    return
  end
  local band, is_alone = band_of(answers.bands, "5gnr"), #cells.serving == 0 and not answers.signal.lte
  table.insert(cells.serving, place({
    technology = "5G", role = is_alone and "primary" or "secondary", plmn = is_alone and packed.plmn(info.plmn) or nil,
    cell_id = is_alone and ranged(info.global_cell_id, 1, HIGHEST_NCI) or nil,
    tac = is_alone and tac_of(info.tracking_area_code) or nil, pci = ranged(info.physical_cell_id, 0, HIGHEST_PCI),
    bandwidth = band.bandwidth, rsrp = rsrp, rsrq = quality(tenths(info.rsrq)) or signal.rsrq,
    sinr = quality(tenths(info.snr)) or signal.sinr,
  }, answers.cells.nr5g_arfcn or band.channel, band.band))
end

-- ---- UMTS and GSM ----

local function umts(answers, cells)
  local info = answers.cells.umts_info
  if not info then
    return
  end
  local cell_id = ranged(answers.cells.umts_cell_id, 0, HIGHEST_ECI) or ranged(info.cell_id, 0, UNKNOWN_16 - 1)
  table.insert(cells.serving, place({
    technology = "UMTS", role = "primary", plmn = packed.plmn(info.plmn), cell_id = cell_id,
    lac = ranged(info.lac, 1, HIGHEST_TAC), psc = ranged(info.primary_scrambling_code, 0, 511),
    rscp = dbm(info.rscp), ecio = quality(info.ecio),
  }, info.utra_absolute_rf_channel_number))
  for _, entry in ipairs(info.cell or {}) do
    table.insert(cells.neighbours, place({
      technology = "UMTS", psc = ranged(entry.primary_scrambling_code, 0, 511), rscp = dbm(entry.rscp),
      ecio = quality(entry.ecio),
    }, entry.utra_absolute_rf_channel_number))
  end
  for _, entry in ipairs((answers.cells.umts_info_neighboring_lte or {}).frequency or {}) do
    table.insert(cells.neighbours, place({
      technology = "LTE", pci = ranged(entry.physical_cell_id, 0, HIGHEST_PCI), rsrp = dbm(entry.rsrp),
      rsrq = quality(entry.rsrq),
    }, entry.eutra_absolute_rf_channel_number))
  end
end

local GSM_FLOOR = -111 -- dBm, of level 0, which is less than -110

local function gsm(answers, cells)
  local info = answers.cells.geran_info
  if not info then
    return
  end
  for i, entry in ipairs { info, table.unpack(info.cell or {}) } do
    table.insert(i == 1 and cells.serving or cells.neighbours, place({
      technology = "GSM", role = i == 1 and "primary" or nil, plmn = packed.plmn(entry.plmn),
      cell_id = ranged(entry.cell_id, 0, UNKNOWN_32 - 1), lac = ranged(entry.lac, 1, HIGHEST_TAC),
      rssi = entry.rx_level and entry.rx_level <= 63 and GSM_FLOOR + entry.rx_level or nil,
    }, ranged(entry.geran_absolute_rf_channel_number, 0, 1023)))
  end
end

-- ---- of modems that have no message for it ----

local generations = { ["LTE"] = "lte", ["5G NSA"] = "lte", ["UMTS"] = "umts", ["HSPA"] = "umts", ["GPRS"] = "gsm",
  ["EDGE"] = "gsm" }
local names = { lte = "LTE", umts = "UMTS", gsm = "GSM" }

-- The cell as the modem tells its network: which one it is, if it says so.
local function by_registration(self, answers)
  local reply = self:serving_system()
  local registration = reply and serving.registration(reply) or {}
  local interface = generations[registration.technology]
  local band = band_of(answers.bands, interface)
  if not interface or not (registration.cell_id or registration.tac or registration.lac or band.channel) then
    return nil
  end
  local signal, id = answers.signal[interface] or {}, registration.cell_id
  local is_lte, plmn = interface == "lte", registration.provider.id
  return place({
    technology = names[interface], role = "primary", plmn = plmn ~= "" and plmn or nil, cell_id = id,
    enb = is_lte and id and id >> 8 or nil, sector = is_lte and id and id & 0xff or nil, tac = registration.tac,
    lac = not is_lte and registration.lac or nil, bandwidth = band.bandwidth,
    rsrp = signal.rsrp, rsrq = signal.rsrq, sinr = signal.sinr, rssi = not signal.rscp and signal.rssi or nil,
    rscp = signal.rscp, ecio = signal.ecio,
  }, band.channel, band.band)
end

-- ---- the verb ----

-- A modem need not know all of these; only silence is a failure.
local function tolerant(reply, err)
  if reply or err.code ~= "timeout" and err.code ~= "gone" then
    return reply or {}
  end
  return nil, err
end

function M:cells()
  local answers, err = task.all(
    function() return tolerant(self.qmi:request(nas.get_cell_location_info)) end,
    function() return tolerant(self.qmi:request(nas.get_lte_cphy_ca_info)) end,
    function() return tolerant(self.qmi:request(nas.get_rf_band_information)) end,
    function() return tolerant(self:signal "protocol") end)
  if not answers then
    return nil, err
  end
  local told = { cells = answers[1], carriers = answers[2], bands = answers[3], signal = answers[4] }
  local cells = { serving = {}, neighbours = {} }
  if told.cells.intrafrequency_lte_info then
    primary_lte(told, cells)
  end
  other_frequencies(told, cells)
  secondary_lte(told, cells)
  umts(told, cells)
  gsm(told, cells)
  serving_nr(told, cells)
  local is_whole_modem = self.serving_system ~= nil -- not one that MBIM tells of as well
  if is_whole_modem and not (cells.serving[1] and cells.serving[1].role == "primary") then
    table.insert(cells.serving, 1, by_registration(self, told))
  end
  return cells
end

return M
