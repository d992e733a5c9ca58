-- SPDX-License-Identifier: MIT
-- Where commands, policies, carriers, makers and modules are looked for.
--
-- Ours are wherever the program is. A user's own are in /etc/moontower, and in the folders of $MOONTOWER_PATH, which
-- have the same layout. Whose files are taken is in trust.lua.

local fs = require "core.fs"
local lazy = require "base.lazy"
local program = require "core.program"
local trust = lazy "loading.trust"

---@alias places.kind "carriers"|"makers"|"modules"|"policies"|"scripts"

local M = { HOME = "/etc/moontower" }

---@type table<places.kind, string> the folder of ours
local ours = {
  carriers = "carriers", makers = "modules/makers", modules = "modules", policies = "scripts/policies",
  scripts = "scripts",
}

-- A command of ours keeps its meaning, and require() looks in no other folder for a module of ours. A carrier, a policy
-- or a maker replaces ours of the same name.
local ours_first = { modules = true, scripts = true }

---@class places.folder
---@field path string
---@field is_ours boolean? as trustworthy as the program
---@field is_callers boolean? of $MOONTOWER_PATH: a daemon has another one

---The folders for one kind of file, in the order in which they are looked through.
---@param kind places.kind
---@return places.folder[]
function M.folders(kind)
  local list = {}
  for folder in (os.getenv "MOONTOWER_PATH" or ""):gmatch "[^:]+" do
    list[#list + 1] = { path = ("%s/%s"):format(folder, kind), is_callers = true }
  end
  list[#list + 1] = { path = ("%s/%s"):format(M.HOME, kind) }
  table.insert(list, ours_first[kind] and 1 or #list + 1,
    { path = ("%s/%s"):format(program.home, ours[kind]), is_ours = true })
  return list
end

---From now on a user's own files do not count: what the build makes of ours is not to depend on who builds.
function M.keep_to_ours()
  local all_folders = M.folders
  function M.folders(kind)
    for _, folder in ipairs(all_folders(kind)) do
      if folder.is_ours then
        return { folder }
      end
    end
  end
end

-- ---- finding them ----

-- Of a folder that is not ours, only what may run with our rights. A link that leads nowhere is a mistake, and not for
-- the next folder to hide: reading it tells.
local function find_in(folder, name, forms)
  for _, form in ipairs(forms) do
    local path = form:format(folder.path, name)
    if fs.stat(path, "link") then
      if folder.is_ours or not fs.stat(path) then
        return path
      end
      local real, err = trust.check(path)
      return real or false, err
    end
  end
end

local NAME = "[%w_-][%w._-]*" -- of a file, without ".lua"
local FILE, MODULE = { "%s/%s.lua" }, { "%s/%s.lua", "%s/%s/init.lua" }

---@param kind places.kind of all but modules
---@param name string without ".lua"
---@return string|false|nil path nil: there is none; false: what is there is refused
---@return moontower.error? err why
---@return places.folder? folder that it is in
function M.find(kind, name)
  for _, folder in ipairs(name:find("^" .. NAME .. "$") and M.folders(kind) or {}) do
    local path, err = find_in(folder, name, FILE)
    if path ~= nil then
      return path, err, folder
    end
  end
end

---A module of a user's own.
---@param name string as require() takes it: "a.b" is a/b.lua or a/b/init.lua
---@param beside string? a folder that is looked in first
---@return string|false|nil path nil: there is none; false: what is there is refused
---@return moontower.error|string err why; or where it was looked for
function M.find_module(name, beside)
  local looked = {}
  for _, folder in ipairs(table.move(M.folders "modules", 2, 100, beside and 2 or 1, { { path = beside } })) do
    local path, err = find_in(folder, name:gsub("%.", "/"), MODULE)
    if path ~= nil then
      return path, err
    end
    for _, form in ipairs(MODULE) do looked[#looked + 1] = "\n\tno file '" .. form:format(folder.path, name) .. "'" end
  end
  return nil, table.concat(looked)
end

---@param kind places.kind
---@param which "own"|nil only those that are not ours
---@return string[] names of all that there are, sorted
function M.names(kind, which)
  local names, seen = {}, {}
  for _, folder in ipairs(M.folders(kind)) do
    for _, file in ipairs(not (which and folder.is_ours) and fs.list(folder.path) or {}) do
      local name = file:match("^(" .. NAME .. ")%.lua$")
      if name and not seen[name] then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  return names
end

return M
