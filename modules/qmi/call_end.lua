-- SPDX-License-Identifier: MIT
-- Why a data connection was refused or ended, in words: WDS's call-end reasons. Loaded when something fails.
--
-- The verbose reason is a number within a type. Of these, "3gpp" is the network's own cause, whose words are in
-- cause.lua; the others are found here. The simple reason, a number alone, is all that older modems have.

local cause = require "cause"

-- Reasons of "cm", the call manager, that are simple ones as well.
local both = {
  [500]  = "CDMA is locked",
  [501]  = "call intercepted",
  [502]  = "network congested (reorder)",
  [503]  = "service option refused",
  [504]  = "incoming call",
  [505]  = "alert stopped",
  [506]  = "ended by activation",
  [507]  = "no answer to access attempts",
  [508]  = "concurrent service not supported by the base station",
  [509]  = "no response from the base station",
  [510]  = "rejected by the base station",
  [511]  = "concurrent services not compatible",
  [512]  = "on a traffic channel already",
  [513]  = "a call was made during a GPS fix",
  [514]  = "a call was made while sending an SMS",
  [515]  = "no CDMA service",
  [1000] = "conference call failed",
  [1001] = "incoming call rejected",
  [1500] = "connection denied: network busy",
  [1501] = "connection denied: billing or authentication",
  [1502] = "changed to another HDR system",
  [1503] = "left HDR service",
  [1504] = "no HDR session",
  [1505] = "connection during a GPS fix",
  [1506] = "connection set-up timed out",
  [1507] = "released by the modem's call manager",
}

-- Reasons without a type. From 1003 to 1036 they say what a cause of 3GPP says.
local simple = {
  [1]    = "ended, no reason given",
  [2]    = "ended by this host",
  [3]    = "no service",
  [4]    = "signal faded away",
  [5]    = "released in the regular way",
  [6]    = "an access attempt is in progress",
  [7]    = "network could not be accessed",
  [8]    = "redirected or handed over",
  [9]    = "an earlier connection is still being closed",
  [10]   = "authentication failed",
  [11]   = "internal error of the modem",
  [1002] = "no GSM, WCDMA or LTE service",
  [1003] = "ended by the network",
  [1035] = "no GPRS context",
}

local simple_causes = {
  [1004] = 25, [1005] = 26, [1006] = 34, [1007] = 35, [1008] = 36, [1009] = 38, [1010] = 39, [1011] = 111,
  [1012] = 8, [1013] = 27, [1014] = 28, [1015] = 30, [1016] = 31, [1017] = 32, [1018] = 33, [1019] = 37,
  [1020] = 41, [1021] = 42, [1022] = 43, [1023] = 44, [1024] = 45, [1025] = 46, [1026] = 81, [1027] = 95,
  [1028] = 96, [1029] = 97, [1030] = 98, [1031] = 99, [1032] = 100, [1033] = 101, [1034] = 112, [1036] = 40,
}

local mip = {
  [-1]  = "unknown reason",
  [64]  = "refused by the foreign agent, no reason given",
  [65]  = "foreign agent: administratively prohibited",
  [66]  = "foreign agent: no resources left",
  [67]  = "foreign agent: modem's authentication failed",
  [68]  = "foreign agent: home agent's authentication failed",
  [69]  = "foreign agent: requested lifetime too long",
  [70]  = "foreign agent: malformed request",
  [71]  = "foreign agent: malformed reply",
  [72]  = "foreign agent: encapsulation unavailable",
  [73]  = "foreign agent: header compression unavailable",
  [74]  = "foreign agent: reverse tunnel unavailable",
  [75]  = "foreign agent: reverse tunnel is mandatory",
  [79]  = "foreign agent: delivery style not supported",
  [97]  = "foreign agent: network access identifier missing",
  [98]  = "foreign agent: home agent missing",
  [99]  = "foreign agent: home address missing",
  [104] = "foreign agent: unknown challenge",
  [105] = "foreign agent: challenge missing",
  [106] = "foreign agent: challenge too old",
  [128] = "refused by the home agent, no reason given",
  [129] = "home agent: administratively prohibited",
  [130] = "home agent: no resources left",
  [131] = "home agent: modem's authentication failed",
  [132] = "home agent: foreign agent's authentication failed",
  [133] = "home agent: registration id does not match",
  [134] = "home agent: malformed request",
  [136] = "home agent: unknown home agent address",
  [137] = "home agent: reverse tunnel unavailable",
  [138] = "home agent: reverse tunnel is mandatory",
  [139] = "home agent: encapsulation unavailable",
}

local internal = {
  [201] = "internal error of the modem",
  [202] = "connection ended",
  [203] = "unknown internal cause",
  [204] = "unknown cause",
  [205] = "an earlier connection is still being closed",
  [206] = "ended by the network",
  [207] = "pushed out by another application of the modem",
  [208] = "IPv4 not allowed for this APN",
  [209] = "IPv4 blocked for a while: too many failed attempts",
  [210] = "IPv6 not allowed for this APN",
  [211] = "IPv6 blocked for a while: too many failed attempts",
  [212] = "modem restarted",
  [213] = "PPP not supported",
  [214] = "radio technology not preferred",
  [215] = "physical link is being closed",
  [216] = "APN is being handed over",
  [217] = "profile does not fit the radio technology",
  [218] = "SIM was changed, removed or refreshed",
  [219] = "radio is off or in low-power mode",
  [220] = "APN is disabled in the modem",
  [221] = "inactivity timer expired",
  [222] = "IPv6 address could not be moved",
  [223] = "change of radio technology failed",
  [224] = "fell back from eHRPD to HRPD",
  [225] = "a mandatory APN is disabled",
  [226] = "Mobile IP is not set up",
  [227] = "connection was idle for too long",
  [228] = "as many IPv4 connections as allowed already",
  [229] = "as many IPv6 connections as allowed already",
  [230] = "APN does not match",
  [231] = "IP version does not match",
  [232] = "tethering not allowed",
  [233] = "profile not valid",
  [234] = "moved between LTE and an older network",
  [235] = "no profile with this number",
  [236] = "connected already",
  [237] = "interface in use",
  [238] = "IP type does not match the profile's",
  [239] = "APN not allowed while roaming",
  [240] = "APN's settings were changed",
  [241] = "interface in use with the same settings",
  [242] = "an APN is needed",
  [243] = "modem too hot",
  [244] = "subscription does not match",
  [245] = "data is switched off in the modem",
  [246] = "data while roaming is switched off in the modem",
  [247] = "malformed APN",
  [248] = "aborted: data moved to the other SIM",
  [249] = "validation failed",
  [251] = "profiles are not compatible",
  [252] = "no APN, and none that the network resolved matches",
  [253] = "APN not valid",
  [254] = "data is being moved to the other SIM",
  [255] = "data not allowed while roaming",
  [256] = "exceptional data not supported",
  [257] = "non-IP not supported",
  [258] = "non-IP blocked for a while: too many failed attempts",
  [259] = "non-IP not allowed for this APN",
  [261] = "IP and non-IP do not match",
  [262] = "as many connections as allowed already",
  [263] = "APN not valid",
  [264] = "slice not allowed",
  [265] = "no route",
  [266] = "route changed",
  [267] = "local data network not available",
  [268] = "type of APN does not match",
}

-- The call manager's own, and what it makes of the network's and the lower layers' reasons.
local cm = {
  [516]  = "aborted by the network's main controller",
  [517]  = "persistence test failed",
  [518]  = "no SIM",
  [519]  = "network asks to retry",
  [520]  = "access blocked by the base station",
  [521]  = "access blocked for all by the base station",
  [522]  = "no answer to access attempts (IS-707B)",
  [523]  = "modem too hot",
  [524]  = "call blocked for a while",
  [525]  = "a call was made",
  [1002] = "no gateway service",
  [1003] = "no GPRS context",
  [1013] = "the same connection was asked for twice",
  [1014] = "moved to another radio technology",
  [1016] = "no connection active",
  [1017] = "access class barred",
  [1018] = "no answer to several connection requests",
  [1019] = "radio bearer could not be set up",
  [1025] = "unknown bearer",
  [1026] = "radio bearer released",
  [1027] = "signalling connection released",
  [1028] = "detached from the network",
  [1029] = "attach failed",
  [1030] = "attach in progress",
  [1031] = "LTE service request failed",
  [1032] = "network activated a dedicated bearer again",
  [1033] = "lower layers failed",
  [1034] = "out of step with the network",
  [1035] = "network gave a dedicated bearer the default bearer's number",
  [1036] = "malformed message from the network",
  [1037] = "refused by the modem's data services",
  [1038] = "moved along to another radio technology",
  [1039] = "deactivated by the modem's data services",
  [1040] = "no cause given",
  [1041] = "LTE service request failed",
  [1042] = "access control refused",
  [1043] = "LTE service request not allowed",
  [1044] = "service request timed out",
  [1045] = "extended service request timed out",
  [1046] = "uplink data not confirmed: transmission failed",
  [1047] = "uplink data not confirmed: handover",
  [1048] = "uplink data not confirmed: connection released",
  [1049] = "uplink data not confirmed: radio link failed",
  [1050] = "uplink data not confirmed: not connected",
  [1051] = "radio connection failed",
  [1052] = "radio connection failed: aborted",
  [1053] = "radio connection failed: cell barred",
  [1054] = "radio connection failed: another cell was selected",
  [1055] = "radio connection failed: configuration",
  [1056] = "radio connection failed: timed out",
  [1057] = "radio connection failed: link failure",
  [1058] = "radio connection failed: no cell to camp on",
  [1059] = "radio connection failed: system information missing",
  [1060] = "radio connection rejected by the network",
  [1061] = "radio connection released in the regular way",
  [1062] = "radio link failed",
  [1063] = "radio connection could not be re-established",
  [1064] = "out of service while re-establishing the radio connection",
  [1065] = "radio connection aborted",
  [1066] = "system information could not be read",
  [1067] = "network detached the modem and asks it to attach again",
  [1068] = "network detached the modem",
  [1069] = "session procedure timed out",
  [1070] = "connection number not valid",
  [1071] = "bearer number not valid",
  [1072] = "primary bearer number not valid",
  [1073] = "field not valid",
  [1074] = "radio bearer could not be set up",
  [1075] = "no answer to the connection request",
  [1076] = "no answer to the change of the connection",
  [1077] = "no answer to the end of the connection",
  [1078] = "lower layers failed",
  [1079] = "unknown reason",
  [1080] = "collided with a change by the network",
  [1081] = "collided with a multicast request",
  [1082] = "multicast service is active already",
  [1083] = "detached from packet service",
  [1084] = "no radio available",
  [1085] = "service not available",
  [1086] = "message too long for the radio link",
  [1087] = "service request failed",
  [1088] = "radio connection failed: error in the request",
  [1089] = "radio connection failed: tracking area changed",
  [1090] = "radio connection failed: radio in use",
  [1091] = "radio connection left for another radio technology",
  [1092] = "radio link failed before security was active",
  [1093] = "move to LTE aborted",
  [1094] = "moved from LTE to GSM",
  [1095] = "move from LTE to GSM aborted",
  [1108] = "circuit-switched fallback not allowed",
  [1109] = "no bearer active",
  [1110] = "registration is in the wrong state",
  [1111] = "signalling layer failed",
  [1112] = "several connections not allowed",
  [1113] = "multicast not enabled",
  [1114] = "an earlier call is being cleaned up",
  [1115] = "multicast ended in the regular way",
  [1116] = "test loop ended in the regular way",
  [1117] = "registration failed in lower layers",
  [1119] = "deactivated by the modem",
  [1508] = "HDR could not be acquired",
  [1509] = "activation is being saved",
  [1510] = "no hybrid HDR service",
  [1511] = "no lock granted for HDR",
  [1512] = "another call has precedence",
  [1513] = "HDR signal faded away",
  [1514] = "HDR could not be accessed",
  [1515] = "CDMA revision not supported",
  [2000] = "ended by this host",
  [2001] = "no service",
  [2002] = "signal faded away",
  [2003] = "released in the regular way",
  [2004] = "an access attempt is in progress",
  [2005] = "network could not be accessed",
  [2006] = "redirected or handed over",
  [2500] = "modem is offline",
  [2501] = "modem is in emergency mode",
  [2502] = "modem is in use",
  [2503] = "wrong mode",
  [2504] = "SIM is not ready",
  [2505] = "no HDR beside CDMA",
  [2506] = "refused by call control",
  [2507] = "detached to save power",
  [2508] = "moved to the other SIM",
  [2509] = "ended by the call manager",
  [2510] = "APN not valid for data",
  [2511] = "a network search is in progress",
}

-- What the call manager says when the network refuses the registration.
local cm_registration = {
  [1004] = 3, [1005] = 6, [1006] = 8, [1007] = 7, [1008] = 9, [1009] = 10, [1010] = 11, [1011] = 12, [1012] = 14,
  [1015] = 22, [1020] = 7, [1021] = 12, [1022] = 13, [1023] = 15, [1024] = 25, [1096] = 2, [1097] = 5, [1098] = 8,
  [1099] = 14, [1100] = 16, [1101] = 18, [1102] = 19, [1103] = 20, [1104] = 21, [1105] = 23, [1106] = 24,
  [1107] = 26, [1118] = 7,
}

local ppp = {
  [-1] = "PPP failed",
  [1]  = "PPP timed out",
  [2]  = "PPP authentication failed",
  [3]  = "PPP options do not match",
  [31] = "user name or password refused (PAP)",
  [32] = "user name or password refused (CHAP)",
  [33] = "PPP is still being closed",
}

local ehrpd = {
  [1]  = "subscription allows IPv4 only",
  [2]  = "subscription allows IPv6 only",
  [4]  = "eHRPD: connection control timed out",
  [5]  = "eHRPD: connection control failed",
  [6]  = "eHRPD: general error",
  [7]  = "eHRPD: no access to this APN",
  [8]  = "eHRPD: as many connections as allowed already",
  [9]  = "eHRPD: no gateway",
  [10] = "eHRPD: gateway out of reach",
  [11] = "eHRPD: refused by the gateway",
  [12] = "eHRPD: parameters missing",
  [13] = "eHRPD: no resources left",
  [14] = "eHRPD: administratively prohibited",
  [15] = "eHRPD: connection number in use",
  [16] = "eHRPD: not in the subscription",
  [17] = "eHRPD: connected to this APN already",
}

local ipv6 = {
  [1] = "network gave no IPv6 prefix",
  [2] = "IPv6 is disabled for HRPD",
  [3] = "IPv6 is disabled",
}

-- In the numbers of 3GPP's causes, but the modem's own.
local beyond_3gpp = {
  [113] = "server address for calls not valid",
  [114] = "pushed out by an APN of higher priority",
  [115] = "access barred by the network",
  [116] = "interface is for emergencies only",
  [117] = "interface does not match",
  [118] = "the other IP family's interface is in use",
  [119] = "IP address does not match",
  [120] = "interface does not match the IP family",
  [121] = "access barred by the network, to be retried without end",
  [122] = "authentication failed on an emergency call",
  [123] = "DNS address not valid",
  [124] = "DNS address of the server for calls not valid",
  [125] = "test loop is active",
  [126] = "access barred by the network (extended)",
  [127] = "pushed out by an emergency call",
  [128] = "modem detached or disconnected by itself",
}

local types = {
  mip = mip, internal = internal, cm = cm, ["3gpp"] = beyond_3gpp, ppp = ppp, ehrpd = ehrpd, ipv6 = ipv6,
}

local call_end = {}

---The network's own cause (SM, ESM or 5GSM) in a verbose reason or, without one, in a simple one, for
---cause.text(number, "session"); nil if it is something else, such as the modem's.
---@param verbose { type: string|integer, reason: integer }?
---@param reason integer? the simple reason
---@return integer?
function call_end.cause(verbose, reason)
  if not verbose then
    return simple_causes[reason or 0]
  elseif verbose.type == "3gpp" and verbose.reason > 0 and not beyond_3gpp[verbose.reason] then
    return verbose.reason
  end
  return nil
end

---A verbose reason in a few words; without a type, a simple one.
---@param reason_type string|integer|nil
---@param reason integer
---@return string
function call_end.text(reason_type, reason)
  if not reason_type then
    local number = simple_causes[reason]
    return number and cause.text(number, "session") or simple[reason] or both[reason]
      or ("call-end reason %d"):format(reason)
  end
  local number = call_end.cause { type = reason_type, reason = reason }
  if number then
    return cause.text(number, "session")
  elseif reason_type == "cm" and cm_registration[reason] then
    return cause.text(cm_registration[reason], "registration")
  end
  local words = types[reason_type]
  return words and words[reason] or reason_type == "cm" and both[reason]
    or ("call-end reason %s %d"):format(reason_type, reason)
end

return call_end
