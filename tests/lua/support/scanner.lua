-- SPDX-License-Identifier: MIT
-- Looks for what is private in recordings.

local decode = require "decode"
local gzip = require "core.gzip"
local hex = require "base.hex"
local json = require "base.json"
local secrets = require "support.secrets"

local M = {}

local LONGEST = 1 << 30 -- bytes of a recording
local PIECE = 4096
local DIGITS = 2 -- of a byte in hex
local LONG = 12 -- characters that no bytes have by chance
local HEAD = 6 -- characters that forms are found by

local by_head, words

-- A form that several have is told as the first one's.
local function index()
  if by_head then
    return
  end
  by_head, words = {}, {}
  local seen = {}
  for _, secret in ipairs(secrets.all()) do
    for _, form in ipairs(secret.forms) do
      local head = form[1]:sub(1, HEAD)
      by_head[head] = by_head[head] or {}
      if not seen[form[1]] then
        table.insert(by_head[head], { text = form[1], form = form[2], digit = form.digit, secret = secret })
      end
      seen[form[1]] = true
    end
    for word, form in pairs(secret.words) do words[word] = words[word] or { form = form, secret = secret } end
  end
end

---@class scanner.finding
---@field secret string its name
---@field form string
---@field around string what it stands in

-- Is it a part of a longer number?
local function is_within(one, text, at)
  local size = one.digit and #one.digit:gsub("%%d", "d")
  return size and (text:sub(math.max(at - size, 1), at - 1):find("^" .. one.digit .. "$")
    or text:sub(at + #one.text, at + #one.text + size - 1):find("^" .. one.digit .. "$"))
end

-- In hex, a word stands for others by chance: in the number of a message, for example.
local function is_chance(one) return one.form == "as text" and #one.text < LONG end

local function find_forms(text, keeps_cells, step)
  index()
  local found, upper = {}, text:upper()
  for at = 1, #upper - HEAD + 1, step do
    for _, one in ipairs(by_head[upper:sub(at, at + HEAD - 1)] or {}) do
      if upper:sub(at, at + #one.text - 1) == one.text and not is_within(one, upper, at)
        and not (step == DIGITS and is_chance(one)) and not (keeps_cells and one.secret.is_place) then
        found[#found + 1] = {
          secret = one.secret.name, form = one.form, around = text:sub(math.max(at - 60, 1), at + #one.text + 60),
        }
      end
    end
  end
  return found
end

---The secrets in a text.
---@param text string
---@param keeps_cells boolean? numbers of cells are none
---@return scanner.finding[]
function M.text(text, keeps_cells) return find_forms(text, keeps_cells, 1) end

-- Those of the words of a text that are secret for themselves.
local function find_words(text, keeps_cells, found, is_typed)
  index()
  for word in text:upper():gmatch "%w+" do
    local one = words[word]
    if one and not (keeps_cells and one.secret.is_place) and (is_typed or not one.secret.is_typed) then
      found[#found + 1] = { secret = one.secret.name, form = one.form, around = text }
    end
  end
end

-- Each text and number in a value, however deep.
local function each_leaf(value, visit)
  if type(value) == "table" then
    for _, inner in pairs(value) do each_leaf(inner, visit) end
  elseif type(value) == "string" or math.type(value) == "integer" then
    visit(tostring(value))
  end
end

---The secrets in a line of a recording.
---@param line table
---@param keeps_cells boolean?
---@return scanner.finding[]
function M.line(line, keeps_cells)
  local bytes = line.bytes and hex.decode(line.bytes)
  local found = bytes and find_forms(line.bytes, keeps_cells, DIGITS) or M.text(json.encode(line), keeps_cells)
  if bytes then
    local view = decode.decode(bytes)
    while view do
      each_leaf(view.body, function(text) find_words(text, keeps_cells, found) end)
      view = view.inner
    end
  elseif not line.kernel and not line.changed then -- which count much
    local plain = {}
    for key, value in pairs(line) do plain[key] = key ~= "t" and key ~= "date" and value or nil end
    local is_typed = line.recording ~= nil or line.kind ~= nil and (line.from == "host" or line.kind == "echo")
    each_leaf(plain, function(text) find_words(text, keeps_cells, found, is_typed) end)
  end
  return found
end

-- As far as it can be read: a recording may be damaged, or cut off.
local function unpacked(path)
  local reader <close> = assert(gzip.reader(LONGEST))
  local file <close> = assert(io.open(path, "rb"))
  local parts = {}
  for bytes in file:lines(PIECE) do
    local text, is_end = reader:add(bytes)
    parts[#parts + 1] = text
    if not text or is_end then break end
  end
  return table.concat(parts)
end

---The secrets in lines of recordings, and in others for people.
---@param text string
---@return { line: integer, finding: scanner.finding }[] list
---@return integer lines
function M.lines(text)
  local list, number, keeps_cells = {}, 0, nil
  for part in text:gmatch "[^\n]+" do
    number = number + 1
    local line = json.decode(part)
    if type(line) == "table" and line.recording then
      keeps_cells = line.cells == "kept"
    end
    for _, finding in ipairs(type(line) == "table" and M.line(line, keeps_cells) or M.text(part, keeps_cells)) do
      list[#list + 1] = { line = number, finding = finding }
    end
  end
  return list, number
end

---The secrets in a recording; in all that there is of a damaged one.
---@param path string
---@return { line: integer, finding: scanner.finding }[] list
---@return integer lines that it has
function M.recording(path) return M.lines(unpacked(path)) end

return M
