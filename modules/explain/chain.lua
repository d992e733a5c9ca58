-- SPDX-License-Identifier: MIT
-- The links between this computer and the network, in their order: each depends on those before it.

local M = {}

M.names = {
  "slot", "power", "device", "driver", "port", "holder", "firmware",
  "sim", "pin", "fcc", "radio", "bands", "signal", "registration", "attach",
  "apn", "addresses", "routes", "dns", "path", "mtu", "web",
}

---@return explain.link[]
function M.links()
  local list, before = {}, {}
  for i, name in ipairs(M.names) do
    local link = require("explain.links." .. name)
    assert(link.name == name, "the file of a link has its name")
    for _, needed in ipairs(link.needs) do
      assert(before[needed], ("%s needs %s, which is no link before it"):format(name, needed))
    end
    list[i], before[name] = link, true
  end
  return list
end

return M
