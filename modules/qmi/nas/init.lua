-- SPDX-License-Identifier: MIT
-- NAS, network access: one table of all its messages. The files that declare them are loaded one after the other, until
-- the message is there: those that `up` asks for come first.

local qmi = require "qmi.message"

---@class qmi.nas: qmi.nas_system, qmi.nas_signal, qmi.nas_events, qmi.nas_registration,
--- qmi.nas_signal_strength, qmi.nas_bands, qmi.nas_system_info, qmi.nas_preference, qmi.nas_cells
local nas = qmi.messages("nas", {
  "qmi.nas.system", "qmi.nas.signal", "qmi.nas.events", "qmi.nas.registration", "qmi.nas.signal_strength",
  "qmi.nas.bands", "qmi.nas.system_info", "qmi.nas.preference", "qmi.nas.cells",
})

return nas
