-- SPDX-License-Identifier: MIT
-- MBIM for scripts: the notation to declare commands in, the commands declared so far, and the way to a device.

local mbim = require "mbim.command"

---Opens a device: see mbim/device.lua, which needs the declarations.
function mbim.open(...)
  return require("mbim.device").open(...)
end

return mbim
