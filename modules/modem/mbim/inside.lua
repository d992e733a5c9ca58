-- SPDX-License-Identifier: MIT
-- What MBIM does not tell of the air before MBIMEx 3.0, and of the card, asked by QMI inside it, which most Qualcomm
-- modems have.

local lazy = require "base.lazy"
local card_file = lazy "modem.qmi.card_file"
local cells = require "modem.qmi.cells"
local inside_mbim = require "qmi.inside_mbim"
local signal = require "modem.qmi.signal"

local M = {}

-- Asks by a device that is closed afterwards, unless modem.qmi is open: that has the modem send more indications.
local function ask(modem, verb)
  local used = rawget(modem, "qmi")
  local own <close> = not used and inside_mbim.open(modem.mbim) or nil
  local value, err = verb({ qmi = used or own, signal = signal.signal }, "protocol")
  modem.lacks_qmi = err ~= nil or nil
  return value
end

---@param modem modem.mbim
---@return modem.signal?
function M.signal(modem) return ask(modem, signal.signal) end

---@param modem modem.mbim
---@param is_alone boolean? MBIM itself tells none
---@return modem.cells? with a cell that serves, if MBIM may tell one
function M.cells(modem, is_alone)
  local told = ask(modem, cells.cells)
  return told and (is_alone or told.serving[1]) and told or nil
end

---A file of the card, which MBIM itself does not read.
---@param modem modem.mbim
---@param id integer
---@return string? bytes
---@return moontower.error? err
function M.card_file(modem, id)
  local used = rawget(modem, "qmi")
  local own <close> = not used and inside_mbim.open(modem.mbim) or nil
  return card_file.card_file({ qmi = used or own }, id)
end

---Adds what the second one knows more.
---@param told modem.signal
---@param more modem.signal?
function M.add(told, more)
  for _, name in ipairs { "lte", "nr", "umts", "gsm" } do
    for key, value in pairs(more and more[name] or {}) do
      told[name] = told[name] or {}
      if told[name][key] == nil then
        told[name][key] = value
      end
    end
  end
  told.dbm = told.dbm or more and more.dbm
end

return M
