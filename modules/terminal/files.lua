-- SPDX-License-Identifier: MIT
-- Files that the person who gave a command calls by name: they are where that person is, also beside the daemon.

local errors = require "errors"
local fs = require "core.fs"
local terminal = require "terminal"

local M = {}

local LONGEST = 1 << 20 -- bytes, as of a file that fs.read takes

-- All that comes through a FIFO or a pipe, or is typed.
local function read_input(path)
  local port <close>, err = require("core.port").open_input(path)
  local parts, length = {}, 0
  while port and length <= LONGEST do
    local bytes
    bytes, err = port:read()
    if not bytes and err and err.code ~= "gone" then
      return nil, err
    elseif not bytes then
      return table.concat(parts)
    end
    parts[#parts + 1], length = bytes, length + #bytes
  end
  return nil, err or errors.new { code = "invalid", source = "terminal", message = path .. " is too long" }
end

---Reads what the person who gave the command calls by this name, where that person is: a file, standard input, a pipe.
---@param path string
---@return string?
---@return moontower.error? err
function M.read(path)
  local session = terminal.session()
  if session then
    return session:read(path)
  end
  -- A FIFO is opened only once: its writer takes the first process that opens it for its reader.
  local found = fs.stat(path)
  if found and (found.type == "fifo" or found.type == "character") then
    return read_input(path)
  end
  return fs.read(path)
end

---The same piece by piece, however long it is.
---@param path string
---@param size integer of a piece
---@return (fun(): string?, moontower.error?)? next nil without an error: the end
---@return moontower.error? err
function M.pieces(path, size)
  local found = not terminal.session() and fs.stat(path)
  if found and found.type == "file" then
    local file, problem = io.open(path, "rb")
    return file and function() return file:read(size) end,
      not file and errors.new { code = "io", source = "terminal", message = problem } or nil
  end
  local whole, err = M.read(path)
  local at = 1 - size
  return whole and function()
    at = at + size
    return at <= #whole and whole:sub(at, at + size - 1) or nil
  end, err
end

---Writes a file of the person's who gave the command, where that person is.
---@param path string "-": standard output
---@param text string
---@param mode integer? of a new file, 0644 if not given
---@return true?
---@return moontower.error? err
function M.save(path, text, mode)
  local session = terminal.session()
  if path == "-" then
    io.write(text)
    return true
  elseif session then
    return session:save(path, text, mode)
  end
  local found = fs.stat(path, "link")
  if found and found.type ~= "file" then
    return fs.write(path, text) -- a pipe, or what a link points to
  end
  return fs.write_atomic(path, text, mode)
end

return M
