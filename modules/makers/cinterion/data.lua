-- SPDX-License-Identifier: MIT
-- How Cinterion's network cards are connected: AT^SWWAN. Modems without it go by 3GPP.
--
-- Sources: ModemManager's plugin cinterion and its tests ("^SWWAN: 3,1", "^SWWAN: 3,1,1", nothing while there is no
-- connection); oFono's driver gemalto. AT^SGAUTH has the password first in all sources but that driver; newer modems
-- have AT+CGAUTH instead.

local function way(asks, login)
  return {
    asks = asks, login = login, connects = { "AT^SWWAN=1,{cid}" }, ends = { "AT^SWWAN=0,{cid}" },
    asks_state = "AT^SWWAN?", on = "^%^SWWAN:%s*{cid}%s*,%s*1", addresses = { "dhcp", "told" },
  }
end

return { way("AT^SGAUTH=?", 'AT^SGAUTH={cid},{auth},"{password}","{user}"'), way "AT^SWWAN?" }
