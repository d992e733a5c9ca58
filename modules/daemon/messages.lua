-- SPDX-License-Identifier: MIT
-- Received SMS go to this computer's disk, unless the configuration leaves them on the card: those that are on a card
-- when it is ready, and then each that comes in.

local message_news = require "modem.message_news"
local task = require "task"

local M = {
  ---Seconds until a modem that has just been opened is asked for its messages: connecting goes first.
  pause = 3,
}

---A modem that the configuration names, and what it says now.
---@param known { group: task.group, moves: boolean? }
---@param modem modem.modem
---@param entry daemon.modem_config
function M.configure(known, modem, entry)
  modem.moves_messages = entry.sms ~= "card"
  if modem.moves_messages and not known.moves then
    known.group:spawn(function()
      local events <close> = modem:events("sim")
      task.sleep(M.pause)
      local sim = modem:ensure_started() and modem:sim_state()
      repeat
        if modem.moves_messages and sim and sim.state == "ready" then
          message_news.has_come(modem, known.group)
        end
        local event = events:next()
        sim = event and event.value
      until not event
    end)
  elseif modem.moves_messages then
    message_news.has_come(modem, known.group) -- the configuration says so now
  end
  known.moves = true
end

return M
