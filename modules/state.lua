-- SPDX-License-Identifier: MIT
-- What has to outlive a run: small JSON files under /run/moontower (gone at boot), and locks.

local error_object = require "error"
local fs = require "core.fs"
local json = require "dkjson"
local process = require "core.process"

local M = { folder = "/run/moontower" }

local function path_of(kind, name)
  return ("%s/%s/%s.json"):format(M.folder, kind, (name:gsub("[^%w._-]", "_")))
end

---@param kind string a folder of its own: "links", "modems" ...
---@param name string
---@return table? values nil when there is none, or none that can be read
function M.load(kind, name)
  local text = fs.read(path_of(kind, name))
  local values = text and json.decode(text)
  return type(values) == "table" and values or nil
end

---Written aside and renamed, so that a kill at any moment leaves the old or the new one.
---@param kind string
---@param name string
---@param values table
---@return true? ok
---@return moontower.error? err
function M.save(kind, name, values)
  local ok, err = fs.mkdir(M.folder .. "/" .. kind, 448) -- 0700
  if ok then
    ok, err = fs.write_atomic(path_of(kind, name), json.encode(values, { indent = true }), 384) -- 0600
  end
  if not ok then
    err.hint = err.code == "permission" and "Run it as root, for example with sudo." or nil
    return nil, err
  end
  return true
end

---@param kind string
---@param name string
function M.remove(kind, name)
  fs.remove(path_of(kind, name))
end

---@param kind string
---@return string[] names
function M.list(kind)
  local names = {}
  for _, file in ipairs(fs.list(M.folder .. "/" .. kind) or {}) do
    names[#names + 1] = file:match("^(.+)%.json$")
  end
  return names
end

---Removes what a run that was killed in the middle of an atomic write left beside the file.
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
