-- SPDX-License-Identifier: MIT
-- The file of a recording: JSON, an object a line, compressed by gzip. README.md says what the lines are.

local errors = require "errors"
local files = require "terminal.files"
local fs = require "core.fs"
local hex = require "base.hex"
local json = require "base.json"
local terminal = require "terminal"

local M = { version = 1 }

local LONGEST = 256 << 20 -- bytes, uncompressed
local PIECE = 64 << 10
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

---@param line table
function Writer:add(line)
  if not self.problem then
    put(self, self.stream:add(json.encode(line) .. "\n"))
  end
end

---@return true? ok all of it is on the disk
---@return moontower.error? err
function Writer:finish()
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
  elseif fs.stat(terminal.path(path)) then
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

local function unpack_all(bytes)
  local library, err = gzip()
  local reader
  if library then
    reader, err = library.reader(LONGEST)
  end
  if not reader then
    return nil, nil, err
  end
  local _ <close> = reader
  local pieces = {}
  for at = 1, #bytes, PIECE do
    local text, is_end = reader:add(bytes:sub(at, at + PIECE - 1))
    if not text then
      return nil, nil, is_end
    end
    pieces[#pieces + 1] = text
    if is_end then
      return table.concat(pieces), true
    end
  end
  return table.concat(pieces), false
end

local function is_integer(value) return math.type(value) == "integer" end
local function is_text(value) return value == nil or type(value) == "string" end

-- What readers count on, by what a line is known by. A file may come from anybody.
local forms = {
  { "recording", function() return false end }, -- the first one alone
  { "stream", function(line)
    return is_integer(line.stream) and (type(line.bytes) == "string" and hex.decode(line.bytes) ~= nil
      or type(line.kind) == "string" and type(line.text) == "string" or type(line.opened) == "string"
      or is_integer(line.malformed) and type(line.why) == "string" or is_integer(line.lost))
  end },
  { "exit", function(line) return is_integer(line.exit) end },
  { "modem", function(line)
    local modem = line.modem
    return type(modem) == "table" and is_text(modem.vendor) and is_text(modem.product) and is_text(modem.manufacturer)
      and is_text(modem.model)
  end },
  { "event", function(line) return type(line.event) == "table" end },
}

local function is_well_formed(line)
  for _, form in ipairs(type(line.t) == "number" and forms or {}) do
    if line[form[1]] ~= nil then
      return form[2](line)
    end
  end
  return false
end

-- The first line that is not as it should be.
local function mistake_in(lines)
  for _, word in ipairs(type(lines[1].command) == "table" and lines[1].command or { false }) do
    if type(word) ~= "string" then return 1 end
  end
  for i = 2, #lines do
    if not is_well_formed(lines[i]) then return i end
  end
end

---@param path string as the person calls it who gave the command
---@return table[]? lines the first is the head
---@return moontower.error? err "malformed": it is no recording, or another program's
---@return boolean? is_whole false: the program that wrote it was killed; all up to there is in it
function M.read(path)
  local bytes, err = files.read(path)
  local text, is_whole
  if bytes then
    text, is_whole, err = unpack_all(bytes)
  end
  local lines = {}
  for line in (text or ""):gmatch "([^\n]+)\n" do
    local values = json.decode(line)
    if type(values) ~= "table" then break end
    lines[#lines + 1] = values
  end
  if text and (not lines[1] or lines[1].recording ~= M.version) then
    return errors.fail {
      code = "malformed", source = "recording",
      message = not lines[1] and path .. " is no recording"
        or ("%s is a recording of version %s, and only %d is known"):format(path, lines[1].recording, M.version),
      hint = "`moontower record FILE -- COMMAND` makes one.",
    }
  elseif not text then
    return nil, err
  end
  local wrong = mistake_in(lines)
  if wrong then
    return errors.fail {
      code = "malformed", source = "recording",
      message = ("%s: line %d is not as `moontower record` writes it"):format(path, wrong),
      hint = "`zcat` shows it.",
    }
  end
  return lines, nil, is_whole
end

return M
