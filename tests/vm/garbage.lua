-- SPDX-License-Identifier: MIT
-- Sends noise to a proxy: moontower run tests/vm/garbage.lua @mbim-proxy

local ports = require "core.port"

for seed = 1, 20 do
  math.randomseed(seed)
  local port <close> = assert(ports.open((...)))
  local bytes = {}
  for i = 1, 200 do bytes[i] = string.char(math.random(0, 255)) end
  port:write(table.concat(bytes))
end
