-- SPDX-License-Identifier: MIT
-- SAR, specific absorption rate: by how much the radio's power is lowered, near a person.

local qmi = require "qmi.message"

local u32 = qmi.u32

---@class qmi.sar
local sar, message = qmi.messages "sar"

local level = u32 "power_level" -- one of the modem's own tables, from 0 on

message("rf_set_state", 0x0001, "RF Set State", function() return { request = { [0x01] = level }, response = {} } end)

message("rf_get_state", 0x0002, "RF Get State", function() return { response = { [0x10] = level } } end)

return sar
