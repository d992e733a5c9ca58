-- SPDX-License-Identifier: MIT
-- Policy: keep a modem online; reset it when retrying stops helping.

local error_object = require "error"
local log = require "log"
local policy = require "policy"
local story = require "story"
local task = require "task"

local FIRST, LONGEST = 2, 300 -- seconds between tries

-- Waits until the network, or the modem, has ended the connection.
local function wait_down(modem)
  local events <close> = modem:events("session")
  local session, err = modem:session(0)
  while session and session.state == "activated" do
    local event
    event, err = events:next()
    if not event then
      return err
    end
    session = event.value
  end
  if not session then
    return err
  end
  return error_object.new { code = "disconnected", message = "the network ended the connection", source = "reconnect" }
end

return policy {
  name = "reconnect",
  summary = "Keep a modem online: connect again whenever the network ends the connection.",
  each = { modem = "ready" }, -- one task per ready modem, cancelled when it is unplugged

  run = function(modem)
    local told, pause, failures, reason = story.of(modem), FIRST, 0, "the modem is ready"
    while true do
      local ended = told:try("connect", reason)
      local link <close>, err = modem:up()
      ended(link and "online" or err)
      if link then
        pause, failures = FIRST, 0
        told:believe("online", "connected to " .. (link.bearer.apn ~= "" and link.bearer.apn or "the default APN"))
        reason = wait_down(modem)
        if reason.code == "gone" then
          return
        end
        told:believe("offline", reason)
      else
        told:believe("offline", err)
        failures, reason = failures + 1, err
        if failures % 5 == 0 and err.code == "timeout" then
          log.warn("%s: restarting it", modem)
          modem:reset()
        end
        told:intend("connect", pause, err)
        task.sleep(pause * (0.8 + 0.4 * math.random()))
        pause = math.min(pause * 2, LONGEST)
      end
    end
  end,
}
