-- SPDX-License-Identifier: MIT
-- Logical channels to the card over MBIM: Microsoft's UICC low-level access.
--
-- Modems differ in what they take: the byte of SELECT that asks for no answer, and the kind of class byte, which should
-- be "extended" for 8X (ETSI TS 102 221). What one refuses is tried in the other form, which is remembered while the
-- modem is open.

local card_channel = require "modem.card_channel"
local errors = require "errors"
local uicc = require "mbim.ms_uicc_low_level_access"

local GROUP = 1 -- channels of one owner; ours are closed one by one
local OPEN_TIME, CLOSE_TIME, RESET_TIME = 20, 5, 20
local NO_ANSWER = 0x0c -- of SELECT: return no data

local M = {}

-- The first byte of the status is SW1. An answer that is cut short has none.
local function status_of(reply)
  local status = reply.status or {}
  return (status.sw1 or 0) << 8 | (status.sw2 or 0)
end

-- Of the form of a command, before the card has carried it out: only then may it be sent again.
local function is_refusal(reply, err)
  if not reply then
    return err.detail ~= nil and err.detail.status == "invalid-parameters"
  end
  local status = status_of(reply)
  return status == 0x6e00 or status == 0x6881
end

-- Of SELECT, which changes nothing: for its P2, or as there is no such application, which MBIM does not tell apart.
local function is_not_selected(reply, err)
  if not reply then
    return err.code == "rejected" and (err.detail.who ~= "card" or err.detail.status == "select-failed")
  end
  return status_of(reply) == 0x6a86
end

local function open(self, aid, p2)
  return self.mbim:set(uicc.open_channel, { aid = aid, select_p2 = p2, group = GROUP }, OPEN_TIME)
end

local function send(self, number, apdu, seconds)
  local function try(class)
    return self.mbim:set(uicc.apdu, { channel = number, class = class, command = apdu }, seconds)
  end
  local class = self.card_class or apdu:byte(1) & 0x80 ~= 0 and "extended" or "interindustry"
  local reply, err = try(class)
  if is_refusal(reply, err) and not self.card_class then
    local other = class == "extended" and "interindustry" or "extended"
    local second, why = try(other)
    if not is_refusal(second, why) then
      reply, err, self.card_class = second, why, other
    end
  end
  if reply and not reply.response then
    return errors.lacks("mbim", uicc.apdu.name, "card's answer")
  end
  return reply and reply.response .. (">I2"):pack(status_of(reply)), err
end

---@param self modem.mbim
---@param aid string
---@return modem.card_way?
---@return moontower.error? err
function M.open_card_channel(self, aid)
  local reply, err = open(self, aid, 0)
  if is_not_selected(reply, err) then
    reply, err = open(self, aid, NO_ANSWER)
  end
  if not reply then
    local status = err.detail and err.detail.status
    if status == "select-failed" or status == "no-logical-channels" then
      return card_channel.refused("mbim", status == "select-failed" and card_channel.NONE or card_channel.FULL)
    end
    return nil, err
  elseif not reply.channel then
    return errors.lacks("mbim", uicc.open_channel.name, "channel")
  elseif reply.channel == 0 or reply.channel > 19 then
    return card_channel.refused("mbim", status_of(reply))
  end
  local number = reply.channel
  return {
    name = "mbim", number = number, send = function(apdu, seconds) return send(self, number, apdu, seconds) end,
    close = function() return M.close_card_channel(self, number) end,
  }
end

---@param self modem.mbim
---@param number integer
---@return true? ok
---@return moontower.error? err
function M.close_card_channel(self, number)
  local reply, err = self.mbim:set(uicc.close_channel, { channel = number, group = GROUP }, CLOSE_TIME)
  return reply and true, err
end

---Resets the card.
---@param self modem.mbim
---@return true? ok
---@return moontower.error? err
function M.restart_card(self)
  local reply, err = self.mbim:set(uicc.reset, { pass_through = "disable" }, RESET_TIME)
  return reply and true, err
end

return M
