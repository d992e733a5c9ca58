-- SPDX-License-Identifier: MIT
-- The modem's own counters by AT commands: for a modem that has nothing else, and where MBIM or QMI count nothing.

local at_port = require "modem.at"
local errors = require "errors"

local ANSWER_TIME = 5

local M = {}

-- What one command tells, added to the sums.
local function add(modem, command, sums)
  local reply, err = modem.at:command(command[1], { seconds = ANSWER_TIME })
  local numbers = {}
  for digits in table.concat(reply and reply.lines or {}, "\n"):gsub("^[^:]*:", ""):gmatch "%f[%w]%d+" do
    numbers[#numbers + 1] = math.tointeger(tonumber(digits))
  end
  if not reply then
    return nil, err
  elseif #numbers < #command - 1 then
    return errors.lacks("at", command[1], "bytes")
  end
  for i = 2, #command do sums[command[i]] = (sums[command[i]] or 0) + numbers[i - 1] end
  return true
end

---@param modem modem.modem
---@param why moontower.error? what MBIM or QMI have said to the question
---@return modem.counters?
---@return moontower.error? err "unsupported": it counts nothing
function M.counters(modem, why)
  local maker = modem.at and at_port.maker(modem)
  local sums, err = {}, nil
  for i, command in ipairs(maker and maker.counters or {}) do
    local ok, refused = add(modem, command, sums)
    if not ok and i == 1 then
      err = refused
      break
    end
  end
  if sums.received then
    return sums
  elseif err and (err.code == "timeout" or err.code == "gone" or err.code == "malformed") then
    return nil, err
  end
  return nil, not why and not modem.at and modem.at_error or errors.new {
    code = "unsupported", source = "modem", message = "the modem tells no counters", detail = why and why.detail,
  }
end

return M
