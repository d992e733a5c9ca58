-- SPDX-License-Identifier: MIT
-- Scripts of a user's own, policies among them: loaded with globals of their own, since many run beside each other.
--
-- This keeps accidents apart, not enemies: the tables of the standard library are everybody's, but for what could end
-- or hold up the whole program.

local fs = require "core.fs"

local M = {}

local function refuse(name, advice)
  return function() error(("%s would %s"):format(name, advice), 2) end
end

local HOLD_UP = "hold up every task; start programs with: require(\"core.process\").run { \"program\", \"argument\" }"

local function copy_without(library, replaced)
  local copy = {}
  for name, value in pairs(library) do copy[name] = value end
  for name, value in pairs(replaced) do copy[name] = value or nil end
  return copy
end

---@return table environment for load(); what a script assigns to its globals stays in it
function M.environment()
  local environment = setmetatable({
    os = copy_without(os, {
      exit = refuse("os.exit", "end all scripts; return from this one instead, or raise an error"),
      execute = refuse("os.execute", HOLD_UP),
    }),
    io = copy_without(io, { popen = refuse("io.popen", HOLD_UP) }),
    debug = copy_without(debug, { sethook = false }), -- by which scripts that run for too long are found
  }, { __index = _G })
  environment._G = environment
  return environment
end

---What Lua says of a mistake in a file, without the text or number that stands there. That may be a password or a PIN,
---and such messages go into logs.
---@param message string
---@return string
function M.mistake(message)
  return (message:gsub("near '[\"'%[%d].*$", "near a text or number"))
end

---Loads a script, and does not run it.
---@param path string
---@param read (fun(path: string): string?, moontower.error?)? fs.read, which takes nothing but files, if not given
---@return function? chunk
---@return string? message with file and line
---@return table environment
function M.load(path, read)
  local environment = M.environment()
  local text, err = (read or fs.read)(path)
  if not text then
    return nil, tostring(err), environment
  end
  text = text:gsub("^\xEF\xBB\xBF", ""):gsub("^#[^\n]*", "") -- as loadfile(): "#!/usr/bin/env ..."
  local chunk, message = load(text, "@" .. path, "t", environment)
  return chunk, message and M.mistake(message), environment
end

return M
