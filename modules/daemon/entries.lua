-- SPDX-License-Identifier: MIT
-- The entries of the configuration: what each may be, what it is for, and what holds without it.

local prerequisites = require "modem.prerequisites"
local validate = require "base.validate"
local web = require "web.entries"

local M = {}

local policy = {
  function(value) return validate.text[1](value) or type(value) == "table" and validate.text[1](value[1]) end,
  'the name of a policy, or { "name", option = value }', type = "text",
}

---Several policies in one table? Options are those of one policy: so a table that begins with a name, and has no second
---one, is one policy.
---@param value any
---@return boolean
function M.is_list_of_policies(value)
  return type(value) == "table" and (type(value[1]) ~= "string" or value[2] ~= nil)
end

local policy_list = validate.list_of(policy, nil, 1)
local policies_or_none = {
  function(value)
    if M.is_list_of_policies(value) then
      return policy_list[1](value)
    end
    return value == false or policy[1](value)
  end,
  'the name of a policy, or { "name", option = value }, or a list of these; or false, for none', type = "text",
}

local at_port = {
  function(value) return type(value) == "boolean" or validate.text[1](value) end,
  "true, false, or the name of a group", type = "text",
}

local number = validate.whole(1, 0xffffffff)

---@type declaration.list of one entry of `modems`
M.of_modem = {
  { "imei", validate.digits, "only the modem with this IMEI", otherwise = "any" },
  { "iccid", validate.digits, "only a modem with this SIM", otherwise = "any" },
  { "usb", validate.described(validate.text, 'a USB path such as "1-1.2"'),
    "only the modem at this USB path", otherwise = "any" },
  { "carrier", validate.described(validate.text, "the name of a carrier file, or its path"),
    "the name of a carrier file, or its path; without `apn`", otherwise = "the network's choice" },
  { "apn", validate.text, "the access point name; without `carrier`", otherwise = "the network's choice" },
  { "policy", policies_or_none, 'the name of a policy, or `{ "name", option = value }`, or a list of these; '
    .. "`false`: none", otherwise = '`"reconnect"`, unless `policies` has one that brings modems online' },
  { "metric", number, "the metric of the default routes: lower ones win", otherwise = "700; IPv6 1700; or the next "
    .. "free one" },
  { "mtu", validate.mtu, "the MTU of the interface", otherwise = "as the network says" },
  { "table", number, "the routing table of its routes", otherwise = "the main table" },
  { "dns", validate.flag, "whether the host uses the network's DNS servers", otherwise = "true" },
  { "dns_route", validate.dns_route, "which names its DNS servers are asked for: `shared`: the same as those of other "
    .. "links; `all`: all, which theirs are not asked for then; `none`: none, but by a program that names the link",
    otherwise = "as the carrier file says, or shared" },
  { "default_route", validate.flag, "whether it gets default routes", otherwise = "true" },
  { "share", validate.described(validate.text, "the name of an interface"), "an interface whose computers share the "
    .. "connection's IPv6 prefix, such as `br-lan`", otherwise = "none" },
  { "clat", validate.flag, "whether a program that is installed translates IPv4 where the network gives IPv6 alone",
    otherwise = "true" },
  { "at_port", at_port, "whether other programs (gammu, minicom, sms_tool ...) may use its AT port, too, at "
    .. "`/run/moontower/at/NAME`: `true`: root's; or the name of a group whose programs may, such as `dialout`",
    otherwise = "false" },
  { "take_over", validate.flag, "whether it is taken from ModemManager even if that has a connection of its own on it",
    otherwise = "false" },
  { "roaming", validate.flag, "whether it may connect in foreign networks", otherwise = "as the carrier file says" },
  { "fcc_unlock", validate.flag, "whether the radio of a laptop's modem is unlocked at each start: see `moontower help "
    .. "fcc`", otherwise = "false" },
  { "wait", validate.seconds, "how long each attempt waits for a network",
    otherwise = ("%d seconds"):format(prerequisites.NETWORK_TIME) },
  { "sms", validate.one_of { "disk", "card" }, "where received SMS are kept: `disk`: they are moved to "
    .. "/var/lib/moontower/sms; `card`: they stay on the card, which holds 10 to 50", default = "disk" },
  { "pin_file", validate.described(validate.text, "a path"), "where the SIM's PIN is, as for `up --pin-file`",
    otherwise = "/etc/moontower/pin" },
}

---@type declaration.list
M.of_broker = {
  { "others_may", validate.one_of { "use", "order" }, "what it means when another program, such as ModemManager or "
    .. "`mbimcli -p`, switches the radio off or ends the connection: `use`: it is undone, as if the network had done "
    .. "it; `order`: it holds as `moontower radio off` and `moontower down` do", default = "use" },
}

M.of_web = web.all

---@type declaration.list
M.all = {
  { "modems", validate.list_of(validate.table, 'a list of tables: { { policy = "reconnect" } }'),
    "a list of tables; the first that fits a modem is the modem's", otherwise = "{}: no modem is touched" },
  { "policies", validate.list_of(policy, 'a list of policies: { "name" }, or { { "name", option = value } }'),
    "a list of policies for all modems together", otherwise = "none" },
  { "log", validate.one_of { "error", "warn", "info", "debug" }, "what is logged", default = "info" },
  { "on_stop", validate.one_of { "keep", "disconnect" },
    "what becomes of connections when the daemon ends: they stay up, or end", default = "keep" },
  { "recordings", validate.flag, "whether the last minutes are written to /var/lib/moontower/recordings when something "
    .. "fails that moontower cannot mend; the newest five stay", default = true },
  { "broker", validate.table, "a table with what other programs may do", otherwise = "{}" },
  { "web", validate.table, "a table with where the page is, and who may see it; `{}`: for this computer alone",
    otherwise = "there is no page" },
}

return M
