-- SPDX-License-Identifier: MIT
-- What MBIM does not tell of the air before MBIMEx 3.0, asked by QMI inside it, which most Qualcomm modems have.

local cells = require "modem.qmi.cells"
local signal = require "modem.qmi.signal"

local M = {}

-- What those of QMI need of a modem; nil for one that has shown that it has no QMI, or needs none.
local function inside(modem)
  local is_needed = (modem.mbim.version or 0) < 0x0300 and not modem.lacks_qmi
  return is_needed and { qmi = modem.qmi, signal = signal.signal } or nil
end

local function answered(modem, value, err)
  modem.lacks_qmi = err ~= nil or nil
  return value
end

---@param modem modem.mbim
---@return modem.signal?
function M.signal(modem)
  local it = inside(modem)
  return it and answered(modem, it:signal "protocol")
end

---@param modem modem.mbim
---@return modem.cells? with a cell that serves
function M.cells(modem)
  local it = inside(modem)
  local told = it and answered(modem, cells.cells(it))
  return told and told.serving[1] and told or nil
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
