-- SPDX-License-Identifier: MIT
-- Microsoft's host shutdown service: the host says that it will turn off.

local mbim = require "mbim.command"

---@class mbim.ms_host_shutdown
local shutdown, command = mbim.commands "ms-host-shutdown"

command("notify", 1, "Host Shutdown Notify", function() return { set = {}, response = {} } end)

return shutdown
