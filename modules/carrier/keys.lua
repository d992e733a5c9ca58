-- SPDX-License-Identifier: MIT
-- The keys of a carrier file: what each may be, what it is for, and what holds without it.

local validate = require "base.validate"

local LEAST_IPV6_MTU = 1280 -- which hosts have to take

local M = { LEAST_IPV6_MTU = LEAST_IPV6_MTU }

-- Checks are called from inside the sandbox, where strings have lost their `find` method: hence string.find.
local find = string.find
local function is_plmn(value) return type(value) == "string" and find(value, "^%d%d%d%d%d%d?$") end
local function is_text(value)
  return type(value) == "string" and #value <= 255 and not find(value, "%c") and utf8.len(value) ~= nil
end

local function is_hex(value) return type(value) == "string" and #value <= 64 and find(value, "^%x+$") ~= nil end
local function is_beginning(value)
  return type(value) == "string" and #value <= 20 and find(value, "^%d+$") ~= nil
end
local function is_imsi(value)
  if type(value) == "string" and find(value, "^%d[%dx]*$") then
    return #value <= 15
  end
  local _, _, first, last = find(type(value) == "string" and value or "", "^(%d+)%-(%d+)$")
  return first ~= nil and #first == #last and #first <= 15 and first <= last
end

local function text(words) return { is_text, words or "a text", type = "text" } end

local function list_of(check, words)
  local function is_list(value)
    if type(value) ~= "table" then return false end
    local why = validate.not_a_list(value)
    if why or #value == 0 then return false, why end
    for _, element in ipairs(value) do
      if not check(element) then return false end
    end
    return true
  end
  return { is_list, words, type = "list" }
end

local function is_context_list(value)
  for number, context in pairs(type(value) == "table" and value or {}) do
    if math.type(number) ~= "integer" or number < 1 or number > 255 or type(context) ~= "table" then return false end
  end
  return type(value) == "table" and next(value) ~= nil
end

local function is_table(value) return type(value) == "table" end
local lines = list_of(function(value) return is_text(value) or is_table(value) end, "a list of commands")

local ip = {
  "ip", validate.one_of { "ipv4", "ipv6", "ipv4v6" }, "the families of addresses that it asks for",
  otherwise = "ipv4v6",
}

---@type declaration.list
M.of_carrier = {
  { "name", text(), "the name of the operator, for people", needed = true },
  { "plmns", list_of(is_plmn, 'a list of five or six digits each, such as "310120"'), "MCC and MNC of its networks" },
  { "bearers", list_of(is_table, "a list of tables"), "its access points, in the order to try them", needed = true },
  { "sims", list_of(is_table, "a list of tables"),
    "which SIMs of these networks are its, where it is another operator's guest: those that one of these fits" },
  { "search", validate.flag, "whether other access points are looked for, where the network takes none of these",
    otherwise = "false" },
  { "roaming", validate.flag, "whether it may connect in foreign networks", otherwise = "false" },
  { "probe", text "an address",
    "what answers when the connection works: an address to ping, `tcp:ADDRESS:PORT` or `dns:ADDRESS`",
    otherwise = "well-known hosts" },
  { "dns_route", validate.dns_route,
    "which names its DNS servers are asked for: as in the configuration, which wins", otherwise = "shared" },
  { "modem", validate.table, "the state that the modem has to be in, which `moontower setup NAME` sees to" },
  { "setup", validate.fn, "a function that adds to `modem`, for the modem at hand" },
}

---@type declaration.list of one of `sims`; all that is given has to fit
M.of_sim = {
  { "imsi", { is_imsi, 'digits, such as "31026097", "302720x94" or "204047100000000-204047199999999"', type = "text" },
    "how its IMSI begins, with an x for any digit; or from which one to which" },
  { "gid1", { is_hex, 'hexadecimal digits, such as "4276"', type = "text" },
    "how its group identifier begins (EF_GID1)" },
  { "spn", text(), "the name that it shows (EF_SPN)" },
  { "iccid", { is_beginning, 'digits, such as "8901260"', type = "text" }, "how its ICCID begins" },
  any_of = { "imsi", "gid1", "spn", "iccid" },
}

---@type declaration.list of one of `bearers`
M.of_bearer = {
  { "apn", text(), 'the access point name; `""` leaves the choice to the network', needed = true },
  ip,
  { "user", text(), "the user's name" },
  { "password", text(), "the password" },
  { "auth", validate.one_of { "none", "pap", "chap" }, "how to send them", otherwise = "chap with a user" },
  { "mtu", validate.mtu, ("the MTU of the interface; IPv6 needs %d"):format(LEAST_IPV6_MTU),
    otherwise = "as the network says" },
  { "aggregation", validate.flag, "whether a QMI modem puts several packets into one USB transfer",
    otherwise = "true where modem and driver can" },
}

---@type declaration.list of `modem`
M.of_modem = {
  { "carrier_configuration", text "a name",
    'the name of one of the modem\'s own sets for operators (MBN, PRI), or `"auto"`: by the SIM' },
  { "ipv6", validate.flag, "whether the modem takes IPv6", otherwise = "as it is" },
  { "attach", validate.table,
    'the access point that it attaches with, apart from that of data: `{ apn = "ims", ip = "ipv6" }`' },
  { "contexts", { is_context_list, 'a table such as { [1] = { apn = "internet", ip = "ipv4v6" } }', type = "table" },
    'PDP contexts by number, `{ [1] = { apn = "internet", ip = "ipv4v6" } }`; those without an entry stay' },
  { "rat", text 'a text such as "lte"', 'radio access: `"auto"`, `"lte"`, `"umts+lte"`, `"lte+nr"`, `"lte+nsa"` ...' },
  { "bands", text 'a text such as "B2+B12"',
    '`"B2+B12+n71"`, with 5G standalone apart `"sa-n41+nsa-n71"`, `"all"`, or a name that the modem has for a set' },
  { "composition", list_of(is_text, 'a list such as { "at", "mbim" }'),
    'the USB interfaces that it needs, with one of `"mbim"`, `"qmi"`, `"ecm"`, `"ncm"` and `"rndis"`; others stay' },
  { "at", lines, 'AT commands for anything else: `"AT..."`, or `{ "AT!PCOFFEN=2", check = "AT!PCOFFEN?", want = '
    .. '"!PCOFFEN: 2" }`, which is sent only if the answer to `check` lacks the text of `want`' },
  { "qmi", lines, 'QMI messages, in the same two forms: `"dms 0x555c 01=08"` (service, message, TLVs)' },
  { "unlock", text(), "the password for commands that the modem protects", otherwise = "the usual one" },
}

---@type declaration.list of one of `modem.contexts`, and of `modem.attach`
M.of_context = { M.of_bearer[1], ip }

---@type declaration.list of a raw line with a check
M.of_line = {
  { 1, text(), "the command", needed = true },
  { "check", text(), "the command whose answer shows whether it is needed" },
  { "want", text(), "the text in that answer where it is not" },
}

return M
