-- SPDX-License-Identifier: MIT
-- Telit's AT commands about the cell that serves.

-- SINR is in fifths of a dB above -20.
local function field_strength(modem)
  local cell = modem:primary_cell()
  if not modem:is_registered() or not cell then
    return {}
  end
  local mcc, mnc = modem:operator().provider.id:match "^(...)(.+)$"
  return { ('#RFSTS: "%s %s",%d,%d,%d,%.1f,%X,,128,3,1,%07X,"%s","%s",3,%d,%d'):format(mcc, mnc, cell.channel,
    cell.rsrp, cell.rssi, cell.rsrq, cell.tac, cell.id, modem.card.imsi, modem:operator().provider.name,
    cell.band, (cell.sinr + 20) * 5 // 1) }
end

local function serving(modem)
  local cell = modem:primary_cell()
  if not modem:is_registered() or not cell then
    return {}
  end
  return { ('#SERVINFO: %d,%d,"%s","%s",%07X,%X,128,3,%d'):format(cell.channel, cell.rssi,
    modem:operator().provider.name, modem:operator().provider.id, cell.id, cell.tac, cell.rsrp) }
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("#RFSTS", { run = field_strength })
  handle("#SERVINFO", { run = serving })
end
