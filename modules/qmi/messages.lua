-- SPDX-License-Identifier: MIT
-- Every message declared in this folder and by makers, in one list: for tracers, fuzzers and tests.

local maker = require "maker"
local parts = require "schema.message"

local modules = {
  "qmi.ctl", "qmi.dms", "qmi.wda", "qmi.uim", "qmi.wms", "qmi.wds", "qmi.nas", "qmi.loc",
  "qmi.dsd", "qmi.voice", "qmi.pdc", "qmi.qos", "qmi.pbm", "qmi.pds", "qmi.ims", "qmi.imsa", "qmi.imsp", "qmi.sar",
  "qmi.dpm", "qmi.oma", "qmi.at",
}
for messages in maker.each "messages" do modules[#modules + 1] = messages.qmi end

---@type qmi.message[]
return parts.list(modules, "service_id", "id")
