-- SPDX-License-Identifier: MIT
-- Guesses by which MBIMEx version a message is laid out, as no field of it says so.
--
-- Versions 2.0 and 3.0 lay some messages of MBIM 1.0 out in another way once host and modem have agreed on them. Where
-- it is not known what they have agreed on, the declared layouts are tried: offsets that lead into the fixed part, or a
-- TLV of the wrong type, fit only one of them. A longer body alone proves nothing, as some modems send more than they
-- should.

local mbim = require "mbim.command"

local M = {}

local sizes = {
  uuid = 16, ipv4 = 4, ipv6 = 16, count = 4, text = 8, data = 8, ref = 8, pointer = 4, array = 8, refs = 4, tlv = 8,
  utf16 = 0, rest = 0,
}

local has_offset = { text = true, data = true, ref = true }
local shapes = setmetatable({}, { __mode = "k" }) -- by lists of fields

-- How long the fields are, and where in them each (offset, size) pair is.
local function shape_of(fields)
  local shape = shapes[fields]
  if shape then
    return shape
  end
  local least, pairs_at = 0, {}
  for _, field in ipairs(fields) do
    local t = field.type
    local kind = t.kind
    if has_offset[kind] then
      pairs_at[#pairs_at + 1] = least + 1
    end
    least = least + (sizes[kind] or kind == "struct" and shape_of(t.fields).least
      or kind == "list" and (t.prefix and t.prefix.size or 0) or t.size)
  end
  shape = { least = least, pairs_at = pairs_at }
  shapes[fields] = shape
  return shape
end

-- Does each pair lead behind the fields? An empty one may be 0, 0.
local function leads_behind(shape, info)
  local length = #info
  if length < shape.least then
    return false
  end
  for _, at in ipairs(shape.pairs_at) do
    local offset, size = ("<I4I4"):unpack(info, at)
    if offset ~= 0 and (offset < shape.least or offset + size > length) or offset == 0 and size ~= 0 then
      return false
    end
  end
  return true
end

local function shape_of_part(command, part)
  local fields = command.declaration[part]
  return shape_of(fields == true and command.declaration.response or fields)
end

-- Commands of later versions that are not declared here.
local later = {
  [16] = "Modem Configuration", [17] = "Registration Parameters", [18] = "Network Parameters", [19] = "Wake Reason",
  [20] = "UE Policy",
}

---Is it laid out otherwise in a later version?
---@param command mbim.command
---@param part "query"|"set"|"response"|"indication"
---@return boolean
function M.differs(command, part)
  for _, layout in pairs(command.declaration.later or {}) do
    if layout[part] then
      return true
    end
  end
  return false
end

-- Those of the command's layouts that a body may have, by the places of its data alone; each longer than the one
-- before.
local function possible(command, part, info)
  local list, longest = {}, -1
  for _, one in ipairs(M.differs(command, part) and command.versions or {}) do
    local shape = shape_of_part(one, part)
    if shape.least > longest and leads_behind(shape, info) then
      list[#list + 1], longest = one, shape.least
    end
  end
  return list
end

---The command as the version lays it out whose layout fits a body: of several that fit, the longest.
---@param command mbim.command
---@param part "query"|"set"|"response"|"indication"
---@param info string
---@param likely integer? a version, in BCD: its layout, if that fits, or if none does; MBIM 1.0's, if not given
---@return mbim.command command
---@return boolean is_certain only that layout fits
function M.of(command, part, info, likely)
  local expected = likely and mbim.at(command, likely) or command
  if likely and leads_behind(shape_of_part(expected, part), info) and expected[part]:decode(info) then
    return expected, false
  end
  local layouts, fitting = possible(command, part, info), {}
  if #layouts == 1 and layouts[1] == command then
    return command, true -- without a look at the rest: most messages are so
  end
  for _, one in ipairs(layouts) do fitting[#fitting + 1] = one[part]:decode(info) and one or nil end
  return fitting[#fitting] or expected, #fitting == 1
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
  local found, is_certain = M.of(command, part, info, likely)
  local values, err = found[part]:decode(info, true)
  return values, err, is_certain and found.version or nil
end

---@param service string? name of an MBIM service
---@param cid integer
---@return string? name of a command of MBIMEx 3.0
function M.later(service, cid)
  return service == "ms-basic-connect-extensions" and later[cid] or nil
end

return M
