-- SPDX-License-Identifier: MIT
-- The numbers of a SIM over QMI: ICCID, IMSI, telephone number.

local lazy = require "base.lazy"
local card_file = require "modem.qmi.card_file"
local cards = require "modem.qmi.card"
local dms_uim = lazy "qmi.dms.uim"
local task = require "task"

local M = {}

-- After a time-out, do not try the fallback.
local function speaks(err) return err.code ~= "timeout" and err.code ~= "gone" end

---Digits two a byte, the low half first, filled up with 0xf (3GPP TS 31.102).
---@param bytes string
---@return string
function M.digits_of(bytes)
  local digits = {}
  for i = 1, #bytes do
    local byte = bytes:byte(i)
    digits[#digits + 1] = ("%x%x"):format(byte & 0xf, byte >> 4)
  end
  return (table.concat(digits):match("^%d*"))
end

local function read_file(device, id, path) return card_file.read(device, id, path) or "" end

-- EF_ICCID and EF_IMSI; the latter has its length first, and a parity digit.
local function iccid_of(device)
  local reply, err = device:request(dms_uim.uim_get_iccid)
  if reply then
    return ((reply.iccid or ""):gsub("[Ff]+$", "")) -- which some show, too
  end
  return speaks(err) and M.digits_of(read_file(device, 0x2fe2, card_file.CARD)) or ""
end

local function imsi_of(device)
  local reply, err = device:request(dms_uim.uim_get_imsi)
  if reply then
    return reply.imsi or ""
  end
  return speaks(err) and M.digits_of(read_file(device, 0x6f07, card_file.USIM):sub(2)):sub(2) or ""
end

local function numbers_of(device)
  local reply = device:request(require("qmi.dms").get_msisdn)
  return reply and reply.msisdn and reply.msisdn ~= "" and { reply.msisdn } or {}
end

-- A card that is ready gives all its numbers; one that is locked, only its ICCID.
local function with_numbers(device, sim)
  local questions = { function() return iccid_of(device) end }
  if sim.state == "ready" then
    questions[2] = function() return imsi_of(device) end
    questions[3] = function() return numbers_of(device) end
  end
  local answers = assert(task.all(table.unpack(questions)))
  sim.iccid = answers[1] ~= "" and answers[1] or nil
  sim.imsi = answers[2] ~= "" and answers[2] or nil
  sim.numbers = answers[3] or {}
  return sim
end

-- A modem with two slots may change from one card to the other while both are ready.
local slots = setmetatable({}, { __mode = "k" }) -- by what sim_of() has returned

local function sim_of(device, card, application, slot, last)
  local state = cards.state_of(card, application)
  local sim = { state = state[1], reason = state[2], numbers = {} }
  slots[sim] = slot
  if sim.state ~= "ready" and sim.state ~= "locked" then
    return sim
  end
  local is_same = last and slots[last] == slot and last.state == sim.state
  if is_same and last.iccid and (last.imsi or sim.state == "locked") then
    return last -- the card in a slot cannot be changed without its state changing
  end
  return with_numbers(device, sim)
end

---@param device qmi.device
---@return table? sim { state, reason, imsi, iccid, numbers }
---@return moontower.error? err
function M.read(device)
  local card, application, slot = cards.status(device)
  if not card and application then
    return nil, application
  end
  return sim_of(device, card, application, slot)
end

---How an indication of the card's status reads.
---@param device qmi.device
---@param values table
---@param last table? the last value
---@return table? sim
function M.notified(device, values, last)
  if not values.card_status then
    return (M.read(device))
  end
  local card, application, slot = cards.primary(values.card_status)
  return sim_of(device, card, application, slot, last)
end

return M
