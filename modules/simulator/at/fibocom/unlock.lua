-- SPDX-License-Identifier: MIT
-- How an FM350 that was sold in a laptop is unlocked: it asks, and the answer is a hash of that together with a number
-- of the laptop's maker. Source: ModemManager's program 14c3:4d75.

local maker = require "maker"
local sha256 = require "modem.sha256"

local CHALLENGE = 0x1a2b3c4d

local function verify(modem, arguments)
  local key = maker.quirks("pci", "14c3", "4d75").unlock_key
  local answer = tonumber(sha256((">I4"):pack(CHALLENGE) .. key):sub(1, 8), 16)
  local is_right = math.tointeger(tonumber(arguments[1])) == answer
  if is_right then
    modem.fcc_locked = false
  end
  return { "+GTFCCLOCKVER: " .. (is_right and 1 or 0) }
end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+GTFCCLOCKGEN", { run = function() return { ("+GTFCCLOCKGEN: %d"):format(CHALLENGE) } end })
  handle("+GTFCCLOCKVER", { set = verify })
  handle("+GTFCCEFFSTATUS", { query = function(modem)
    return { ("+GTFCCEFFSTATUS: %d,%d"):format(modem.has_fcc_lock and 1 or 0, modem.fcc_locked and 0 or 1) }
  end })
end
