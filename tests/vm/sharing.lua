-- SPDX-License-Identifier: MIT
-- For test_proxy: sharing.lua PROTOCOL COMMAND... runs a command while a client uses the modem through a proxy.

local process = require "core.process"

local _ <close> = assert(require(arg[1]).open("/dev/cdc-wdm0", { proxy = true }))
local result = assert(process.run { table.unpack(arg, 2) })
io.write(result.stdout, result.stderr)
return result.status
