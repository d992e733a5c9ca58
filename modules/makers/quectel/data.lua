-- SPDX-License-Identifier: MIT
-- How Quectel's network cards are connected: AT+QNETDEVCTL, which modems with Qualcomm's 5G chips do not know.
--
-- Sources: Quectel's application notes of ECM and RNDIS; OpenWrt's ncm.json; wwand. In a log of an RM500U, the context
-- comes before the order: its answer to =? is "(1-8),(0-3),(0,1)", that of others begins with the orders.

local function way(order)
  local first, state = order.context_first, "^%+QNETDEVCTL:%s*%d+,%s*{cid},%s*%d+,%s*1"
  if first then
    state = "^%+QNETDEVCTL:%s*{cid},%s*%d+,%s*%d+,%s*1"
  end
  return {
    asks = "AT+QNETDEVCTL=?", when = first and "%+QNETDEVCTL:%s*%(1" or "%+QNETDEVCTL:%s*%(0",
    login = 'AT+QICSGP={cid},{type_number},"{apn}","{user}","{password}",{auth}',
    connects = { first and "AT+QNETDEVCTL={cid},1,1" or "AT+QNETDEVCTL=1,{cid},1" },
    ends = { first and "AT+QNETDEVCTL={cid},0,0" or "AT+QNETDEVCTL=0,{cid},0" },
    asks_state = "AT+QNETDEVCTL?", on = state, news = "+QNETDEVSTATUS", addresses = { "dhcp", "told" },
  }
end

return { way { context_first = false }, way { context_first = true } }
