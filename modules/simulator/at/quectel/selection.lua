-- SPDX-License-Identifier: MIT
-- Quectel's AT commands of 5G modems about technologies, bands, cells and channels: AT+QNWPREFCFG, +QNWLOCK, +QNWCFG.

local INCORRECT_PARAMETERS = 50

local function key_of(arguments) return (arguments[1] or ""):lower() end

-- ---- preferences ----

local theirs = { { "umts", "WCDMA" }, { "lte", "LTE" }, { "5gnr", "NR5G" } }
local parts = { ["0"] = false, ["1"] = "sa", ["2"] = "nsa" } -- the kind of 5G that it does not use

local function mode_words(modem)
  local words, has = {}, modem.preference.modes
  for _, pair in ipairs(theirs) do
    if has[pair[1]] then words[#words + 1] = pair[2] end
  end
  return #words == #theirs and "AUTO" or table.concat(words, ":")
end

local function modes_of(text)
  local modes = {}
  for word in text:gmatch "[^:]+" do
    local is_known = false
    for _, pair in ipairs(theirs) do
      if word:upper() == "AUTO" or word:upper() == pair[2] then modes[pair[1]], is_known = true, true end
    end
    if not is_known then return nil end
  end
  return next(modes) and modes
end

-- Only bands that it has.
local function bands_of(text, able)
  local known, list = {}, {}
  for _, band in ipairs(able) do known[band] = true end
  for digits in text:gmatch "[^:]+" do
    local band = math.tointeger(tonumber(digits))
    if not known[band or 0] then return nil end
    list[#list + 1] = band
  end
  return list[1] and list
end

local band_keys = { lte_band = "lte_bands", nr5g_band = "nr_sa_bands", nsa_nr5g_band = "nr_nsa_bands" }

local function able(modem, key)
  return key == "lte_band" and modem.personality.lte_bands or modem.personality.nr_bands
end

local preferences = {
  mode_pref = {
    show = mode_words,
    set = function(modem, text)
      local modes = modes_of(text)
      if modes then modem:prefer { modes = modes } end
      return modes
    end,
  },
  nr5g_disable_mode = {
    show = function(modem)
      local lacking = modem.preference.nr_disabled
      return lacking == "sa" and "1" or lacking == "nsa" and "2" or "0"
    end,
    set = function(modem, text)
      if parts[text] ~= nil then modem:prefer { nr_disabled = parts[text] } end
      return parts[text] ~= nil
    end,
  },
}
for key, field in pairs(band_keys) do
  preferences[key] = {
    show = function(modem) return table.concat(modem.preference[field], ":") end,
    set = function(modem, text)
      local list = bands_of(text, able(modem, key))
      if list then modem:prefer { [field] = list } end
      return list
    end,
  }
end

-- What the operator's settings leave of the bands: all of them.
local function policy(modem)
  local lines = { '+QNWPREFCFG: "gw_band",1:2:4:5:8:19' }
  for _, key in ipairs { "lte_band", "nsa_nr5g_band", "nr5g_band" } do
    lines[#lines + 1] = ('+QNWPREFCFG: "%s",%s'):format(key, table.concat(able(modem, key), ":"))
  end
  return lines
end

local function prefer(modem, arguments)
  local key = key_of(arguments)
  local one = preferences[key]
  if not modem.personality.nr_bands then
    return nil
  elseif key == "policy_band" then
    return policy(modem)
  elseif not one then
    return nil, INCORRECT_PARAMETERS
  elseif not arguments[2] then
    return { ('+QNWPREFCFG: "%s",%s'):format(key, one.show(modem)) }
  elseif not one.set(modem, arguments[2]) then
    return nil, INCORRECT_PARAMETERS
  end
  return {}
end

-- ---- locks ----

local function integers(arguments, first)
  local list = {}
  for i = first, #arguments do
    for word in tostring(arguments[i]):gmatch "[^:]+" do
      list[#list + 1] = math.tointeger(tonumber(word)) or -1
    end
  end
  return list
end

local function lock_lte(modem, arguments)
  if not arguments[2] then
    local words = {}
    local list = modem:lock_of("lte", "cells") or {}
    for i, lock in ipairs(list) do words[i] = (",%d,%d"):format(lock.channel, lock.pci) end
    return { ('+QNWLOCK: "common/4g",%d%s'):format(#list, table.concat(words)) }
  end
  local values, list = integers(arguments, 2), {}
  for i = 2, #values - 1, 2 do list[#list + 1] = { channel = values[i], pci = values[i + 1] } end
  if values[1] ~= #list or #values ~= 1 + 2 * #list or #list > 10 then
    return nil, INCORRECT_PARAMETERS
  end
  modem:set_lock("lte", "cells", list[1] and list)
  return {}
end

local function lock_nr(modem, arguments)
  local values = integers(arguments, 2)
  if not arguments[2] then
    local lock = (modem:lock_of("nr", "cells") or {})[1]
    return { '+QNWLOCK: "common/5g",' .. (lock and ("%d,%d,%d,%d"):format(lock.pci, lock.channel, lock.scs, lock.band)
      or "0") }
  elseif #values ~= 4 and not (#values == 1 and values[1] == 0) then
    return nil, INCORRECT_PARAMETERS
  end
  modem:set_lock("nr", "cells", values[2] and {
    { pci = values[1], channel = values[2], scs = values[3], band = values[4] },
  })
  return {}
end

local function save_locks(modem, arguments)
  local saved = modem.nv.saved_locks
  if not arguments[2] then
    return { ('+QNWLOCK: "save_ctrl",%d,%d'):format(saved.lte and 1 or 0, saved.nr and 1 or 0) }
  end
  saved.lte, saved.nr = arguments[2] == "1", arguments[3] == "1"
  return {}
end

local locks = { ["common/4g"] = lock_lte, ["common/5g"] = lock_nr, ["save_ctrl"] = save_locks }

-- Channels: a number of them, and with those of 5G the spacing.
local channels = { lte_earfcn_lock = { "lte", 1, 2 }, nr5g_earfcn_lock = { "nr", 2, 32 } }

local function lock_channels(modem, arguments)
  local key = key_of(arguments)
  local technology, width, most = table.unpack(channels[key] or {})
  if not technology then
    return nil, INCORRECT_PARAMETERS
  elseif not arguments[2] then
    local words, list = {}, modem:lock_of(technology, "channels") or {}
    for i, lock in ipairs(list) do words[i] = lock.channel .. (lock.scs and ":" .. lock.scs or "") end
    return { ('+QNWCFG: "%s",%d%s'):format(key, #list, words[1] and "," .. table.concat(words, ":") or "") }
  end
  local values, list = integers(arguments, 2), {}
  for i = 2, #values, width do
    list[#list + 1] = { channel = values[i], scs = width == 2 and values[i + 1] or nil }
  end
  if values[1] ~= #list or #values ~= 1 + width * #list or #list > most then
    return nil, INCORRECT_PARAMETERS
  end
  modem:set_lock(technology, "channels", list[1] and list)
  return {}
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+QNWPREFCFG", { set = prefer })
  handle("+QNWLOCK", { set = function(modem, arguments)
    local lock = modem.personality.nr_bands and locks[key_of(arguments)]
    if not lock then
      return nil
    end
    return lock(modem, arguments)
  end })
  handle("+QNWCFG", { set = function(modem, arguments)
    if not modem.personality.nr_bands then
      return nil
    end
    return lock_channels(modem, arguments)
  end })
end
