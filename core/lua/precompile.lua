-- SPDX-License-Identifier: MIT
-- Run by the build: makes one file of bytecode of our Lua files. precompile.lua FILE...

local fs = require "core.fs"
local places = require "loading.places"
local program = require "core.program"

assert(_VERSION == "Lua 5.4", "this knows the bytecode of Lua 5.4 alone")

-- ---- bytecode without the names of variables ----

-- A place in what string.dump() writes; lundump.c of Lua reads the same.
---@class place
---@field bytes string
---@field at integer
local Place = {}
Place.__index = Place

function Place:byte()
  self.at = self.at + 1
  return self.bytes:byte(self.at - 1)
end

function Place:number()
  local value = 0
  while true do
    local byte = self:byte()
    value = value << 7 | byte & 0x7f
    if byte & 0x80 ~= 0 then
      return value
    end
  end
end

function Place:skip(count) self.at = self.at + count end

function Place:skip_text() self:skip(math.max(self:number() - 1, 0)) end

local FLOAT, INTEGER, SHORT, LONG = 0x13, 0x03, 0x04, 0x14
local size_of = { [FLOAT] = string.packsize "n", [INTEGER] = string.packsize "j" }

function Place:skip_constants()
  for _ = 1, self:number() do
    local kind = self:byte()
    if kind == SHORT or kind == LONG then
      self:skip_text()
    else
      self:skip(size_of[kind] or 0)
    end
  end
end

local NO_ENTRIES = "\x80"
local UPVALUE = 3 -- bytes

-- ---- tables of the right size ----

local function instructions_of(place, count)
  local list = {}
  for i = 1, count do list[i], place.at = ("<I4"):unpack(place.bytes, place.at) end
  return list
end

-- Up to the source of the outermost function.
local HEAD = #"\27Lua" + 1 + 1 + 6 + 3 + string.packsize "j" + string.packsize "n" + 1

local function skip_to_code(place)
  place:number() -- first and last line
  place:number()
  place:skip(3) -- parameters, varargs, registers
end

local function code_of(source)
  local place = setmetatable({ bytes = string.dump(assert(load(source, "="))), at = HEAD + 1 }, Place)
  place:skip_text()
  skip_to_code(place)
  return instructions_of(place, place:number())
end

local NEWTABLE, EXTRA, SETFIELD = table.unpack(code_of "local t = {}; t.a = 1", 2)
NEWTABLE, EXTRA, SETFIELD = NEWTABLE & 0x7f, EXTRA & 0x7f, SETFIELD & 0x7f

-- A module's table gets its functions one by one, and would grow each time that it is full, for 0.35 million
-- instructions of `up`: so it is made as large as it will be. That is a hint, and need not be exact.
local function with_sizes(instructions)
  local made, keys, counts = {}, {}, {} -- by register: where its table is made, and with which fields; how many
  for i, instruction in ipairs(instructions) do
    local code, register, key = instruction & 0x7f, instruction >> 7 & 0xff, instruction >> 16 & 0xff
    if code == NEWTABLE then
      made[register], keys[register], counts[i] = i, {}, 0
    elseif code == SETFIELD and made[register] and not keys[register][key] then
      keys[register][key], counts[made[register]] = true, counts[made[register]] + 1
    elseif code ~= SETFIELD and code ~= EXTRA then
      made[register] = nil -- now it may hold something else
    end
  end
  for i, count in pairs(counts) do
    local size = count > 0 and math.ceil(math.log(count, 2)) + 1 or 0
    local before = instructions[i] >> 16 & 0xff
    instructions[i] = instructions[i] & ~(0xff << 16) | math.max(size, before) << 16
  end
  return ("<" .. ("I4"):rep(#instructions)):pack(table.unpack(instructions))
end

-- Lines stay, so that errors and tracebacks tell them. The names of variables would be three tenths of what loading
-- costs; where a file has changed since, it is parsed, and they are there.
local function copy_function(place, parts)
  local start = place.at
  skip_to_code(place)
  local count = place:number()
  parts[#parts + 1] = place.bytes:sub(start, place.at - 1)
  parts[#parts + 1] = with_sizes(instructions_of(place, count))
  start = place.at
  place:skip_constants()
  place:skip(place:number() * UPVALUE)
  local inner = place:number()
  parts[#parts + 1] = place.bytes:sub(start, place.at - 1)
  for _ = 1, inner do
    parts[#parts + 1] = NO_ENTRIES -- its source is that of the outer one
    place:skip_text()
    copy_function(place, parts)
  end
  start = place.at
  place:skip(place:number()) -- lines, as differences
  for _ = 1, place:number() do -- lines as they are, now and then
    place:number()
    place:number()
  end
  parts[#parts + 1] = place.bytes:sub(start, place.at - 1) .. NO_ENTRIES .. NO_ENTRIES
  for _ = 1, place:number() do -- variables
    place:skip_text()
    place:number()
    place:number()
  end
  for _ = 1, place:number() do place:skip_text() end -- upvalues
end

-- What comes before the source of the outermost function, and behind it: the program that loads it fills it in.
local function head_and_rest(bytes)
  local place = setmetatable({ bytes = bytes, at = HEAD + 1 }, Place)
  local head = bytes:sub(1, place.at - 1)
  place:skip_text()
  local parts = {}
  copy_function(place, parts)
  assert(place.at == #bytes + 1, "this is not the bytecode of Lua 5.4")
  return head, table.concat(parts)
end

-- ---- the file ----

local MAGIC, HEADER, ENTRY = "mtbytes3", "=c8c16I8I4I4I4I4", "=i8i8i8I4I4I4I4I4I4" -- core/host/bundle.c has the same
local CHECKED_FROM = 33 -- in the header

local function padded(bytes) return bytes .. ("\0"):rep(-#bytes % 8) end

places.keep_to_ours()

-- What a list of commands shows of a file, so that it need not be loaded for that.
local function note_of(file)
  local name, policy = file:match "/scripts/([^/]+)%.lua$", file:match "/scripts/policies/([^/]+)%.lua$"
  local script = name and require("cli.command").script(name) or policy and require("policy").load(policy)
  return script and script.summary or ""
end

local function made_of(file)
  local found = assert(fs.stat(file)) -- first: where it changes now, it counts as changed
  if file:find "/carriers/[^/]+%.lua$" then
    assert(require("carrier").load(file)) -- one that is in here counts as checked
  end
  local head, rest = head_and_rest(string.dump(assert(loadfile(file))))
  return {
    name = file:sub(1, #program.home + 1) == program.home .. "/" and file:sub(#program.home + 2) or file,
    modified = math.floor(found.mtime), size = found.size, note = note_of(file),
    source_checksum = program.checksum(padded(assert(fs.read(file)))),
    head = #head, length = #head + #rest, part = padded(head .. rest),
  }
end

-- Texts lie between the entries and the parts.
local function bundle_of(made)
  local first_text = string.packsize(HEADER) + #made * string.packsize(ENTRY)
  local texts, length = {}, 0
  local function add(text)
    texts[#texts + 1] = text .. "\0"
    length = length + #text + 1
    return first_text + length - #text - 1
  end
  for _, one in ipairs(made) do one.name_at, one.note_at = add(one.name), add(one.note) end
  local all_texts = padded(table.concat(texts))
  local index_end = first_text + #all_texts
  local entries, parts, at = {}, {}, index_end
  for i, one in ipairs(made) do
    entries[i] = ENTRY:pack(one.modified, program.checksum(one.part), one.source_checksum, one.name_at, one.note_at,
      one.size, at, one.length, one.head)
    parts[i], at = one.part, at + #one.part
  end
  local index = table.concat(entries) .. all_texts
  local function header(checksum)
    return HEADER:pack(MAGIC, program.release, checksum, at, index_end, #made, 0)
  end
  return header(program.checksum(header(0):sub(CHECKED_FROM) .. index)) .. index .. table.concat(parts)
end

local made = {}
for i, file in ipairs(arg) do made[i] = made_of(file) end
table.sort(made, function(a, b) return a.name < b.name end)
assert(fs.write_atomic(program.bundle, bundle_of(made)))
