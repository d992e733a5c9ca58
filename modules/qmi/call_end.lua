-- SPDX-License-Identifier: MIT
-- Why a data connection was refused or ended, in words: WDS's call-end reasons. Loaded when something fails.
--
-- Each has a kind of refusal (verdict.lua) and words.
--
-- The verbose reason is a number within a type. Of these, "3gpp" is the network's own cause, whose words are in
-- cause.lua; the others are found here. The simple reason, a number alone, is all that older modems have.

local cause = require "cause"
local verdict = require "cause.verdict"

-- Reasons of "cm", the call manager, that are simple ones as well.
local both = {
  [500]  = { "network", "CDMA is locked" },
  [501]  = { "network", "call intercepted" },
  [502]  = { "later", "network congested (reorder)" },
  [503]  = { "network", "service option refused" },
  [504]  = { "moving", "incoming call" },
  [505]  = { "moving", "alert stopped" },
  [506]  = { "moving", "ended by activation" },
  [507]  = { "place", "no answer to access attempts" },
  [508]  = { "network", "concurrent service not supported by the base station" },
  [509]  = { "place", "no response from the base station" },
  [510]  = { "network", "rejected by the base station" },
  [511]  = { "modem", "concurrent services not compatible" },
  [512]  = { "moving", "on a traffic channel already" },
  [513]  = { "moving", "a call was made during a GPS fix" },
  [514]  = { "moving", "a call was made while sending an SMS" },
  [515]  = { "no-service", "no CDMA service" },
  [1000] = { "network", "conference call failed" },
  [1001] = { "network", "incoming call rejected" },
  [1500] = { "later", "connection denied: network busy" },
  [1501] = { "account", "connection denied: billing or authentication" },
  [1502] = { "moving", "changed to another HDR system" },
  [1503] = { "moving", "left HDR service" },
  [1504] = { "network", "no HDR session" },
  [1505] = { "moving", "connection during a GPS fix" },
  [1506] = { "later", "connection set-up timed out" },
  [1507] = { "modem", "released by the modem's call manager" },
}

-- Reasons without a type. From 1003 to 1036 they say what a cause of 3GPP says.
local simple = {
  [1]    = { "modem", "ended, no reason given" },
  [2]    = { "ended-here", "ended by this host" },
  [3]    = { "no-service", "no service" },
  [4]    = { "place", "signal faded away" },
  [5]    = { "once-more", "released in the regular way" },
  [6]    = { "moving", "an access attempt is in progress" },
  [7]    = { "network", "network could not be accessed" },
  [8]    = { "moving", "redirected or handed over" },
  [9]    = { "moving", "an earlier connection is still being closed" },
  [10]   = { "credentials", "authentication failed" },
  [11]   = { "modem", "internal error of the modem" },
  [1002] = { "no-service", "no GSM, WCDMA or LTE service" },
  [1003] = { "once-more", "ended by the network" },
  [1035] = { "state", "no GPRS context" },
}

local simple_causes = {
  [1004] = 25, [1005] = 26, [1006] = 34, [1007] = 35, [1008] = 36, [1009] = 38, [1010] = 39, [1011] = 111,
  [1012] = 8, [1013] = 27, [1014] = 28, [1015] = 30, [1016] = 31, [1017] = 32, [1018] = 33, [1019] = 37,
  [1020] = 41, [1021] = 42, [1022] = 43, [1023] = 44, [1024] = 45, [1025] = 46, [1026] = 81, [1027] = 95,
  [1028] = 96, [1029] = 97, [1030] = 98, [1031] = 99, [1032] = 100, [1033] = 101, [1034] = 112, [1036] = 40,
}

local mip = {
  [-1]  = { "network", "unknown reason" },
  [64]  = { "network", "refused by the foreign agent, no reason given" },
  [65]  = { "account", "foreign agent: administratively prohibited" },
  [66]  = { "later", "foreign agent: no resources left" },
  [67]  = { "credentials", "foreign agent: modem's authentication failed" },
  [68]  = { "network", "foreign agent: home agent's authentication failed" },
  [69]  = { "network", "foreign agent: requested lifetime too long" },
  [70]  = { "modem", "foreign agent: malformed request" },
  [71]  = { "network", "foreign agent: malformed reply" },
  [72]  = { "network", "foreign agent: encapsulation unavailable" },
  [73]  = { "network", "foreign agent: header compression unavailable" },
  [74]  = { "network", "foreign agent: reverse tunnel unavailable" },
  [75]  = { "network", "foreign agent: reverse tunnel is mandatory" },
  [79]  = { "network", "foreign agent: delivery style not supported" },
  [97]  = { "modem", "foreign agent: network access identifier missing" },
  [98]  = { "modem", "foreign agent: home agent missing" },
  [99]  = { "modem", "foreign agent: home address missing" },
  [104] = { "network", "foreign agent: unknown challenge" },
  [105] = { "modem", "foreign agent: challenge missing" },
  [106] = { "network", "foreign agent: challenge too old" },
  [128] = { "network", "refused by the home agent, no reason given" },
  [129] = { "account", "home agent: administratively prohibited" },
  [130] = { "later", "home agent: no resources left" },
  [131] = { "credentials", "home agent: modem's authentication failed" },
  [132] = { "network", "home agent: foreign agent's authentication failed" },
  [133] = { "network", "home agent: registration id does not match" },
  [134] = { "modem", "home agent: malformed request" },
  [136] = { "network", "home agent: unknown home agent address" },
  [137] = { "network", "home agent: reverse tunnel unavailable" },
  [138] = { "network", "home agent: reverse tunnel is mandatory" },
  [139] = { "network", "home agent: encapsulation unavailable" },
}

local internal = {
  [201] = { "modem", "internal error of the modem" },
  [202] = { "modem", "connection ended" },
  [203] = { "modem", "unknown internal cause" },
  [204] = { "modem", "unknown cause" },
  [205] = { "moving", "an earlier connection is still being closed" },
  [206] = { "once-more", "ended by the network" },
  [207] = { "busy", "pushed out by another application of the modem" },
  [208] = { "family", "IPv4 not allowed for this APN" },
  [209] = { "throttled", "IPv4 blocked for a while: too many failed attempts" },
  [210] = { "family", "IPv6 not allowed for this APN" },
  [211] = { "throttled", "IPv6 blocked for a while: too many failed attempts" },
  [212] = { "modem", "modem restarted" },
  [213] = { "unsupported", "PPP not supported" },
  [214] = { "settings", "radio technology not preferred" },
  [215] = { "moving", "physical link is being closed" },
  [216] = { "moving", "APN is being handed over" },
  [217] = { "settings", "profile does not fit the radio technology" },
  [218] = { "card-changed", "SIM was changed, removed or refreshed" },
  [219] = { "radio-off", "radio is off or in low-power mode" },
  [220] = { "settings", "APN is disabled in the modem" },
  [221] = { "throttled", "inactivity timer expired" },
  [222] = { "moving", "IPv6 address could not be moved" },
  [223] = { "moving", "change of radio technology failed" },
  [224] = { "moving", "fell back from eHRPD to HRPD" },
  [225] = { "settings", "a mandatory APN is disabled" },
  [226] = { "settings", "Mobile IP is not set up" },
  [227] = { "once-more", "connection was idle for too long" },
  [228] = { "family", "as many IPv4 connections as allowed already" },
  [229] = { "family", "as many IPv6 connections as allowed already" },
  [230] = { "settings", "APN does not match" },
  [231] = { "family", "IP version does not match" },
  [232] = { "settings", "tethering not allowed" },
  [233] = { "settings", "profile not valid" },
  [234] = { "moving", "moved between LTE and an older network" },
  [235] = { "settings", "no profile with this number" },
  [236] = { "full", "connected already" },
  [237] = { "full", "interface in use" },
  [238] = { "family", "IP type does not match the profile's" },
  [239] = { "roaming-off", "APN not allowed while roaming" },
  [240] = { "settings", "APN's settings were changed" },
  [241] = { "full", "interface in use with the same settings" },
  [242] = { "value", "an APN is needed" },
  [243] = { "hot", "modem too hot" },
  [244] = { "settings", "subscription does not match" },
  [245] = { "settings", "data is switched off in the modem" },
  [246] = { "roaming-off", "data while roaming is switched off in the modem" },
  [247] = { "value", "malformed APN" },
  [248] = { "moving", "aborted: data moved to the other SIM" },
  [249] = { "modem", "validation failed" },
  [251] = { "settings", "profiles are not compatible" },
  [252] = { "value", "no APN, and none that the network resolved matches" },
  [253] = { "value", "APN not valid" },
  [254] = { "moving", "data is being moved to the other SIM" },
  [255] = { "roaming-off", "data not allowed while roaming" },
  [256] = { "unsupported", "exceptional data not supported" },
  [257] = { "unsupported", "non-IP not supported" },
  [258] = { "throttled", "non-IP blocked for a while: too many failed attempts" },
  [259] = { "family", "non-IP not allowed for this APN" },
  [261] = { "family", "IP and non-IP do not match" },
  [262] = { "full", "as many connections as allowed already" },
  [263] = { "value", "APN not valid" },
  [264] = { "account", "slice not allowed" },
  [265] = { "modem", "no route" },
  [266] = { "moving", "route changed" },
  [267] = { "place", "local data network not available" },
  [268] = { "settings", "type of APN does not match" },
}

-- The call manager's own, and what it makes of the network's and the lower layers' reasons.
local cm = {
  [516]  = { "network", "aborted by the network's main controller" },
  [517]  = { "place", "persistence test failed" },
  [518]  = { "no-card", "no SIM" },
  [519]  = { "once-more", "network asks to retry" },
  [520]  = { "later", "access blocked by the base station" },
  [521]  = { "later", "access blocked for all by the base station" },
  [522]  = { "place", "no answer to access attempts (IS-707B)" },
  [523]  = { "hot", "modem too hot" },
  [524]  = { "throttled", "call blocked for a while" },
  [525]  = { "moving", "a call was made" },
  [1002] = { "network", "no gateway service" },
  [1003] = { "state", "no GPRS context" },
  [1013] = { "full", "the same connection was asked for twice" },
  [1014] = { "moving", "moved to another radio technology" },
  [1016] = { "state", "no connection active" },
  [1017] = { "later", "access class barred" },
  [1018] = { "later", "no answer to several connection requests" },
  [1019] = { "network", "radio bearer could not be set up" },
  [1025] = { "network", "unknown bearer" },
  [1026] = { "once-more", "radio bearer released" },
  [1027] = { "once-more", "signalling connection released" },
  [1028] = { "network", "detached from the network" },
  [1029] = { "network", "attach failed" },
  [1030] = { "moving", "attach in progress" },
  [1031] = { "network", "LTE service request failed" },
  [1032] = { "moving", "network activated a dedicated bearer again" },
  [1033] = { "modem", "lower layers failed" },
  [1034] = { "moving", "out of step with the network" },
  [1035] = { "protocol", "network gave a dedicated bearer the default bearer's number" },
  [1036] = { "protocol", "malformed message from the network" },
  [1037] = { "modem", "refused by the modem's data services" },
  [1038] = { "moving", "moved along to another radio technology" },
  [1039] = { "modem", "deactivated by the modem's data services" },
  [1040] = { "modem", "no cause given" },
  [1041] = { "network", "LTE service request failed" },
  [1042] = { "settings", "access control refused" },
  [1043] = { "modem", "LTE service request not allowed" },
  [1044] = { "later", "service request timed out" },
  [1045] = { "later", "extended service request timed out" },
  [1046] = { "place", "uplink data not confirmed: transmission failed" },
  [1047] = { "moving", "uplink data not confirmed: handover" },
  [1048] = { "once-more", "uplink data not confirmed: connection released" },
  [1049] = { "place", "uplink data not confirmed: radio link failed" },
  [1050] = { "state", "uplink data not confirmed: not connected" },
  [1051] = { "place", "radio connection failed" },
  [1052] = { "moving", "radio connection failed: aborted" },
  [1053] = { "later", "radio connection failed: cell barred" },
  [1054] = { "moving", "radio connection failed: another cell was selected" },
  [1055] = { "protocol", "radio connection failed: configuration" },
  [1056] = { "later", "radio connection failed: timed out" },
  [1057] = { "place", "radio connection failed: link failure" },
  [1058] = { "place", "radio connection failed: no cell to camp on" },
  [1059] = { "place", "radio connection failed: system information missing" },
  [1060] = { "later", "radio connection rejected by the network" },
  [1061] = { "once-more", "radio connection released in the regular way" },
  [1062] = { "place", "radio link failed" },
  [1063] = { "place", "radio connection could not be re-established" },
  [1064] = { "place", "out of service while re-establishing the radio connection" },
  [1065] = { "moving", "radio connection aborted" },
  [1066] = { "place", "system information could not be read" },
  [1067] = { "once-more", "network detached the modem and asks it to attach again" },
  [1068] = { "network", "network detached the modem" },
  [1069] = { "later", "session procedure timed out" },
  [1070] = { "modem", "connection number not valid" },
  [1071] = { "modem", "bearer number not valid" },
  [1072] = { "modem", "primary bearer number not valid" },
  [1073] = { "modem", "field not valid" },
  [1074] = { "network", "radio bearer could not be set up" },
  [1075] = { "later", "no answer to the connection request" },
  [1076] = { "later", "no answer to the change of the connection" },
  [1077] = { "later", "no answer to the end of the connection" },
  [1078] = { "modem", "lower layers failed" },
  [1079] = { "modem", "unknown reason" },
  [1080] = { "moving", "collided with a change by the network" },
  [1081] = { "moving", "collided with a multicast request" },
  [1082] = { "state", "multicast service is active already" },
  [1083] = { "network", "detached from packet service" },
  [1084] = { "radio-off", "no radio available" },
  [1085] = { "no-service", "service not available" },
  [1086] = { "message", "message too long for the radio link" },
  [1087] = { "network", "service request failed" },
  [1088] = { "modem", "radio connection failed: error in the request" },
  [1089] = { "moving", "radio connection failed: tracking area changed" },
  [1090] = { "busy", "radio connection failed: radio in use" },
  [1091] = { "moving", "radio connection left for another radio technology" },
  [1092] = { "place", "radio link failed before security was active" },
  [1093] = { "moving", "move to LTE aborted" },
  [1094] = { "moving", "moved from LTE to GSM" },
  [1095] = { "moving", "move from LTE to GSM aborted" },
  [1108] = { "network", "circuit-switched fallback not allowed" },
  [1109] = { "state", "no bearer active" },
  [1110] = { "state", "registration is in the wrong state" },
  [1111] = { "modem", "signalling layer failed" },
  [1112] = { "limit", "several connections not allowed" },
  [1113] = { "unsupported", "multicast not enabled" },
  [1114] = { "moving", "an earlier call is being cleaned up" },
  [1115] = { "once-more", "multicast ended in the regular way" },
  [1116] = { "modem", "test loop ended in the regular way" },
  [1117] = { "network", "registration failed in lower layers" },
  [1119] = { "modem", "deactivated by the modem" },
  [1508] = { "place", "HDR could not be acquired" },
  [1509] = { "moving", "activation is being saved" },
  [1510] = { "no-service", "no hybrid HDR service" },
  [1511] = { "busy", "no lock granted for HDR" },
  [1512] = { "busy", "another call has precedence" },
  [1513] = { "place", "HDR signal faded away" },
  [1514] = { "network", "HDR could not be accessed" },
  [1515] = { "unsupported", "CDMA revision not supported" },
  [2000] = { "ended-here", "ended by this host" },
  [2001] = { "no-service", "no service" },
  [2002] = { "place", "signal faded away" },
  [2003] = { "once-more", "released in the regular way" },
  [2004] = { "moving", "an access attempt is in progress" },
  [2005] = { "network", "network could not be accessed" },
  [2006] = { "moving", "redirected or handed over" },
  [2500] = { "radio-off", "modem is offline" },
  [2501] = { "state", "modem is in emergency mode" },
  [2502] = { "busy", "modem is in use" },
  [2503] = { "state", "wrong mode" },
  [2504] = { "card-waits", "SIM is not ready" },
  [2505] = { "unsupported", "no HDR beside CDMA" },
  [2506] = { "card-refuses", "refused by call control" },
  [2507] = { "moving", "detached to save power" },
  [2508] = { "moving", "moved to the other SIM" },
  [2509] = { "modem", "ended by the call manager" },
  [2510] = { "value", "APN not valid for data" },
  [2511] = { "moving", "a network search is in progress" },
}

-- Reasons of the call manager when the network refuses the registration.
local cm_registration = {
  [1004] = 3, [1005] = 6, [1006] = 8, [1007] = 7, [1008] = 9, [1009] = 10, [1010] = 11, [1011] = 12, [1012] = 14,
  [1015] = 22, [1020] = 7, [1021] = 12, [1022] = 13, [1023] = 15, [1024] = 25, [1096] = 2, [1097] = 5, [1098] = 8,
  [1099] = 14, [1100] = 16, [1101] = 18, [1102] = 19, [1103] = 20, [1104] = 21, [1105] = 23, [1106] = 24,
  [1107] = 26, [1118] = 7,
}

local ppp = {
  [-1] = { "network", "PPP failed" },
  [1]  = { "later", "PPP timed out" },
  [2]  = { "credentials", "PPP authentication failed" },
  [3]  = { "settings", "PPP options do not match" },
  [31] = { "credentials", "user name or password refused (PAP)" },
  [32] = { "credentials", "user name or password refused (CHAP)" },
  [33] = { "moving", "PPP is still being closed" },
}

local ehrpd = {
  [1]  = { "ip-type", "subscription allows IPv4 only" },
  [2]  = { "ip-type", "subscription allows IPv6 only" },
  [4]  = { "later", "eHRPD: connection control timed out" },
  [5]  = { "network", "eHRPD: connection control failed" },
  [6]  = { "network", "eHRPD: general error" },
  [7]  = { "account", "eHRPD: no access to this APN" },
  [8]  = { "limit", "eHRPD: as many connections as allowed already" },
  [9]  = { "network", "eHRPD: no gateway" },
  [10] = { "later", "eHRPD: gateway out of reach" },
  [11] = { "network", "eHRPD: refused by the gateway" },
  [12] = { "modem", "eHRPD: parameters missing" },
  [13] = { "later", "eHRPD: no resources left" },
  [14] = { "account", "eHRPD: administratively prohibited" },
  [15] = { "moving", "eHRPD: connection number in use" },
  [16] = { "account", "eHRPD: not in the subscription" },
  [17] = { "limit", "eHRPD: connected to this APN already" },
}

local ipv6 = {
  [1] = { "ip-type", "network gave no IPv6 prefix" },
  [2] = { "settings", "IPv6 is disabled for HRPD" },
  [3] = { "settings", "IPv6 is disabled" },
}

-- In the numbers of 3GPP's causes, but the modem's own.
local beyond_3gpp = {
  [113] = { "network", "server address for calls not valid" },
  [114] = { "busy", "pushed out by an APN of higher priority" },
  [115] = { "later", "access barred by the network" },
  [116] = { "network", "interface is for emergencies only" },
  [117] = { "modem", "interface does not match" },
  [118] = { "full", "the other IP family's interface is in use" },
  [119] = { "modem", "IP address does not match" },
  [120] = { "modem", "interface does not match the IP family" },
  [121] = { "later", "access barred by the network, to be retried without end" },
  [122] = { "network", "authentication failed on an emergency call" },
  [123] = { "network", "DNS address not valid" },
  [124] = { "network", "DNS address of the server for calls not valid" },
  [125] = { "modem", "test loop is active" },
  [126] = { "later", "access barred by the network (extended)" },
  [127] = { "busy", "pushed out by an emergency call" },
  [128] = { "moving", "modem detached or disconnected by itself" },
}

local types = {
  mip = mip, internal = internal, cm = cm, ["3gpp"] = beyond_3gpp, ppp = ppp, ehrpd = ehrpd, ipv6 = ipv6,
}

-- A number that is in none of them: its type still says which part of the modem or network has refused.
local unknown = { mip = "network", ppp = "network", ehrpd = "network", handoff = "moving" }

local call_end = {}

local UNSPECIFIED = 1

-- A verbose reason that is cut short is none.
local function whole(verbose) return verbose and verbose.type and verbose.reason and verbose or nil end

---The network's own cause (SM, ESM or 5GSM) in a verbose reason or, without one, in a simple one; nil if it is another
---thing, such as the modem's.
---@param verbose { type: string|integer, reason: integer }?
---@param reason integer? the simple reason
---@return integer?
function call_end.cause(verbose, reason)
  verbose = whole(verbose)
  if not verbose then
    return simple_causes[reason or 0]
  elseif verbose.type == "3gpp" and verbose.reason > 0 and not beyond_3gpp[verbose.reason] then
    return verbose.reason
  end
  return nil
end

local function entry_of(verbose, reason)
  if not verbose then
    return simple[reason] or both[reason] or { "modem", ("call-end reason %d"):format(reason) }
  end
  local words = types[verbose.type]
  return words and words[verbose.reason] or verbose.type == "cm" and both[verbose.reason]
    or { unknown[verbose.type] or "modem", ("call-end reason %s %d"):format(verbose.type, verbose.reason) }
end

---Which side has refused or ended a connection, and why.
---@param verbose { type: string|integer, reason: integer }?
---@param reason integer? the simple reason, if there is no verbose one
---@return verdict.verdict
function call_end.verdict(verbose, reason)
  verbose, reason = whole(verbose), reason or UNSPECIFIED
  local number = call_end.cause(verbose, reason)
  local refused = verbose and verbose.type == "cm" and cm_registration[verbose.reason]
  if number then
    return cause.verdict(number, "session")
  elseif refused then
    local found = cause.verdict(refused, "registration")
    found.nw_error, found.code = nil, "registration-denied" -- a connection was refused, but that is no cause of one
    return found
  end
  return verdict.new(table.unpack(entry_of(verbose, reason)))
end

return call_end
