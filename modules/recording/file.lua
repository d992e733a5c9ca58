-- SPDX-License-Identifier: MIT
-- The file of a recording: JSON, an object a line, compressed by gzip. README.md says what the lines are.

local errors = require "errors"
local files = require "terminal.files"
local fs = require "core.fs"
local json = require "base.json"
local lines = require "recording.lines"
local terminal = require "terminal"

local M = {}

-- A file of others' may unpack to a thousand times its size.
local LONGEST = 4 << 30 -- bytes, uncompressed
local LONGEST_LINE = 1 << 20
local MOST_LINES = 1 << 18 -- that are kept at once
local PIECE = 4 << 10
local MOST_FAR_AWAY = 8 << 20
local OWNERS = 384 -- 0600

local function gzip()
  local has, module = pcall(require, "core.gzip")
  if has then
    return module
  end
  return errors.fail {
    code = "unsupported", source = "recording", message = "this moontower was built without zlib",
    hint = "Install its development package (zlib1g-dev), and build moontower again.",
  }
end

---@class recording.writer
---@field problem moontower.error? why there is no more in it
---@field is_finished boolean?
---@field private stream any
---@field private put fun(bytes: string): any, any what it returns: true, or nil and why
---@field private finished fun(): true?, moontower.error?
local Writer = {}
Writer.__index = Writer

-- A disk that is full ends the recording, and not what is recorded.
local function put(self, bytes, err)
  local ok = bytes
  if bytes then
    ok, err = self.put(bytes)
  end
  if not ok then
    self.problem = type(err) == "table" and err
      or errors.new { code = "io", source = "recording", message = "write the recording: " .. err }
  end
end

---What comes after the end is not in it: beside the daemon, others go on to talk to the modem.
---@param line table
function Writer:add(line)
  if not self.problem and not self.is_finished then
    put(self, self.stream:add(json.encode(line) .. "\n"))
  end
end

---@return true? ok all of it is on the disk
---@return moontower.error? err
function Writer:finish()
  self.is_finished = true
  if not self.problem then
    put(self, self.stream:finish())
  end
  local ok, err = self.finished()
  self.stream:close()
  return not self.problem and ok or nil, self.problem or err
end

-- Where the person is who gave the command to a daemon: the whole at the end.
local function far_away(path)
  local parts, size = {}, 0
  return function(bytes)
    size = size + #bytes
    if size > MOST_FAR_AWAY then
      return nil, "it is too long for a daemon to keep"
    end
    parts[#parts + 1] = bytes
    return true
  end, function() return files.save(path, table.concat(parts), OWNERS) end
end

local function here(path)
  local ok, err = fs.write_atomic(path, "", OWNERS)
  local file, problem
  if ok then
    file, problem = io.open(path, "ab")
  end
  if not file then
    return nil, err or errors.new { code = "io", source = "recording", message = problem }
  end
  return function(bytes)
    local written, why = file:write(bytes)
    if written then
      written, why = file:flush()
    end
    return written, why
  end, function() return file:close() end
end

---Begins a file that only its owner can read. One that is there is not touched. Here, all that was added is in it when
---this program is killed; beside the daemon, the file is written at the end.
---@param path string as the person calls it who gave the command
---@return recording.writer?
---@return moontower.error? err
function M.create(path)
  local library, err = gzip()
  local stream
  if library then
    stream, err = library.writer()
  end
  if not stream then
    return nil, err
  elseif fs.stat(terminal.path(path), "link") then
    return errors.fail {
      code = "exists", source = "recording", message = path .. " is there already", hint = "Give another name.",
    }
  end
  local write, finished = (terminal.session() and far_away or here)(path)
  if not write then
    return nil, finished
  end
  return setmetatable({ stream = stream, put = write, finished = finished }, Writer)
end

-- ---- reading ----

---@class recording.reader
---@field is_whole boolean? once all is read; false: the program that wrote it was killed
---@field private path string
---@field private piece fun(): string?, moontower.error? the next bytes of the file
---@field private gzip any
---@field private text string what is not used yet
---@field private at integer where the next line begins in it
---@field private number integer of the last line
local Reader = {}
Reader.__index = Reader

local function malformed(message)
  return errors.fail {
    code = "malformed", source = "recording", message = message,
    hint = "`moontower record FILE -- COMMAND` makes a recording.",
  }
end

-- Adds what the next piece of the file has in it. Returns whether there may be more; nil, err when it is damaged.
local function add_text(self)
  if self.is_whole ~= nil then
    return false
  end
  local bytes, err = self.piece()
  if err then
    return nil, err
  elseif not bytes then
    self.is_whole = false
    return false
  end
  local text, is_end = self.gzip:add(bytes)
  if not text then
    return nil, errors.during(is_end, self.path)
  end
  self.text, self.at = self.text:sub(self.at) .. text, 1
  self.is_whole = is_end or nil
  return true
end

local function next_text(self)
  while true do
    local stop = self.text:find("\n", self.at, true)
    if (stop or #self.text) - self.at > LONGEST_LINE then
      return malformed(("%s: line %d is longer than any of a recording"):format(self.path, self.number + 1))
    elseif stop then
      local line = self.text:sub(self.at, stop - 1)
      self.at = stop + 1
      return line
    end
    local more, err = add_text(self)
    if not more then
      return nil, err
    end
  end
end

---@return table? line the first is the head; nil without an error: there are no more
---@return moontower.error? err "malformed": it is no recording, or is damaged
function Reader:next()
  local text, err = next_text(self)
  if err or not text and self.number > 0 then
    return nil, err
  end
  self.number = self.number + 1
  local line = json.decode(text or "")
  if self.number == 1 then
    local why = lines.not_a_head(line)
    return not why and line or nil, why and select(2, malformed(("%s is no recording: %s"):format(self.path, why)))
  end
  local why = lines.not_a_line(line)
  return not why and line or nil,
    why and select(2, malformed(("%s is damaged in line %d: %s"):format(self.path, self.number, why)))
end

function Reader:close() self.gzip:close() end

Reader.__close = Reader.close

---@param path string as the person calls it who gave the command
---@return recording.reader? reader keep it in a <close> variable
---@return moontower.error? err
function M.open(path)
  local library, err = gzip()
  local stream, piece
  if library then
    stream, err = library.reader(LONGEST)
  end
  if stream then
    piece, err = files.pieces(path, PIECE)
  end
  if not piece then
    return nil, err
  end
  return setmetatable({ path = path, piece = piece, gzip = stream, text = "", at = 1, number = 0 }, Reader)
end

---All lines of a recording.
---@param path string
---@return table[]? lines
---@return moontower.error? err
function M.read(path)
  local reader <close>, err = M.open(path)
  local list = {}
  while reader and not err do
    local line
    line, err = reader:next()
    if not line and not err then
      return list
    end
    list[#list + 1] = line
    if #list > MOST_LINES then
      err = errors.new {
        code = "invalid", source = "recording", message = ("%s has more than %d lines"):format(path, MOST_LINES),
        hint = "Record a shorter time.",
      }
    end
  end
  return nil, err
end

return M
