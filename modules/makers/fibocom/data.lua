-- SPDX-License-Identifier: MIT
-- How Fibocom's network cards are connected: AT+GTRNDIS, in ECM and RNDIS alike; and those with chips of Intel's.
--
-- Sources: Fibocom's guide for Linux and AT manuals; ModemManager's plugin fibocom; pasted sessions of an L718 and an
-- FM150, with "+GTRNDIS: 1,1,10.149.198.114,..." while connected, and "+GTRNDIS: 0" else.

local ways = { {
  -- With MediaTek's chips (FM350): nothing answers DHCP; users of OpenWrt set the address that AT has told.
  asks = "AT+GTUSBMODE?", when = "^%+GTUSBMODE:%s*4[01]", addresses = { "told" },
}, {
  asks = "AT+GTRNDIS=?", login = 'AT+MGAUTH={cid},{auth},"{user}","{password}"',
  connects = { "AT+GTRNDIS=1,{cid}" }, ends = { "AT+GTRNDIS=0,{cid}" },
  asks_state = "AT+GTRNDIS?", on = "^%+GTRNDIS:%s*1,%s*{cid}", addresses = { "dhcp", "told" },
} }
local intel = require "makers.intel.data"

return table.move(intel, 1, #intel, #ways + 1, ways)
