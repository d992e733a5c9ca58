-- SPDX-License-Identifier: MIT
-- Logical channels to the card over QMI: UIM.

local card = require "modem.qmi.card"
local card_channel = require "modem.card_channel"
local errors = require "errors"
local uim_files = require "qmi.uim.files"
local uim_pins = require "qmi.uim.pins"

local OPEN_TIME, CLOSE_TIME, POWER_TIME = 20, 5, 20

---@class modem.qmi
local M = {}

-- A card that is still starting is busy.
local function named(err)
  if err and err.detail and err.detail.status == "uim-uninitialized" then
    err.code = "busy"
  end
  return err
end

-- The slot of the card in use.
local function slot_of(self)
  local _, err, slot = card.status(self.qmi)
  return slot or 1, type(err) == "table" and err.code and err or nil
end

local function status_of(err)
  local result = err.detail and err.detail.reply and err.detail.reply.card_result
  return result and result.sw1 << 8 | result.sw2 or nil
end

---@param aid string
---@return modem.card_way?
---@return moontower.error? err
function M:open_card_channel(aid)
  local slot, gone = slot_of(self)
  if gone and (gone.code == "gone" or gone.code == "timeout") then
    return nil, gone
  end
  local reply, err = self.qmi:request(uim_files.open_logical_channel, { slot = slot, aid = aid }, OPEN_TIME)
  if not reply and status_of(err) then
    return card_channel.refused("qmi", status_of(err))
  elseif not reply then
    return nil, named(err)
  elseif not reply.channel_id or reply.channel_id == 0 then
    return errors.lacks("qmi", "Open Logical Channel", "channel")
  end
  local number = reply.channel_id
  return {
    name = "qmi", number = number,
    send = function(apdu, seconds)
      local answer, why = self.qmi:request(uim_files.send_apdu, { slot = slot, channel_id = number, apdu = apdu },
        seconds)
      if answer and not answer.apdu_response then
        return errors.lacks("qmi", "Send APDU", "card's answer")
      end
      return answer and answer.apdu_response, named(why)
    end,
    close = function() return M.close_card_channel(self, number, nil, slot) end,
  }
end

---@param number integer
---@param _ string? the way, which is this one
---@param slot integer? the one in use if not given
---@return true? ok
---@return moontower.error? err
function M:close_card_channel(number, _, slot)
  local reply, err = self.qmi:request(uim_files.logical_channel, {
    slot = slot or (slot_of(self)), channel_id = number, terminate_application = 1,
  }, CLOSE_TIME)
  return reply and true, err
end

---Takes the card's power away for a moment.
---@return true? ok
---@return moontower.error? err
function M:restart_card()
  local slot = slot_of(self)
  local reply, err = self.qmi:request(uim_pins.power_off_sim, { slot = slot }, POWER_TIME)
  if reply then
    reply, err = self.qmi:request(uim_pins.power_on_sim, { slot = slot }, POWER_TIME)
  end
  return reply and true, err
end

return M
