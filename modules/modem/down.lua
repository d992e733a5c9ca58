-- SPDX-License-Identifier: MIT
-- The end of what `up` has connected, and of second sessions.

local connections = require "modem.connection"
local errors = require "errors"
local task = require "task"
local teardown = require "link.teardown"

local M = {}

-- A modem that was opened again since has no sessions.
local function disconnect(modem, record)
  local ok, err = modem:deactivate(record.session)
  return ok or err.code == "not-open" or nil, err
end

-- Second sessions, which scripts connect, are known by their links.
local function disconnect_others(modem, sessions)
  local ok, err = true, nil
  for _, session in ipairs(sessions) do
    if ok and session > connections.SESSION and modem:ensure_started() then
      ok, err = modem:deactivate(session)
    end
  end
  return ok, err
end

---See modem:down(). The host's side comes first: it never depends on a modem that may not answer any more.
---@param modem modem.modem
---@return { interface: string?, was_online: boolean }?
---@return moontower.error? err
function M.down(modem)
  local record, err = connections.record(modem.description)
  local ok = err == nil
  local name = record and record.net or modem.net
  local sessions, undone, why = {}, true, nil
  local link = modem.link
  local _ <close> = link and task.finally(function() link:was_taken_down() end)
  if link then
    link:give_up()
  end
  if name then
    sessions, undone, why = teardown.take_down_all(name)
  end
  if record then
    ok, err = disconnect(modem, record)
  end
  if ok then
    ok, err = disconnect_others(modem, sessions)
  end
  if ok then
    ok, err = connections.clear_record(modem) -- also one of before a restart
  end
  if not ok then
    return nil, err
  elseif not record and #sessions == 0 and modem.give_clients_back then
    modem:give_clients_back()
  end
  if not undone then
    return errors.fail {
      code = "io", source = "down",
      message = ("the modem is disconnected, but this computer is not as it was before `up`: %s"):format(why),
      hint = "What is left is written down: run `moontower down` again to take it back.",
    }
  end
  return { interface = name, was_online = #sessions > 0 or record ~= nil }
end

return M
