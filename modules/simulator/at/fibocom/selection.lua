-- SPDX-License-Identifier: MIT
-- Fibocom's AT commands about technologies and bands, AT+GTACT: a number for the technologies, two that are preferred,
-- and the bands; and about the one cell or channel that it is locked to, AT+GTCELLLOCK.

local INCORRECT_PARAMETERS = 50

local codes = {
  { "1", umts = true }, { "2", lte = true }, { "4", umts = true, lte = true }, { "14", ["5gnr"] = true },
  { "16", umts = true, ["5gnr"] = true }, { "17", lte = true, ["5gnr"] = true },
  { "20", umts = true, lte = true, ["5gnr"] = true },
}
local NAMES = { "umts", "lte", "5gnr" }
local AUTO = "10" -- a modem with 5G reads it back as 20

local function knows_nr(modem) return modem.personality.nr_bands ~= nil end

local function modes_of_code(modem, text)
  local all = { umts = true, lte = true, ["5gnr"] = knows_nr(modem) or nil }
  for _, code in ipairs(codes) do
    if code[1] == text and (knows_nr(modem) or not code["5gnr"]) then
      return { umts = code.umts, lte = code.lte, ["5gnr"] = code["5gnr"] }
    end
  end
  return text == AUTO and all or nil
end

local function code_of(modem)
  for _, code in ipairs(codes) do
    local is_same = true
    for _, name in ipairs(NAMES) do is_same = is_same and code[name] == modem.preference.modes[name] end
    if is_same then return code[1] == "4" and not knows_nr(modem) and AUTO or code[1] end
  end
  return AUTO
end

local function selection(modem)
  local values = { code_of(modem), knows_nr(modem) and "6" or "3", knows_nr(modem) and "3" or "2" }
  for _, band in ipairs(modem.preference.lte_bands) do values[#values + 1] = tostring(100 + band) end
  for _, band in ipairs(modem.preference.nr_sa_bands or {}) do values[#values + 1] = "50" .. band end
  return { "+GTACT: " .. table.concat(values, ",") }
end

-- Only bands that it has; those of UMTS are not kept.
local function bands_in(modem, arguments)
  local known, lists = { lte = {}, nr = {} }, { lte = {}, nr = {} }
  for _, band in ipairs(modem.personality.lte_bands) do known.lte[band] = true end
  for _, band in ipairs(modem.personality.nr_bands or {}) do known.nr[band] = true end
  for i = 4, #arguments do
    local nr, number = arguments[i]:match "^50(%d%d?%d?)$", math.tointeger(tonumber(arguments[i])) or 0
    local kind = nr and "nr" or number > 100 and "lte"
    local band = nr and math.tointeger(tonumber(nr)) or number - 100
    if kind and not known[kind][band] then
      return nil
    elseif kind then
      table.insert(lists[kind], band)
    end
  end
  return lists
end

local function select(modem, arguments)
  local bands = bands_in(modem, arguments)
  local modes = modes_of_code(modem, arguments[1]) or arguments[1] == "" and modem.preference.modes
  if not bands or not modes then
    return nil, INCORRECT_PARAMETERS
  end
  modem:prefer {
    modes = modes, lte_bands = bands.lte[1] and bands.lte or nil, nr_sa_bands = bands.nr[1] and bands.nr or nil,
    nr_nsa_bands = bands.nr[1] and bands.nr or nil,
  }
  return {}
end

-- ---- +GTCELLLOCK: <on>,<0: LTE, 1: 5G>,<0: cell, 1: channel>,<channel>[,<PCI>[,<spacing>,<500 + band>]] ----

local TECHNOLOGIES, KINDS = { "lte", "nr" }, { "cells", "channels" }
local SPACINGS = { [15] = 0, [30] = 1 }

local function each_lock(fn)
  for i, technology in ipairs(TECHNOLOGIES) do
    for j, kind in ipairs(KINDS) do fn(technology, kind, i - 1, j - 1) end
  end
end

local function show_lock(modem)
  local line = "+GTCELLLOCK: 0"
  each_lock(function(technology, kind, technology_number, kind_number)
    local lock = (modem:lock_of(technology, kind) or {})[1]
    if lock then
      line = ("+GTCELLLOCK: 1,%d,%d,%d,%s%s"):format(technology_number, kind_number, lock.channel, lock.pci or "",
        technology == "nr" and (",%d,50%d"):format(SPACINGS[lock.scs], lock.band) or "")
    end
  end)
  return { line }
end

-- It holds from the next restart on.
local function lock(modem, arguments)
  local numbers = {}
  for i, text in ipairs(arguments) do numbers[i] = math.tointeger(tonumber(text)) or -1 end
  local technology, kind = TECHNOLOGIES[(numbers[2] or -1) + 1], KINDS[(numbers[3] or -1) + 1]
  local is_on = arguments[1] == "1"
  if arguments[1] ~= "0" and not (is_on and technology and kind and (numbers[4] or -1) >= 0) then
    return nil, INCORRECT_PARAMETERS
  end
  each_lock(function(one, of) modem.nv.locks[one .. " " .. of] = nil end)
  modem.nv.saved_locks = { lte = true, nr = true }
  if is_on then
    modem.nv.locks[technology .. " " .. kind] = { {
      channel = numbers[4], pci = kind == "cells" and numbers[5] or nil, scs = numbers[6] == 0 and 15 or 30,
      band = math.tointeger(tonumber((arguments[7] or ""):match "^50(%d+)$")),
    } }
  end
  return {}
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+GTACT", { query = selection, set = select })
  handle("+GTCELLLOCK", { query = show_lock, set = lock })
end
