-- SPDX-License-Identifier: MIT
-- The limits of an MBIM function's control channel, from its USB descriptors.

local schema = require "schema"
local u8, u16, rest = schema.u8, schema.u16, schema.rest

local header = schema.compile("USB descriptor", { u8 "length", u8 "type", u8 "subtype", rest "body" })

-- USB-IF MBIM 1.0, tables 4-3 and 4-4.
local CS_INTERFACE, MBIM, MBIM_EXTENDED = 0x24, 0x1b, 0x1c
local mbim = schema.compile("MBIM functional descriptor", { u16 "version", u16 "max_control_message" })
local extended = schema.compile("MBIM extended functional descriptor", { u16 "version", u8 "max_outstanding" })

local M = {}

---@param descriptors string? a sysfs `descriptors` file
---@return { transfer: integer?, window: integer? } options for mbim.open()
function M.options(descriptors)
  local options = {}
  while descriptors and #descriptors >= 3 do
    local found = header:decode(descriptors)
    if found.length < 2 then
      break
    elseif found.type == CS_INTERFACE and found.subtype == MBIM then
      options.transfer = (mbim:decode(found.body) or {}).max_control_message
    elseif found.type == CS_INTERFACE and found.subtype == MBIM_EXTENDED then
      local window = (extended:decode(found.body) or {}).max_outstanding
      options.window = window and window > 0 and window or nil
    end
    descriptors = descriptors:sub(found.length + 1)
  end
  return options
end

return M
