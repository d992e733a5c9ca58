-- SPDX-License-Identifier: MIT
-- Opens AT ports: one by its path; or, of those that a modem has, one that is free and answers.

local at = require "at"
local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local ports = require "modem.ports"
local process = require "core.process"
local task = require "task"
local trace = require "trace"

local M = {}

-- Seconds that a port may take until another one is asked, too; that the last one may take; and that a modem may take
-- which is spoken to by AT alone: some take five for each answer.
local SOON, LAST, LATE = 1, 3, 20
local QUESTION = "ATI" -- with text for an answer, which a port that repeats what it is sent does not have

---Which program has a port open. One that makes a pseudo terminal may keep both of its sides open; so does the
---simulated modem.
---@param path string
---@return { name: string, pid: integer }? holder
function M.holder_of(path)
  local is_pty = (fs.realpath(path) or ""):find("^/dev/pts/")
  return not is_pty and (process.holders(path) or {})[1] or nil
end

---Opens an AT port, unless another program uses it: each would take the other's answers.
---@param path string
---@return at.port? port keep it in a <close> variable
---@return moontower.error? err
function M.open_path(path)
  local holder = M.holder_of(path)
  if holder then
    return errors.fail {
      code = "busy", source = "at", message = ("%s is in use by %s (process %d)"):format(path, holder.name, holder.pid),
      hint = holder.name == "ModemManager" and "`systemctl stop ModemManager`, then try again."
        or "Stop it, then try again.",
    }
  end
  local port, err = at.open(path)
  if port then
    trace.watch_at(port)
  elseif err.code == "permission" and not err.hint then
    err.hint = "Run it as root, for example with sudo; or become a member of the group that owns " .. path .. "."
  end
  return port, err
end

-- ---- several ----

---@class modem.asked_port
---@field port modem.port
---@field opened at.port
---@field answers boolean? nil: not yet

-- Opens a port, and asks it; of one that does not answer, the next command waits for the end of that time. `news` gets
-- true when one answers.
local function ask(group, list, port, news, seconds)
  local opened, err = M.open_path(port.path)
  if not opened then
    return nil, err
  end
  local asked = { port = port, opened = opened }
  list[#list + 1] = asked
  group:spawn(function()
    asked.answers = opened:command(QUESTION, { seconds = seconds }) ~= nil
    news:push(asked.answers)
  end)
  return asked
end

-- Waits until one of those that were asked answers, or all have failed.
local function await(list, news, seconds)
  local deadline = task.now() + seconds
  while true do
    local is_over = true
    for _, asked in ipairs(list) do
      if asked.answers then return asked end
      is_over = is_over and asked.answers == false
    end
    local left = deadline - task.now()
    if is_over or left <= 0 then
      return nil
    end
    task.timeout(left, news.pop, news)
  end
end

local function close_others(list, kept)
  for _, asked in ipairs(list) do
    if asked ~= kept then asked.opened:close() end
  end
end

-- Asks one after the other, the next one when those before it do not answer soon. Keeps open what it returns: one that
-- answers, or else, if `any` will do, the first one that is free.
local function first_that_answers(candidates, options)
  local group <close>, news = task.group(), task.queue(#candidates + 1)
  local list, first_err, found = {}, nil, nil
  local undo <close> = task.undo(function() close_others(list) end)
  for i, port in ipairs(candidates) do
    local asked, err = ask(group, list, port, news, options.is_patient and LATE or LAST)
    if asked then
      found = await(list, news, i < #candidates and SOON or LAST)
    else
      log.info("AT commands: %s is passed over: %s", port.path, err)
      first_err = first_err or err
    end
    if found then break end
  end
  if not found and options.is_patient then
    found = await(list, news, LATE)
  end
  found = found or options.any and list[1] or nil
  close_others(list, found)
  undo.finished = true
  return found, first_err
end

-- Those that are named as AT ports, the better ones first; and those that nothing is known of.
local function candidates_of(list)
  local named, unknown = {}, {}
  for _, role in ipairs { "at", "at-ppp", "unknown" } do
    for _, port in ipairs(list) do
      if port.role == role then table.insert(role == "unknown" and unknown or named, port) end
    end
  end
  return named, unknown
end

-- Where none of several answers, the first one that is free is still the most likely one.
local function open_named(named)
  if #named == 1 then
    return M.open_path(named[1].path)
  end
  local found, err = first_that_answers(named, { any = true })
  if not found then
    return nil, err
  end
  log.info("AT commands go to %s, %s of %d AT ports", found.opened.path,
    found.answers and "the first that answers" or "though none answers,", #named)
  return found.opened
end

local function open_unknown(unknown, is_patient)
  local found = first_that_answers(unknown, { is_patient = is_patient })
  if found then
    log.info("AT commands go to %s, which answers them", found.opened.path)
  end
  return found and found.opened
end

---Opens the AT port of a modem. Of several, it is the first one that no other program uses and that answers; ports of
---which nothing is known are asked where none is named.
---@param description modem.description
---@return at.port? port keep it in a <close> variable
---@return moontower.error? err
function M.open(description)
  local list, not_read = ports.of(description)
  local named, unknown = candidates_of(list)
  if #named > 0 then
    return open_named(named)
  end
  local port = open_unknown(unknown, description.protocol == "at")
  if port then
    return port
  elseif not_read then
    return errors.during(not_read, "look for the modem's AT port")
  end
  return ports.lacks(description, "at", list)
end

---Asks those ports of a modem that nothing is known of whether they take AT commands: their role becomes "at" if so.
---@param list modem.port[]
function M.probe(list)
  local _, unknown = candidates_of(list)
  local group <close>, news = task.group(), task.queue(#unknown + 1)
  local asked = {}
  local _ <close> = task.finally(function() close_others(asked) end)
  for _, port in ipairs(unknown) do ask(group, asked, port, news, LATE) end
  await(asked, news, LATE)
  local deadline = task.now() + LAST
  for _, one in ipairs(asked) do
    if one.answers == nil then await({ one }, news, deadline - task.now()) end
    one.port.role = one.answers and "at" or one.port.role
  end
end

return M
