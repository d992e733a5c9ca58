-- SPDX-License-Identifier: MIT
-- Guesses by which MBIMEx version a message is laid out, as no field of it says so.
--
-- Versions 2.0 and 3.0 lay some messages of MBIM 1.0 out in another way once host and modem have agreed on them. Where
-- it is not known what they have agreed on, the declared layouts are tried: offsets that lead into the fixed part, or a
-- TLV of the wrong type, fit only one of them. A longer body alone proves nothing, as some modems send more than they
-- should.

local has_shape = require("core.mbim").has_shape
local mbim = require "mbim.command"

local M = {}

local sizes = {
  uuid = 16, ipv4 = 4, ipv6 = 16, count = 4, text = 8, data = 8, ref = 8, pointer = 4, array = 8, refs = 4, tlv = 8,
  utf16 = 0, rest = 0,
}

local has_offset = { text = true, data = true, ref = true }
local shapes = setmetatable({}, { __mode = "k" }) -- by lists of fields
local NOWHERE = 0xffff

-- How long the fields are; and that, with where each (offset, size) pair among them is, and the count of those behind
-- them, as core.mbim reads it.
local function shape_of(fields)
  local shape = shapes[fields]
  if shape then
    return shape
  end
  local least, pairs_at, counted = 0, {}, NOWHERE
  for _, field in ipairs(fields) do
    local t = field.type
    local kind = t.kind
    if has_offset[kind] then
      pairs_at[#pairs_at + 1] = least
    elseif kind == "refs" and not t.count then
      counted = least
    end
    least = least + (sizes[kind] or kind == "struct" and shape_of(t.fields).least
      or kind == "list" and (t.prefix and t.prefix.size or 0) or t.size)
  end
  local form = "<" .. ("I2"):rep(3 + #pairs_at)
  shape = { least = least, text = form:pack(least, counted, #pairs_at, table.unpack(pairs_at)) }
  shapes[fields] = shape
  return shape
end

local function shape_of_part(command, part)
  local fields = command.declaration[part]
  return shape_of(fields == true and command.declaration.response or fields)
end

local NONE = {}

---Is it laid out otherwise in a later version?
---@param command mbim.command
---@param part "query"|"set"|"response"|"indication"
---@return boolean
function M.differs(command, part)
  for _, layout in pairs(command.declaration.later or NONE) do
    if layout[part] then
      return true
    end
  end
  return false
end

-- [command][part]: its layouts, by version; none where all versions lay it out alike.
local known = setmetatable({}, { __mode = "k" })

local function layouts_of(command, part)
  local of_parts = known[command]
  if not of_parts then
    of_parts = {}
    known[command] = of_parts
  end
  if not of_parts[part] then
    local layouts = {}
    for i, one in ipairs(M.differs(command, part) and command.versions or NONE) do
      local shape = shape_of_part(one, part)
      layouts[i] = { command = one, least = shape.least, text = shape.text }
    end
    of_parts[part] = layouts
  end
  return of_parts[part]
end

---The shape by which core.mbim can be certain that an answer is laid out as a command has it; read() knows the others.
---@param command mbim.command
---@return string
function M.response_shape(command) return shape_of_part(command, "response").text end

-- Those of the command's layouts that a body may have, by the places of its data alone; each longer than the one
-- before. `more` lists them where there are several.
local function possible(command, part, info)
  local first, more, longest = nil, nil, -1
  for _, layout in ipairs(layouts_of(command, part)) do
    local least = layout.least
    if least > longest and has_shape(info, layout.text) then
      longest = least
      if not first then
        first = layout.command
      else
        more = more or { first }
        more[#more + 1] = layout.command
      end
    end
  end
  return first, more
end

---The command as the version lays it out whose layout fits a body: of several that fit, the longest.
---@param command mbim.command
---@param part "query"|"set"|"response"|"indication"
---@param info string
---@param likely integer? a version, in BCD: its layout, if that fits, or if none does; MBIM 1.0's, if not given
---@return mbim.command command
---@return boolean is_certain only that layout fits
---@return table? values where all of the body had to be read to find that out
function M.of(command, part, info, likely)
  local expected = likely and mbim.at(command, likely) or command
  if likely then
    local shape = shape_of_part(expected, part)
    local values = has_shape(info, shape.text) and expected[part]:decode(info)
    if values then
      return expected, false, values
    end
  end
  local first, more = possible(command, part, info)
  if first == command and not more then
    return command, true -- without a look at the rest: most messages are so
  end
  local fitting, found = 0, nil
  for _, one in ipairs(more or { first }) do
    local values = one[part]:decode(info)
    if values then
      fitting, expected, found = fitting + 1, one, values
    end
  end
  return expected, fitting == 1, found
end

---Reads a body as what it is, leniently.
---@param command mbim.command
---@param part "query"|"set"|"response"|"indication"
---@param info string
---@param likely integer? as above
---@return table? values
---@return moontower.error? err
---@return integer? version that is in force for certain, in BCD; nil: unknown
function M.read(command, part, info, likely)
  local found, is_certain, values = M.of(command, part, info, likely)
  local err
  if not values then
    values, err = found[part]:decode(info, true)
  end
  return values, err, is_certain and found.version or nil
end

return M
