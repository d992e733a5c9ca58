-- SPDX-License-Identifier: MIT
-- What a modem measures, the cells around it, and the networks in reach, over MBIM.
--
-- Signal State tells the power in the channel (RSSI), and from MBIMEx 2.0 on RSRP and SNR of LTE and 5G, where a modem
-- then says 99, "unknown", for RSSI. Base Stations Info tells cells; those of 5G from MBIMEx 3.0 on.

local answers = require "modem.mbim.answers"
local basic = require "mbim.basic_connect"
local cell_news = require "modem.cell_news"
local errors = require "errors"
local extensions = require "mbim.ms_basic_connect_extensions"
local lazy = require "base.lazy"
local radio = require "radio"
local signals = require "modem.mbim.signal"
local task = require "task"
local technologies = require "modem.mbim.technology"

local inside = lazy "modem.mbim.inside" -- with QMI, which is much to load

---@class modem.mbim
local M = {}

local SCAN_TIME = 300 -- seconds: a modem listens on every channel of every band
local SIGNAL_INTERVAL = 5 -- seconds: the modem tells of its signal as often, if it has changed
local MOST_CELLS = 15 -- of each technology
local BIT_PERIOD = 48 / 13 -- microseconds, the unit of GSM's timing advance

local level = signals.level

local MBIMEX_3 = 0x0300

-- QMI inside MBIM tells more, unless MBIM tells all, or the modem has shown that it has no QMI.
local function tells_more_inside(modem) return not modem.lacks_qmi and (modem.mbim.version or 0) < MBIMEX_3 end

local NONE = 0xffffffff

-- nil for "unknown".
local function known(value) return value ~= NONE and value ~= -1 and value or nil end

-- ---- cells ----

local function cell_of(technology, entry, role, more)
  local cell = {
    technology = technology, role = role, plmn = entry.provider_id ~= "" and entry.provider_id or nil,
    cell_id = known(entry.cell_id), tac = known(entry.tac), lac = known(entry.lac), pci = known(entry.pci),
  }
  for key, value in pairs(more) do cell[key] = value end
  local place = radio.channel(technology, cell.channel)
  cell.band, cell.frequency = place and place.band, place and place.frequency
  return cell
end

-- In dBm and dB, so below 0. Some firmware has the numbers of 36.133's steps instead.
local function lte_level(value, lowest, step)
  value = known(value)
  return value and (value >= 0 and lowest + value * step or value)
end

local readers = {}

function readers.LTE(entry, role)
  local cell_id = known(entry.cell_id)
  return cell_of("LTE", entry, role, {
    channel = known(entry.earfcn), rsrp = lte_level(entry.rsrp, -141, 1), rsrq = lte_level(entry.rsrq, -20, 0.5),
    enb = cell_id and cell_id >> 8, sector = cell_id and cell_id & 0xff,
  })
end

-- The id of a neighbour is text, in hexadecimal digits.
local function nr_cell_id(id)
  if type(id) == "string" then
    return math.tointeger(tonumber(id, 16))
  end
  return id and id ~= -1 and known(id) or nil
end

readers["5G"] = function(entry, role)
  local cell = cell_of("5G", entry, role, {
    channel = known(entry.nrarfcn), rsrp = level(entry.rsrp, -156, 1, 127), rsrq = level(entry.rsrq, -43, 0.5, 128),
    sinr = level(entry.sinr, -23, 0.5, 128), timing_advance = entry.timing_advance and known(entry.timing_advance),
  })
  cell.cell_id = nr_cell_id(entry.cell_id)
  return cell
end

function readers.UMTS(entry, role)
  return cell_of("UMTS", entry, role, {
    channel = known(entry.uarfcn), psc = known(entry.scrambling_code), ecio = entry.ecno ~= 1 and entry.ecno or nil,
    rscp = entry.rscp ~= 0 and known(entry.rscp) or nil,
  })
end

function readers.GSM(entry, role)
  local advance = entry.timing_advance and known(entry.timing_advance)
  return cell_of("GSM", entry, role, {
    channel = known(entry.arfcn), rssi = level(entry.rx_level, -110, 1, 64),
    timing_advance = advance and advance * BIT_PERIOD,
  })
end

local lists = {
  { "LTE", "lte_serving", "lte_neighbours" }, { "5G", "nr_serving", "nr_neighbours" },
  { "UMTS", "umts_serving", "umts_neighbours" }, { "GSM", "gsm_serving", "gsm_neighbours" },
}

---How Base Stations Info reads. The first serving cell is the primary one: NR beside LTE comes after that.
---@param reply table
---@return modem.cells
function M.cells_of(reply)
  local serving, neighbours = {}, {}
  for _, list in ipairs(lists) do
    local technology, here, around = list[1], reply[list[2]], reply[list[3]]
    for _, entry in ipairs(here and (here.cells or { here }) or {}) do
      serving[#serving + 1] = readers[technology](entry, #serving == 0 and "primary" or "secondary")
    end
    for _, entry in ipairs(around and around.cells or {}) do
      neighbours[#neighbours + 1] = readers[technology](entry)
    end
  end
  return { serving = serving, neighbours = neighbours }
end

-- ---- verbs ----

local function ask_cells(self)
  return self.mbim:query(extensions.base_stations_info, function(version)
    return {
      max_gsm = MOST_CELLS, max_umts = MOST_CELLS, max_tdscdma = MOST_CELLS, max_lte = MOST_CELLS,
      max_cdma = MOST_CELLS, max_nr = version >= MBIMEX_3 and MOST_CELLS or nil,
    }
  end)
end

-- Both at the same time: each alone lacks something.
local function ask_both(self)
  local _, err = self.mbim:agree()
  if err and (err.code == "gone" or err.code == "not-open") then
    return nil, nil, err, err
  end
  local signal, cells, no_signal, no_cells
  task.all(
    function() signal, no_signal = self.mbim:query(basic.signal_state) end,
    function() cells, no_cells = ask_cells(self) end)
  return signal, cells, no_signal, no_cells
end

local names = { LTE = "lte", ["5G"] = "nr", UMTS = "umts", GSM = "gsm" }
local values_of = {
  lte = { "rsrp", "rsrq", "sinr" }, nr = { "rsrp", "rsrq", "sinr" }, umts = { "rscp", "ecio" }, gsm = { "rssi" },
}

-- What the cells tell beyond Signal State, which is newer where both tell it.
local function complete(signal, cells, rssi)
  for i, cell in ipairs(cells.serving) do
    local name = names[cell.technology]
    local values = signal[name] or {}
    for _, key in ipairs(values_of[name]) do
      if values[key] == nil then
        values[key] = cell[key]
      end
    end
    if i == 1 and name ~= "nr" then
      values.rssi = values.rssi or rssi
    end
    signal[name] = next(values) and values or nil
  end
end

---@return modem.signal? signal all of it
---@return moontower.error? err
function M:signal()
  local reply, cells, err = ask_both(self)
  local signal = reply and signals.of(reply)
  if signal and cells then
    complete(signal, M.cells_of(cells), signals.rssi(reply))
  end
  if signal and tells_more_inside(self) then
    inside.add(signal, inside.signal(self))
  end
  return answers.result(self, basic.signal_state, signal, err)
end

---@param part "protocol"? what MBIM tells is enough
---@return modem.cells? cells
---@return moontower.error? err
function M:cells(part)
  local reply, told, _, err = ask_both(self)
  local is_unknown = not told and err.code == "unsupported"
  local better = (part ~= "protocol" and told or is_unknown) and tells_more_inside(self)
    and inside.cells(self, is_unknown)
  if better then
    return better
  elseif not told then
    return answers.result(self, extensions.base_stations_info, nil, err)
  end
  local cells, signal = M.cells_of(told), reply and signals.of(reply) or {}
  for _, cell in ipairs(cells.serving) do
    local values = signal[names[cell.technology]]
    if values and (cell.role == "primary" or cell.technology == "5G") then
      cell.sinr = cell.sinr or values.sinr
    end
  end
  return cells
end

---Another cell is indicated, and 5G beside it, or no more, by what is in use.
---@param queue core.queue
function M:listen_to_cells(queue)
  self.mbim:listen(queue, extensions.location_info_status)
  self.mbim:listen(queue, basic.packet_service)
  self.mbim:listen(queue, basic.register_state) -- all that a modem without those extensions has to tell
end

---An indication may say that the cells are others now: which these are comes later.
---@param item table
---@param last modem.cells?
function M:cell_notified(item, last)
  if item.command == basic.packet_service then
    local has_nr, packet = false, technologies.packet_of(item.values)
    for _, cell in ipairs(last and last.serving or {}) do has_nr = has_nr or cell.technology == "5G" end
    local is_over = packet and packet.state == "detached" and last and last.serving[1]
    if not is_over and (not last or not packet or technologies.is_5g(packet.technology) == has_nr) then
      return
    end
  elseif item.command ~= extensions.location_info_status and item.command ~= basic.register_state then
    return
  end
  cell_news.may_have_changed(self, self.mbim.group)
end

---So that no program has to ask again and again. MBIM has a step of the RSSI; the modem chooses those of RSRP and SNR,
---which are told from 2.0 on.
---@return true? ok
---@return moontower.error? err
function M:watch_signal()
  local _, err = self.mbim:agree()
  local reply
  if not err then
    reply, err = self.mbim:set(basic.signal_state, {
      interval = SIGNAL_INTERVAL, rssi_threshold = 1, error_rate_threshold = NONE,
    })
  end
  self.watches_signal = reply ~= nil or nil
  return answers.result(self, basic.signal_state, self.watches_signal, err)
end

local function state_of(provider)
  local state = provider.state or {}
  return state.registered and "current" or state.forbidden and "forbidden" or state.home and "home"
    or state.visible and "available" or "unknown"
end

---@return modem.found_network[]? networks
---@return moontower.error? err
function M:scan()
  local reply, err = self.mbim:query(basic.visible_providers, { action = "full-scan" }, SCAN_TIME)
  if not reply then
    return nil, err
  elseif not reply.providers then
    return errors.lacks("mbim", basic.visible_providers.name, "list")
  end
  local networks = {}
  for i, provider in ipairs(reply.providers) do
    networks[i] = { id = provider.id or "", name = provider.name or "", state = state_of(provider), technologies = {} }
  end
  return networks
end

return M
