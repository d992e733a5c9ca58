-- SPDX-License-Identifier: MIT
-- SMS that are read in text mode: their lines may look like a final result, so which one ends the answer is not plain.
--
-- What looks like one is the end if nothing follows it. That a modem is silent does not prove it: between two messages
-- it reads the card. So it is asked for a number then, which comes behind the end.

local errors = require "errors"
local resync = require "at.resync"
local task = require "task"

local READ_TIME = 0.01 -- enough to read what is there already

local M = {}

---What looked like the end was a line of a text, as more has come.
---@param port at.port
---@param job at.job
---@param keep fun(job: at.job, line: string)
function M.keep_doubtful(port, job, keep)
  if job.doubtful then
    keep(job, job.doubtful.text)
    port.listeners:show(job.private and "(hidden)" or job.doubtful.text, "line")
    job.kept, job.doubtful = job.doubtful, nil
  end
end

---A line of a text, or the end.
---@param port at.port
---@param job at.job
---@param token table
function M.on_final(port, job, token)
  job.text_begins, job.doubtful, token.may_be_text = false, token, true
  port.finals:push(token)
end

-- Takes away what answers the question: its number, its echo. What stands before them is the end. Nil: it is not
-- answered.
local function end_before(port, job)
  local lines, last = job.lines, #job.lines
  local is_number = resync.is_answer(job.question, lines[last])
  port.has_marks = is_number or port.has_marks
  last = last - (is_number and 1 or 0)
  last = last - (lines[last] == job.question and 1 or 0)
  if port.has_marks and not is_number or not job.kept or lines[last] ~= job.kept.text then
    return nil
  end
  for i = #lines, last, -1 do lines[i] = nil end
  return job.kept
end

-- The end, or nil: it is asked for now, unless the port cannot be.
local function settle(port, job, deadline)
  if not job.question then
    job.question, job.asked_at = resync.question_behind(port), job.doubtful
    local is_sent = port:send(job.question .. "\r", math.max(deadline - task.now(), 0.001))
    return not is_sent and job.doubtful or nil
  end
  local found = job.doubtful ~= job.asked_at and end_before(port, job)
  if not found then
    resync.unanswered(port, job.question)
  end
  return found or job.doubtful
end

---As resync.next_token, for a command.
---@param port at.port
---@param job at.job
---@param deadline number
---@param unproved table? a result that may be an earlier command's: how long it is waited for what shows that
---@return table? token
---@return moontower.error? err
function M.next_for(port, job, deadline, unproved)
  while true do
    deadline = job.restarted and math.min(deadline, job.restarted + resync.RESTART_TIME) or deadline
    local seconds, doubtful = deadline - task.now(), job.doubtful
    if unproved or doubtful then
      seconds = math.min(seconds, resync.quiet(port))
    end
    local token, err = resync.next_token(port, seconds)
    if doubtful and not token and err.code == "timeout" then
      task.sleep(READ_TIME)
      if job.doubtful == doubtful and port.finals:length() == 0 then
        local last = settle(port, job, deadline)
        if last then return last end
      end
    elseif not (token and (token.may_be_text or token.kind == "restart")) then
      return token, err
    elseif token.may_be_text and seconds < -resync.quiet(port) then
      return errors.fail { code = "timeout", source = "at", message = port.path .. ": the texts do not end" }
    end
  end
end

return M
