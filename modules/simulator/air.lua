-- SPDX-License-Identifier: MIT
-- The air around the simulated modem: its cells, and how well it receives each. Methods of simulator.modem, which MBIM,
-- QMI and AT put into their words.

local UNKNOWN_RSSI, HIGHEST_RSSI = 99, 31

---@class simulator.cell
---@field technology "LTE"|"5G"
---@field role "primary"|"secondary"|nil nil: a neighbour
---@field active boolean? of a secondary one: is it in use now?
---@field id integer? ECI or NCI
---@field tac integer?
---@field pci integer
---@field band integer
---@field channel integer downlink EARFCN or NR-ARFCN
---@field bandwidth number? MHz
---@field rsrp number dBm
---@field rsrq number dB
---@field sinr number? dB
---@field rssi number? dBm, of LTE

---@class simulator.modem
---@field offer "lte"|"nsa"|"sa" what the network has here: LTE alone, or 5G too
---@field shift number dB by which it receives everything better than it did at first
---@field better { rsrq: number?, sinr: number? } what was set for the primary cell
---@field serving_cell integer which of the cells of LTE serves: 1 or 2
local air = {}

---The air as it is at first.
function air:clear_air()
  self.rssi = self.personality.rssi
  self.offer, self.shift, self.better, self.serving_cell = "lte", 0, {}, 1
end

local function includes(list, wanted)
  for _, value in ipairs(list or {}) do
    if value == wanted then
      return true
    end
  end
  return false
end

-- May it use 5G in this way, and has it the band?
local function may_use_nr(self, way)
  local preference, nr = self.preference, self.personality.nr
  return preference.modes["5gnr"] and self.offer == way and includes(preference["nr_" .. way .. "_bands"], nr.band)
    and preference.nr_disabled ~= way and not (way == "sa" and self:is_locked_out("nr", nr.channel, { nr.pci }))
end

---What it would be on if it registered now.
---@return "LTE"|"5G NSA"|"5G SA"|nil technology nil: its preferences let it use nothing that is there
function air:reachable_technology()
  if may_use_nr(self, "sa") then
    return "5G SA"
  end
  local cell = self.personality.cell
  if not self.preference.modes.lte or not includes(self.preference.lte_bands, cell.band)
    or self:is_locked_out("lte", cell.earfcn, { cell.pci, cell.neighbour.pci }) then
    return nil
  end
  return may_use_nr(self, "nsa") and "5G NSA" or "LTE"
end

---What it is on.
---@return "LTE"|"5G NSA"|"5G SA"|nil
function air:technology()
  return self:is_registered() and self:reachable_technology() or nil
end

local function measured(self, cell, technology)
  cell.technology, cell.rsrp = technology, cell.rsrp + self.shift
  return cell
end

local function serving_lte(self)
  local home = self.personality.cell
  local other = home.neighbour
  local serves = self.serving_cell == 2 and other or home
  local rest = self.serving_cell == 2 and home or other
  local rssi = self:signal()
  return measured(self, {
    role = "primary", id = serves.id, tac = home.tac, pci = serves.pci, band = home.band, channel = home.earfcn,
    bandwidth = home.bandwidth, rsrp = home.rsrp, rsrq = self.better.rsrq or home.rsrq,
    sinr = self.better.sinr or home.snr / 10, rssi = rssi ~= UNKNOWN_RSSI and 2 * rssi - 113 or nil,
  }, "LTE"), measured(self, {
    pci = rest.pci, band = home.band, channel = home.earfcn, rsrp = other.rsrp, rsrq = other.rsrq,
    rssi = other.rsrp + 27 + self.shift,
  }, "LTE")
end

-- Its values are those of the first one, as far as nothing else is known of it.
local function second_lte(self, primary)
  local second = self.personality.cell.secondary
  return {
    technology = "LTE", role = "secondary", active = next(self.sessions) ~= nil, pci = second.pci, band = second.band,
    channel = second.earfcn, bandwidth = second.bandwidth, rsrp = primary.rsrp - 4, rsrq = primary.rsrq - 1,
    sinr = primary.sinr - 2,
  }
end

local function serving_nr(self, role)
  local nr = self.personality.nr
  local better = role == "primary" and self.better or {}
  return measured(self, {
    role = role, active = role == "secondary" or nil, id = role == "primary" and nr.id or nil,
    tac = role == "primary" and nr.tac or nil, pci = nr.pci, band = nr.band, channel = nr.channel,
    bandwidth = nr.bandwidth, rsrp = nr.rsrp, rsrq = better.rsrq or nr.rsrq, sinr = better.sinr or nr.snr / 10,
  }, "5G")
end

---The cells that it hears: the primary one first, which it is on or would be, then those that are used beside it.
---@return { serving: simulator.cell[], neighbours: simulator.cell[] }
function air:cells()
  local technology, nr = self:reachable_technology(), self.personality.nr
  if not technology or not self:radio_on() or not self.network.present then
    return { serving = {}, neighbours = {} }
  elseif technology == "5G SA" then
    return { serving = { serving_nr(self, "primary") }, neighbours = { measured(self, {
      pci = nr.neighbour.pci, band = nr.band, channel = nr.channel, rsrp = nr.neighbour.rsrp, rsrq = nr.neighbour.rsrq,
    }, "5G") } }
  end
  local primary, neighbour = serving_lte(self)
  local second = second_lte(self, primary)
  local cells = { serving = { primary, second }, neighbours = { neighbour, {
    technology = "LTE", pci = second.pci + 1, band = second.band, channel = second.channel, rsrp = primary.rsrp - 14,
    rsrq = -15, rssi = primary.rsrp + 15,
  } } }
  if technology == "5G NSA" then
    table.insert(cells.serving, serving_nr(self, "secondary"))
  end
  return cells
end

---The primary cell; nil: it hears none.
---@return simulator.cell?
function air:primary_cell() return self:cells().serving[1] end

---@return integer rssi of LTE: 0 to 31; 99 when nothing is received, or 5G alone, which has none
function air:signal()
  local hears = self:radio_on() and self.network.present and self:reachable_technology() ~= "5G SA"
  return hears and self.rssi or UNKNOWN_RSSI
end

---@param rssi integer 0 to 31, or 99
function air:set_signal(rssi)
  self.rssi = rssi
  self.shift = rssi ~= UNKNOWN_RSSI and 2 * (rssi - self.personality.rssi) or 0
  self:emit("signal")
end

---Everything gets better or worse by as much.
---@param rsrp number of the primary cell
function air:set_rsrp(rsrp)
  self.shift = rsrp - (self:reachable_technology() == "5G SA" and self.personality.nr or self.personality.cell).rsrp
  self.rssi = math.max(0, math.min(HIGHEST_RSSI, self.personality.rssi + self.shift // 2))
  self:emit("signal")
end

---@param name "rsrq"|"sinr" of the primary cell
---@param value number
function air:set_quality(name, value)
  self.better[name] = value
  self:emit("signal")
end

---@param offer "lte"|"nsa"|"sa"
function air:set_offer(offer)
  self.offer = offer
  self:settle()
  self:emit("registration")
  self:emit("packet")
  self:emit("cell")
  self:emit("signal")
end

---The modem goes over to another cell.
---@param number 1|2
function air:hand_over(number)
  self.serving_cell = number
  self:emit("registration")
  self:emit("cell")
  self:emit("signal")
end

return air
