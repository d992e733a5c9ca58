-- SPDX-License-Identifier: MIT
-- Sorts the lines of an AT port: echo, the current command's answer, unsolicited result codes.

local finals = require "at.finals"
local resync = require "at.resync"
local text = require "at.text"
local texts = require "at.texts"
local urcs = require "at.urcs"

local LINES_MAX = 4096 -- of one answer: a modem that never ends one must not fill the memory
local GREATER = 62

local M = {}

local function on_urc(port, line, shown)
  port.listeners:tell_urc(line)
  port.listeners:show(shown or line, "urc")
end

local LONGEST_TEXT = 1000 -- octets of a text of several lines

-- A line within the quotation marks of the URC before it, or that one. True until the text is complete.
local function on_text(port, line)
  local all = port.open_text and port.open_text .. "\n" .. line or line
  port.open_text = urcs.has_open_text(all) and #all < LONGEST_TEXT and all or nil
  if not port.open_text then
    on_urc(port, all, urcs.hide(all))
  end
end

-- Where commands are not known to be repeated, the echo must be the first line: AT+CLAC answers with the names of
-- commands. Where they are, noise may stand before it.
local function is_echo(port, job, line)
  if not job or job.echoed then
    return false
  elseif line == job.command then
    return port.echo or #job.lines == 0
  end
  return port.echo and line:sub(-#job.command) == job.command and not text.prefix(line)
end

local function on_echo(port, job)
  for _, line in ipairs(job.lines) do
    port.listeners:tell_urc(line) -- what comes before the echo is no answer
  end
  job.echoed, job.lines, job.has_texts, port.echo = true, {}, nil, true
  port.listeners:show(job.shown, "echo")
end

-- Is this the answer's own prefix? In a row of commands, any of theirs.
local function owns(job, prefix)
  if not job.names then
    job.names = {}
    for name in job.command:gsub('"[^"]*"', ""):gmatch("[%+!%^%$#%%%*&_@][%w_]+") do
      job.names[name:upper()] = true
    end
  end
  return job.names[prefix]
end

-- The modem repeats the text that it has asked for, after its prompts.
local function is_data_echo(job, line)
  return job and job.data_lines and job.data_lines[line:match("^>%s?(.*)$") or line]
end

local function keep(job, line)
  if #job.lines < LINES_MAX then
    job.lines[#job.lines + 1] = line
  end
end

local function add(job, token, line)
  if line:byte() == GREATER and not job.data then
    job.prompted = false -- a line that begins with ">", and no prompt
  end
  keep(job, line)
  job.truncated = job.truncated or token.truncated or #job.lines == LINES_MAX or nil
end

-- The first line of an SMS, or another one of an answer.
local function on_answer(port, job, token, line, is_text)
  texts.keep_doubtful(port, job, keep)
  add(job, token, line)
  local prefix, rest = text.prefix(line)
  job.text_begins = not is_text and prefix and owns(job, prefix) and finals.is_heading(prefix, rest)
  job.has_texts = job.has_texts or job.text_begins
end

local function on_line(port, token)
  local job, line = port.current, token.text
  if is_echo(port, job, line) then
    return on_echo(port, job)
  elseif is_echo(port, port.late, line) then
    return on_echo(port, port.late)
  end
  job = not token.old and job or nil
  local plain = line
  line = text.hide(line)
  local prefix, rest = text.prefix(line)
  if port.message_follows then
    port.message_follows = false
    on_urc(port, line, "(hidden)")
  elseif port.open_text then
    on_text(port, line)
  elseif job and job.text_begins then
    on_answer(port, job, token, job.foreign and plain or line, true)
    port.listeners:show(job.private and "(hidden)" or line, "line")
  elseif urcs.is_urc(line, prefix) and not (job and owns(job, prefix)) then
    port.message_follows = urcs.has_message(prefix, rest)
    on_text(port, line)
    if urcs.says_started(line) then
      resync.restarted(port)
    end
  elseif is_data_echo(job or port.late, line) then
    port.listeners:show("(text)", "echo")
  elseif not job and #port.owed == 0 then
    on_urc(port, line)
  else
    if not job or job.probe then
      port.last_line = line
    else
      on_answer(port, job, token, job.foreign and plain or line)
    end
    port.listeners:show(job and job.private and "(hidden)" or line, "line")
  end
end

-- A call has ended that the command did not make.
local function is_hang_up(port, job, token)
  local is_other = job and (job.probe or not finals.may_be_call(job.command))
  return finals.is_of_call(token.result) and (is_other or not job and #port.owed == 0)
end

local function on_final(port, token)
  local job = not token.old and port.current or nil
  if port.message_follows then
    port.message_follows = false -- an SMS may say "OK"
    return on_urc(port, token.text, "(hidden)")
  elseif port.open_text then
    return on_text(port, token.text) -- and so may a menu
  elseif job and job.has_texts then
    texts.keep_doubtful(port, job, keep)
    return texts.on_final(port, job, token)
  elseif is_hang_up(port, job, token) then
    return on_urc(port, token.text)
  end
  port.listeners:show(token.text, "final")
  port.prompted = false
  if not job or job.probe then
    resync.came(port, token, port.last_line)
    port.last_line = nil
    return job and port.finals:push(token)
  end
  -- Where the modem repeats commands, a result that comes before that belongs to an earlier one.
  token.unproved = port.echo and not job.echoed
  if not token.unproved then
    port.current = nil
  end
  port.finals:push(token)
end

local function on_prompt(port, token)
  local job = port.current
  if job and job.has_texts then
    return -- a line of a text
  end
  port.listeners:show(token.text, "prompt")
  port.prompted = true
  if job and not job.prompted then
    job.prompted = not job.probe
    port.finals:push(token)
  end
end

local on_token = { line = on_line, final = on_final, prompt = on_prompt }

-- Results in numbers are told apart from other lines only where nothing but results is expected.
local function read(port, token)
  local job = port.current
  local is_probed = #port.owed > 0 and (not job or job.probe)
  token = is_probed and token.kind == "line" and resync.number(token.text) or token
  on_token[token.kind](port, token)
end

---Reads until the modem is gone.
---@param port at.port
---@param opened core.port
---@return moontower.error why
function M.all(port, opened)
  while true do
    local bytes, err = opened:read()
    if not bytes then
      return err
    end
    for _, token in ipairs(port.parser:feed(bytes)) do
      read(port, token)
    end
  end
end

return M
