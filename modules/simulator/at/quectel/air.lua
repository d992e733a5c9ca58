-- SPDX-License-Identifier: MIT
-- Quectel's AT commands about the air: cells, carriers, antennas. One modem of 5G has more columns than those of LTE.

local INCORRECT_PARAMETERS = 50
local UNKNOWN_PORT = "-140" -- RSRP of a port without an antenna

local lte_width = { [1.4] = 0, [3] = 1, [5] = 2, [10] = 3, [15] = 4, [20] = 5 }
local lte_blocks = { [1.4] = 6, [3] = 15, [5] = 25, [10] = 50, [15] = 75, [20] = 100 }
local nr_width = { [20] = 3, [40] = 6, [50] = 7, [60] = 8, [80] = 10, [100] = 12 }

local FIRST_TDD_BAND, LAST_TDD_BAND = 33, 53

local function duplex(cell)
  return cell.band >= FIRST_TDD_BAND and cell.band <= LAST_TDD_BAND and "TDD" or "FDD"
end

local function round(value) return math.floor(value + 0.5) end

local function knows_nr(modem) return modem.personality.nr_bands ~= nil end

local function plmn(modem) return modem:operator().provider.id:match "^(...)(.+)$" end

-- ---- +QENG="servingcell" ----

local function lte_line(modem, cell)
  local mcc, mnc = plmn(modem)
  local width = lte_width[cell.bandwidth]
  return ('"LTE","%s",%s,%s,%X,%d,%d,%d,%d,%d,%X,%d,%d,%d,%d,%s'):format(duplex(cell), mcc, mnc, cell.id, cell.pci,
    cell.channel, cell.band, width, width, cell.tac, round(cell.rsrp), round(cell.rsrq), round(cell.rssi),
    round(cell.sinr), knows_nr(modem) and "15,-,-" or "30")
end

local function nsa_line(modem, cell)
  local mcc, mnc = plmn(modem)
  return ('+QENG: "NR5G-NSA",%s,%s,%d,%d,%d,%d,%d,%d,%d,1'):format(mcc, mnc, cell.pci, round(cell.rsrp),
    round(cell.sinr), round(cell.rsrq), cell.channel, cell.band, nr_width[cell.bandwidth])
end

local function serving(modem)
  local state = next(modem.sessions) and "CONNECT" or "NOCONN"
  local list = modem:cells().serving
  local primary, last = list[1], list[#list]
  if not modem:is_registered() or not primary then
    return { '+QENG: "servingcell","SEARCH"' }
  elseif primary.technology == "5G" then
    local mcc, mnc = plmn(modem)
    return { ('+QENG: "servingcell","%s","NR5G-SA","%s",%s,%s,%X,%d,%X,%d,%d,%d,%d,%d,%d,1,-'):format(state,
      duplex(primary), mcc, mnc, primary.id, primary.pci, primary.tac, primary.channel, primary.band,
      nr_width[primary.bandwidth], round(primary.rsrp), round(primary.rsrq), round(primary.sinr)) }
  elseif last.technology == "5G" then
    return { ('+QENG: "servingcell","%s"'):format(state), "+QENG: " .. lte_line(modem, primary), nsa_line(modem, last) }
  end
  return { ('+QENG: "servingcell","%s",%s'):format(state, lte_line(modem, primary)) }
end

-- ---- +QENG="neighbourcell" ----

local function neighbours(modem)
  local cells, lines = modem:cells(), {}
  local primary = cells.serving[1]
  for _, cell in ipairs(modem:is_registered() and cells.neighbours or {}) do
    if cell.technology == "LTE" then
      local kind = cell.channel == primary.channel and "intra" or "inter"
      lines[#lines + 1] = ('+QENG: "neighbourcell %s","LTE",%d,%d,%d,%d,%d,0,-,-,-,-,-'):format(kind, cell.channel,
        cell.pci, round(cell.rsrq), round(cell.rsrp), round(cell.rssi))
    else
      lines[#lines + 1] = ('+QENG: "neighbourcell","NR5G",%d,%d,%d,%d'):format(cell.channel, cell.pci,
        round(cell.rsrp), round(cell.rsrq))
    end
  end
  return lines
end

local function cell_report(modem, arguments)
  local what = (arguments[1] or ""):lower()
  if what == "servingcell" then
    return serving(modem)
  elseif what == "neighbourcell" then
    return neighbours(modem)
  end
  return nil, INCORRECT_PARAMETERS
end

-- ---- +QCAINFO, +QNWINFO ----

local function carriers(modem)
  local lines = {}
  for _, cell in ipairs(modem:is_registered() and modem:cells().serving or {}) do
    local role = cell.role == "primary" and "PCC" or "SCC"
    if cell.technology == "5G" then
      lines[#lines + 1] = ('+QCAINFO: "%s",%d,%d,"NR5G BAND %d",%d'):format(role, cell.channel,
        nr_width[cell.bandwidth], cell.band, cell.pci)
    else
      lines[#lines + 1] = ('+QCAINFO: "%s",%d,%d,"LTE BAND %d",%d,%d,%d,%d,%d,%d%s'):format(role, cell.channel,
        lte_blocks[cell.bandwidth], cell.band, (role == "PCC" or not cell.active) and 1 or 2, cell.pci,
        round(cell.rsrp), round(cell.rsrq), round(cell.rssi or cell.rsrp + 27), round(cell.sinr),
        role == "SCC" and ",0,-,-" or "")
    end
  end
  return lines
end

local function network(modem)
  local list = modem:cells().serving
  if not modem:is_registered() or not list[1] then
    return { "+QNWINFO: No Service" }
  end
  local lines = {}
  for i, cell in ipairs(list) do
    if i == 1 or cell.technology == "5G" then
      local name = cell.technology == "5G" and "NR5G" or "LTE"
      lines[#lines + 1] = ('+QNWINFO: "%s %s","%s","%s BAND %d",%d'):format(duplex(cell), name,
        modem:operator().provider.id, name, cell.band, cell.channel)
    end
  end
  return lines
end

-- ---- antennas: two are plugged in ----

local function per_port(prefix, name, absent)
  return function(modem)
    local lines, told = {}, {}
    for _, cell in ipairs(modem:is_registered() and modem:cells().serving or {}) do
      local technology = cell.technology == "5G" and "NR5G" or "LTE"
      if not told[technology] then
        told[technology] = true
        local value = round(cell[name])
        lines[#lines + 1] = ("%s: %d,%d,%s,%s,%s"):format(prefix, value, value - 2, absent, absent, technology)
      end
    end
    return lines
  end
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+QENG", { set = cell_report })
  handle("+QNWINFO", { run = network })
  handle("+QCAINFO", { run = carriers })
  handle("+QRSRP", { run = function(modem)
    return knows_nr(modem) and per_port("+QRSRP", "rsrp", UNKNOWN_PORT)(modem) or nil
  end })
  handle("+QSINR", { run = function(modem)
    return knows_nr(modem) and per_port("+QSINR", "sinr", "-32768")(modem) or nil
  end })
end
