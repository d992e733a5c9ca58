-- SPDX-License-Identifier: MIT
-- State files that do not fit their shapes.

local errors = require "errors"
local fs = require "core.fs"

local M = {}

local ASIDE = 4 -- damaged files of one name that are kept

---@param path string
---@param why string
---@param values table? what it says
---@return nil
---@return moontower.error err "malformed"
function M.error(path, why, values)
  return errors.fail {
    code = "malformed", source = "state", detail = { values = values },
    message = ("%s is damaged, or of another version: %s"):format(path, why),
  }
end

---Moves one to an unused name; when all are used, one of them is replaced.
---@param path string
---@return string? aside
---@return moontower.error|string|nil why it cannot be moved
function M.move_aside(path)
  for _, may_replace in ipairs { false, true } do
    for i = 1, ASIDE do
      local aside = path .. ".bad" .. (i > 1 and i or "")
      local is_free = not fs.stat(aside, "link") or may_replace and fs.remove(aside)
      if is_free then
        local ok, err = fs.rename(path, aside)
        return ok and aside or nil, err
      end
    end
  end
  return nil, "none of the files beside it can be removed"
end

return M
