-- SPDX-License-Identifier: MIT
-- Foxconn's AT commands: who the modem is, its SIM slots, the cell, as a T99W175 answers.

local function round(value) return math.floor(value + 0.5) end

-- A line for each group of values, of the primary cell and then of 5G beside it.
local function debug_report(modem)
  local serving = modem:is_registered() and modem:cells().serving or {}
  local primary, last = serving[1], serving[#serving]
  if not primary then
    return { "RAT:NO SERVICE" }
  end
  local mcc, mnc = modem:operator().provider.id:match "^(...)(.+)$"
  local names = { LTE = "LTE", ["5G NSA"] = "LTE+NR", ["5G SA"] = "NR5G_SA" }
  local lines = { "RAT:" .. names[modem:technology()], ("mcc:%s,mnc:%s"):format(mcc, mnc) }
  if primary.technology == "LTE" then
    table.move({
      ("lte_cell_id:%d"):format(primary.id), ("lte_tac:%d"):format(primary.tac),
      ("pcell: lte_band:%d lte_band_width:%.1fMHz"):format(primary.band, primary.bandwidth),
      ("channel:%d pci:%d"):format(primary.channel, primary.pci),
      ("lte_rsrp:%.1fdBm,rsrq:%.1fdB"):format(primary.rsrp, primary.rsrq),
      ("lte_rssi:%.1fdBm,lte_snr:%.1fdB"):format(primary.rssi or primary.rsrp + 27, primary.sinr),
    }, 1, 6, #lines + 1, lines)
  end
  if last.technology == "5G" then
    table.move({
      ("nr_band:n%d"):format(last.band), ("nr_channel:%d"):format(last.channel), ("nr_pci:%d"):format(last.pci),
      ("nr_rsrp:%ddBm"):format(round(last.rsrp)), ("nr_rsrq:%ddB"):format(round(last.rsrq)),
      ("nr_snr:%.1fdB"):format(last.sinr),
    }, 1, 6, #lines + 1, lines)
  end
  return lines
end

-- ---- preferences: a bit for each technology; lists of bands, of which some are switched off (1), others on (2) ----

local bits = { umts = 1, lte = 2, ["5gnr"] = 4 }

local mode_preference = {
  query = function(modem)
    local sum = 0
    for name, bit in pairs(bits) do sum = sum + (modem.preference.modes[name] and bit or 0) end
    return { ("^SLMODE:1,%d"):format(sum) }
  end,
  set = function(modem, arguments)
    local number, modes = math.tointeger(tonumber(arguments[2])), {}
    if not number or number > 7 then
      return nil
    end
    for name, bit in pairs(bits) do modes[name] = (number == 0 or number & bit ~= 0) or nil end
    modem:prefer { modes = modes }
    return {}
  end,
}

local band_keys = {
  { "LTE", "lte_bands", "lte_bands" }, { "NR5G_NSA", "nr_nsa_bands", "nr_bands" },
  { "NR5G_SA", "nr_sa_bands", "nr_bands" },
}

local function set_of(list)
  local set = {}
  for _, band in ipairs(list) do set[band] = true end
  return set
end

local band_preference = {
  query = function(modem)
    local lines = {}
    for _, key in ipairs(band_keys) do
      lines[#lines + 1] = ("%s,Enable Bands :%s,"):format(key[1], table.concat(modem.preference[key[2]], ","))
    end
    return lines
  end,
  set = function(modem, arguments)
    for _, key in ipairs(band_keys) do
      if key[1] == arguments[1] and (arguments[2] == "1" or arguments[2] == "2") then
        local now, bands = set_of(modem.preference[key[2]]), {}
        for digits in (arguments[3] or ""):gmatch "%d+" do
          now[math.tointeger(tonumber(digits))] = arguments[2] == "2" or nil
        end
        for _, band in ipairs(modem.personality[key[3]]) do bands[#bands + 1] = now[band] and band or nil end
        modem:prefer { [key[2]] = bands }
        return {}
      end
    end
  end,
}

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("^SLMODE", mode_preference)
  handle("^BAND_PREF_EXT", band_preference)
  handle("I", { run = function(modem)
    local is = modem.personality
    return { "Manufacturer: QUALCOMM", "Model: " .. is.hardware, "Revision: " .. is.firmware, "SVN: 01",
      "IMEI: " .. is.imei, "+GCAP: +CGSM" }
  end })
  handle("^DEBUG", { query = debug_report })
  -- It counts from 0 what it calls SIM1.
  handle("^SWITCH_SLOT", {
    query = function(modem) return { ("SIM%d ENABLE"):format(modem.slot) } end,
    set = function(modem, arguments)
      local number = (math.tointeger(tonumber(arguments[1])) or -1) + 1
      if not modem.slots[number] then
        return nil
      end
      modem:use_slot(number)
      return {}
    end,
  })
  handle("^RESET", { run = function(modem)
    return {}, nil, function() modem:restart() end
  end })
end
