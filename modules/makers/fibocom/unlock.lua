-- SPDX-License-Identifier: MIT
-- Unlocks the radio of an FM350 that was sold in a laptop: the modem asks, and the answer is a hash of that together
-- with a number of the laptop's maker. It is locked again once it has been without power.
--
-- Sources: ModemManager's program 14c3:4d75; lenovo/lenovo-wwan-unlock issue 99.

local errors = require "errors"
local maker = require "maker"
local sha256 = require "modem.sha256"

local function first_number(modem, command, seconds)
  local reply, err = modem.at:command(command, { seconds = seconds })
  local text = table.concat(reply and reply.lines or {}, "\n"):match ":%s*(%w+)"
  local number = math.tointeger(tonumber(text))
  if reply and not number then
    return errors.lacks("at", command, "number")
  end
  return number, err
end

---@param modem modem.modem
---@param seconds number
---@return true? ok nil without an error: it is none of these modems
---@return moontower.error? err
return function(modem, seconds)
  local description = modem.description
  local key = maker.quirks("pci", description.vendor, description.product).unlock_key
  if not key or not modem.at then
    return nil, key and modem.at_error
  end
  local challenge, err = first_number(modem, "AT+GTFCCLOCKGEN", seconds)
  local answer, result
  if challenge then
    answer = tonumber(sha256((">I4"):pack(challenge & 0xffffffff) .. key):sub(1, 8), 16)
    result, err = first_number(modem, ("AT+GTFCCLOCKVER=%d"):format(answer), seconds)
  end
  if result and result ~= 1 then
    return errors.fail { code = "rejected", source = "at", message = "AT+GTFCCLOCKVER: the modem takes another answer" }
  end
  return result and true, err
end
