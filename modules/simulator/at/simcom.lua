-- SPDX-License-Identifier: MIT
-- SIMCom's AT commands, as far as they are needed: the cells, technologies, bands, the cell that it is locked to, what
-- the modem is on USB, restart.

local usb_number = require "simulator.at.usb_number"

local INCORRECT_PARAMETERS = 50

-- ---- +CPSI: powers are in tenths, and SNR in steps of 2 dB on LTE ----

local lte_widths = { [1.4] = 0, [3] = 1, [5] = 2, [10] = 3, [15] = 4, [20] = 5 }
local nr_widths = { [20] = 3, [40] = 6, [50] = 7, [60] = 8, [80] = 10, [90] = 11, [100] = 12 }

local function tenths(value) return math.floor(value * 10 + 0.5) end

local function place(modem, cell)
  local mcc, mnc = modem:operator().provider.id:match "^(...)(.+)$"
  return ("Online,%s-%s,0x%04X,%d,%d"):format(mcc, mnc, cell.tac, cell.id, cell.pci)
end

local function lte_line(modem, cell)
  local width = lte_widths[cell.bandwidth]
  return ("+CPSI: LTE,%s,EUTRAN-BAND%d,%d,%d,%d,%d,%d,%d,%d"):format(place(modem, cell), cell.band, cell.channel, width,
    width, tenths(cell.rsrq), tenths(cell.rsrp), tenths(cell.rssi), (cell.sinr + 20) // 2)
end

local function nr_values(cell)
  return ("NR5G_BAND%d,%d,%d,%d,%d"):format(cell.band, cell.channel, tenths(cell.rsrp), tenths(cell.rsrq),
    tenths(cell.sinr))
end

local function serving(modem)
  local cells, lines = modem:cells().serving, {}
  if not modem:is_registered() or not cells[1] then
    return { modem:radio_on() and "+CPSI: NO SERVICE,Online" or "+CPSI: NO SERVICE,Low Power Mode" }
  end
  for _, cell in ipairs(cells) do
    if cell.role == "primary" then
      lines[#lines + 1] = cell.technology == "LTE" and lte_line(modem, cell)
        or ("+CPSI: NR5G_SA,%s,%s"):format(place(modem, cell), nr_values(cell))
    elseif cell.technology == "5G" then
      lines[#lines + 1] = ("+CPSI: NR5G_NSA,%d,%s,0,%d"):format(cell.pci, nr_values(cell), nr_widths[cell.bandwidth])
    end
  end
  return lines
end

-- ---- +CNMP: a number for the technologies ----

local modes_of = {
  ["13"] = { "gsm" }, ["14"] = { "umts" }, ["38"] = { "lte" }, ["19"] = { "gsm", "umts" },
  ["39"] = { "gsm", "umts", "lte" }, ["51"] = { "gsm", "lte" }, ["54"] = { "umts", "lte" },
  ["55"] = { "umts", "lte", "5gnr" }, ["71"] = { "5gnr" }, ["109"] = { "lte", "5gnr" },
}
local AUTO = "2"

-- As a set; nil where it has not all of them.
local function set_of(modem, number)
  local able, set = {}, {}
  for _, name in ipairs(modem.personality.modes) do able[name] = true end
  if number == AUTO then
    return able
  end
  for _, name in ipairs(modes_of[number] or {}) do
    if not able[name] then return nil end
    set[name] = true
  end
  return next(set) and set
end

local function is_same(a, b)
  for name in pairs(a) do
    if not b[name] then return false end
  end
  for name in pairs(b) do
    if not a[name] then return false end
  end
  return true
end

local function technologies(modem)
  local now = modem.preference.modes
  if not is_same(now, set_of(modem, AUTO)) then
    for number in pairs(modes_of) do
      local set = set_of(modem, number)
      if set and is_same(set, now) then return { "+CNMP: " .. number } end
    end
  end
  return { "+CNMP: " .. AUTO }
end

local function choose_technologies(modem, arguments)
  local set = set_of(modem, arguments[1])
  if not set then
    return nil, INCORRECT_PARAMETERS
  end
  modem:prefer { modes = set }
  return {}
end

-- ---- bands: +CNBP has masks, +CSYSSEL of those with 5G lists ----

local OLDER, TDS = "0x0002000004C00000", "0x000000000000003F"

local function show_masks(modem)
  local mask = 0
  for _, band in ipairs(modem.preference.lte_bands) do
    mask = band <= 64 and mask | 1 << band - 1 or mask
  end
  return { ("+CNBP: %s,0x%016X,%s"):format(modem.nv.older_bands or OLDER, mask, TDS) }
end

-- Bands that it does not have are left out.
local function choose_masks(modem, arguments)
  local mask, list = math.tointeger(tonumber(arguments[2])), {}
  for _, band in ipairs(mask and modem.personality.lte_bands or {}) do
    if band <= 64 and mask >> band - 1 & 1 == 1 then list[#list + 1] = band end
  end
  if not list[1] then
    return nil, INCORRECT_PARAMETERS
  end
  modem.nv.older_bands = arguments[1]
  modem:prefer { lte_bands = list }
  return {}
end

local lists = { lte_band = "lte_bands", nr5g_band = "nr_sa_bands", nsa_nr5g_band = "nr_nsa_bands" }

local function select(modem, arguments)
  local field = lists[arguments[1]]
  local able, list = {}, {}
  if not modem.personality.nr_bands then
    return nil
  elseif not field then
    return nil, INCORRECT_PARAMETERS
  elseif not arguments[2] then
    return { ('+CSYSSEL: "%s",%s'):format(arguments[1], table.concat(modem.preference[field], ":")) }
  end
  for _, band in ipairs(field == "lte_bands" and modem.personality.lte_bands or modem.personality.nr_bands) do
    able[band] = true
  end
  for digits in arguments[2]:gmatch "[^:]+" do
    local band = math.tointeger(tonumber(digits))
    if not able[band or 0] then
      return nil, INCORRECT_PARAMETERS
    end
    list[#list + 1] = band
  end
  modem:prefer { [field] = list }
  return {}
end

-- ---- +CCELLCFG: the PCI before the channel ----

local function show_lock(modem)
  local lock = (modem:lock_of("lte", "cells") or {})[1]
  return { lock and ("+CCELLCFG: %d,%d"):format(lock.pci, lock.channel) or "+CCELLCFG: 0" }
end

local function lock(modem, arguments)
  local pci, channel = math.tointeger(tonumber(arguments[2])), math.tointeger(tonumber(arguments[3]))
  local is_on = arguments[1] == "1"
  if is_on and not (pci and channel) or not is_on and arguments[1] ~= "0" then
    return nil, INCORRECT_PARAMETERS
  end
  modem.nv.saved_locks.lte = true
  modem:set_lock("lte", "cells", is_on and { { channel = channel, pci = pci } } or nil)
  return {}
end

-- ---- what it is on USB ----

local function show_configuration(modem)
  return { "USBADB: 0", ("USBID: 0X1E0E,0X%d"):format(usb_number.now(modem) or 0) }
end

local function configure(modem, arguments)
  if arguments[1] ~= "USBID" or arguments[2] ~= "1E0E" or not usb_number.choose(modem, arguments[3]) then
    return nil, INCORRECT_PARAMETERS
  end
  return {}
end

local function restart(modem) return {}, nil, function() modem:restart() end end

---@param handle fun(name: string, parts: table)
---@param personality simulator.personality
return function(handle, personality)
  handle("I", { run = function()
    return { "Manufacturer: SIMCOM INCORPORATED", "Model: " .. personality.hardware,
      "Revision: " .. personality.firmware }
  end })
  handle("+CSUB", { run = function() return { "+CSUB: " .. personality.package } end })
  handle("+CPSI", { query = serving })
  handle("+CNMP", { query = technologies, set = choose_technologies })
  handle("+CCELLCFG", { query = show_lock, set = lock })
  if personality.nr_bands then
    handle("+CSYSSEL", { set = select })
    handle("+CUSBCFG", { query = show_configuration, set = configure })
  else
    handle("+CNBP", { query = show_masks, set = choose_masks })
    handle("+CUSBPIDSWITCH", usb_number.command("+CUSBPIDSWITCH", { lists = ",(0-1),(0-1)", restarts = true }))
  end
  handle("+CRESET", { run = restart })
end
