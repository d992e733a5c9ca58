-- SPDX-License-Identifier: MIT
-- A Sierra modem that answers AT commands about its settings from a script, in the forms they were seen in.

local new_port = require("support.scripted_settings").new_port

local M = {}

M.USBCOMP_HELP = [[
!USBCOMP:
AT!USBCOMP=<Config Index>,<Config Type>,<Interface bitmask>
  <Config Index>      - configuration index to which the composition applies, should be 1
  <Config Type>       - 1:Generic, 2:USBIF-MBIM, 3:RNDIS
                        config type 2/3 should only be used for specific Sierra PIDs: 68B1, 9068
  <Interface bitmask> - DIAG     - 0x00000001,
                        NMEA     - 0x00000004,
                        MODEM    - 0x00000008,
                        RMNET0   - 0x00000100,
                        RMNET1   - 0x00000400,
                        MBIM     - 0x00001000,
  e.g.
  10D  - diag, nmea, modem, rmnet interfaces enabled
  1009 - diag, modem, mbim interfaces enabled
  The default configuration is:
  at!usbcomp=1,1,10F]]

local bit_names = {
  { 0x1, "diag" }, { 0x4, "nmea" }, { 0x8, "modem" }, { 0x100, "rmnet0" }, { 0x400, "rmnet1" }, { 0x1000, "mbim" },
}

function M.usbcomp(answers, kind, kind_name, mask)
  local state = { kind = kind, mask = mask }
  answers["AT!USBCOMP=?"] = M.USBCOMP_HELP
  answers["AT!USBCOMP?"] = function()
    local names = {}
    for _, entry in ipairs(bit_names) do
      if state.mask & entry[1] ~= 0 then names[#names + 1] = entry[2] end
    end
    return ("Config Index: 1\nConfig Type:  %d (%s)\nInterface bitmask: %08X (%s)"):format(state.kind, kind_name,
      state.mask, table.concat(names, ","))
  end
  setmetatable(answers, { __index = function(_, command)
    local new_kind, new_mask = command:match("^AT!USBCOMP=1,(%d),(%x+)$")
    if new_kind then
      state.kind, state.mask = tonumber(new_kind), tonumber(new_mask, 16)
      return ""
    end
  end })
  return state
end

local MC_HEADER = "Index, Name,                        GW Band Mask     L Band Mask      TDS Band Mask\n"
local MC_BANDS = {
  ["00"] = "All bands                     0002000007C00000 00000100130818DF 0000000000000000",
  ["01"] = "Europe 3G                     0002000000400000 0000000000000000 0000000000000000",
  ["09"] = "LTE ALL,                      0000000000000000 00000100130818DF 0000000000000000",
}
function M.bands(answers, header, table_rows, columns)
  local rows, current = {}, "00"
  for index, row in pairs(table_rows) do rows[index] = row end
  answers["AT!BAND=?"] = function()
    local text, indexes = header, {}
    for index in pairs(rows) do indexes[#indexes + 1] = index end
    table.sort(indexes)
    for _, index in ipairs(indexes) do text = text .. index .. ", " .. rows[index] .. "\n" end
    return text .. "\n                                      0000010000000000 - B41"
  end
  answers["AT!BAND?"] = function() return header .. current .. ", " .. rows[current] end
  local others = getmetatable(answers)
  setmetatable(answers, { __index = function(_, command)
    local index = command:match("^AT!BAND=(%d%d)$")
    local new, name, masks = command:match('^AT!BAND=(%d%d),"([^"]*)",([%x,]+)$')
    if index and rows[index] then
      current = index
      return ""
    elseif new and select(2, masks:gsub("%x+", "")) == columns then
      rows[new] = ("%-30s%s"):format(name, (masks:gsub(",", " ")))
      return ""
    end
    return others and others.__index(_, command)
  end })
end

function M.mc7455()
  local custom, rat, rats = { GPSENABLE = 1 }, "00", {
    ["00"] = "Automatic", ["01"] = "UMTS 3G Only", ["02"] = "GSM 2G Only", ["06"] = "LTE Only",
    ["11"] = "UMTS and LTE Only",
  }
  local contexts = { '1,"IP","broadband","0.0.0.0",0,0,0,0', '2,"IPV4V6","ims","0.0.0.0",0,0,0,0' }
  local answers = {
    ["ATI"] = "Manufacturer: Sierra Wireless, Incorporated\nModel: MC7455\n"
      .. "Revision: SWI9X30C_02.24.05.06 r7040 CARMD-EV-FRMWR2 2017/05/19 06:23:09",
    ["AT!CUSTOM?"] = function()
      local text = "!CUSTOM:\n"
      for key, value in pairs(custom) do text = text .. ("             %-19s0x%02X\n"):format(key, value) end
      return text
    end,
    ["AT!SELRAT=?"] = function()
      local text = "!SELRAT: Index, Name\n"
      for index, name in pairs(rats) do text = text .. ("         %s, %s\n"):format(index, name) end
      return text
    end,
    ["AT!SELRAT?"] = function() return ("!SELRAT: %s, %s"):format(rat, rats[rat]) end,
    ["AT+CGDCONT?"] = function()
      local list = {}
      for number = 1, 5 do list[#list + 1] = contexts[number] and "+CGDCONT: " .. contexts[number] end
      return table.concat(list, "\n")
    end,
  }
  local composition = M.usbcomp(answers, 1, "Generic", 0x10d)
  M.bands(answers, MC_HEADER, MC_BANDS, 3)
  local others = getmetatable(answers).__index
  setmetatable(answers, { __index = function(_, command)
    local key, value = command:match('^AT!CUSTOM="(%w+)",(%d)$')
    local index = command:match("^AT!SELRAT=(%d%d)$")
    local number, kind, apn = command:match('^AT%+CGDCONT=(%d),"(%w+)","([^"]*)"$')
    if key then
      custom[key] = tonumber(value)
      return ""
    elseif index and rats[index] then
      rat = index
      return ""
    elseif number then
      contexts[tonumber(number)] = ('%s,"%s","%s","0.0.0.0",0,0,0,0'):format(number, kind, apn)
      return ""
    elseif command:find("^AT%+CGDCONT=%d$") then
      contexts[tonumber(command:sub(-1))] = nil
      return ""
    end
    return others(_, command)
  end })
  local locked = {
    ["AT!USBCOMP?"] = false, ["AT!USBCOMP=?"] = false, ["AT!CUSTOM?"] = false,
    ["AT!BAND=?"] = "Index, Name\n00, All bands\n01, Europe 3G\n09, LTE ALL",
    ["AT!BAND?"] = "Index, Name\n00, All bands",
  }
  local modem = {
    at = new_port(answers, locked),
    description = { vendor = "1199", product = "9071", usb = "1-1", protocol = "qmi", interface = 8 },
  }
  return modem, composition, rats
end

return M
