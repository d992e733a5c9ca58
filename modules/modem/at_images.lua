-- SPDX-License-Identifier: MIT
-- The firmware images in a modem by AT commands: for a modem that has nothing else, and where MBIM or QMI tell none.
--
-- The commands, and what their answers mean, are the maker's (maker.firmware).

local at_port = require "modem.at"
local errors = require "errors"

local ANSWER_TIME = 10

local M = {}

---@param modem modem.modem
---@param why moontower.error? what MBIM or QMI have said to the question
---@return modem.image[]?
---@return moontower.error? err "unsupported": it tells of none
function M.images(modem, why)
  local maker = modem.at and at_port.maker(modem)
  local firmware = maker and maker:load "firmware"
  for _, command in ipairs(firmware and firmware.commands or {}) do
    local reply, refused = modem.at:command(command.asks, { seconds = ANSWER_TIME })
    if reply then
      return command.read(reply.lines)
    elseif refused.code == "timeout" or refused.code == "gone" then
      return nil, refused
    end
  end
  return nil, not why and not modem.at and modem.at_error or errors.new {
    code = "unsupported", source = "modem", message = "the modem tells nothing of firmware images",
    detail = why and why.detail,
  }
end

return M
