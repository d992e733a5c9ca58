-- SPDX-License-Identifier: MIT
-- The setup packet that begins every control transfer, and the requests that this modem knows.

local schema = require "schema"
local u16, enum, be = schema.u16, schema.enum, schema.be

-- bmRequestType and bRequest, read as one number, name a request.
local request = enum(be.u16, {
  -- USB 2.0 chapter 9, for the device, an interface, an endpoint
  ["get-device-status"]     = 0x8000,
  ["get-interface-status"]  = 0x8100,
  ["get-endpoint-status"]   = 0x8200,
  ["clear-device-feature"]  = 0x0001,
  ["clear-endpoint-halt"]   = 0x0201,
  ["set-device-feature"]    = 0x0003,
  ["get-descriptor"]        = 0x8006,
  ["get-configuration"]     = 0x8008,
  ["set-configuration"]     = 0x0009,
  ["get-interface"]         = 0x810a,
  ["set-interface"]         = 0x010b,
  -- CDC, ECM, NCM and MBIM, for a control interface
  ["send-command"]          = 0x2100, -- SEND_ENCAPSULATED_COMMAND
  ["get-response"]          = 0xa101, -- GET_ENCAPSULATED_RESPONSE
  ["reset-function"]        = 0x2105,
  ["get-ntb-parameters"]    = 0xa180,
  ["get-ntb-format"]        = 0xa183,
  ["set-ntb-format"]        = 0x2184,
  ["get-ntb-input-size"]    = 0xa185,
  ["set-ntb-input-size"]    = 0x2186,
  ["get-max-datagram-size"] = 0xa187,
  ["set-max-datagram-size"] = 0x2188,
  ["set-multicast-filters"] = 0x2140, -- SET_ETHERNET_MULTICAST_FILTERS
  ["set-packet-filter"]     = 0x2143, -- SET_ETHERNET_PACKET_FILTER
  -- for a serial interface
  ["set-line-coding"]        = 0x2120,
  ["set-control-line-state"] = 0x2122,
})

---@class simulator.usb.setup
---@field request string|integer a name of the list above, or the number of an unknown one
---@field value integer
---@field index integer
---@field length integer

return schema.struct {
  request "request",
  u16 "value",
  u16 "index",
  u16 "length",
}
