-- SPDX-License-Identifier: MIT
-- For test_managers: card.lua INTERFACE COMMAND... runs a command while there is a link on an interface that looks like
-- a network card, as that of a modem in ECM or RNDIS mode does.

local link = require "link"
local process = require "core.process"

local made <close> = assert(link.apply({
  net = arg[1], session = 0, ip = "ipv4", ended = true,
  ipv4 = { addresses = { { address = "10.64.7.2", prefix_length = 30 } }, gateway = "10.64.7.1", dns = {} },
  ipv6 = { addresses = {}, dns = {} },
}, { dns = false }))
print(("online as %s"):format(made.address))

local result = assert(process.run { table.unpack(arg, 2) })
io.write(result.stdout, result.stderr)
return result.status
