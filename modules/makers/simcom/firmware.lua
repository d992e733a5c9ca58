-- SPDX-License-Identifier: MIT
-- Firmware of SIMCom's modems: AT+CSUB, beside the revision that ATI has. Source: SIMCom's AT manuals.

-- "+CSUB: B04V03" of SIM7600, and a second line "+CSUB: MDM9x07_LE20_22_V1.21_..." for what it was built on.
local function read(lines)
  local list = {}
  for _, line in ipairs(lines) do
    local version = line:match "^%+CSUB:%s*(%S+)"
    if version then
      list[#list + 1] = { kind = "modem", version = version, is_active = true }
    end
  end
  return list
end

return { commands = { { asks = "AT+CSUB", read = read } } }
