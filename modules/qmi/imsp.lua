-- SPDX-License-Identifier: MIT
-- IMSP, IMS presence: who may be called how.

local qmi = require "qmi.message"

---@class qmi.imsp
local imsp, message = qmi.messages "imsp"

message("get_enabler_state", 0x0024, "Get Enabler State", function() return {
  response = {
    [0x10] = qmi.enum(qmi.u32, {
      ["uninitialized"] = 1, ["initialized"] = 2, ["airplane"] = 3, ["registered"] = 4,
    }) "enabler_state",
  },
} end)

return imsp
