-- SPDX-License-Identifier: MIT
-- Every message declared in this folder and by makers, in one list: for tracers, fuzzers and tests.

local maker = require "maker"

local modules = {
  "qmi.ctl", "qmi.dms", "qmi.wda", "qmi.uim", "qmi.wms", "qmi.wds", "qmi.nas", "qmi.loc",
  "qmi.dsd", "qmi.voice", "qmi.pdc", "qmi.qos", "qmi.pbm", "qmi.pds", "qmi.ims", "qmi.imsa", "qmi.imsp", "qmi.sar",
  "qmi.dpm", "qmi.oma", "qmi.at",
}
for messages in maker.each "messages" do modules[#modules + 1] = messages.qmi end

local list = {}
for _, module in ipairs(modules) do
  for _, message in pairs(require(module)) do
    if type(message) == "table" and message.service_id and message.id then
      list[#list + 1] = message
    end
  end
end

table.sort(list, function(a, b)
  if a.service_id ~= b.service_id then
    return a.service_id < b.service_id
  end
  return a.id < b.id
end)

---@type qmi.message[]
return list
