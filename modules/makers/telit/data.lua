-- SPDX-License-Identifier: MIT
-- How Telit's network cards are connected: AT#ECM, with the context and the number of the card. Modems without it go by
-- 3GPP.
--
-- Sources: Sixfab's guide to ECM with the LE910Cx and ME910C1, and its core_manager; pasted sessions: "#ECM: 0,1".

return { {
  asks = "AT#ECM?", connects = { "AT#ECM={cid},0" }, ends = { "AT#ECMD=0" },
  asks_state = "AT#ECM?", on = "^#ECM:%s*0%s*,%s*1", addresses = { "dhcp", "told" },
} }
