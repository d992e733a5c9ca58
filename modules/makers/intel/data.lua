-- SPDX-License-Identifier: MIT
-- How network cards with Intel's XMM chips are connected: the context first, then the channel between it and the card.
-- Bare IP packets pass there, without DHCP and ARP.
--
-- Sources: mrhaav's atc for OpenWrt; ROOter's scripts; Sierra's RIL for the HL7xxx, which name the ends of the channel
-- alike.

return { {
  asks = "AT+XDATACHANNEL=?", login = 'AT+XGAUTH={cid},{auth},"{user}","{password}"',
  connects = {
    "AT+CGACT=1,{cid}", 'AT+XDATACHANNEL=1,1,"/USBCDC/0","/USBHS/NCM/0",2,{cid}', 'AT+CGDATA="M-RAW_IP",{cid}',
  },
  ends = { "AT+XDATACHANNEL=0", "AT+CGACT=0,{cid}" },
  addresses = { "told" }, has_arp = false,
} }
