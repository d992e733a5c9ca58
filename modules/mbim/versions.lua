-- SPDX-License-Identifier: MIT
-- Guesses by which MBIMEx version a message is laid out, as no field of it says so.
--
-- Versions 2.0 and 3.0 lay some messages of MBIM 1.0 out in another way once host and modem have agreed on them. In one
-- message that is not seen; but offsets that lead into the fixed part, or a size, fit only one of them.

local basic = require "mbim.basic_connect"
local errors = require "errors"
local extensions = require "mbim.ms_basic_connect_extensions"
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

local connect, ready = basic.connect.declaration, basic.subscriber_ready_status.declaration.response
local packet = basic.packet_service.declaration.response

local connect_response = {
  version = "3.0", fields = with(connect.response, 1, 6, { u32 "media_type", rest "tlvs" }),
  fits = function(info) return #info >= 40 end,
}
local connect_set = {
  version = "3.0",
  fields = with(connect.set, 1, 2, { connect.set[6], connect.set[7], types.ip_type "ip_type", connect.set[9],
    u32 "media_preference", secret(rest) "tlvs" }), -- user and password are among those
  fits = function(info) return #info >= 40 and not leads_behind(info, 60, { 8, 16, 24 }) and info:byte(9) <= 1 end,
}
local subscriber_ready = {
  version = "3.0", is_certain = true, fields = with(ready, 1, 1, { u32 "flags", table.unpack(ready, 2) }),
  fits = function(info) return not leads_behind(info, 28, { 4, 12 }) and leads_behind(info, 32, { 8, 16 }) end,
}
local packet_service = {
  version = "3.0",
  fields = with(packet, 1, 5, {
    u32 "frequency_range", u32 "data_subclass",
    struct { u16 "mcc", u16 "mnc", u32 "tac" } "tracking_area",
  }),
  fits = function(info) return #info >= 44 end,
}

local function places(first, count)
  local list = {}
  for i = 1, count do list[i] = first + 8 * (i - 1) end
  return list
end

-- Known to be of that version, and not taken apart here.
local base_stations = {
  version = "3.0", is_certain = true,
  fits = function(info)
    return not leads_behind(info, 84, places(4, 10)) and leads_behind(info, 104, places(8, 12))
  end,
}
local device_caps = {
  version = "3.0", is_certain = true,
  fits = function(info) return #info >= 68 and not leads_behind(info, 68, places(32, 4)) end,
}

local layouts = {
  [basic.connect] = { response = connect_response, indication = connect_response, set = connect_set },
  [basic.subscriber_ready_status] = { response = subscriber_ready, indication = subscriber_ready },
  [basic.packet_service] = { response = packet_service, indication = packet_service },
  [extensions.base_stations_info] = { response = base_stations },
  [extensions.device_caps] = { response = device_caps },
}

-- The fields that MBIMEx 2.0 has added at the end.
local added = {
  [basic.register_state] = "preferred_data_classes", [basic.packet_service] = "frequency_range",
  [basic.signal_state] = "rsrp_snr",
}

-- Commands of later versions that are not declared here.
local later = {
  [16] = "Modem Configuration", [17] = "Registration Parameters", [18] = "Network Parameters", [19] = "Wake Reason",
  [20] = "UE Policy",
}

---The layout that fits a body and no older one.
---@param command mbim.command
---@param part "query"|"set"|"response"|"indication"
---@param info string
---@return { version: string, fields: schema.field[]? }? layout without fields: it is not known here
function M.of(command, part, info)
  local layout = (layouts[command] or {})[part]
  return layout and layout.fits(info) and layout or nil
end

---Is what a host sends laid out otherwise in a later version?
---@param command mbim.command
---@param part "query"|"set"
---@return boolean
function M.differs(command, part) return (layouts[command] or {})[part] ~= nil end

---@param command mbim.command
---@param layout { version: string, fields: schema.field[] } from M.of()
---@return schema.codec
function M.codec(command, layout)
  layout.codec = layout.codec or schema.compile(("%s (MBIMEx %s)"):format(command.name, layout.version), layout.fields)
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
  return added[command] and values[added[command]] ~= nil and "2.0" or nil
end

---@param service string? name of an MBIM service
---@param cid integer
---@return string? name of a command of MBIMEx 3.0
function M.later(service, cid)
  return service == "ms-basic-connect-extensions" and later[cid] or nil
end

return M
