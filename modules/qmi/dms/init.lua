-- SPDX-License-Identifier: MIT
-- DMS, device management: one table of all its messages. The files that declare them are loaded one after the other,
-- until the message is there: those that `up` asks for come first. Makers' messages are in modules/makers/.

local qmi = require "qmi.message"

---@class qmi.dms: qmi.dms_identity, qmi.dms_mode, qmi.dms_capabilities, qmi.dms_uim, qmi.dms_firmware, qmi.dms_locks
local dms = qmi.messages("dms", {
  "qmi.dms.identity", "qmi.dms.mode", "qmi.dms.capabilities", "qmi.dms.uim", "qmi.dms.firmware", "qmi.dms.locks",
})

return dms
