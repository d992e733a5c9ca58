-- SPDX-License-Identifier: MIT
-- AT commands for logical channels to the card's applications, and for bare commands to them (3GPP TS 27.007, 8.17 and
-- 8.43 to 8.46).

local hex = require "base.hex"

local INCORRECT_PARAMETERS = 50
local numbers = {
  ["missing"] = 10, ["starting"] = 14, ["no-channels"] = 20, ["select-failed"] = 22, ["not-open"] = 21, ["failed"] = 13,
}

-- A command in hex behind the number of its digits.
local function take_command(length, text)
  local bytes = text and hex.decode(text)
  return bytes and tonumber(length) == #text and bytes or nil
end

local function answer(name, response, why)
  if not response then
    return nil, numbers[why]
  end
  return { ('%s: %d,"%s"'):format(name, 2 * #response, hex.encode(response)) }
end

local function test(modem) return not modem:has_uicc_habit "no-test" and {} or nil end

---@param handle fun(name: string, parts: table)
return function(handle)
  handle("+CCHO", { test = test, set = function(modem, arguments)
    local aid = hex.decode(arguments[1])
    if not aid or aid == "" then
      return nil, INCORRECT_PARAMETERS
    end
    local channel, why = modem:open_channel(aid)
    if not channel then
      return nil, numbers[why]
    end
    return { (modem:has_uicc_habit "bare-number" and "" or "+CCHO: ") .. channel }
  end })

  handle("+CCHC", { test = test, set = function(modem, arguments)
    local channel = math.tointeger(tonumber(arguments[1]))
    if not channel then
      return nil, INCORRECT_PARAMETERS
    end
    local response, why = modem:close_channel(channel)
    return response and {}, numbers[why]
  end })

  handle("+CGLA", { test = test, set = function(modem, arguments)
    local channel = math.tointeger(tonumber(arguments[1]))
    local command = take_command(arguments[2], arguments[3])
    if not channel or not command then
      return nil, INCORRECT_PARAMETERS
    end
    return answer("+CGLA", modem:send_on_channel(channel, command))
  end })

  handle("+CSIM", { test = test, set = function(modem, arguments)
    local command = take_command(arguments[1], arguments[2])
    if not command then
      return nil, INCORRECT_PARAMETERS
    end
    return answer("+CSIM", modem:send_apdu(command))
  end })
end
