-- SPDX-License-Identifier: MIT
-- What a modem tells on an interrupt endpoint (CDC 1.2 section 6.3, ECM 1.2 section 6.3): it looks like the setup
-- packet of a request, but comes from the modem.

local schema = require "schema"

local header = schema.compile("CDC notification", {
  schema.enum(schema.be.u16, {
    ["response-available"] = 0xa101, ["network-connection"] = 0xa100, ["speed-change"] = 0xa12a,
  }) "notification",
  schema.u16 "value",
  schema.u16 "interface",
  schema.u16 "length",
})

local notification = {}

---@param name "response-available"|"network-connection"|"speed-change"
---@param interface integer
---@param value integer?
---@param data string?
---@return string
function notification.encode(name, interface, value, data)
  local values = { notification = name, interface = interface, value = value or 0, length = #(data or "") }
  return assert(header:encode(values)) .. (data or "")
end

return notification
