-- SPDX-License-Identifier: MIT
-- Why a network said no: the causes of 3GPP TS 24.008, 24.301 and 24.501 in words. Loaded when something fails.
--
-- The same number means one thing when a connection is refused (SM, ESM, 5GSM) and another when registration is (MM,
-- GMM, EMM, 5GMM); some mean another thing in another generation, too. One table is never read for the other.

local verdict = require "cause.verdict"

-- Each has a kind of refusal (verdict.lua), words, and maybe a hint of its own. Where generations differ: `also` has
-- what the number means in the one that is named there.
local session = {
  [8]   = { "account", "the operator has barred this subscription",
    hint = "Call the operator: an unpaid bill, spent credit, or a SIM without data.",
  },
  [24]  = { "network", "bearer too weak for the multicast service" },
  [25]  = { "network", "radio link layer failed" },
  [26]  = { "later", "network has no resources left" },
  [27]  = { "apn", "missing or unknown APN" },
  [28]  = { "ip-type", "unknown address or IP type" },
  [29]  = { "credentials", "user name or password refused" },
  [30]  = { "network", "refused by the operator's gateway" },
  [31]  = { "network", "refused, no reason given" },
  [32]  = { "account", "service option not supported",
    hint = "The plan or the network lacks this; try another APN or IP type.",
  },
  [33]  = { "account", "requested service option not subscribed",
    hint = "The plan does not include this APN or IP type: ask the operator which ones it does.",
  },
  [34]  = { "later", "service option out of order for now" },
  [35]  = { "protocol", "transaction number already in use" },
  [36]  = { "once-more", "closed in the regular way" },
  [37]  = { "network", "quality of service not accepted" },
  [38]  = { "later", "network failure" },
  [39]  = { "once-more", "network asks to connect again" },
  [40]  = { "network", "feature not supported" },
  [41]  = { "protocol", "traffic flow template makes no sense" },
  [42]  = { "protocol", "traffic flow template malformed" },
  [43]  = { "once-more", "no such bearer" },
  [44]  = { "protocol", "packet filter makes no sense" },
  [45]  = { "protocol", "packet filter malformed" },
  [46]  = { "protocol", "a context without traffic flow template is active already",
    also = { generation = "5G", "place", "outside the area of the local data network" },
  },
  [47]  = { "protocol", "transaction number does not match",
    also = { generation = "2G/3G", "network", "multicast membership timed out" },
  },
  [48]  = { "protocol", "request breaks the bearer control mode" },
  [49]  = { "limit", "the last connection can't be closed" },
  [50]  = { "ip-type", "only IPv4 allowed",
    hint = "Ask for IPv4 only: --ip ipv4, or `ip = \"ipv4\"` in the carrier file.",
  },
  [51]  = { "ip-type", "only IPv6 allowed",
    hint = "Ask for IPv6 only: --ip ipv6, or `ip = \"ipv6\"` in the carrier file.",
  },
  [52]  = { "ip-type", "IPv4 or IPv6 allowed, not both in one connection",
    hint = "Ask for one of them: --ip ipv4 or --ip ipv6; or use a session for each.",
  },
  [53]  = { "protocol", "session information did not arrive" },
  [54]  = { "once-more", "connection does not exist",
    hint = "The network no longer knows the connection: `moontower up` makes a new one.",
  },
  [55]  = { "limit", "only one connection to this APN allowed",
    hint = "The APN is connected already, by the registration itself or another session: use the same IP type as it.",
  },
  [56]  = { "once-more", "collided with a request of the network" },
  [57]  = { "ip-type", "only IPv4v6 allowed" },
  [58]  = { "ip-type", "only non-IP allowed",
    hint = "This APN carries no IP, as those for meters and sensors: ask the operator for another one.",
  },
  [59]  = { "network", "unknown quality class" },
  [60]  = { "network", "bearer handling not supported" },
  [61]  = { "ip-type", "only Ethernet allowed",
    hint = "This APN carries Ethernet, no IP: ask the operator for another one.",
  },
  [65]  = { "limit", "as many connections as allowed already" },
  [66]  = { "apn", "APN not supported on this network and radio technology" },
  [67]  = { "later", "no resources for this slice and data network" },
  [68]  = { "network", "session continuity mode not supported" },
  [69]  = { "later", "no resources for this slice" },
  [70]  = { "apn", "missing or unknown APN in this slice" },
  [81]  = { "protocol", "bad transaction number" },
  [82]  = { "network", "data rate too low for integrity protection" },
  [83]  = { "protocol", "quality of service rule makes no sense" },
  [84]  = { "protocol", "quality of service rule malformed" },
  [85]  = { "protocol", "bad mapped bearer" },
  [86]  = { "account", "drone services not allowed" },
  [112] = { "limit", "APN can't be combined with an active one" },
  [113] = { "limit", "only one access to this connection allowed" },
}

local registration = {
  [2]   = { "account", "SIM unknown to its operator",
    hint = "The SIM is not active (yet, or any more): ask the operator.",
  },
  [3]   = { "account", "SIM refused as illegal",
    hint = "The operator has blocked the SIM, or it is a fake: ask for a new one.",
  },
  [4]   = { "account", "SIM unknown to the visited network" },
  [5]   = { "device", "this modem's IMEI is not accepted",
    hint = "The operator does not take this modem: ask whether the IMEI must be registered first.",
  },
  [6]   = { "device", "this modem is refused as illegal",
    hint = "The operator has blocked this modem (reported as stolen?), or wants its IMEI registered.",
  },
  [7]   = { "account", "data service not allowed for this SIM",
    hint = "The plan has no data, or is not active: ask the operator.",
  },
  [8]   = { "account", "neither data nor voice service allowed for this SIM",
    hint = "The plan is not active: ask the operator.",
  },
  [9]   = { "once-more", "network can't tell who this is" },
  [10]  = { "once-more", "network had dropped the registration" },
  [11]  = { "place", "this network does not take this SIM",
    hint = "The operator has no agreement with this network: allow automatic selection or choose another.",
  },
  [12]  = { "place", "not allowed in this area",
    hint = "The subscription is not valid here: choose another network.",
  },
  [13]  = { "roaming", "roaming not allowed in this area",
    hint = "The plan does not roam here: choose another network, or ask the operator for roaming.",
  },
  [14]  = { "roaming", "data service not allowed on this network",
    hint = "The plan has no data on this network: choose another, or ask the operator for roaming.",
  },
  [15]  = { "place", "no suitable cell in this area",
    hint = "No usable cell of this network here: move the antenna, or allow more bands and technologies.",
  },
  [16]  = { "later", "switching centre out of reach for now" },
  [17]  = { "later", "network failure" },
  [18]  = { "network", "no circuit-switched service" },
  [19]  = { "apn", "registered, but the first connection failed",
    hint = "The network does not take the APN that the modem attaches with: `moontower setup CARRIER` sets it.",
  },
  [20]  = { "account", "network's authentication check failed" },
  [21]  = { "account", "SIM and network out of step in authentication" },
  [22]  = { "later", "network congested" },
  [23]  = { "protocol", "security capabilities do not match",
    also = { generation = "2G/3G", "account", "authentication of the older kind refused" },
  },
  [24]  = { "protocol", "security mode refused" },
  [25]  = { "place", "not authorised for this closed group's cell" },
  [26]  = { "account", "authentication of this kind refused" },
  [27]  = { "account", "5G core not allowed" },
  [28]  = { "place", "only restricted service here",
    also = { generation = "2G/3G", "network", "text messages go another way here" },
  },
  [31]  = { "network", "sent on to the 5G core",
    also = { generation = "5G", "network", "sent on to the LTE core" },
  },
  [32]  = { "account", "service option not supported" },
  [33]  = { "account", "requested service option not subscribed" },
  [34]  = { "later", "service option out of order for now" },
  [35]  = { "roaming", "service option not authorised on this network" },
  [36]  = { "account", "relay node not authorised" },
  [38]  = { "network", "call not known" },
  [39]  = { "later", "circuit-switched service unavailable for now" },
  [40]  = { "once-more", "no connection active" },
  [42]  = { "later", "severe network failure" },
  [43]  = { "place", "local data network not available" },
  [62]  = { "account", "no network slice available" },
  [65]  = { "limit", "as many connections as allowed already" },
  [67]  = { "later", "no resources for this slice and data network" },
  [69]  = { "later", "no resources for this slice" },
  [71]  = { "protocol", "security key number already in use" },
  [72]  = { "account", "5G core not allowed through non-3GPP access" },
  [73]  = { "place", "serving network not authorised" },
  [74]  = { "later", "not authorised for this private network for now" },
  [75]  = { "account", "not authorised for this private network" },
  [76]  = { "place", "not authorised for this closed group, or for closed groups only" },
  [77]  = { "place", "not allowed in this wireline area" },
  [78]  = { "place", "network may not serve this place" },
  [79]  = { "account", "drone services not allowed" },
  [80]  = { "place", "only service for emergencies of other networks here" },
  [90]  = { "later", "payload was not forwarded" },
  [91]  = { "apn", "APN not available in this slice" },
  [92]  = { "later", "no user-plane resources for the session" },
  [93]  = { "account", "first set-up service ended" },
}

-- The same in both.
local common = {
  [95]  = { "protocol", "message makes no sense" },
  [96]  = { "protocol", "mandatory information missing or wrong" },
  [97]  = { "protocol", "unknown message type" },
  [98]  = { "protocol", "message type not expected now" },
  [99]  = { "protocol", "unknown information element" },
  [100] = { "protocol", "information element needed or not allowed here" },
  [101] = { "protocol", "message not expected now" },
  [111] = { "protocol", "protocol error, no details" },
}

-- MM alone has these, for the cell at hand.
for number = 48, 61 do
  registration[number] = registration[number] or { "place", "to be tried again in another cell" }
end
registration[63] = { "place", "to be tried again in another cell" }

local tables = { session = session, registration = registration }

-- The name of a technology's generation above.
local generations = {
  ["5G"] = "5G", ["5G SA"] = "5G", ["5G NSA"] = "LTE", -- which registers in LTE
  LTE = "LTE", HSPA = "2G/3G", UMTS = "2G/3G", EDGE = "2G/3G", GPRS = "2G/3G",
}

local cause = {}

local function entry_of(number, procedure, technology)
  local entry = common[number] or (tables[procedure] or error("a session's cause, or a registration's?", 3))[number]
  local also = entry and entry.also
  if not also then
    return entry
  elseif generations[technology] == also.generation then
    return also
  elseif technology then
    return entry
  end
  return { entry[1], ("%s; in %s: %s"):format(entry[2], also.generation, also[2]), hint = entry.hint }
end

---What a cause means; nil for 0, which is none.
---@param number integer
---@param procedure "session"|"registration" what was refused
---@param technology string? in which network, as registration() has it
---@return verdict.verdict?
function cause.verdict(number, procedure, technology)
  if number == 0 then
    return nil
  end
  local entry = entry_of(number, procedure, technology) or { "network", ("network cause %d"):format(number) }
  local found = verdict.new(entry[1], entry[2], entry.hint)
  found.nw_error = number
  return found
end

---Of what an MBIM modem says of a connection, which has room for both: a number that no session knows is the
---registration's.
---@param number integer
---@return "session"|"registration"
function cause.procedure(number)
  return registration[number] and not session[number] and "registration" or "session"
end

return cause
