-- SPDX-License-Identifier: MIT
-- How well the modem receives, over QMI.

local nas = require "qmi.nas"
local task = require "task"

---@class modem.qmi
local M = {}

-- What a message has for "unknown" (-32768, -128, -125, 0) is out of range.
local function dbm(value) return value and value > -160 and value < 0 and value or nil end
local function power(value) return value and value > -125 and value < 0 and value or nil end -- where -125 is "none"
local function quality(value) return value and value >= -50 and value <= 30 and value or nil end
local function tenths(value) return value and value / 10 end

local function lte_of(told)
  local rssi, rsrp = power(told.rssi), dbm(told.rsrp)
  return (rssi or rsrp) and {
    rssi = rssi, rsrp = rsrp, rsrq = rsrp and quality(told.rsrq), sinr = rsrp and quality(tenths(told.snr)),
  } or nil
end

local function nr_of(told, rsrq)
  local rsrp = dbm(told.rsrp)
  return rsrp and { rsrp = rsrp, rsrq = quality(rsrq), sinr = quality(tenths(told.snr)) } or nil
end

local function umts_of(told, rscp)
  local rssi = power(told.rssi)
  return rssi and { rssi = rssi, rscp = dbm(rscp), ecio = quality(told.ecio and -told.ecio / 2) } or nil
end

-- Strength of what the modem is on: LTE before what is beside it.
local function dbm_of(signal, reply)
  for _, values in ipairs { signal.lte or false, signal.umts or false, signal.gsm or false, signal.nr or false } do
    if values then
      return values.rssi or values.rsrp
    end
  end
  for _, name in ipairs { "td_scdma", "hdr", "cdma" } do
    local strength = reply[name]
    local rssi = type(strength) == "table" and power(strength.rssi)
    if rssi then
      return rssi
    end
  end
end

---@param reply table an answer or indication of Signal Info
---@return modem.signal
local function signal_of(reply)
  local gsm = power(reply.gsm)
  local signal = {
    lte = lte_of(reply.lte or {}), nr = nr_of(reply.nr5g or {}, reply.nr5g_rsrq),
    umts = umts_of(reply.wcdma or {}, reply.wcdma_rscp), gsm = gsm and { rssi = gsm } or nil,
  }
  signal.dbm = dbm_of(signal, reply)
  return signal
end

-- By the older message, which has one technology.
local OLDER = { request_mask = { "rssi", "rsrq", "lte-snr", "lte-rsrp" } }

local function by_strength(self)
  local reply, err = self.qmi:request(nas.get_signal_strength, OLDER)
  if not reply then
    return nil, err
  end
  local told = reply.signal_strength or {}
  local rssi, technology = power(told.strength), told.radio_interface
  local signal = {
    gsm = technology == "gsm" and rssi and { rssi = rssi } or nil,
    umts = technology == "umts" and rssi and { rssi = rssi } or nil,
    lte = technology == "lte" and lte_of {
      rssi = rssi, rsrp = reply.lte_rsrp, rsrq = (reply.rsrq or {}).rsrq, snr = reply.lte_snr,
    } or nil,
  }
  signal.dbm = rssi or dbm_of(signal, {})
  return signal
end

local UNKNOWN_PHASE = 0xffffffff

-- Antenna ports of one technology. A modem that does not know the question tells none.
local function antennas_of(self, interface, technology)
  local reply = self.qmi:request(nas.get_tx_rx_info, { radio_interface = interface }) or {}
  local list = {}
  for port = 0, 3 do
    local chain = reply[("rx_chain_%d_info"):format(port)]
    local rssi, rsrp = dbm(chain and tenths(chain.rx_power)), dbm(chain and tenths(chain.rsrp))
    if chain and chain.is_radio_tuned and (rssi or rsrp) then
      list[#list + 1] = {
        port = port + 1, technology = technology, rssi = rssi, rsrp = rsrp,
        phase = chain.phase and chain.phase ~= UNKNOWN_PHASE and chain.phase / 100 or nil,
      }
    end
  end
  return list
end

local interfaces = { { "lte", "lte", "LTE" }, { "nr", "5gnr", "5G" }, { "umts", "umts", "UMTS" } }

local function add_antennas(self, signal)
  local functions = {}
  for _, interface in ipairs(interfaces) do
    functions[#functions + 1] = signal[interface[1]] and function()
      return antennas_of(self, interface[2], interface[3])
    end or nil
  end
  for _, list in ipairs(task.all(table.unpack(functions)) or {}) do
    if #list > 0 then
      signal.antennas = table.move(list, 1, #list, #(signal.antennas or {}) + 1, signal.antennas or {})
    end
  end
end

function M:signal(part)
  local reply, err = self.qmi:request(nas.get_signal_info)
  local signal = reply and signal_of(reply)
  if not reply and err.code == "unsupported" then
    return by_strength(self)
  elseif signal and not signal.dbm then -- some know the message, and fill in nothing
    return by_strength(self) or signal
  elseif signal and part ~= "protocol" then
    add_antennas(self, signal)
  end
  return signal, err
end

---How an indication of signal strength reads.
---@param values table
---@return table value
function M.signal_notified(_, values) return signal_of(values) end

return M
