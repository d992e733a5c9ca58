-- SPDX-License-Identifier: MIT
-- The numbers of +CME ERROR (3GPP TS 27.007) and +CMS ERROR (27.005, 24.011, 23.040): which side refuses, and why.

local cause = require "cause"
local cause_sms = require "cause.sms"
local verdict = require "cause.verdict"

-- Each has a kind of refusal (verdict.lua) and words.
local cme = {
  [0] = { "modem", "phone failure" },
  [1] = { "modem", "no connection to the phone" },
  [2] = { "busy", "the link to the phone is reserved" },
  [3] = { "state", "operation not allowed" },
  [4] = { "unsupported", "operation not supported" },
  [5] = { "locked-modem", "the modem takes one SIM only, and wants the code of that lock" },
  [6] = { "locked-modem", "the modem takes the SIM of its first use only, and wants the code of that lock" },
  [7] = { "locked-modem", "the modem takes the SIM of its first use only, and wants the master code of that lock" },
  [10] = { "no-card", "no SIM inserted" },
  [11] = { "pin", "the SIM PIN is required" },
  [12] = { "puk", "the SIM PUK is required" },
  [13] = { "card", "SIM failure" },
  [14] = { "card-waits", "SIM busy" },
  [15] = { "locked-modem", "wrong SIM" },
  [16] = { "wrong-pin", "incorrect password" },
  [17] = { "card-refuses", "the SIM's PIN2 is required" },
  [18] = { "card-refuses", "the SIM's PUK2 is required" },
  [20] = { "full", "memory full" },
  [21] = { "value", "invalid index" },
  [22] = { "value", "not found" },
  [23] = { "modem", "memory failure" },
  [24] = { "value", "text string too long" },
  [25] = { "value", "invalid characters in text string" },
  [26] = { "value", "dial string too long" },
  [27] = { "value", "invalid characters in dial string" },
  [30] = { "no-service", "no network service" },
  [31] = { "later", "network timeout" },
  [32] = { "place", "network not allowed, emergency calls only" },
  [40] = { "locked-modem", "the modem is locked to one network, and wants the code of that lock" },
  [41] = { "locked-modem", "the modem is locked to one network, and wants the master code of that lock" },
  [42] = { "locked-modem", "the modem is locked to a part of one network, and wants the code of that lock" },
  [43] = { "locked-modem", "the modem is locked to a part of one network, and wants the master code of that lock" },
  [44] = { "locked-modem", "the modem is locked to one service provider, and wants the code of that lock" },
  [45] = { "locked-modem", "the modem is locked to one service provider, and wants the master code of that lock" },
  [46] = { "locked-modem", "the modem is locked to one company, and wants the code of that lock" },
  [47] = { "locked-modem", "the modem is locked to one company, and wants the master code of that lock" },
  [48] = { "card-refuses", "hidden key required" },
  [49] = { "unsupported", "EAP method not supported" },
  [50] = { "value", "incorrect parameters" },
  [51] = { "settings", "the command is implemented but disabled at present" },
  [52] = { "ended-here", "aborted by the user" },
  [53] = { "settings", "not attached, as the modem's functions are restricted" },
  [54] = { "settings", "restricted to emergency calls" },
  [55] = { "settings", "not allowed, as the modem's functions are restricted" },
  [56] = { "card-refuses", "only fixed dialling numbers are allowed" },
  [57] = { "busy", "out of service for a while, as the modem is used otherwise" },
  [58] = { "unsupported", "language or alphabet not supported" },
  [59] = { "value", "unexpected data value" },
  [60] = { "modem", "system failure" },
  [61] = { "value", "data missing" },
  [62] = { "account", "call barred" },
  [63] = { "account", "no subscription to message waiting indications" },
  [100] = { "modem", "unknown error" },
  [138] = { "network", "call not known" },
  [139] = { "later", "circuit-switched service unavailable for now" },
  [148] = { "modem", "unspecified packet service error" },
  [149] = { "credentials", "authentication of the connection failed" },
  [150] = { "value", "invalid mobile class" },
  [151] = { "limit", "the last connection must not be ended (older modems); or no group calls in this network" },
  [152] = { "card-refuses", "no group call subscription on the SIM" },
  [153] = { "account", "no subscription for this group" },
  [154] = { "card-refuses", "group not activated on the SIM" },
  [155] = { "value", "no such notification" },
  [156] = { "state", "a group call is present already" },
  [157] = { "later", "group call: congestion" },
  [158] = { "network", "group call: network failure" },
  [159] = { "later", "uplink busy" },
  [160] = { "card-refuses", "no right to the file on the SIM" },
  [161] = { "account", "no subscription for this priority" },
  [162] = { "state", "operation not possible" },
  [163] = { "unsupported", "group prefixes not supported" },
  [164] = { "value", "group prefixes not usable for broadcast calls" },
  [165] = { "value", "invalid group prefix" },
  [182] = { "later", "user data through the control plane is congested" },
  [183] = { "network", "text messages go through the packet service here" },
  [187] = { "later", "network waits for a timer" },
}

-- Some are causes of the network, under numbers of their own.
local causes = {
  registration = {
    [102] = 2, [103] = 3, [104] = 4, [105] = 5, [106] = 6, [107] = 7, [108] = 8, [109] = 9, [110] = 10,
    [111] = 11, [112] = 12, [113] = 13, [114] = 14, [115] = 15, [116] = 16, [117] = 17, [118] = 18, [119] = 19,
    [122] = 22, [125] = 25, [185] = 40, [189] = 35, [204] = 42, [210] = 27, [211] = 28, [212] = 43, [214] = 71,
    [215] = 90, [216] = 72, [217] = 73, [218] = 91, [219] = 92, [226] = 31, [227] = 31, [228] = 74, [229] = 75,
    [231] = 76, [232] = 62, [233] = 77,
  },
  session = {
    [124] = 24, [126] = 26, [127] = 27, [128] = 28, [129] = 29, [130] = 30, [131] = 31, [132] = 32, [133] = 33,
    [134] = 34, [135] = 35, [136] = 36, [137] = 37, [140] = 40, [141] = 41, [142] = 42, [143] = 43, [144] = 44,
    [145] = 45, [146] = 46, [147] = 47, [171] = 49, [172] = 95, [173] = 96, [174] = 97, [175] = 100,
    [176] = 111, [177] = 8, [178] = 65, [179] = 66, [180] = 48, [181] = 59, [184] = 81, [186] = 101, [188] = 81,
    [190] = 38, [191] = 39, [192] = 50, [193] = 51, [194] = 52, [195] = 56, [196] = 57, [197] = 58, [198] = 60,
    [199] = 112, [200] = 113, [201] = 53, [202] = 54, [203] = 55, [205] = 67, [206] = 68, [207] = 69,
    [208] = 98, [209] = 99, [213] = 70, [220] = 46, [221] = 47, [222] = 82, [223] = 83, [224] = 84, [225] = 85,
    [230] = 61,
  },
}

-- Those that are a cause in one generation of networks only.
local technologies = {
  [146] = "UMTS", [147] = "UMTS", [211] = "5G", [220] = "5G", [221] = "5G", [226] = "LTE", [227] = "5G",
}

local cms = { -- and those of cause/sms.lua
  [300] = { "modem", "equipment failure" },
  [301] = { "busy", "the modem's SMS service is reserved" },
  [302] = { "state", "operation not allowed" },
  [303] = { "unsupported", "operation not supported" },
  [304] = { "value", "invalid parameter in PDU mode" },
  [305] = { "value", "invalid parameter in text mode" },
  [310] = { "no-card", "no SIM inserted" },
  [311] = { "pin", "the SIM PIN is required" },
  [312] = { "locked-modem", "the modem takes one SIM only, and wants the code of that lock" },
  [313] = { "card", "SIM failure" },
  [314] = { "card-waits", "SIM busy" },
  [315] = { "locked-modem", "wrong SIM" },
  [316] = { "puk", "the SIM PUK is required" },
  [317] = { "card-refuses", "the SIM's PIN2 is required" },
  [318] = { "card-refuses", "the SIM's PUK2 is required" },
  [320] = { "modem", "memory failure" },
  [321] = { "value", "invalid memory index" },
  [322] = { "no-room", "the memory for messages is full" },
  [330] = { "no-centre", "the number of the message centre is missing" },
  [331] = { "no-service", "no network service" },
  [332] = { "later", "network timeout" },
  [340] = { "state", "no acknowledgement was expected" },
  [500] = { "modem", "unknown error" },
}

-- The words of 27.007 and 27.005, of modems that send them whatever AT+CMEE says.
local by_words = {
  cme = {
    ["phone failure"] = 0, ["no connection to phone"] = 1, ["phone-adaptor link reserved"] = 2,
    ["operation not allowed"] = 3, ["operation not supported"] = 4, ["ph-sim pin required"] = 5,
    ["ph-fsim pin required"] = 6, ["ph-fsim puk required"] = 7, ["sim not inserted"] = 10, ["sim pin required"] = 11,
    ["sim puk required"] = 12, ["sim failure"] = 13, ["sim busy"] = 14, ["sim wrong"] = 15, ["incorrect password"] = 16,
    ["sim pin2 required"] = 17, ["sim puk2 required"] = 18, ["memory full"] = 20, ["invalid index"] = 21,
    ["not found"] = 22, ["memory failure"] = 23, ["text string too long"] = 24,
    ["invalid characters in text string"] = 25,
    ["dial string too long"] = 26, ["invalid characters in dial string"] = 27, ["no network service"] = 30,
    ["network timeout"] = 31, ["network not allowed - emergency calls only"] = 32,
    ["network personalization pin required"] = 40, ["network personalization puk required"] = 41,
    ["incorrect parameters"] = 50, ["unknown"] = 100, ["unknown error"] = 100,
  },
  cms = {
    ["me failure"] = 300, ["sms service of me reserved"] = 301, ["operation not allowed"] = 302,
    ["operation not supported"] = 303, ["invalid pdu mode parameter"] = 304, ["invalid text mode parameter"] = 305,
    ["sim not inserted"] = 310, ["(u)sim not inserted"] = 310, ["sim pin required"] = 311,
    ["(u)sim pin required"] = 311, ["ph-(u)sim pin required"] = 312, ["sim failure"] = 313, ["(u)sim failure"] = 313,
    ["sim busy"] = 314, ["(u)sim busy"] = 314, ["sim wrong"] = 315, ["(u)sim wrong"] = 315, ["sim puk required"] = 316,
    ["(u)sim puk required"] = 316, ["memory failure"] = 320, ["invalid memory index"] = 321, ["memory full"] = 322,
    ["smsc address unknown"] = 330, ["no network service"] = 331, ["no network"] = 331, ["network timeout"] = 332,
    ["no +cnma acknowledgement expected"] = 340, ["unknown error"] = 500,
  },
}

local M = {}

---The number of +CME ERROR or +CMS ERROR that such words stand for.
---@param result string of a final result: "cme", "cms"
---@param words string?
---@return integer?
function M.number_of(result, words)
  local known = by_words[result]
  return known and words and known[words:lower():gsub("%s+", " ")] or nil
end

local function of_network(number)
  for procedure, numbers in pairs(causes) do
    if numbers[number] then
      local found = cause.verdict(numbers[number], procedure, technologies[number])
      if found then
        found.procedure = procedure
      end
      return found
    end
  end
end

---@param result "cme"|"cms"
---@param number integer
---@return verdict.verdict? nil for a number that is in none of the lists
function M.verdict(result, number)
  local own
  if result == "cme" then
    own = cme[number]
  else
    own = cms[number] or cause_sms[number]
  end
  return own and verdict.new(table.unpack(own)) or result == "cme" and of_network(number) or nil
end

return M
