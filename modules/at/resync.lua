-- SPDX-License-Identifier: MIT
-- Keeps answers with their commands: a late answer must not be taken for the next command's, nor bytes that another
-- program has left on the line for the first one's.

local errors = require "errors"
local task = require "task"

local M = {
  ---How long a modem is silent when it has nothing more to say: seconds.
  QUIET = 0.3,
}

local PROBES, PROBE_TIME = 3, 1
local READ_TIME = 0.01 -- enough to read what is there already
local ESCAPE = "\27"

---The next final result or prompt for the current command.
---@param port at.port
---@param seconds number
---@return table? token
---@return moontower.error? err
function M.next_token(port, seconds)
  local token, err = task.timeout(math.max(seconds, 0), port.finals.pop, port.finals)
  if not token and err.code == "timeout" and port.finals:length() > 0 then
    return port.finals:pop() -- at the last moment
  end
  return token, err
end

---A command has had no answer in time.
---@param port at.port
---@param job at.job
function M.lose_count(port, job)
  port.unsure = true
  if port.port and not port.port.is_matched then
    port.late, port.owed, port.echo = job, port.owed + 1, nil
  end
end

-- Results of commands until nothing is owed, or nothing more comes; the last of them.
local function collect(port, seconds)
  local last
  while port.owed > 0 or last ~= "ok" do
    local token, err = M.next_token(port, last and M.QUIET or seconds)
    if token then
      last, port.owed = token.result, math.max(port.owed - 1, 0)
    elseif err.code == "timeout" then
      return last
    else
      return nil, err
    end
  end
  return last
end

local function no_sense(port, last)
  return errors.fail {
    code = last and "modem-failed" or "timeout", source = "at",
    message = port.path .. (last and (": the modem answers even `AT` with %s"):format(last:upper())
      or ": the modem does not answer"),
    hint = last and "Is it an AT port? If so, unplug the modem and plug it in again."
      or "It may be busy with the last command. If this lasts, unplug the modem and plug it in again.",
  }
end

-- A modem works off its commands in order. So either as many results come as commands were sent, and the last is this
-- one's; or fewer, and then there is silence. An Escape leaves a prompt that has no answer to come. The program that
-- used the port before may have left it with results in numbers, or with none: Q0V1 ends that.
local function probe(port, seconds)
  local deadline = task.now() + seconds
  local last
  for i = 1, PROBES do
    local command = i == 2 and "ATQ0V1" or "AT"
    local time = i < PROBES and math.min(seconds / PROBES, PROBE_TIME) or math.max(deadline - task.now(), 0.001)
    local job = { command = command, shown = command, lines = {}, probe = true, seconds = time }
    local ok, err = true, nil
    if port.prompted then
      ok, err = port:send(ESCAPE, time)
    end
    if ok then
      ok, err = port:ask(job)
    end
    if ok then
      port.owed = port.owed + 1
      ok, err = collect(port, i < PROBES and time or deadline - task.now())
    elseif err.code == "timeout" then
      ok, err = nil, nil -- of a port that waits for the answer itself
    end
    if ok == "ok" then
      port.owed = 0
      return true
    elseif err then
      return nil, err
    end
    last = ok or last
  end
  return no_sense(port, last)
end

---Makes sure that the next answer is the next command's. It costs something only at first and after a time-out.
---@param port at.port
---@param seconds number how long that may take
---@return true? ok
---@return moontower.error? err
function M.ensure(port, seconds)
  if not port.unsure then
    return true
  end
  task.sleep(READ_TIME)
  local ok, err = probe(port, seconds)
  port.current = nil
  if ok then
    port.unsure, port.late = false, nil
  end
  return ok, err
end

return M
