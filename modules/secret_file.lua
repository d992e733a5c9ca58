-- SPDX-License-Identifier: MIT
-- Files with a password or a PIN: one that others than its owner can read or change is refused.

local errors = require "errors"
local fs = require "core.fs"

local M = {}

---The text of such a file.
---@param path string
---@param source string of errors
---@return string? text
---@return moontower.error? err
function M.read(path, source)
  local info, err = fs.stat(path)
  if not info then
    return nil, err
  elseif info.type ~= "file" then
    return errors.fail { code = "invalid", source = source, message = ("%s is no file"):format(path) }
  elseif info.uid ~= 0 and info.uid ~= fs.geteuid() or info.mode & 63 ~= 0 then -- 077
    return errors.fail {
      code = "permission", source = source, message = ("%s: others than its owner can read or change it"):format(path),
      hint = ("`chown root %s; chmod 600 %s`"):format(path, path),
    }
  end
  return fs.read(path)
end

---A password: the first line.
---@param path string
---@param source string of errors
---@return string? password
---@return moontower.error? err
function M.password(path, source)
  local text, err = M.read(path, source)
  local password = text and text:match "^[^\r\n]*"
  if password == "" then
    return errors.fail {
      code = "invalid", source = source, message = ("%s has no password in its first line"):format(path),
    }
  end
  return password, err
end

return M
