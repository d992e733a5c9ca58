-- SPDX-License-Identifier: MIT
-- What the network answers to USSD codes: a dialogue at a time.
--
--   *100#   an answer                        *103#   none, in no time
--   *101#   a menu of two levels             *104#   the network ends it without a word
--   *102#   an answer that takes UCS-2       others  the network does not know them, and says so

local ussd = {}

local balance = "Balance: 12.34 €"

local main = { text = "1 Balance\n2 More\nOK", choices = {} }
local level = { text = "1 Number\n0 Back", choices = { ["0"] = main } }
main.choices["1"], main.choices["2"] = balance, level

local codes = {
  ["*100#"] = balance, ["*101#"] = main, ["*102#"] = "Баланс: 12 ₽", ["*103#"] = "silent", ["*104#"] = "refused",
}
local outcomes = { silent = true, refused = true }

---@class simulator.ussd_answer
---@field kind "done"|"reply"|"refused"|"silent"|"unsupported"
---@field text string? with "done" and "reply"

---@param modem simulator.modem
---@param text string
---@param is_reply boolean? else it begins a dialogue
---@return simulator.ussd_answer
function ussd.ask(modem, text, is_reply)
  local menu = modem.ussd_menu
  modem.ussd_menu = nil
  if not modem.network.ussd or not modem:is_registered() then
    return { kind = "unsupported" }
  elseif is_reply and not menu then
    return { kind = "refused" }
  end
  local found = is_reply and (menu.choices[text] or text == "1" and modem.card
    and "+" .. (modem.card.number or "")) or not is_reply and codes[text] or "Unknown code."
  if type(found) == "table" then
    modem.ussd_menu = found
    return { kind = "reply", text = found.text }
  elseif outcomes[found] then
    return { kind = found }
  end
  return { kind = "done", text = found }
end

---The network begins: it asks for a reply.
---@param modem simulator.modem
---@param text string
function ussd.begin(modem, text)
  modem.ussd_menu = { text = text, choices = {} }
  modem:emit("ussd", text)
end

return ussd
