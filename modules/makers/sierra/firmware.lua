-- SPDX-License-Identifier: MIT
-- Firmware of Sierra Wireless's modems: one image for the modem, one for each carrier, and which the modem prefers.
--
-- Sources: AT command references 2130617 and 4117727 (AT!IMPREF, AT!GOBIIMPREF); the kernel's qcserial.c, for the ids
-- in the boot loader; libqmi's qmi-firmware-update.

local function fields_of(lines)
  local fields = {}
  for _, line in ipairs(lines) do
    local name, value = line:match "^%s*(%l[%l ]*):%s*(%S.-)%s*$"
    if name then fields[name] = value end
  end
  return fields
end

-- What it prefers and what runs; one image where these are the same.
local function read(lines)
  local fields, list = fields_of(lines), {}
  local function add(kind, current, preferred)
    if current then
      list[#list + 1] = {
        kind = kind, version = current, is_active = true,
        is_preferred = preferred == current or preferred == "AUTO-SIM",
      }
    end
    if preferred and preferred ~= current and preferred ~= "AUTO-SIM" then
      list[#list + 1] = { kind = kind, version = preferred, is_active = false, is_preferred = true }
    end
  end
  add("modem", fields["current fw version"], fields["preferred fw version"])
  add("carrier", fields["current config name"], fields["preferred config name"])
  return list
end

local boots = {}
for normal, boot in ("9071 9070 9079 9078 907b 907a 9091 9090 90b1 90b0 90d3 90d2"):gmatch "(%x+) (%x+)" do
  boots["1199:" .. normal] = "1199:" .. boot
end
for normal, boot in ("81b6 81b5 81cc 81cb"):gmatch "(%x+) (%x+)" do boots["413c:" .. normal] = "413c:" .. boot end

return {
  commands = { { asks = "AT!IMPREF?", read = read }, { asks = "AT!GOBIIMPREF?", read = read } },
  boots = boots,
  programs = { "qmi-firmware-update" },
}
