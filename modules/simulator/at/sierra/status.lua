-- SPDX-License-Identifier: MIT
-- Sierra Wireless's AT commands that tell how the modem is doing: reports for people, with padding and tabs.

local bandwidth_index = { [1.4] = 0, [3] = 1, [5] = 2, [10] = 3, [15] = 4, [20] = 5 }
local FIRST_TDD_BAND, LAST_TDD_BAND = 33, 53
local UPLINK = 18000 -- between the channel numbers of FDD

local function uplink_channel(cell)
  local is_tdd = cell.band >= FIRST_TDD_BAND and cell.band <= LAST_TDD_BAND
  return cell.channel + (is_tdd and 0 or UPLINK)
end

local function is_later_family(modem)
  return modem.personality.firmware:find("^SWI9X50C") ~= nil
end

-- AT!GSTATUS? ---------------------------------------------------------------------------------------------------------

-- Two keys with values in a line. A value fills its field up with blanks, and then come tabs.
local function pair(key, value, width, other_key, other_value, other_width)
  local left = key .. ("%-" .. math.max(width, 1) .. "s"):format(value)
  return left .. "\t\t" .. other_key .. ("%-" .. math.max(other_width, 1) .. "s"):format(other_value)
end

-- The second cell, for carrier aggregation.
local function aggregation(modem, second)
  if is_later_family(modem) then
    local lines = {}
    for i = 1, 4 do
      lines[i] = ("LTE SSC%d state:NOT ASSIGNED"):format(i)
    end
    return lines
  elseif not second.active then
    return { "LTE CA state:  NOT ASSIGNED" }
  end
  return {
    pair("LTE CA state:  ", "ACTIVE", 12, "LTE Scell band:", "B" .. second.band, 0),
    pair("LTE Scell bw:", second.bandwidth .. " MHz", 6, "LTE Scell chan:", second.channel, 0),
  }
end

-- For each carrier and each of its two receivers.
local function paths(modem, cell)
  local label = is_later_family(modem) and "PCC %s RSRP:  " or "RSRP (dBm):  "
  local lines = {}
  for i, path in ipairs { "RxM", "RxD" } do
    lines[i] = pair(("PCC %s RSSI:  "):format(path), cell.rssi - i + 1, 0, label:format(path), cell.rsrp - i + 1, 0)
  end
  return lines
end

local function cell_lines(modem, cell)
  local tac, id = "%04X (%d)", "%08X (%d)"
  if is_later_family(modem) then
    tac, id = "%04x (%d)", "%08x (%d)"
  end
  return {
    pair("Tx Power:      ", "--", 0, "TAC:         ", tac:format(cell.tac, cell.tac), 0),
    pair("RSRQ (dB):     ", ("%.1f"):format(cell.rsrq), 0, "Cell ID:     ", id:format(cell.id, cell.id), 0),
    ("SINR (dB):     %.1f"):format(cell.sinr),
  }
end

local function append(lines, more)
  return table.move(more, 1, #more, #lines + 1, lines)
end

local function status(modem)
  local serving, is_on = modem:cells().serving, modem:radio_on()
  local cell = serving[1]
  local is_registered, attached = modem:is_registered(), modem.packet.state == "attached"
  local lines = {
    "!GSTATUS: ",
    pair("Current Time:  ", math.floor(os.clock()), 0, "Temperature: ", 38, 0),
    pair("Reset Counter: ", 1, 0, "Mode:        ", is_on and "ONLINE" or "LOW POWER MODE", 15),
    ("System mode:   %-11s\tPS state:    %-13s"):format(is_registered and "LTE" or "Unknown",
      attached and "Attached" or "Not attached"),
  }
  if is_registered and cell and cell.rssi then
    append(lines, {
      pair("LTE band:      ", "B" .. cell.band, 7, "LTE bw:      ", cell.bandwidth .. " MHz", 8),
      pair("LTE Rx chan:   ", cell.channel, 0, "LTE Tx chan: ", uplink_channel(cell), 0),
    })
    append(lines, aggregation(modem, serving[2]))
    append(lines, {
      ("EMM state:     %-15s\tNormal Service "):format("Registered"),
      ("RRC state:     %-15s"):format(next(modem.sessions) and "RRC Connected" or "RRC Idle"),
      "IMS reg state: No Srv  \t\t",
      "",
    })
    append(append(lines, paths(modem, cell)), cell_lines(modem, cell))
  end
  return append(lines, { "", "" })
end

-- AT!LTEINFO? ---------------------------------------------------------------------------------------------------------

local function measurements(cell)
  return ("%3d %5.1f %6.1f %6.1f"):format(cell.pci, cell.rsrq, cell.rsrp, cell.rssi or cell.rsrp + 27)
end

local function cells(modem)
  local heard = modem:cells()
  local cell = heard.serving[1]
  local lines = {
    "!LTEINFO: ",
    "Serving:   EARFCN MCC MNC   TAC      CID Bd D U SNR PCI  RSRQ   RSRP   RSSI RXLV",
    (" "):rep(17) .. "-- --- --- ----- -------- -- - - --- --- ----- ------ ------ --",
    "IntraFreq:                                          PCI  RSRQ   RSRP   RSSI RXLV",
  }
  local rest = { "InterFreq: EARFCN ThresholdLow ThresholdHi Priority PCI  RSRQ   RSRP   RSSI RXLV" }
  if modem:is_registered() and cell and cell.rssi then
    local mcc, mnc = modem:operator().provider.id:match("^(...)(.+)$")
    local width = bandwidth_index[cell.bandwidth]
    lines[3] = ("%17d %3s %3s %5d %08X %2d %d %d %3.0f %s --"):format(cell.channel, mcc, mnc, cell.tac, cell.id,
      cell.band, width, width, cell.sinr, measurements(cell))
    lines[5] = (" "):rep(52) .. measurements(cell) .. " --"
    -- The second carrier is among the others.
    for _, other in ipairs { heard.serving[2], table.unpack(heard.neighbours) } do
      if other.channel == cell.channel then
        lines[#lines + 1] = (" "):rep(52) .. measurements(other) .. " --"
      else
        rest[#rest + 1] = ("%17d %12d %11d %8d %s %3d"):format(other.channel, 0, 0, 0, measurements(other), 0)
      end
    end
  end
  append(rest, { "WCDMA:     UARFCN ThreshL ThreshH Prio PSC   RSCP  ECN0 RXLV", "" })
  return append(lines, rest)
end

-- AT!PCINFO? ----------------------------------------------------------------------------------------------------------

local voters = { "Temp", "Volt", "User", "W_DISABLE", "IMSWITCH", "BIOS", "LWM2M", "OMADM", "FOTA" }

-- The reasons for low-power mode.
local function power(modem)
  local votes = {
    User = modem.radio.software == "off" and not modem.fcc_locked, W_DISABLE = modem.radio.hardware == "off",
    BIOS = modem.fcc_locked,
  }
  local list = {}
  for i, voter in ipairs(voters) do
    list[i] = ("%s:%d"):format(voter, votes[voter] and 1 or 0)
  end
  if is_later_family(modem) then
    list[#list + 1] = "RFCAL:0"
  end
  return {
    "State: " .. (modem:radio_on() and "Online" or "Low Power Mode"),
    "LPM voters - " .. table.concat(list, ", "),
    "LPM persistence - None",
  }
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("!GSTATUS", { query = status })
  handle("!LTEINFO", { query = cells })
  handle("!PCINFO", { query = power })
end
