-- SPDX-License-Identifier: MIT
-- For test_qmi: qmap.lua COMMAND... runs a command while two sessions over QMAP are up.

local link = require "link"
local modem = require "modem"
local process = require "core.process"

local device <close> = assert(modem.find())

local function online(settings, default_route)
  local bearer = assert(device:connect(settings))
  return assert(link.apply(bearer, { dns = false, default_route = default_route }))
end

local first <close> = online({ apn = "r.ispsn", multiplex = true })
local second <close> = online({ session = 1, apn = "ims" }, false)
print(("session 0 on %s, session 1 on %s"):format(first, second))

local result = assert(process.run { table.unpack(arg) })
io.write(result.stdout, result.stderr)
return result.status
