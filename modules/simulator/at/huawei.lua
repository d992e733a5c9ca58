-- SPDX-License-Identifier: MIT
-- Huawei's AT commands, as far as they are needed: signal and cell, technologies and bands, restart.

local INCORRECT_PARAMETERS = 50
local UNCHANGED, UNCHANGED_ORDER, ALL = "40000000", "99", 0x7fffffffffffffff

-- ---- ^HCSQ has numbers of steps, ^MONSC has dBm and hexadecimal numbers ----

-- Nothing measured is 255.
local function step(value, base, size) return value and math.floor((value - base) / size + 1.5) or 255 end

local function levels(modem)
  local cell = modem:primary_cell()
  if not modem:is_registered() or not cell or cell.technology ~= "LTE" then
    return '^HCSQ: "NOSERVICE"'
  end
  return ('^HCSQ: "LTE",%d,%d,%d,%d'):format(step(cell.rssi, -120, 1), step(cell.rsrp, -140, 1),
    step(cell.sinr, -20, 0.2), step(cell.rsrq, -19.5, 0.5))
end

local function cell(modem)
  local primary = modem:primary_cell()
  if not modem:is_registered() or not primary or primary.technology ~= "LTE" then
    return { "^MONSC: NONE" }
  end
  local mcc, mnc = modem:operator().provider.id:match "^(...)(.+)$"
  return { ("^MONSC: LTE,%s,%s,%d,%X,%X,%X,%d,%d,%d"):format(mcc, mnc, primary.channel, primary.id, primary.pci,
    primary.tac, math.floor(primary.rsrp), math.floor(primary.rsrq), math.floor(primary.rssi or -120)) }
end

-- ---- ^SYSCFGEX: technologies in an order, older bands, roaming, domain, LTE's bands ----

local pairs_of = { { "03", "lte" }, { "02", "umts" }, { "01", "gsm" } }

local function order_of(modem)
  local words = {}
  for _, pair in ipairs(pairs_of) do
    words[#words + 1] = modem.preference.modes[pair[2]] and pair[1] or nil
  end
  return #words == #modem.personality.modes and "00" or table.concat(words)
end

local function selection(modem)
  local mask = 0
  for _, band in ipairs(modem.preference.lte_bands) do
    mask = mask | 1 << band - 1
  end
  if #modem.preference.lte_bands == #modem.personality.lte_bands then
    mask = ALL
  end
  return { ('^SYSCFGEX: "%s",3FFFFFFF,1,2,%X'):format(order_of(modem), mask) }
end

local function modes_in(modem, text)
  local modes = {}
  for _, name in ipairs(modem.personality.modes) do
    modes[name] = text == "00" or nil
  end
  for digits in (text ~= "00" and text or ""):gmatch "%d%d" do
    for _, pair in ipairs(pairs_of) do
      if pair[1] == digits then modes[pair[2]] = true end
    end
  end
  return text == UNCHANGED_ORDER and modem.preference.modes or next(modes) and modes
end

local function bands_in(modem, text)
  if text == UNCHANGED then
    return modem.preference.lte_bands
  end
  local mask, list = math.tointeger(tonumber(text, 16)) or 0, {}
  for _, band in ipairs(modem.personality.lte_bands) do
    if mask >> band - 1 & 1 == 1 then list[#list + 1] = band end
  end
  return list[1] and list
end

local function select(modem, arguments)
  local is_hex = (arguments[5] or ""):find "^%x+$" and #arguments[5] <= 16
  local modes, list = modes_in(modem, arguments[1] or ""), is_hex and bands_in(modem, arguments[5])
  if not modes or not list then
    return nil, INCORRECT_PARAMETERS
  end
  modem:prefer { modes = modes, lte_bands = list }
  return {}
end

---@param handle fun(name: string, parts: table)
---@param personality simulator.personality
return function(handle, personality)
  handle("I", { run = function()
    return {
      "Manufacturer: " .. personality.usb.manufacturer, "Model: " .. personality.hardware,
      "Revision: " .. personality.firmware, "IMEI: " .. personality.imei, "+GCAP: +CGSM",
    }
  end })
  handle("^HCSQ", {
    query = function(modem) return { levels(modem) } end,
    events = { signal = function(at) return levels(at.modem) end },
  })
  handle("^MONSC", { run = cell })
  handle("^SYSCFGEX", { query = selection, set = select })
  handle("^RESET", { run = function(modem) return {}, nil, function() modem:restart() end end })
end
