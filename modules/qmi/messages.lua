-- SPDX-License-Identifier: MIT
-- Every message declared in this folder, in one list: for tracers, fuzzers and tests.

local list = {}

for _, service in ipairs { "ctl", "dms", "sierra", "wda", "uim", "wms", "wds", "nas", "loc" } do
  for _, message in pairs(require("qmi." .. service)) do
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
