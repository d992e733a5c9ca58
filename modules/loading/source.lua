-- SPDX-License-Identifier: MIT
-- The text of a file of a user's own: what Lua reads of it, and what is said of a mistake in it.

local M = {}

---What Lua says of a mistake in a file, without the text or number that stands there. That may be a password or a PIN,
---and such messages go into logs.
---@param message string
---@return string
function M.mistake(message)
  return (message:gsub("near '[\"'%[%d].*$", "near a text or number"))
end

---What Lua reads of the text of a file, as loadfile() does: not the mark that some editors put at its beginning, nor a
---first line such as "#!/usr/bin/env ...".
---@param source string
---@return string
function M.text(source) return (source:gsub("^\xEF\xBB\xBF", ""):gsub("^#[^\n]*", "")) end

---Compiles the text of a file. The message of a mistake is fit for logs.
---@param text string
---@param path string
---@param environment table
---@return function? chunk
---@return string? message with file and line
function M.compile(text, path, environment)
  local chunk, message = load(M.text(text), "@" .. path, "t", environment)
  return chunk, message and M.mistake(message)
end

return M
