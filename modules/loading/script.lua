-- SPDX-License-Identifier: MIT
-- Scripts of a user's own, policies among them: loaded with globals of their own, since many run beside each other.
--
-- This keeps accidents apart, not enemies: what one assigns to globals and to the tables of the standard library, the
-- numbers that it has drawn, and the files that it reads and writes by default are its own. So are the modules of its
-- user's: each script loads them for itself. Ours, and package.path, are shared by all.

local lazy = require "base.lazy"
local fs = require "core.fs"
local places = require "loading.places"
local sandbox = require "core.sandbox"
local sources = require "loading.source"
local task = lazy "task"
local files = require "terminal.files"
local terminal = require "terminal"

local M = {}

local function refuse(name, advice)
  return function() error(("%s would %s"):format(name, advice), 2) end
end

local HOLD_UP = "hold up every task; start programs with: require(\"core.process\").run { \"program\", \"argument\" }"

local function copy_without(library, replaced)
  local copy = {}
  for name, value in pairs(library) do copy[name] = value end
  for name, value in pairs(replaced or {}) do copy[name] = value or nil end
  return copy
end

-- The standard input of the person who gives the script: as a file, since the client sends all of it at once.
local function client_input()
  local file
  local function open()
    file = file or assert(io.tmpfile())
    file:write(files.read "/dev/stdin" or "")
    file:seek "set"
    open = function() end
  end
  return setmetatable({}, {
    __index = function(_, method)
      return function(_, ...)
        open()
        return file[method](file, ...)
      end
    end,
  })
end

-- io, with a default output and input for this script: by themselves, those are the whole program's. To wait for
-- input at the daemon's terminal would hold up every task; so a policy's standard input is empty.
local function own_io(is_for_person)
  local own = copy_without(io, { popen = refuse("io.popen", HOLD_UP) })
  if not is_for_person then
    own.stdin = assert(io.open "/dev/null")
  elseif terminal.session() then
    own.stdin = client_input()
  end
  local function default(name, mode, otherwise)
    local chosen
    own[name] = function(file)
      if type(file) == "string" then
        chosen = assert(io.open(file, mode))
      else
        chosen = file or chosen
      end
      return chosen or otherwise()
    end
    return function() return chosen end
  end
  local output = default("output", "w", function() return io.output() end)
  default("input", "r", function() return own.stdin end)
  function own.write(...)
    if output() then
      return output():write(...)
    end
    return io.write(...)
  end
  function own.read(...) return own.input():read(...) end
  function own.lines(name, ...)
    if name then
      return io.lines(name, ...)
    end
    return own.input():lines(...)
  end
  function own.close(file) return (file or own.output()):close() end
  return own
end

local collecting = { collect = true, count = true, step = true, isrunning = true }

-- The functions that run text: its globals are the script's. No bytecode, which can do anything to the engine.
local function add_loaders(environment)
  local function own(given) return given.n > 0 and given[1] or given.n == 0 and environment or nil end
  function environment.load(chunk, name, _, ...) return load(chunk, name, "t", own(table.pack(...))) end
  function environment.loadfile(path, _, ...)
    if not path then
      return loadfile(nil, "t", own(table.pack(...)))
    end
    local text, err = fs.read(path)
    if not text then
      return nil, tostring(err)
    end
    return sources.compile(text, path, own(table.pack(...)))
  end
  function environment.dofile(path) return assert(environment.loadfile(path))() end
end

-- Does require() find it without us?
local function is_installed(name)
  return package.loaded[name] ~= nil or package.preload[name] ~= nil
    or package.searchpath(name, package.path) ~= nil or package.searchpath(name, package.cpath) ~= nil
end

-- Runs a module below a frame of its own file: one that ends with `return qmi.message { ... }` has left the stack by
-- then, and a mistake in it would be blamed on us, and be checked as ours are.
local function run_module(chunk, text, name, path)
  local before = text:match "^(.*)\n[ \t]*return%f[^%w_]" or ""
  local frame = "local chunk = ... local value = chunk(select(2, ...)) return value"
  local lines = before ~= "" and select(2, before:gsub("\n", "")) + 1 or 0
  return load(("\n"):rep(lines) .. frame, "@" .. path, "t", { select = select })(chunk, name, path)
end

local LOADING = {}

-- The module's globals are the script's. It is loaded again when the script is, as by `moontower reload`.
local function load_module(path, name, environment, loaded)
  loaded[name] = LOADING
  local _ <close> = task.finally(function()
    loaded[name] = loaded[name] ~= LOADING and loaded[name] or nil -- it raised an error: the next require tells which
  end)
  local chunk, message
  local text, err = fs.read(path)
  if text then
    chunk, message = sources.compile(text, path, environment)
  end
  if not chunk then
    error(err or message, 0)
  end
  local value = run_module(chunk, text, name, path)
  loaded[name] = value == nil or value
  return loaded[name]
end

-- require() for one script: first what it has for itself, then ours and what is installed for Lua, then its user's.
local function new_require(environment, libraries, beside)
  local loaded = {}
  return function(name)
    if libraries[name] ~= nil then
      return libraries[name]
    elseif loaded[name] == LOADING then
      error(("the module '%s' requires itself"):format(name), 2)
    elseif loaded[name] ~= nil then
      return loaded[name]
    elseif is_installed(name) then
      return require(name)
    end
    local path, err = places.find_module(name, beside)
    if path then
      return load_module(path, name, environment, loaded)
    end
    local ok, found = pcall(require, name) -- or it tells where it has looked
    return ok and found or error(path == nil and found .. err or err, 2)
  end
end

---@param is_for_person boolean? a person has given it, and may type something for it
---@param beside string? a folder with modules of its own
---@return table environment for load(); what a script assigns to its globals stays in it
function M.environment(is_for_person, beside)
  local libraries = {
    string = copy_without(string), table = copy_without(table), utf8 = copy_without(utf8),
    coroutine = copy_without(coroutine), math = sandbox.new_math(), io = own_io(is_for_person),
    os = copy_without(os, {
      exit = refuse("os.exit", "end all scripts; return from this one instead, or raise an error"),
      execute = refuse("os.execute", HOLD_UP),
      setlocale = refuse("os.setlocale", "change how everybody's numbers are written"),
    }),
    -- By hooks, scripts that run for too long are found; by metatables, strings, files and ports have their methods;
    -- all that the engine holds is in the registry.
    debug = copy_without(debug, {
      sethook = false, setmetatable = false, getmetatable = false, getregistry = false, setuservalue = false,
    }),
  }
  local environment = copy_without(_G, libraries)
  environment._G = environment
  libraries._G = environment
  environment.require = new_require(environment, libraries, beside)
  -- Those of files and ports are shared by all.
  function environment.getmetatable(value) return type(value) ~= "userdata" and getmetatable(value) or nil end
  -- Both would run where no limit holds: in the middle of other tasks, and in the hook that raises the error.
  function environment.setmetatable(value, metatable)
    if type(metatable) == "table" and rawget(metatable, "__gc") then
      error("a __gc function would run in other tasks; use a <close> variable", 2)
    end
    return setmetatable(value, metatable)
  end
  function environment.xpcall(fn, handler, ...)
    local function unless_limited(err)
      return type(err) == "table" and rawget(err, "source") == "limit" and err or handler(err)
    end
    return xpcall(fn, unless_limited, ...)
  end
  function environment.collectgarbage(option, ...)
    if option and not collecting[option] then
      error(("collectgarbage(%q) would change how everybody's memory is collected"):format(option), 2)
    end
    return collectgarbage(option, ...)
  end
  add_loaders(environment)
  return environment
end

---Loads a script, and does not run it. It may require what is in the folder `modules` beside it.
---@param path string
---@param is_for_person boolean? a person has given it, and may type something for it
---@param read (fun(path: string): string?, moontower.error?)? fs.read if not given; terminal.files has
--- one for what is where that person is
---@return function? chunk
---@return string? message with file and line
---@return table environment
function M.load(path, is_for_person, read)
  local folder = (read and terminal.path(path) or path):match "^(.*)/[^/]*$" or "."
  local environment = M.environment(is_for_person, folder .. "/modules")
  local text, err = (read or fs.read)(path)
  if not text then
    return nil, tostring(err), environment
  end
  local chunk, message = sources.compile(text, path, environment)
  return chunk, message, environment
end

return M
