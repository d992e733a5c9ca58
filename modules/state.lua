-- SPDX-License-Identifier: MIT
-- What has to outlive a run: small JSON files under /run/moontower (gone at boot) or /var/lib/moontower (kept), and
-- locks.

local error_object = require "error"
local fs = require "core.fs"
local json = require "dkjson"
local process = require "core.process"

---A folder of such files.
---@class state.store
---@field folder string

---@param folder string
---@return state.store
local function new_store(folder)
  local store = { folder = folder }

  ---@param kind string a folder of its own: "links", "modems" ...
  ---@param name string
  ---@return string
  function store.path(kind, name)
    return ("%s/%s/%s.json"):format(store.folder, kind, (name:gsub("[^%w._-]", "_")))
  end

  ---@param kind string
  ---@param name string
  ---@return table? values nil when there is none, or none that can be read
  function store.load(kind, name)
    local text = fs.read(store.path(kind, name))
    local values = text and json.decode(text)
    return type(values) == "table" and values or nil
  end

  ---Written aside and renamed, so that a kill at any moment leaves the old or the new one.
  ---@param kind string
  ---@param name string
  ---@param values table
  ---@return true? ok
  ---@return moontower.error? err
  function store.save(kind, name, values)
    local ok, err = fs.mkdir(store.folder .. "/" .. kind, 448) -- 0700
    if ok then
      ok, err = fs.write_atomic(store.path(kind, name), json.encode(values, { indent = true }), 384) -- 0600
    end
    if not ok then
      err.hint = err.code == "permission" and "Run it as root, for example with sudo." or nil
      return nil, err
    end
    return true
  end

  ---@param kind string
  ---@param name string
  function store.remove(kind, name)
    fs.remove(store.path(kind, name))
  end

  ---@param kind string
  ---@return string[] names
  function store.list(kind)
    local names = {}
    for _, file in ipairs(fs.list(store.folder .. "/" .. kind) or {}) do
      names[#names + 1] = file:match("^(.+)%.json$")
    end
    return names
  end

  return store
end

local M = new_store "/run/moontower"

---@type state.store what outlives a boot
M.kept = new_store "/var/lib/moontower"

---Removes what runs that were killed in the middle of an atomic write have left beside the file.
---@param folder string
---@param file string? only beside this file
function M.sweep(folder, file)
  for _, name in ipairs(fs.list(folder) or {}) do
    local original, pid = name:match("^(.+)%.(%d+)%.new$")
    if original and (not file or original == file) and not process.pid_alive(math.tointeger(tonumber(pid))) then
      fs.remove(folder .. "/" .. name)
    end
  end
end

---The same, of all that is kept here.
function M.sweep_all()
  for _, store in ipairs { M, M.kept } do
    for _, kind in ipairs(fs.list(store.folder) or {}) do M.sweep(store.folder .. "/" .. kind) end
  end
end

---Takes a lock that ends with the process, however it ends.
---@param name string
---@return userdata? lock lock:close() gives it back
---@return moontower.error? err
function M.lock(name)
  local ok, err = fs.mkdir(M.folder .. "/locks", 448)
  local lock
  if ok then
    lock, err = fs.lock(("%s/locks/%s"):format(M.folder, (name:gsub("[^%w._-]", "_"))))
  end
  if lock then
    return lock
  end
  if err.code == "busy" then
    return error_object.fail {
      code = "busy", source = "state", message = ("another moontower is at work on %s"):format(name),
      hint = "Wait until it is done, or stop it.",
    }
  end
  err.hint = err.code == "permission" and "Run it as root, for example with sudo." or nil
  return nil, err
end

return M
