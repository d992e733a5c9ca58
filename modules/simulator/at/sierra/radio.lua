-- SPDX-License-Identifier: MIT
-- Sierra Wireless's AT commands about technologies and bands: what QMI calls system selection preference.

local schema = require "schema"
local bands_of_qmi = require("qmi.band_types").bands

-- Technologies ------------------------------------------------------------------------------------------------------

local technologies = {
  { index = 0x00, name = "Automatic" },
  { index = 0x01, name = "UMTS 3G Only", modes = { umts = true } },
  { index = 0x06, name = "LTE Only", modes = { lte = true } },
  { index = 0x11, name = "UMTS and LTE Only", modes = { umts = true, lte = true } },
}

-- The modes of an index; "Automatic" has all that the modem has.
local function modes_of(modem, technology)
  local modes = {}
  for _, mode in ipairs(modem.personality.modes) do
    modes[mode] = (not technology.modes or technology.modes[mode]) and true or nil
  end
  return modes
end

-- The setting in force: chosen here, or the one that a choice over another protocol amounts to.
local function current(modem)
  local function fits(technology)
    local modes = modes_of(modem, technology)
    for _, mode in ipairs(modem.personality.modes) do
      if (modes[mode] or false) ~= (modem.preference.modes[mode] or false) then
        return false
      end
    end
    return true
  end
  local chosen = modem.nv.technology
  if chosen and fits(chosen) then
    return chosen
  end
  for _, technology in ipairs(technologies) do
    if fits(technology) then
      return technology
    end
  end
end

local function find(text)
  for _, technology in ipairs(technologies) do
    if tonumber(text, 16) == technology.index then
      return technology
    end
  end
end

-- Bands -------------------------------------------------------------------------------------------------------------

local codec = {
  names = schema.compile("bands", { bands_of_qmi "bands" }),
  mask = schema.compile("mask", { schema.u64 "bits" }),
}

local titles = {
  GW = "GW Band Mask", L1 = "L Band Mask 1", L2 = "L Band Mask 2", L3 = "L Band Mask 3", L4 = "L Band Mask 4",
  TDS = "TDS Band Mask",
}
local lte_columns = { "L1", "L2", "L3", "L4" } -- of 64 bands each

-- The bands that are allowed now, as masks.
local function masks_now(modem)
  local masks = { GW = codec.mask:decode(codec.names:encode { bands = modem.preference.umts_bands }).bits }
  for _, band in ipairs(modem.preference.lte_bands) do
    local column = lte_columns[(band - 1) // 64 + 1]
    masks[column] = (masks[column] or 0) | 1 << (band - 1) % 64
  end
  return masks
end

local function allow(modem, preset)
  local umts, lte = {}, {}
  for name in pairs(codec.names:decode(codec.mask:encode { bits = preset.GW or 0 }).bands) do
    umts[#umts + 1] = name
  end
  for i, column in ipairs(lte_columns) do
    for bit = 0, 63 do
      if (preset[column] or 0) >> bit & 1 ~= 0 then
        lte[#lte + 1] = 64 * (i - 1) + bit + 1
      end
    end
  end
  modem:prefer { umts_bands = umts, lte_bands = lte }
end

-- All presets by index: the firmware's and the user's.
local function presets(modem)
  local all, order = {}, {}
  for _, list in ipairs { modem.personality.band_presets, modem.nv.band_customs } do
    for index, preset in pairs(list) do
      all[index] = preset
      order[#order + 1] = index
    end
  end
  table.sort(order)
  return all, order
end

-- While the modem is locked, a table of bands has names only.
local function header(modem)
  if not modem.unlocked then
    return "Index, Name"
  end
  local columns = {}
  for i, column in ipairs(modem.personality.band_columns) do
    local title = titles[column]
    columns[i] = ("%-16s"):format(#modem.personality.band_columns == 3 and title:gsub(" %d", "") or title)
  end
  return ("%-36s%s"):format("Index, Name,", table.concat(columns, " "):match("^(.-)%s*$"))
end

local function row(modem, head, masks)
  if not modem.unlocked then
    return head
  end
  local columns = {}
  for i, column in ipairs(modem.personality.band_columns) do
    columns[i] = ("%016X"):format(masks[column] or 0)
  end
  return ("%-34s%s"):format(head, table.concat(columns, " "))
end

local function row_of(modem, index, preset)
  return row(modem, ("%02X, %s"):format(index, preset.name), preset)
end

-- Below the table: which bit is which band, each below its column, the highest first.
local function legend(modem, lines)
  local bands = table.move(modem.personality.lte_bands, 1, #modem.personality.lte_bands, 1, {})
  local place = {}
  for i, column in ipairs(modem.personality.band_columns) do
    place[column] = 36 + 17 * (i - 1)
  end
  table.sort(bands, function(a, b) return a > b end)
  lines[#lines + 1] = ""
  for _, band in ipairs(bands) do
    local column = lte_columns[(band - 1) // 64 + 1]
    lines[#lines + 1] = ("%s%016X - B%d"):format((" "):rep(place[column]), 1 << (band - 1) % 64, band)
  end
end

local function list_bands(modem)
  local all, order = presets(modem)
  local lines = { header(modem) }
  for _, index in ipairs(order) do
    lines[#lines + 1] = row_of(modem, index, all[index])
  end
  if modem.unlocked then
    legend(modem, lines)
  end
  return lines
end

local function same_masks(modem, a, b)
  for _, column in ipairs(modem.personality.band_columns) do
    if (a[column] or 0) ~= (b[column] or 0) then
      return false
    end
  end
  return true
end

-- The chosen preset, or one that comes to the same; QMI can have allowed bands that are in none.
local function show_bands(modem)
  local all, order = presets(modem)
  local masks, chosen = masks_now(modem), modem.nv.band_index
  if all[chosen] and same_masks(modem, all[chosen], masks) then
    return { header(modem), row_of(modem, chosen, all[chosen]) }
  end
  for _, index in ipairs(order) do
    if same_masks(modem, all[index], masks) then
      return { header(modem), row_of(modem, index, all[index]) }
    end
  end
  return { "Unknown band mask. Use AT!BAND to set band.", row(modem, "", masks) }
end

local FIRST_CUSTOM, LAST_CUSTOM = 0x0a, 0x13

-- A preset of the user's; what the modem does not have cannot be in it.
local function define_bands(modem, index, arguments)
  local preset = { name = arguments[2] }
  if index < FIRST_CUSTOM or index > LAST_CUSTOM or #preset.name > 30 then
    return nil
  end
  for i, column in ipairs(modem.personality.band_columns) do
    local text = arguments[i + 2] or "0"
    local mask = text:find("^%x+$") and #text <= 16 and tonumber(text, 16)
    if not mask or mask & ~(modem.personality.band_presets[0][column] or 0) ~= 0 then
      return nil
    end
    preset[column] = mask
  end
  modem.nv.band_customs[index] = preset
  return {}
end

local function set_bands(modem, arguments)
  local index = arguments[1]:find("^%x%x?$") and tonumber(arguments[1], 16)
  if not index then
    return nil
  elseif arguments[2] then
    return define_bands(modem, index, arguments)
  end
  local preset = presets(modem)[index]
  if not preset then
    return nil
  end
  modem.nv.band_index = index
  allow(modem, preset)
  return {}
end

---@param handle fun(name: string, parts: table)
return function(handle)
  local function line_of(technology)
    return ("%02X, %s"):format(technology.index, technology.name)
  end
  handle("!SELRAT", {
    protected = "set",
    query = function(modem)
      local technology = not modem.faults["unknown-rat"] and current(modem)
      return { technology and "!SELRAT: " .. line_of(technology) or "Unknown RAT mode" }
    end,
    test = function()
      local lines = { "!SELRAT: Index, Name" }
      for _, technology in ipairs(technologies) do
        lines[#lines + 1] = line_of(technology)
      end
      return lines
    end,
    set = function(modem, arguments)
      local technology = find(arguments[1])
      if not technology then
        return nil
      end
      modem.faults["unknown-rat"] = nil
      modem.nv.technology = technology
      modem:prefer { modes = modes_of(modem, technology) }
      return {}
    end,
  })
  handle("!BAND", { protected = "set", query = show_bands, test = list_bands, set = set_bands })
end
