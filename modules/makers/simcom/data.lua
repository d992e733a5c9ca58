-- SPDX-License-Identifier: MIT
-- How SIMCom's network cards are connected: AT$QCRMCALL, of Qualcomm's chips. Its answer names the families.
--
-- Sources: SIMCom's AT manual of the SIM7500/SIM7600 series, Waveshare's guides for its SIM7600 and SIM8200 boards;
-- pasted sessions: "$QCRMCALL:V4" or "$QCRMCALL: 1, V4". Unlike 27.007, SIMCom's manuals of the SIM7500/SIM7600 and
-- A76xx series have the password first: AT+CGAUTH=<cid>[,<auth_type>[,<passwd>[,<user>]]].

local LOGIN = 'AT+CGAUTH={cid},{auth},"{password}","{user}"'

return { {
  asks = "AT$QCRMCALL?", login = LOGIN,
  connects = { "AT$QCRMCALL=1,{cid}" }, ends = { "AT$QCRMCALL=0,{cid}" },
  asks_state = "AT$QCRMCALL?", on = "^%$QCRMCALL:%s*1?,?%s*V[46]", addresses = { "dhcp", "told" },
}, {
  login = LOGIN, -- those with other chips (A76xx) go by 3GPP
} }
