-- SPDX-License-Identifier: MIT
-- Every command declared in this folder, in one list: for tracers, fuzzers and tests.

local list = {}

for _, module in ipairs {
  "mbim.basic_connect", "mbim.ms_basic_connect_extensions", "mbim.ext_qmux", "mbim.proxy_control",
  "mbim.quectel",
} do
  for _, command in pairs(require(module)) do
    if type(command) == "table" and command.cid then
      list[#list + 1] = command
    end
  end
end

table.sort(list, function(a, b)
  if a.service ~= b.service then
    return a.service < b.service
  end
  return a.cid < b.cid
end)

---@type mbim.command[]
return list
