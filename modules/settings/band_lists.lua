-- SPDX-License-Identifier: MIT
-- Bands of LTE and 5G that are lists with colons between the numbers, under the names "lte_band", "nr5g_band" and
-- "nsa_nr5g_band": as several makers of modems with Qualcomm's chips have them.

local bands = require "settings.bands"
local by_command = require "settings.by_command"

local M = {}

---@param values string[]? of an answer, a list with colons first
---@return integer[]
function M.numbers(values)
  local list = {}
  for digits in (values and values[1] or ""):gmatch("%d+") do list[#list + 1] = math.tointeger(tonumber(digits)) end
  table.sort(list)
  return list
end

---What differs of a class of by_command.bands.
---@param command string "AT+QNWPREFCFG"
---@return table fields asks, read, commands
function M.fields(command)
  local function of(name) return ('%s="%s"'):format(command, name) end
  return {
    asks = of "lte_band",

    read = function(self, modem)
      local lte, err = by_command.ask(modem, self.asks)
      local nr = lte and by_command.ask(modem, of "nr5g_band")
      local nsa = lte and by_command.ask(modem, of "nsa_nr5g_band")
      return lte and bands.joined(M.numbers(lte), M.numbers(nr), nsa and M.numbers(nsa)), err
    end,

    commands = function(_, wanted)
      local list = {}
      for _, kind in ipairs {
        { "lte_band", wanted.lte }, { "nsa_nr5g_band", bands.nsa(wanted) }, { "nr5g_band", wanted.nr },
      } do
        if #kind[2] > 0 then
          list[#list + 1] = ("%s,%s"):format(of(kind[1]), table.concat(kind[2], ":"))
        end
      end
      return list
    end,
  }
end

return M
