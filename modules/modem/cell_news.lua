-- SPDX-License-Identifier: MIT
-- The event "cell": an indication says that the modem may be on another cell, and which it is takes several questions.
--
-- A modem that has just changed its network may be about to connect, and each answer takes a turn of its port. So it is
-- asked when no such indication has come for a while, and once for all of them.

local task = require "task"

local M = { quiet = 2 } -- seconds

-- Do the same cells serve? How well they are received is for the event "signal".
local function is_same(a, b)
  if #a.serving ~= #b.serving then
    return false
  end
  for i, cell in ipairs(a.serving) do
    for _, key in ipairs { "technology", "role", "pci", "psc", "channel", "cell_id", "plmn" } do
      if cell[key] ~= b.serving[i][key] then return false end
    end
  end
  return true
end

local function ask_when_quiet(modem)
  local asked_at = -math.huge
  while asked_at < modem.cell_changed_at do
    local left = modem.cell_changed_at + M.quiet - task.now()
    if left > 0 then
      task.sleep(left)
    else
      asked_at = task.now()
      local cells, err = modem:cells "protocol"
      modem.tells_no_cells = err and err.code == "unsupported" or nil
      if cells then
        modem.notifications:tell("cell", cells, is_same)
      end
    end
  end
  modem.is_asked_for_cells = nil
end

---An indication says so.
---@param modem modem.modem
---@param group task.group that ends when the modem is closed
function M.may_have_changed(modem, group)
  modem.cell_changed_at = task.now()
  if not modem.is_asked_for_cells and not modem.tells_no_cells then
    modem.is_asked_for_cells = true
    group:spawn(ask_when_quiet, modem)
  end
end

return M
