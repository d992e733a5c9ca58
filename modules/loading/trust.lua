-- SPDX-License-Identifier: MIT
-- Whose files are taken: much of what is loaded runs as root, so only root, or the user that the program runs as, may
-- own it.

local errors = require "errors"
local fs = require "core.fs"

local M = {}

local OTHERS_WRITE, STICKY = 18, 512 -- 0022, 01000

-- In a user namespace, root's files seem to belong to the owner of "/", but so do those of all other users. Those in
-- /etc are root's; and of the folders on the way to one that is ours, nothing is taken.
local function is_trusted(owner, path, is_way)
  return owner == 0 or owner == fs.geteuid()
    or owner == fs.stat("/").uid and (is_way or path:find "^/etc/" ~= nil)
end

local function refuse(path, part, why, hint)
  return errors.fail {
    code = "permission", source = "loading", hint = hint,
    message = ("%s is refused: %s %s"):format(path, part == path and "it" or part, why),
  }
end

local function check_part(path, part, is_way)
  local found, err = fs.stat(part)
  if not found then
    return nil, err
  elseif not is_trusted(found.uid, part, is_way) then
    return refuse(path, part, ("belongs to the user %d"):format(found.uid), fs.geteuid() == 0
      and ("Root runs only what belongs to root: chown root %s"):format(part)
      or "It has to belong to you or to root: make a copy that does.")
  elseif found.mode & OTHERS_WRITE ~= 0 and not (found.type == "directory" and found.mode & STICKY ~= 0) then
    return refuse(path, part, "can be written by others than its owner", ("chmod go-w %s"):format(part))
  end
  return true
end

---May a file run with our rights? It, and all folders on the way to it, have to belong to root, or to the user that the
---program runs as, and no other user may be able to write there.
---@param path string
---@return string? real without links, so that none of them can lead elsewhere before it is read
---@return moontower.error? err that tells what to do about it
function M.check(path)
  local real, err = fs.realpath(path)
  if not real then
    return nil, err
  end
  local stop, folder = 1, real:match "^(.*)/"
  while stop do
    local ok
    ok, err = check_part(path, stop == 1 and "/" or real:sub(1, stop - 1), stop <= #folder)
    if not ok then
      return nil, err
    end
    stop = stop <= #real and (real:find("/", stop + 1, true) or #real + 1) or nil
  end
  return real
end

return M
