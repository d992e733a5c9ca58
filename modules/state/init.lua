-- SPDX-License-Identifier: MIT
-- State that outlives a run: small JSON files under /run/moontower (gone at boot) or /var/lib/moontower (kept), and
-- locks. modules/state/shapes.lua declares the kinds of files and their fields.

local lazy = require "base.lazy"
local damaged = lazy "state.damaged"
local errors = require "errors"
local fs = require "core.fs"
local json = require "core.json"
local task = require "task"
local validate = require "base.validate"
local lock_holder = lazy "state.lock_holder"
local log = lazy "log"
local process = lazy "core.process"
local shapes = lazy "state.shapes"

local LARGEST = 1 << 20 -- bytes, which is what fs.read takes

-- ---- one file ----

local function shape_of(kind)
  return shapes[kind] or error(("modules/state/shapes.lua declares no '%s'"):format(kind), 3)
end

---Finds a mistake in the values of a file.
---@param shape state.shape
---@param values any
---@return string? why nil: nothing
local function mistake(shape, values)
  if type(values) ~= "table" then
    return "it is no JSON object"
  elseif values.version ~= nil and values.version ~= shape.version then
    return ("it is of version %s, and this moontower knows version %d"):format(tostring(values.version), shape.version)
  end
  shape.check = shape.check or validate.record(shape.required, shape.optional)[1]
  local _, why = shape.check(values)
  return why
end

-- Returns the values; false when there is no such file; nil and an error, "malformed" when it does not fit.
local function read(path, info, shape)
  if info.type ~= "file" then
    return damaged.error(path, ("it is no file, but a %s"):format(info.type))
  elseif info.size > LARGEST then
    return damaged.error(path, ("it has %d bytes"):format(info.size))
  end
  local text, err = errors.there(fs.read(path))
  if not text then
    return text, err
  end
  local values = json.decode(text)
  local why = mistake(shape, values)
  if why then
    return damaged.error(path, why, type(values) == "table" and values or nil)
  end
  values.version = nil
  return values
end

-- ---- folders of them ----

-- The folder is made where it lacks: looking for it each time would be four system calls for each file.
local function in_folder(folder, make)
  local made, err = make()
  if not made and err.code == "not-found" then
    local ok
    ok, err = fs.mkdir(folder, 448) -- 0700
    if ok then return make() end
  end
  return made, err
end

---A folder of such files.
---@class state.store
---@field folder string

---@param folder string
---@return state.store
local function new_store(folder)
  local store = { folder = folder }

  ---@param kind string the name of its folder: "links", "modems" ...
  ---@param name string
  ---@return string
  function store.path(kind, name)
    local file = name:find "[^%w._-]" and name:gsub("[^%w._-]", "_") or name -- few need the copy
    return store.folder .. "/" .. kind .. "/" .. file .. ".json"
  end

  ---Reads a file that another part of the program looks after: one that does not fit is left to that.
  ---@param kind string
  ---@param name string
  ---@return table? values nil without an error: there is no such file
  ---@return moontower.error? err
  function store.look(kind, name)
    local path = store.path(kind, name)
    local info, err = errors.there(fs.stat(path, "link"))
    if not info then
      return nil, err
    end
    local values
    values, err = read(path, info, shape_of(kind))
    return values or nil, err
  end

  ---A file that does not fit is moved aside, and a warning names it: work goes on without it.
  ---@param kind string
  ---@param name string
  ---@return table? values nil without an error: there is no such file
  ---@return moontower.error? err it could not be read; "malformed": it was moved aside, detail.values has what it said
  function store.load(kind, name)
    local path = store.path(kind, name)
    local values, err = store.look(kind, name)
    if err and err.code == "malformed" and not shape_of(kind).is_precious then
      local aside, why = damaged.move_aside(path)
      log.warn("%s; %s", err, aside and "it is kept as " .. aside or ("it cannot be moved aside: %s"):format(why))
    end
    return values, err
  end

  ---Written aside and renamed, so that a kill at any moment leaves the old or the new one.
  ---@param kind string
  ---@param name string
  ---@param values table
  ---@return true? ok
  ---@return moontower.error? err
  function store.save(kind, name, values)
    local shape = shape_of(kind)
    values.version = shape.version
    local why = mistake(shape, values)
    local text = not why and json.encode(values, true)
    values.version = nil
    if why then
      error(("%s/%s: %s"):format(kind, name, why), 2)
    end
    local ok, err = in_folder(store.folder .. "/" .. kind, function()
      return fs.write_atomic(store.path(kind, name), text, 384) -- 0600
    end)
    if not ok then
      err.hint = err.code == "permission" and "Run it as root, for example with sudo." or nil
      return nil, err
    end
    return true
  end

  ---@param kind string
  ---@param name string
  ---@return true? ok also when there was none
  ---@return moontower.error? err
  function store.remove(kind, name)
    local removed, err = errors.there(fs.remove(store.path(kind, name)))
    return removed ~= nil or nil, err
  end

  ---May there be files of a kind? Their folder stays when the last one is removed.
  ---@param kind string
  ---@return boolean
  function store.may_have(kind) return fs.stat(store.folder .. "/" .. kind) ~= nil end

  ---@param kind string
  ---@return string[]? names
  ---@return moontower.error? err it could not be found out which there are
  function store.list(kind)
    local files, err = errors.there(fs.list(store.folder .. "/" .. kind))
    if files == nil then
      return nil, err
    end
    local names = {}
    for _, file in ipairs(files or {}) do
      names[#names + 1] = file:match("^(.+)%.json$")
    end
    return names
  end

  return store
end

local M = new_store "/run/moontower"

---@type state.store what outlives a boot
M.persistent = new_store "/var/lib/moontower"

---Removes the temporary files of runs that were killed in the middle of an atomic write.
---@param folder string
---@param file string? only beside this file
function M.sweep(folder, file)
  for _, name in ipairs(fs.list(folder) or {}) do
    local original, pid
    if name:find(".new", -4, true) then -- most are not
      original, pid = name:match("^(.+)%.(%d+)%.new$")
    end
    if original and (not file or original == file) and not process.pid_alive(math.tointeger(tonumber(pid))) then
      fs.remove(folder .. "/" .. name)
    end
  end
end

---The same, of all that is kept here.
---@return table<state.store, table<string, true>> kinds that have a folder, by store; nil where that is unknown
function M.sweep_all()
  local found = {}
  for _, store in ipairs { M, M.persistent } do
    local folders, err = errors.there(fs.list(store.folder))
    found[store] = not err and {} or nil
    for _, kind in ipairs(folders or {}) do
      found[store][kind] = true
      M.sweep(store.folder .. "/" .. kind)
    end
  end
  return found
end

---This process, as the owner of a file.
---@return { pid: integer, start: integer? } without `start`, another process of that number counts as this one
function M.me()
  local pid = fs.getpid()
  return { pid = pid, start = process.start_time(pid) }
end

---Takes a lock that ends with the process, however it ends.
---@param name string
---@return core.fs.lock? lock lock:close() gives it back
---@return moontower.error? err "busy": detail is { pid, command } of who has it, if that is known
function M.lock(name)
  local path = ("%s/locks/%s"):format(M.folder, (name:gsub("[^%w._-]", "_")))
  local lock, err = in_folder(M.folder .. "/locks", function() return fs.lock(path) end)
  if lock then
    fs.write(path, tostring(fs.getpid()))
    return lock
  elseif err.code == "busy" then
    return lock_holder.refusal(name, path)
  end
  err.hint = err.code == "permission" and "Run it as root, for example with sudo." or nil
  return nil, err
end

---Takes a lock that another process needs for a moment only, as one that just looks: no event tells when it is free.
---@param name string
---@param seconds number to wait at most
---@return core.fs.lock? lock
---@return moontower.error? err as of lock()
function M.await_lock(name, seconds)
  local deadline, pause = task.now() + seconds, 0.02
  local lock, err = M.lock(name)
  while not lock and err.code == "busy" and task.now() < deadline do
    task.sleep(pause)
    pause = math.min(pause * 2, 0.5)
    lock, err = M.lock(name)
  end
  return lock, err
end

return M
