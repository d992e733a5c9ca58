-- SPDX-License-Identifier: MIT
-- radvd announces a prefix: a few lines in its block for the interface, and SIGHUP. It has one file and no folder.

local errors = require "errors"
local fs = require "core.fs"
local log = require "log"
local programs = require "link.programs"
local run_program = require "run_program"

---@type link.announcer
local M = {}

local DEFAULT_FILE = "/etc/radvd.conf"

local function file_of(program)
  for i, argument in ipairs(program.arguments) do
    local path = argument:match "^%-%-config=(.+)$" or argument:match "^%-C(.+)$"
    if path or argument == "-C" or argument == "--config" then
      return path or program.arguments[i + 1]
    end
  end
  return DEFAULT_FILE
end

local function escaped(text) return (text:gsub("%p", "%%%0")) end

-- Where the interface's block begins: behind its brace, and not in a comment.
local function block_in(text, interface)
  local start = 1
  while true do
    local first, last = text:find("interface%s+" .. escaped(interface) .. "%s*{", start)
    if not first then
      return nil
    elseif not text:sub(1, first - 1):match "[^\n]*$":find "#" then
      return last
    end
    start = last
  end
end

local function program_on(interface)
  for _, program in ipairs(programs.running "radvd") do
    local path = file_of(program)
    local text = fs.read(path)
    if text and block_in(text, interface) then
      return program, path, text
    end
  end
end

local MARK = "\n\t# moontower, for %s: %s"

local function without_ours(text, link)
  local first = text:find(MARK:format(link, "begin"), 1, true)
  local _, last = text:find(MARK:format(link, "end"), first or #text, true)
  return last and text:sub(1, first - 1) .. text:sub(last + 1) or text
end

local function put(path, text)
  local now, err = fs.stat(path)
  if not now then
    return nil, err
  end
  return fs.write_atomic(path, text, now.mode)
end

-- With a mistake in its file, also in a part that is not ours, it would end.
local function reload(program, path)
  local ok, err = run_program("share", { program.arguments[1], "--configtest", "--config", path })
  if ok then
    ok, err = programs.reload(program)
  end
  return ok, err
end

function M.find(interface)
  local _, path = program_on(interface)
  return path and { edited = path }
end

function M.apply(record)
  local program, path, text = program_on(record.interface)
  if not program then
    return errors.fail { code = "gone", source = "share", message = "radvd has just ended" }
  end
  local before = without_ours(text, record.link)
  local at = block_in(before, record.interface)
  local ok, err = put(path, before:sub(1, at) .. MARK:format(record.link, "begin")
    .. ("\n\tprefix %s/64 { AdvValidLifetime 3600; AdvPreferredLifetime 1800; };"):format(record.prefix)
    .. MARK:format(record.link, "end") .. before:sub(at + 1))
  if ok then
    ok, err = reload(program, path)
  end
  return ok, err
end

function M.undo(record)
  local text, err = errors.there(fs.read(record.edited))
  local before = text and without_ours(text, record.link)
  if before == text or text == false then
    return text ~= nil or nil, err
  end
  local ok
  ok, err = put(record.edited, before)
  local program = program_on(record.interface)
  local _, why
  if ok and program then
    _, why = reload(program, record.edited)
  end
  if why then
    log.warn("radvd keeps its configuration until it reads it again: %s", why)
  end
  return ok, err
end

function M.missing(record)
  local program, path, text = program_on(record.interface)
  if not program then
    return "radvd, which announces it, does not run"
  elseif without_ours(text, record.link) == text then
    return path .. " does not name the prefix any more"
  end
end

return M
