-- SPDX-License-Identifier: MIT
-- QMI for scripts: the notation to declare messages in, the messages declared so far, and the way to a device.

local qmi = require "qmi.message"

---Opens a device: see qmi/device.lua, which needs the declarations.
function qmi.open(...)
  return require("qmi.device").open(...)
end

return qmi
