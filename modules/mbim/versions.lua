-- SPDX-License-Identifier: MIT
-- Guesses by which MBIMEx version a message is laid out, as no field of it says so.
--
-- Versions 2.0 and 3.0 lay some messages of MBIM 1.0 out in another way once host and modem have agreed on them. In one
-- message that is not seen; but offsets that lead into the fixed part, or a size, fit only one of them.

local errors = require "errors"
local mbim = require "mbim.command"
local schema = require "schema"
local types = require "mbim.types"

local u16, u32, rest, struct, secret = mbim.u16, mbim.u32, mbim.rest, mbim.struct, mbim.secret

local M = {}

-- Some fields of a declaration, then others.
local function with(fields, first, last, others)
  local all = table.move(fields, first, last, 1, {})
  return table.move(others, 1, #others, #all + 1, all)
end

-- Offsets prove a layout; a longer body alone does not, as some modems send more than they should.

-- Does each of the (offset, length) pairs at these places lead behind the fixed part? An empty one may be 0, 0.
local function leads_behind(info, fixed, places)
  if #info < fixed then
    return false
  end
  for _, at in ipairs(places) do
    local offset, length = ("<I4I4"):unpack(info, at + 1)
    if offset ~= 0 and (offset < fixed or offset + length > #info) or offset == 0 and length ~= 0 then
      return false
    end
  end
  return true
end

local function places(first, count)
  local list = {}
  for i = 1, count do list[i] = first + 8 * (i - 1) end
  return list
end

-- By service and number. Most messages are laid out as ever, so fields are made when one is not.
local layouts = { ["basic-connect"] = {}, ["ms-basic-connect-extensions"] = {} }

local connect_response = {
  version = "3.0", fits = function(info) return #info >= 40 end,
  fields = function(connect) return with(connect.response, 1, 6, { u32 "media_type", rest "tlvs" }) end,
}
layouts["basic-connect"][12] = {
  response = connect_response, indication = connect_response,
  set = {
    version = "3.0",
    fits = function(info) return #info >= 40 and not leads_behind(info, 60, { 8, 16, 24 }) and info:byte(9) <= 1 end,
    fields = function(connect)
      return with(connect.set, 1, 2, { connect.set[6], connect.set[7], types.ip_type "ip_type", connect.set[9],
        u32 "media_preference", secret(rest) "tlvs" }) -- user and password are among those
    end,
  },
}

local subscriber_ready = {
  version = "3.0", is_certain = true,
  fits = function(info) return not leads_behind(info, 28, { 4, 12 }) and leads_behind(info, 32, { 8, 16 }) end,
  fields = function(ready) return with(ready.response, 1, 1, { u32 "flags", table.unpack(ready.response, 2) }) end,
}
layouts["basic-connect"][2] = { response = subscriber_ready, indication = subscriber_ready }

local packet_service = {
  version = "3.0", fits = function(info) return #info >= 44 end,
  fields = function(packet)
    return with(packet.response, 1, 5, {
      u32 "frequency_range", u32 "data_subclass",
      struct { u16 "mcc", u16 "mnc", u32 "tac" } "tracking_area",
    })
  end,
}
layouts["basic-connect"][10] = { response = packet_service, indication = packet_service }

-- Known to be of that version, and not taken apart here: base stations info, and device caps.
layouts["ms-basic-connect-extensions"][11] = {
  response = {
    version = "3.0", is_certain = true,
    fits = function(info)
      return not leads_behind(info, 84, places(4, 10)) and leads_behind(info, 104, places(8, 12))
    end,
  },
}
layouts["ms-basic-connect-extensions"][6] = {
  response = {
    version = "3.0", is_certain = true,
    fits = function(info) return #info >= 68 and not leads_behind(info, 68, places(32, 4)) end,
  },
}

local function layouts_of(command) return (layouts[command.service] or {})[command.cid] or {} end

-- The fields that MBIMEx 2.0 has added at the end.
local added = { [9] = "preferred_data_classes", [10] = "frequency_range", [11] = "rsrp_snr" } -- of basic-connect

-- Commands of later versions that are not declared here.
local later = {
  [16] = "Modem Configuration", [17] = "Registration Parameters", [18] = "Network Parameters", [19] = "Wake Reason",
  [20] = "UE Policy",
}

---The layout that fits a body and no older one.
---@param command mbim.command
---@param part "query"|"set"|"response"|"indication"
---@param info string
---@return { version: string, fields: function? }? layout without fields: it is not known here
function M.of(command, part, info)
  local layout = layouts_of(command)[part]
  return layout and layout.fits(info) and layout or nil
end

---Is it laid out otherwise in a later version?
---@param command mbim.command
---@param part "query"|"set"|"response"|"indication"
---@return boolean
function M.differs(command, part) return layouts_of(command)[part] ~= nil end

---@param command mbim.command
---@param layout { version: string, fields: function } from M.of()
---@return schema.codec
function M.codec(command, layout)
  layout.codec = layout.codec or schema.compile(("%s (MBIMEx %s)"):format(command.name, layout.version),
    layout.fields(command.declaration))
  return layout.codec
end

---Reads a body as what it is, leniently.
---@param command mbim.command
---@param part "query"|"set"|"response"|"indication"
---@param info string
---@return table? values
---@return moontower.error? err "unsupported" where the layout is not known here
---@return string? version that is in force for certain; nil: unknown
function M.read(command, part, info)
  local layout = M.of(command, part, info)
  if not layout then
    return command[part]:decode(info, true)
  elseif not layout.fields then
    return nil, errors.new {
      code = "unsupported", source = "mbim",
      message = ("%s: the modem answers as MBIMEx %s has it, which moontower does not take apart"):format(command.name,
        layout.version),
      hint = "Another program has agreed on that with it. It holds until the modem restarts: `moontower reset`.",
    }, layout.version
  end
  local values, err = M.codec(command, layout):decode(info, true)
  return values, err, layout.is_certain and layout.version or nil
end

---The version that the fields which are there belong to.
---@param command mbim.command
---@param values table
---@return string? version
function M.of_values(command, values)
  local field = command.service == "basic-connect" and added[command.cid]
  return field and values[field] ~= nil and "2.0" or nil
end

---@param service string? name of an MBIM service
---@param cid integer
---@return string? name of a command of MBIMEx 3.0
function M.later(service, cid)
  return service == "ms-basic-connect-extensions" and later[cid] or nil
end

return M
