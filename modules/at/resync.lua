-- SPDX-License-Identifier: MIT
-- Keeps answers with their commands: a late answer must not be taken for the next command's, nor bytes that another
-- program has left on the line for the first one's.
--
-- Modems work off what they are sent in order, so results can be counted. But one may never come, and how long a modem
-- takes for one is not known: silence proves nothing about a slow one. So after a command without an answer the modem
-- is asked for numbers that it only gives to that question: what comes after such a number is later commands'.

local errors = require "errors"
local in_use = require "at.in_use"
local task = require "task"

---@class at.owed a result that may still come
---@field sent number when its command was sent
---@field mark integer? what stands before this result and before no other
---@field is_probe boolean?

local M = {
  ---How long a modem is silent, seconds, until it is taken to be mute, rather than slow.
  MUTE_AFTER = 10,
  ---Seconds that one that has just started has for an answer to what it was asked before.
  RESTART_TIME = 2,
}

local QUIET, PATIENCE = 0.3, 30 -- seconds that a modem is silent for when it has nothing more to say: at least, at most
local PROBE_TIME, PACE_MAX = 1, 6
local MUTE_TIME = 1 -- seconds for a mute one
local BACKLOG, BACKLOG_TIME = 4, 10 -- questions, within that number of seconds
local OWED_MAX = 32 -- of a modem that has been mute for long
local READ_TIME = 0.01 -- enough to read what is there already
local ESCAPE = "\27"

-- ITU-T V.250's registers with the characters for editing: the answers are 013, 010 and 008, the characters themselves.
-- Modems that do not know them answer ERROR.
local MARKED = { "ATS3?", "ATS5?" }
local marks = { ["ATS3?"] = 13, ["ATQ0V1S4?"] = 10, ["ATS5?"] = 8 }
-- The program that used the port before may have left it with results in numbers, or with none: Q0V1 ends that. Some
-- firmware takes no two commands in a line.
local COMMANDS = { "AT", "ATQ0V1S4?", "ATQ0V1", "AT" }

---How long to wait for what may come before a command's own answer.
---@param port at.port
---@return number seconds
function M.quiet(port) return math.min(math.max(QUIET, 2 * port.pace), PATIENCE) end

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

---A question whose answer comes behind all that is under way.
---@param port at.port
---@return string
function M.question_behind(port) return port.has_marks == false and "AT" or MARKED[1] end

---Is a line the number that such a question asks for?
---@param question string
---@param line string?
---@return boolean
function M.is_answer(question, line)
  return line ~= nil and marks[question] ~= nil and tonumber(line:match "^%s*(%d+)%s*$") == marks[question]
end

---The modem says that it has just started: it has lost what it was at, unless it answers now.
---@param port at.port
function M.restarted(port)
  local job = port.current
  if job and not job.probe and not job.restarted then
    job.restarted = task.now()
    port.finals:push { kind = "restart" }
  end
end

local function forget_finals(port)
  while port.finals:length() > 0 do port.finals:pop() end
end

-- Most runs are never owed more than one.
local function note(port)
  local is_many = #port.owed > 1
  if port.is_noted and (is_many or port.has_note) then
    port.has_note = is_many
    in_use.note(port.path, port.owed)
  end
end

---Such a question has had no answer.
---@param port at.port
---@param question string
function M.unanswered(port, question)
  port.unsure = true
  table.insert(port.owed, { sent = task.now(), mark = marks[question], is_probe = true })
  note(port)
end

---A command has had no answer in time, or could not be written to its end.
---@param port at.port
---@param job at.job
function M.lose_count(port, job)
  port.unsure = true
  forget_finals(port)
  if port.port and not port.port.is_matched then
    port.late, port.echo = job, nil
    table.insert(port.owed, { sent = job.sent })
    note(port)
  end
end

-- ---- what comes ----

local function is_mark(owed, line)
  return owed.mark and tonumber(line:match "^%s*(%d+)%s*$") == owed.mark
end

-- How long the modem has worked on it, at most: it may have had others to do first.
local function time_of(port, owed, now) return now - math.max(owed.sent, port.came_at) end

-- What comes promptly behind the last question shows nothing slow. Else the modem may have worked on this one since the
-- first.
local function took(port, now)
  local first, last = port.owed[1], port.owed[#port.owed]
  return first and now - last.sent > M.quiet(port) and time_of(port, first, now) or 0
end

-- Which of what is owed it is; nil: none of it. A text may have lines that look like results, so there may be more of
-- them than commands. Of several questions alike, it is the first one's; and where the last one has just been asked, it
-- may be that one's: then the modem was mute, has lost the others, and is not slow.
local function place_of(port, line, now)
  local first, oldest, newest = port.owed[1], nil, nil
  for i, owed in ipairs(line and port.owed or {}) do
    if is_mark(owed, line) then
      oldest, newest = oldest or i, i
    end
  end
  if newest then
    port.has_marks = true
    return oldest, oldest ~= newest and now - port.owed[newest].sent <= QUIET
  end
  return first and not (first.mark and port.has_marks ~= false) and 1 or nil, false
end

---A result has come that no task awaits: of a command that has had no answer in time, or of a probe.
---@param port at.port
---@param token table its `took` becomes how long the modem may take for the next one; `is_owed`, whether it was owed;
--- `in_doubt`, whether it may be a later one's
---@param line string? what came before it, since the last result
function M.came(port, token, line)
  local now = task.now()
  local place, in_doubt = place_of(port, line, now)
  token.took, token.is_owed, token.in_doubt = took(port, now), place ~= nil, in_doubt
  if place then
    local owed = port.owed[place]
    port.pace = owed.is_probe and not in_doubt and math.min(time_of(port, owed, now), PACE_MAX) or port.pace
    table.move(port.owed, place + 1, #port.owed + place, 1)
    note(port)
  end
  port.came_at, port.mute = now, nil
end

---A line that may be a result in numbers, as ITU-T V.250 has them: OK or ERROR. Only probes are answered so.
---@param line string
---@return table? token
function M.number(line)
  return line:find "^[04]$" and { kind = "final", text = line, result = "number" } or nil
end

-- ---- probing ----

-- Waits for what is owed, twice as long as the modem took for what came: `round.patience`. The last result; of one that
-- makes another question needed, only the last question waits for more. Results that nothing is owed prolong nothing.
local function settle(port, round, seconds, is_last)
  local last, ends = nil, task.now() + seconds
  local deadline = ends
  local token, err = M.next_token(port, seconds)
  while token and token.kind == "final" do
    local now = task.now()
    if not last or token.is_owed then
      round.patience = math.min(math.max(round.patience, 2 * token.took, M.quiet(port)), PATIENCE)
      round.in_doubt = token.in_doubt
      local is_needed = is_last and port.has_marks and not token.in_doubt -- silence proves nothing where a number can
      ends = math.max(now + round.patience, is_needed and deadline or 0)
    elseif now >= ends then
      return nil -- it sends results without end
    end
    last = token.result
    if last ~= "ok" and not is_last or #port.owed == 0 and port.finals:length() == 0 then
      return last
    end
    token, err = M.next_token(port, ends - now)
  end
  if token then
    return last, select(2, port:send(ESCAPE, seconds)) -- a prompt: what was sent has become a part of its text
  end
  return last, err.code ~= "timeout" and err or nil
end

local function no_sense(port, last)
  local refusal = last == "number" and "a number, and goes on with numbers after ATV1" or last and last:upper()
  return errors.fail {
    code = last and "modem-failed" or "timeout", source = "at",
    message = port.path .. (last and ": the modem answers even `AT` with " .. refusal or ": the modem does not answer"),
    hint = last and "Is it an AT port? If so, unplug the modem and plug it in again."
      or "It may be busy with the last command. If this lasts, unplug the modem and plug it in again.",
  }
end

-- A slow modem is not given more to do than it gets done.
local function has_enough(port)
  local count = 0
  for _, owed in ipairs(port.owed) do
    count = count + (owed.is_probe and owed.sent > task.now() - BACKLOG_TIME and 1 or 0)
  end
  return count >= BACKLOG
end

-- False: the port waits for the answer itself, and none has come.
local function send(port, command, seconds)
  local ok, err = true, nil
  if port.prompted then
    ok, err = port:send(ESCAPE, seconds)
  end
  if ok then
    table.insert(port.owed, { sent = task.now(), mark = marks[command], is_probe = true })
    if #port.owed > OWED_MAX then
      table.remove(port.owed, 1)
    end
    note(port)
    ok, err = port:ask { command = command, shown = command, lines = {}, probe = true, seconds = seconds }
    if not ok then
      table.remove(port.owed)
      note(port)
    end
  end
  if err and err.code == "timeout" then
    return false
  end
  return ok, err
end

-- Where in what is owed a question was asked last.
local function place_asked(port, command)
  local place = 0
  for i, owed in ipairs(port.owed) do
    place = owed.mark == marks[command] and i or place
  end
  return place
end

-- A number that is not asked for already tells most; else the last one that is, as it leaves least behind it.
local function command_at(port, step, has_answered)
  local is_marked = step == 1 and #port.owed > 0 or port.has_marks and (step > 2 or has_answered)
  if not is_marked then
    return COMMANDS[step]
  end
  local first, second = place_asked(port, MARKED[1]), place_asked(port, MARKED[2])
  return first > 0 and (second == 0 or second > first) and MARKED[2] or MARKED[1]
end

-- An error, or OK and then nothing more, are what modems do that do not know the numbers: a bare AT is left to try.
local function step_after(port, step, last)
  local is_plain = last == "error" or last == "ok" and not port.has_marks
  return is_plain and step < #COMMANDS and #COMMANDS or step + 1
end

-- How long to wait for an answer until the next question. The second one is seldom needed, and the others hardly ever:
-- a slow modem would only have more to work off.
local function time_for(port, step, seconds, left)
  if step == #COMMANDS then
    return left
  end
  local usual = step == 1 and math.min(seconds / #COMMANDS, PROBE_TIME) or left * 0.6
  return math.min(left, math.max(usual, M.quiet(port)))
end

local function probe(port, seconds)
  local deadline = task.now() + seconds
  local step, result, result_of_at, round = 1, nil, nil, { patience = M.quiet(port) }
  while step <= #COMMANDS do
    local is_last = step == #COMMANDS
    local time = time_for(port, step, seconds, math.max(deadline - task.now(), 0.001))
    local ok, err, last = true, nil, nil
    local command = command_at(port, step, result ~= nil)
    if step == 1 or result or not has_enough(port) then
      ok, err = send(port, command, time)
    end
    round.in_doubt = false
    if ok then
      last, err = settle(port, round, time, is_last)
    end
    if err then
      return nil, err
    elseif last == "ok" and (#port.owed == 0 or is_last and not port.has_marks) then
      if #port.owed > 0 then
        port.has_marks, port.owed = false, {}
        note(port)
      end
      return true
    end
    result = last or result
    result_of_at = command == "AT" and last or result_of_at
    step = round.in_doubt and is_last and step or step_after(port, step, last)
  end
  return no_sense(port, result_of_at ~= "ok" and result_of_at or nil)
end

---Makes sure that the next answer is the next command's. It costs something only at first and after a time-out.
---@param port at.port
---@param seconds number how long the modem may be silent
---@return true? ok
---@return moontower.error? err
function M.ensure(port, seconds)
  if not port.unsure then
    return true
  end
  local start = port.owed[1] and port.owed[1].sent or task.now()
  task.sleep(READ_TIME)
  local ok, err = probe(port, port.mute and math.min(seconds, MUTE_TIME) or seconds)
  port.current = nil
  local is_mute = err and err.code == "timeout" and task.now() - math.max(start, port.came_at) >= M.MUTE_AFTER
  port.mute = is_mute and { err = err, since = task.now() } or nil
  forget_finals(port)
  if ok then
    port.unsure, port.late = false, nil
  end
  return ok, err
end

return M
