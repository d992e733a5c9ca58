-- SPDX-License-Identifier: MIT
-- Does things one after the other, each when its time has come.

local task = require "task"

---@param modem simulator.modem
---@param entries { after: number }[] seconds from now on, the earliest first
---@param act fun(entry: table)
return function(modem, entries, act)
  local since = task.now()
  modem.group:spawn(function()
    for _, entry in ipairs(entries) do
      task.sleep(math.max(0, since + entry.after - task.now()))
      act(entry)
    end
  end)
end
