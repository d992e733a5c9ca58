-- SPDX-License-Identifier: MIT
-- How ZTE's network cards, which Gosuncn sells today, are connected: AT+ZECMCALL. Modems without it go by 3GPP.
--
-- Sources: a session with a ME3630 in the notes of usbcat, "+ZECMCALL: IPV4, 12.192.19.88, ..."; QModem.

return { {
  asks = "AT+ZECMCALL?", connects = { "AT+ZECMCALL=1" }, ends = { "AT+ZECMCALL=0" },
  asks_state = "AT+ZECMCALL?", on = "^%+ZECMCALL:%s*IPV[46]", addresses = { "dhcp", "told" },
} }
