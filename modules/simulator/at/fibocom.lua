-- SPDX-License-Identifier: MIT
-- Fibocom's AT commands, as far as they are needed: the cells, technologies and bands.

local INCORRECT_PARAMETERS = 50

local blocks = { [1.4] = 6, [3] = 15, [5] = 25, [10] = 50, [15] = 75, [20] = 100 }
local SERVING, NEIGHBOUR, LTE = 1, 2, 4

local function step(value, least, size) return math.floor((value - least) / size + 0.5) end

local function cell_line(modem, cell, kind)
  local mcc, mnc = modem:operator().provider.id:match "^(...)(.+)$"
  local rsrp, rsrq = step(cell.rsrp, -140, 1), step(cell.rsrq, -19.5, 0.5)
  if kind == NEIGHBOUR then
    return ("%d,%d,,,,,%X,%X,,%d,%d,%d"):format(kind, LTE, cell.channel, cell.pci, rsrp, rsrp, rsrq)
  end
  return ("%d,%d,%s,%s,%X,%X,%X,%X,%d,%d,%d,%d,%d,%d"):format(kind, LTE, mcc, mnc, cell.tac, cell.id, cell.channel,
    cell.pci, 100 + cell.band, blocks[cell.bandwidth], step(cell.sinr, 0, 0.5), rsrp, rsrp, rsrq)
end

local function cells(modem)
  local air, lines = modem:cells(), { "+GTCCINFO:" }
  local primary = air.serving[1]
  if modem:is_registered() and primary then
    lines[#lines + 1] = "LTE service cell:"
    lines[#lines + 1] = cell_line(modem, primary, SERVING)
    lines[#lines + 1] = "LTE neighbor cell:"
    for _, cell in ipairs(air.neighbours) do lines[#lines + 1] = cell_line(modem, cell, NEIGHBOUR) end
  end
  return lines
end

-- ---- +GTACT: technologies, two that are preferred, bands ----

local codes = { { "1", umts = true }, { "2", lte = true }, { "10", umts = true, lte = true } }

local function code_of(modes)
  for _, code in ipairs(codes) do
    if code.umts == modes.umts and code.lte == modes.lte then return code[1] end
  end
end

local function selection(modem)
  local values = { code_of(modem.preference.modes), "3", "2" }
  for _, band in ipairs(modem.preference.lte_bands) do values[#values + 1] = tostring(100 + band) end
  return { "+GTACT: " .. table.concat(values, ",") }
end

local function select_modes(modem, arguments)
  local bands, known = {}, {}
  for _, band in ipairs(modem.personality.lte_bands) do known[band] = true end
  for i = 4, #arguments do
    local number = (math.tointeger(tonumber(arguments[i])) or 0) - 100
    if number > 0 and not known[number] then
      return nil, INCORRECT_PARAMETERS
    end
    bands[#bands + 1] = number > 0 and number or nil
  end
  for _, code in ipairs(codes) do
    if code[1] == arguments[1] or arguments[1] == "4" and code[1] == "10" then
      modem:prefer {
        modes = { umts = code.umts, lte = code.lte }, lte_bands = #bands > 0 and bands or modem.preference.lte_bands,
      }
      return {}
    end
  end
  return nil, INCORRECT_PARAMETERS
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("I", {
    run = function(modem)
      local personality = modem.personality
      return { personality.usb.manufacturer, personality.hardware, personality.firmware }
    end,
  })
  handle("+GTCCINFO", { query = cells })
  handle("+GTACT", { query = selection, set = select_modes })
end
