-- SPDX-License-Identifier: MIT
-- Makers of modems in files of a user's own, which modules/maker.lua adds to ours.

local errors = require "errors"
local log = require "log"
local maker = require "maker"
local places = require "loading.places"

local M = {}

local function invalid(path, mistake)
  return errors.fail { code = "invalid", source = "maker", message = ("%s: %s"):format(path, mistake),
    hint = "modules/makers/README.md explains each key." }
end

local SECONDS, STEPS = 1, 100000

-- Runs the body of a file. It is loaded wherever a maker is first asked for, also where no task can wait.
local function run(chunk)
  local body, start = coroutine.create(chunk), os.clock()
  local function look()
    if os.clock() - start > SECONDS then
      debug.sethook(body, look, "", 1) -- a pcall() in the file is ended, too
      error("it runs for too long (an endless loop?)", 2)
    end
  end
  debug.sethook(body, look, "", STEPS)
  local ok, made = coroutine.resume(body)
  if coroutine.status(body) == "suspended" then
    coroutine.close(body)
    return false, "it waits; that belongs in a function"
  end
  return ok, made
end

local KEYS_OF_MODULES = { "settings", "air", "firmware", "data" }

-- A text names a module that the whole program finds.
local function unknown_module(made)
  local named = {}
  for _, name in pairs(made.messages or {}) do named[#named + 1] = name end
  for _, key in ipairs(KEYS_OF_MODULES) do named[#named + 1] = made[key] end
  for _, name in ipairs(named) do
    if type(name) == "string" and not package.searchpath(name, package.path) then
      return ("'%s' is no module of moontower; give a function that requires yours"):format(name)
    end
  end
end

-- How its network cards are connected has a form that can be checked, too.
local function mistake_in(made)
  local mistake, ok, data = unknown_module(made), true, nil
  if not mistake and made.data then
    ok, data = run(function() return made:load "data" end)
  end
  return mistake or not ok and "'data': " .. errors.text(data) or require "loading.maker_shape"(made, data)
end

local function load(path, name)
  local chunk, message = require("loading.script").load(path) -- most users have no makers of their own
  if not chunk then
    return invalid(path, message)
  end
  local ok, made = run(chunk)
  if not ok then
    return invalid(path, errors.text(made))
  elseif not maker.is(made) then
    return invalid(path, "it returns no maker; end it with: return maker { name = ... }")
  end
  local mistake = mistake_in(made)
    or made.name ~= name and ("its name is '%s', but that of its file is '%s'"):format(made.name, name)
  if mistake then
    return invalid(path, mistake)
  end
  return made
end

---With a mistake in one of them, the modems of all others still work.
---@return table<string, maker.maker> by the names of their files
function M.load()
  local makers = {}
  for _, name in ipairs(places.names("makers", "own")) do
    local path, err = places.find("makers", name)
    if path then
      makers[name], err = load(path, name)
    end
    if err then
      log.warn("this maker of modems is left out: %s%s", err, err.hint and (" (%s)"):format(err.hint) or "")
    end
  end
  return makers
end

return M
