-- SPDX-License-Identifier: MIT
-- How MeiG's network cards are connected: AT$QCRMCALL, of Qualcomm's chips, with five values. Modems without it go by
-- 3GPP.
--
-- Sources: QModem and wwand, which connect MeiG's modems so.

return { {
  asks = "AT$QCRMCALL?", connects = { "AT$QCRMCALL=1,0,3,2,{cid}" }, ends = { "AT$QCRMCALL=0,0,3,2,{cid}" },
  asks_state = "AT$QCRMCALL?", on = "^%$QCRMCALL:%s*1?,?%s*V[46]", addresses = { "dhcp", "told" },
} }
