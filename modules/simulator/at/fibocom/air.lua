-- SPDX-License-Identifier: MIT
-- Fibocom's AT commands about cells and carriers: AT+GTCCINFO, AT+GTCAINFO. Qualcomm's chips have labels above the
-- lines and hexadecimal channels, MediaTek's neither.

local SERVING, NEIGHBOUR = 1, 2
local codes = { LTE = 4, ["5G"] = 9 }
local blocks = { [1.4] = 6, [3] = 15, [5] = 25, [10] = 50, [15] = 75, [20] = 100 }

local function is_labelled(modem) return modem.personality.chips ~= "mediatek" end

local function step(value, least, size) return math.floor((value - least) / size + 0.5) end

local function band_of(cell) return cell.technology == "5G" and "50" .. cell.band or tostring(100 + cell.band) end

local function width_of(cell)
  return cell.technology == "5G" and math.tointeger(cell.bandwidth * 5) or blocks[cell.bandwidth]
end

-- RSRP and RSRQ as numbers of steps.
local function levels(cell)
  if cell.technology == "5G" then
    return step(cell.rsrp, -157, 1), step(cell.rsrq, -43.5, 0.5)
  end
  return step(cell.rsrp, -141, 1), step(cell.rsrq, -20, 0.5)
end

-- What MediaTek's has for 5G is not known.
local function sinr_of(modem, cell)
  if cell.technology == "5G" then
    return is_labelled(modem) and step(cell.sinr, -23.5, 0.5) or 13
  end
  return step(cell.sinr, 0, 0.5)
end

local function numbers_of(modem, cell)
  return (is_labelled(modem) and "%X,%X" or "%d,%d"):format(cell.channel, cell.pci)
end

local function serving_line(modem, cell)
  local mcc, mnc = modem:operator().provider.id:match "^(...)(.+)$"
  local rsrp, rsrq = levels(cell)
  local place = cell.id and ("%s,%s,%X,%X"):format(mcc, mnc, cell.tac, cell.id)
    or is_labelled(modem) and (",,%X,%X"):format(0xffffff, 0xfffffff) or ",,FFFFFFF,00FFFFFFF"
  return ("%d,%d,%s,%s,%s,%d,%d,%d,%d,%d"):format(SERVING, codes[cell.technology], place, numbers_of(modem, cell),
    band_of(cell), width_of(cell), sinr_of(modem, cell), rsrp, rsrp, rsrq)
end

local function neighbour_line(modem, cell)
  local rsrp, rsrq = levels(cell)
  return ("%d,%d,,,%s,%s,,%d,%d,%d"):format(NEIGHBOUR, codes[cell.technology],
    is_labelled(modem) and "," or "FFFF,00FFFFFFF", numbers_of(modem, cell), rsrp, rsrp, rsrq)
end

local labels = { LTE = "LTE", ["5G NSA"] = "LTE-NR EN-DC", ["5G SA"] = "NR" }

local function cells(modem)
  local air, lines = modem:cells(), { "+GTCCINFO:" }
  local function label(text) lines[#lines + 1] = is_labelled(modem) and text or nil end
  if modem:is_registered() and air.serving[1] then
    label((labels[modem:technology()] or "LTE") .. " service cell:")
    for _, cell in ipairs(air.serving) do
      if cell.role == "primary" or cell.technology == "5G" then lines[#lines + 1] = serving_line(modem, cell) end
    end
    label "LTE neighbor cell:"
    for _, cell in ipairs(air.neighbours) do
      if cell.technology == "LTE" then lines[#lines + 1] = neighbour_line(modem, cell) end
    end
  end
  return lines
end

local function carriers(modem)
  local lines, number = { "+GTCAINFO:" }, 0
  for _, cell in ipairs(modem:is_registered() and modem:cells().serving or {}) do
    local width = width_of(cell)
    if cell.role == "primary" or cell.technology == "5G" then
      lines[#lines + 1] = ("PCC:%s,%d,%d,%d,%d,1,1,1,3,%d"):format(band_of(cell), cell.pci, cell.channel, width, width,
        math.floor(cell.rsrp))
    else
      number = number + 1
      lines[#lines + 1] = ("SCC %d:%d,0,%s,%d,%d,%d,255,1,255,1,255,%d"):format(number, cell.active and 2 or 1,
        band_of(cell), cell.pci, cell.channel, width, math.floor(cell.rsrp))
    end
  end
  return lines
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+GTCCINFO", { query = cells })
  handle("+GTCAINFO", { query = carriers })
end
