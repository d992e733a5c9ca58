-- SPDX-License-Identifier: MIT
-- AT: commands and answers inside QMI, where a modem has no serial port for them. PINs are in them.

local qmi = require "qmi.message"

---@class qmi.at
local at, message = qmi.messages "at"

local line = qmi.secret(qmi.lstring(qmi.u16)) "line"

message("send", 0x0000, "Send", function() return { request = { [0x01] = line }, response = {} } end)

message("received", 0x0001, "Received", function() return { indication = { [0x01] = line } } end)

return at
