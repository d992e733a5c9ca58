-- SPDX-License-Identifier: MIT
-- AT commands of Fibocom's modems with Intel's chips: technologies and bands (AT+XACT), cells (AT+XMCI, AT+XLEC),
-- carriers (AT+GTCAINFO), levels (AT+XCESQ).

local INCORRECT_PARAMETERS = 50
local UNKNOWN = "0xFFFFFFFF"

local function step(value, least, size) return math.floor((value - least) / size + 0.5) end

local width_numbers = { [1.4] = 0, [3] = 1, [5] = 2, [10] = 3, [15] = 4, [20] = 5 }

-- ---- the air ----

local function serving(modem) return modem:is_registered() and modem:cells().serving or {} end

local function monitored_cells(modem, arguments)
  local primary = serving(modem)[1]
  if arguments[1] ~= "1" then
    return nil, INCORRECT_PARAMETERS
  elseif not primary then
    return {}
  end
  local mcc, mnc = modem:operator().provider.id:match "^(...)(.+)$"
  local function line(format, cell, ...)
    return format:format(...) .. (',%d,%d,%d,"0x%08X","0x00000000"'):format(step(cell.rsrp, -141, 1),
      step(cell.rsrq, -20, 0.5), cell == primary and step(cell.sinr, 0, 0.5) or 255,
      cell == primary and 0x17 or 0x7fffffff)
  end
  local lines = { line('+XMCI: 4,%s,%s,"0x%04X","0x%08X","0x%04X","0x%08X","0x%08X","%s"', primary, mcc, mnc,
    primary.tac, primary.id, primary.pci, primary.channel, primary.channel + 18000, UNKNOWN) }
  for _, cell in ipairs(modem:cells().neighbours) do
    lines[#lines + 1] = line('+XMCI: 5,000,000,"0xFFFE","%s","0x%04X","0x%08X","%s","%s"', cell, UNKNOWN, cell.pci,
      cell.channel, UNKNOWN, UNKNOWN)
  end
  return lines
end

local function widths(modem)
  local cells, words = serving(modem), {}
  for i, cell in ipairs(cells) do words[i] = width_numbers[cell.bandwidth] end
  if not cells[1] then
    return { "+XLEC: 0,0" }
  end
  return { ("+XLEC: 0,%d,%s,BAND_LTE_%d"):format(#cells, table.concat(words, ","), cells[1].band) }
end

local function carriers(modem)
  local cells = serving(modem)
  local lines = { ("+GTCAINFO: %d"):format(#cells) }
  for i, cell in ipairs(cells) do
    local width = width_numbers[cell.bandwidth]
    local levels = ("%d,%d,%d"):format(step(cell.rsrp, -141, 1), step(cell.rsrq, -20, 0.5), step(cell.sinr, 0, 0.5))
    if i == 1 then
      local mcc, mnc = modem:operator().provider.id:match "^(...)(.+)$"
      lines[#lines + 1] = ('+GTCAINFO: 0,%d,%s,%s,"0x%04X","0x%08X",%d,%s,%d,%d,%d,%d'):format(cell.band, mcc, mnc,
        cell.tac, cell.id, cell.pci, levels, cell.channel, cell.channel + 18000, width, width)
    else
      lines[#lines + 1] = ("+GTCAINFO: %d,%d,%d,%s,%d,%d,%d,%d"):format(i - 1, cell.band, cell.pci, levels,
        cell.channel, cell.channel + 18000, width, width)
    end
  end
  return lines
end

local function levels(modem)
  local cell = serving(modem)[1]
  if not cell then
    return { "+XCESQ: 0,99,99,255,255,255,255,255" }
  end
  return { ("+XCESQ: 0,99,99,255,255,%d,%d,%d"):format(step(cell.rsrq, -20, 0.5), step(cell.rsrp, -141, 1),
    step(cell.sinr, 0, 0.5)) }
end

-- ---- +XACT ----

local codes = { { "1", umts = true }, { "2", lte = true }, { "4", umts = true, lte = true } }

local function selection(modem)
  local modes, values = modem.preference.modes, {}
  for _, code in ipairs(codes) do
    if code.umts == modes.umts and code.lte == modes.lte then values[1] = code[1] end
  end
  values[2], values[3] = "2", "1"
  for _, band in ipairs { 1, 2, 4, 5, 8 } do values[#values + 1] = tostring(band) end
  for _, band in ipairs(modem.preference.lte_bands) do values[#values + 1] = tostring(100 + band) end
  return { "+XACT: " .. table.concat(values, ",") }
end

local function select(modem, arguments)
  local known, bands, modes = {}, {}, nil
  for _, band in ipairs(modem.personality.lte_bands) do known[band] = true end
  for i = 4, #arguments do
    local band = (math.tointeger(tonumber(arguments[i])) or -1) - 100
    if band > 0 and not known[band] then
      return nil, INCORRECT_PARAMETERS
    end
    bands[#bands + 1] = band > 0 and band or nil
  end
  for _, code in ipairs(codes) do
    if code[1] == arguments[1] then modes = { umts = code.umts, lte = code.lte } end
  end
  if not modes and arguments[1] ~= "" then
    return nil, INCORRECT_PARAMETERS
  end
  modem:prefer { modes = modes, lte_bands = bands[1] and bands or arguments[4] == "0" and modem.personality.lte_bands
    or nil }
  return {}
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+XMCI", { set = monitored_cells })
  handle("+XLEC", { query = widths })
  handle("+GTCAINFO", { query = carriers })
  handle("+XCESQ", { query = levels })
  handle("+XACT", { query = selection, set = select, test = function(modem)
    local words = {}
    for i, band in ipairs(modem.personality.lte_bands) do words[i] = tostring(100 + band) end
    return { "+XACT: (0-6),(0-2),0,1,2,4,5,8," .. table.concat(words, ",") } -- 2G, which it does not have
  end })
end
