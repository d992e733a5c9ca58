-- SPDX-License-Identifier: MIT
-- Why a network said no: the causes of 3GPP TS 24.008, 24.301 and 24.501 in words. Loaded when something fails.
--
-- The same number means one thing when a connection is refused (SM, ESM, 5GSM) and another when registration is
-- (GMM, EMM, 5GMM). Say which with "session" or "registration"; without, the likelier one is taken.

local session = {
  [8]   = "the operator has barred this subscription",
  [24]  = "bearer too weak for the multicast service",
  [25]  = "radio link layer failed",
  [26]  = "network has no resources left",
  [27]  = "missing or unknown APN",
  [28]  = "unknown address or IP type",
  [29]  = "user name or password refused",
  [30]  = "refused by the operator's gateway",
  [31]  = "refused, no reason given",
  [32]  = "service option not supported",
  [33]  = "requested service option not subscribed",
  [34]  = "service option out of order for now",
  [35]  = "transaction number already in use",
  [36]  = "closed in the regular way",
  [37]  = "quality of service not accepted",
  [38]  = "network failure",
  [39]  = "network asks to connect again",
  [40]  = "feature not supported",
  [41]  = "traffic flow template makes no sense",
  [42]  = "traffic flow template malformed",
  [43]  = "no such bearer",
  [44]  = "packet filter makes no sense",
  [45]  = "packet filter malformed",
  [46]  = "a context without traffic flow template is active already",
  [47]  = "transaction number does not match, or multicast membership timed out",
  [48]  = "request breaks the bearer control mode",
  [49]  = "the last connection can't be closed",
  [50]  = "only IPv4 allowed",
  [51]  = "only IPv6 allowed",
  [52]  = "IPv4 or IPv6 allowed, not both in one connection",
  [53]  = "session information did not arrive",
  [54]  = "connection does not exist",
  [55]  = "only one connection to this APN allowed",
  [56]  = "collided with a request of the network",
  [57]  = "only IPv4v6 allowed",
  [58]  = "only non-IP allowed",
  [59]  = "unknown quality class",
  [60]  = "bearer handling not supported",
  [61]  = "only Ethernet allowed",
  [65]  = "as many connections as allowed already",
  [66]  = "APN not supported on this network and radio technology",
  [67]  = "no resources for this slice and data network",
  [68]  = "session continuity mode not supported",
  [69]  = "no resources for this slice",
  [70]  = "missing or unknown APN in this slice",
  [81]  = "bad transaction number",
  [82]  = "data rate too low for integrity protection",
  [83]  = "quality of service rule makes no sense",
  [84]  = "quality of service rule malformed",
  [85]  = "bad mapped bearer",
  [86]  = "drone services not allowed",
  [112] = "APN can't be combined with an active one",
  [113] = "only one access to this connection allowed",
}

local registration = {
  [2]   = "SIM unknown to its operator",
  [3]   = "SIM refused as illegal",
  [4]   = "SIM unknown to the visited network",
  [5]   = "this modem's IMEI is not accepted",
  [6]   = "this modem is refused as illegal",
  [7]   = "data service not allowed for this SIM",
  [8]   = "neither data nor voice service allowed for this SIM",
  [9]   = "network can't tell who this is",
  [10]  = "network had dropped the registration",
  [11]  = "this network does not take this SIM",
  [12]  = "not allowed in this area",
  [13]  = "roaming not allowed in this area",
  [14]  = "data service not allowed on this network",
  [15]  = "no suitable cell in this area",
  [16]  = "switching centre out of reach for now",
  [17]  = "network failure",
  [18]  = "no circuit-switched service",
  [19]  = "registered, but the first connection failed",
  [20]  = "network's authentication check failed",
  [21]  = "SIM and network out of step in authentication",
  [22]  = "network congested",
  [23]  = "security capabilities do not match",
  [24]  = "security mode refused",
  [25]  = "not authorised for this closed group's cell",
  [26]  = "authentication of the older kind refused",
  [27]  = "5G core not allowed",
  [28]  = "only restricted service here",
  [31]  = "sent on to the 5G core",
  [35]  = "service option not authorised on this network",
  [36]  = "relay node not authorised",
  [39]  = "circuit-switched service unavailable for now",
  [40]  = "no connection active",
  [42]  = "severe network failure",
  [43]  = "local data network not available",
  [62]  = "no network slice available",
  [65]  = "as many connections as allowed already",
  [67]  = "no resources for this slice and data network",
  [69]  = "no resources for this slice",
  [71]  = "security key number already in use",
  [72]  = "5G core not allowed through non-3GPP access",
  [73]  = "serving network not authorised",
  [74]  = "not authorised for this private network for now",
  [75]  = "not authorised for this private network",
  [76]  = "not authorised for this closed group, or for closed groups only",
  [77]  = "not allowed in this wireline area",
  [78]  = "network may not serve this place",
  [79]  = "drone services not allowed",
  [90]  = "payload was not forwarded",
  [91]  = "APN not available in this slice",
  [92]  = "no user-plane resources for the session",
}

-- The same in both.
local common = {
  [95]  = "message makes no sense",
  [96]  = "mandatory information missing or wrong",
  [97]  = "unknown message type",
  [98]  = "message type not expected now",
  [99]  = "unknown information element",
  [100] = "information element needed or not allowed here",
  [101] = "message not expected now",
  [111] = "protocol error, no details",
}

local session_hints = {
  [8]  = "call the operator: unpaid bill, spent credit, or a SIM without data",
  [26] = "wait some minutes before trying again; asking faster makes it worse",
  [27] = "check the APN: a modem that asks with a wrong one again and again is made to wait",
  [28] = "try another IP type: ipv4, or ipv4v6",
  [29] = "check user, password and the kind of authentication (PAP or CHAP) of this APN",
  [32] = "the plan or the network lacks this; try another APN or IP type",
  [33] = "the plan does not include this APN or IP type: ask the operator which ones it does",
  [50] = "set the IP type to ipv4",
  [51] = "set the IP type to ipv6",
  [52] = "use ipv4 or ipv6, or one session for each",
  [54] = "the network no longer knows the connection: start a new one",
  [55] = "the APN is connected already, by the registration itself or another session: use the same IP type as it",
}

local registration_hints = {
  [2]  = "the SIM is not active (yet, or any more): ask the operator",
  [3]  = "the operator has blocked the SIM, or it is a fake: ask for a new one",
  [5]  = "the operator does not take this modem: ask whether the IMEI must be registered first",
  [6]  = "the operator has blocked this modem (reported as stolen?), or wants its IMEI registered",
  [7]  = "the plan has no data, or is not active: ask the operator",
  [8]  = "the plan is not active: ask the operator",
  [11] = "the operator has no agreement with this network: allow automatic selection or choose another",
  [12] = "the subscription is not valid here: choose another network",
  [13] = "the plan does not roam here: choose another network, or ask the operator for roaming",
  [14] = "the plan has no data on this network: choose another, or ask the operator for roaming",
  [15] = "no usable cell of this network here: move the antenna, or allow more bands and technologies",
  [22] = "wait some minutes before trying again; asking faster makes it worse",
}

local cause = {}

local function pick(number, procedure, if_session, if_registration)
  if procedure == "session" then
    return if_session[number]
  elseif procedure == "registration" then
    return if_registration[number]
  elseif number == 8 or number >= 24 then
    return if_session[number] or if_registration[number]
  end
  return if_registration[number] or if_session[number]
end

---A cause in a few words; nil for 0, which is none.
---@param number integer
---@param procedure "session"|"registration"|nil what was refused
---@return string?
function cause.text(number, procedure)
  if number == 0 then
    return nil
  end
  return common[number] or pick(number, procedure, session, registration) or ("network cause %d"):format(number)
end

---What a user can do about a cause; nil where nothing.
---@param number integer
---@param procedure "session"|"registration"|nil
---@return string?
function cause.hint(number, procedure)
  return pick(number, procedure, session_hints, registration_hints)
end

return cause
