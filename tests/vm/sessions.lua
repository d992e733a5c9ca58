-- SPDX-License-Identifier: MIT
-- For test_sessions: sessions.lua COMMAND... runs a command while session 0 and session 1 are up.

local carrier = require "carrier"
local link = require "link"
local modem = require "modem"
local process = require "core.process"

local device <close> = assert(modem.find())
local chosen = assert(carrier.load("calyx-sprint"))
chosen.bearers[1].multiplex = true -- over QMI, the first session has to know that it is not the only one
local first <close> = assert(device:up(chosen, { dns = false }))
local bearer = assert(device:connect { session = 1, apn = "ims" })
local second <close> = assert(link.apply(bearer, { dns = false, default_route = false }))
print(("session 0 on %s, session 1 on %s"):format(first, second))

local result = assert(process.run { table.unpack(arg) })
io.write(result.stdout, result.stderr)

assert(device:down()) -- also ends the second session, which nothing but its link tells of
assert(device:session(1).state == "deactivated")
return result.status
