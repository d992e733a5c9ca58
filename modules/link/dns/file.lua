-- SPDX-License-Identifier: MIT
-- /etc/resolv.conf itself, where no program is asked to write it. Several links may have servers in it at once: what
-- will be put back, and whose servers there are, is in /run/moontower/dns/file.json, which is written first.

local alone = require "link.alone"
local errors = require "errors"
local fs = require "core.fs"
local lazy = require "base.lazy"
local log = lazy "log"
local program = require "link.dns.program"
local shapes = lazy "state.shapes"
local state = require "state"
local validate = lazy "base.validate"

local FILE = "/etc/resolv.conf"
local KIND, NAME = "dns", "file"
local HEADER = "# Written by moontower while "

---@class dns.file what is written down of it
---@field links { link: string, servers: string[] }[] whose servers it has
---@field content string what we have written, or are about to
---@field previous string? what we had written before that
---@field before { kind: "file"|"link"|"missing", content: string?, mode: integer?, uid: integer?, gid: integer?,
--- target: string? } what will be put back; content of a link: that of its target
---@field in_place boolean? it is written as it is, and not replaced: nothing can be renamed to it

---@type dns.backend
local M = {}

-- A file that cannot be read cannot be put back, and so must not be replaced.
local function look()
  local target, err = fs.readlink(FILE)
  if not target and err.code == "not-found" then
    return { kind = "missing" }
  elseif not target and err.code ~= "invalid" then -- as it is for what is no link
    return nil, err
  end
  local content, info
  content, err = errors.there(fs.read(FILE))
  if content then
    info, err = fs.stat(FILE)
  end
  if err then
    return nil, err
  elseif target then
    return { kind = "link", target = target, content = content or nil }
  elseif content and content:sub(1, #HEADER) ~= HEADER then
    return { kind = "file", content = content, mode = info.mode, uid = info.uid, gid = info.gid }
  end
  return { kind = "missing" }
end

local function content_for(links)
  local names, servers, seen = {}, {}, {}
  for i, link in ipairs(links) do
    names[i] = link.link
    for _, server in ipairs(link.servers) do
      if not seen[server] then servers[#servers + 1] = server end
      seen[server] = true
    end
  end
  return ("%s%s %s up; what stood here before comes back then.\n%s"):format(HEADER, table.concat(names, ", "),
    #names > 1 and "are" or "is", program.nameserver_lines(servers))
end

-- What another program or a person has appended to what we wrote; nil: the file does not begin with that.
local function appended(kept, content)
  for _, own in ipairs { kept.content, kept.previous } do
    if own ~= "" and content:sub(1, #own) == own then
      return content:sub(#own + 1)
    end
  end
end

-- Did we write what the file has now? If not, NetworkManager, for one, or a person has: it is theirs now.
-- None at all, a beginning of ours, or what we had before, is what a kill in the middle leaves.
-- Returns nil and an error when it cannot be read; and what has been appended to it.
local function is_ours(kept)
  local content, err = errors.there(fs.read(FILE))
  if content == nil then
    return nil, err
  end
  content = content or ""
  local added = appended(kept, content)
  return (kept.in_place or not fs.readlink(FILE)) and (added ~= nil or kept.content:sub(1, #content) == content
    or kept.previous ~= nil and kept.previous:sub(1, #content) == content), nil, added or ""
end

-- A record that is damaged: what it still says, if the file is ours.
local function salvaged(values, link)
  local content = fs.read(FILE) or ""
  if content:sub(1, #HEADER) ~= HEADER then
    return nil
  end
  local required = shapes.dns.required
  local before = { kind = "missing" }
  if not validate.mistake(required.before, values.before, "before") then
    before = values.before
  else
    log.warn("what stood in %s before moontower wrote it is lost", FILE)
  end
  local links = not validate.mistake(required.links, values.links, "links") and values.links
  return {
    before = before, links = links or { { link = link, servers = {} } }, content = content,
    in_place = values.in_place == true or nil,
  }
end

-- The links whose servers the file itself says that it has; nil: it is not ours.
local function named_links()
  local names = (fs.read(FILE) or ""):match("^" .. HEADER .. "([^;\n]*)")
  local links = {}
  for name in (names or ""):gmatch "[^%s,]+" do links[name] = true end
  return names and links
end

-- Up to November 2026, the folder had another name.
local function load_older()
  fs.mkdir((state.path(KIND, NAME):match "^(.*)/"), 448) -- 0700
  return fs.rename(state.path("resolver", NAME), state.path(KIND, NAME)) and state.load(KIND, NAME)
end

-- What is written down of the file, whether its content is ours, an error, and what has been appended to that.
local function look_up(link)
  local kept, err = state.load(KIND, NAME)
  local is_unknown = not kept and not err and (named_links() or {})[link]
  if is_unknown then
    kept, err = load_older()
  end
  if err and err.code == "malformed" or is_unknown and not kept then
    return salvaged(err and err.detail.values or {}, link), true, nil, ""
  elseif err then
    return nil, nil, err
  end
  local ours, added = false, nil
  if kept then
    ours, err, added = is_ours(kept)
  end
  return kept, ours, err, added or ""
end

-- The errors where nothing can be renamed to the file: it is a mount of its own, as in containers, or its folder takes
-- no new files. It may be writable nevertheless, as may what it is a link to.
local not_replaceable = { EBUSY = true, EROFS = true, EACCES = true, EPERM = true }

-- By renaming, so that no program reads half a file; else in place, which is written down first.
local function put(kept, content, as)
  if not kept.in_place then
    local ok, err = fs.write_atomic(FILE, content, as.mode, as.uid, as.gid)
    if ok or not not_replaceable[err.detail.errno] then
      return ok, err
    end
    kept.in_place = true
    ok, err = state.save(KIND, NAME, kept)
    if not ok then
      return nil, err
    end
  end
  return fs.write(FILE, content, as.mode)
end

-- Writes the servers of these links, in this order, and what has been appended to such lines.
local function put_links(kept, links, added)
  kept.links, kept.previous, kept.content = links, kept.content, content_for(links)
  local ok, err = state.save(KIND, NAME, kept)
  if ok then
    ok, err = put(kept, kept.content .. added, { mode = 420 }) -- 0644
  end
  return ok, err
end

local function others(kept, link)
  local links = {}
  for _, record in ipairs(kept.links) do
    if record.link ~= link then links[#links + 1] = { link = record.link, servers = record.servers } end
  end
  return links
end

M.apply = alone(KIND, function(record)
  local kept, ours, err, added = look_up(record.link)
  if err then
    return nil, err
  elseif not kept or not ours then
    local before
    before, err = look()
    if not before then
      return nil, err
    end
    kept = { before = before, links = {} }
  end
  local links = others(kept, record.link)
  links[#links + 1] = { link = record.link, servers = record.servers }
  return put_links(kept, links, added)
end)

local function put_back(kept, added)
  local before = kept.before
  if added ~= "" and (before.kind ~= "link" or kept.in_place) then
    return put(kept, (before.content or "") .. added, before)
  end
  if before.content and (before.kind == "file" or kept.in_place) then
    if fs.read(FILE) == before.content then
      return true
    end
    return put(kept, before.content, before)
  end
  if before.kind == "link" and kept.in_place then -- what was written, and was not there before, is at its end
    local path = fs.realpath(FILE)
    if path then
      return fs.remove(path)
    end
    return true
  end
  local ok, err = errors.there(fs.remove(FILE))
  if ok == nil then
    return nil, err
  elseif before.kind == "link" then
    return fs.symlink(before.target, FILE)
  end
  return true
end

M.undo = alone(KIND, function(record)
  local kept, ours, err, added = look_up(record.link)
  local left, ok = kept and others(kept, record.link), true
  if err then
    return nil, err
  elseif not kept or #left == #kept.links then
    return true
  elseif #left > 0 and ours then
    return put_links(kept, left, added)
  elseif ours then
    ok, err = put_back(kept, added)
  end
  if ok then
    ok, err = state.remove(KIND, NAME)
  end
  return ok, err
end)

-- Another link's servers may be the same; they go when it does.
function M.compare(record)
  local links = named_links()
  if links and not links[record.link] then
    return record.servers, FILE
  end
  return program.unnamed(record.servers, FILE), FILE
end

function M.watched() return FILE end

return M
