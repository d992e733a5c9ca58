-- SPDX-License-Identifier: MIT
-- The options of an interface of OpenWrt's /etc/config/network with `proto moontower`: ours, and those of the protocols
-- that it takes the place of, so that the word after `proto` is all that has to be changed.

local declaration = require "base.declaration"
local errors = require "errors"
local json = require "base.json"
local nearest = require "cli.nearest"
local pin = require "modem.pin"
local validate = require "base.validate"

-- netifd passes an option as uci has it, or as the type that the handler has declared.
local truths = { ["1"] = true, ["0"] = false, ["true"] = true, ["false"] = false, ["on"] = true, ["off"] = false }
local function as_flag(value)
  if type(value) == "boolean" then
    return value
  end
  return truths[tostring(value)]
end
local function as_number(value) return math.tointeger(tonumber(value)) end
local function as_word(value) return type(value) == "string" and value:lower() or nil end

---A kind of value that is read of what netifd passes.
---@param kind validate.kind
---@param read fun(value: any): any
local function read_as(read, kind)
  return {
    function(value)
      local found = read(value)
      return found ~= nil and kind[1](found)
    end, kind[2], type = kind.type, choices = kind.choices, read = read,
  }
end

local text = read_as(tostring, validate.text)
local flag = read_as(as_flag, validate.described(validate.flag, "0 or 1"))
local function number(least, most) return read_as(as_number, validate.whole(least, most)) end
local function word(choices) return read_as(as_word, validate.one_of(choices)) end

local M = {}

---@type declaration.list
M.all = {
  { "device", text, "the modem: its control port, its network interface, its USB path, or a path in /sys",
    otherwise = "the only one" },
  { "apn", text, "the access point name", otherwise = "the network's choice" },
  { "carrier", text, "a carrier file, instead of `apn`" },
  { "pincode", { function(value) return pin.is_pin(tostring(value)) end, "4 to 8 digits", type = "text",
    read = tostring }, "the SIM's PIN: entered once, never again after it has failed" },
  { "username", text, "the user for the APN" },
  { "password", read_as(tostring, validate.any_text), "its password" },
  { "auth", word { "none", "pap", "chap", "both" }, "how they are sent", otherwise = "CHAP, if there is a user" },
  { "ip", word { "ipv4", "ipv6", "ipv4v6" }, "what to ask the network for", otherwise = "`pdptype`, or ipv4v6" },
  { "roaming", flag, "whether it may connect in foreign networks", otherwise = "as the carrier file says" },
  { "mtu", number(576, 65535), "the MTU of the interface", otherwise = "as the network says" },
  { "policy", text, "what keeps it online: a policy's name", default = "reconnect" },
  { "extendprefix", flag, "whether the /64 is for the LAN, and the modem's own address a /128 of it", default = true },
  { "sourcefilter", flag, "whether the IPv6 default route is only for addresses of that /64", default = true },
  { "iface_464xlat", read_as(tostring, validate.any_text),
    "0: no 464xlat interface where the network gives IPv6 only", default = "1" },
  -- netifd knows these, too, and goes by them itself.
  { "metric", number(0, 0xffffffff), "the metric of the default routes", otherwise = "netifd's own" },
  { "defaultroute", flag, "whether there are default routes", default = true },
  { "peerdns", flag, "whether the network's DNS servers are used", default = true },
  { "delegate", flag, "whether the /64 is offered to other interfaces", default = true },
  { "zone", text, "the firewall's zone, for an interface that /etc/config/firewall does not name" },
  -- As mbim, qmi and ncm call what is named otherwise here.
  { "pdptype", word { "ip", "ipv4", "ipv6", "ipv4v6" }, "`ip`, as mbim, qmi and ncm name it" },
}

---Options of mbim, qmi, ncm and modemmanager that need not be said here; where there are words, something else is lost.
M.not_needed = {
  delay = "", timeout = "", profile = "", v6profile = "", dhcp = "", dhcpv6 = "", autoconnect = "", ifname = "",
  ipv6 = "", signalrate = "", force_connection = "", lowpower = "",
  v6apn = "there is one APN for IPv4 and IPv6",
  modes = "`moontower setup` sets a modem's radio access", mode = "`moontower setup` sets a modem's radio access",
  plmn = "the modem chooses the network by itself",
}

-- What netifd itself reads of an interface, whatever its protocol is.
local of_netifd = {}
for name in ([[proto auto disabled device ifname type jail jail_device jail_ifname host_device dns dns_search dns_metric
  renew interface ip6assign ip6hint ip4table ip6table ip6class ip6ifaceid force_link ip6weight tags carrier_loss_delay
  ipaddr ip6addr netmask broadcast ptpaddr gateway ip6gw ip6prefix ip6deprecated checkup_interval name dynamic
  macaddr multipath]]):gmatch "%S+" do
  of_netifd[name] = true
end

local declared, names = {}, {}
for i, option in ipairs(M.all) do
  declared[option[1]], names[i] = option, option[1]
end

local function invalid(message)
  return errors.fail {
    code = "invalid", source = "netifd", message = message,
    hint = "The options are those of the interface's section in /etc/config/network; mend it, then `ifup` it.",
  }
end

---Names of options that nothing knows. netifd drops those before we could see them, so they are read from uci.
---@param given string[] the names in the interface's section
---@return string[] unknown neither ours, nor another protocol's, nor netifd's
---@return moontower.error? err one of them is a known one with a typing mistake
function M.unknown(given)
  local unknown, mistake = {}, nil
  for _, name in ipairs(given) do
    if not declared[name] and not of_netifd[name] and not M.not_needed[name] and not name:find "^_" then
      local meant = nearest(name, names)
      if meant and not mistake then
        mistake = select(2, invalid(("there is no option '%s'; is '%s' meant?"):format(name, meant)))
      end
      unknown[#unknown + 1] = name
    end
  end
  return unknown, mistake
end

-- Mistakes that no option has by itself.
local function mistake_in(own)
  if own.apn and own.carrier then
    return "there are 'apn' and 'carrier'; one of them names the APN"
  elseif own.apn and (#own.apn > 100 or own.apn:find "[^%w.-]") then
    return "the option 'apn' should be at most 100 letters, digits, dots and hyphens"
  elseif own.carrier and (own.username or own.password or own.ip or own.pdptype) then
    return "a carrier file says itself how to connect: username, password, ip and pdptype go with 'apn'"
  end
end

---Reads what netifd's handler was given.
---@param source string JSON
---@return table<string, any>? options with their defaults
---@return moontower.error? err
---@return string[]? told sentences about options that are not followed
function M.read(source)
  local given = json.decode(source)
  if type(given) ~= "table" then
    return invalid "netifd has given no JSON object"
  end
  local known, told = {}, {}
  for name, value in pairs(given) do
    if declared[name] and value ~= "" then
      known[name] = value
    elseif M.not_needed[name] and M.not_needed[name] ~= "" and value ~= "" then
      told[#told + 1] = ("the option '%s' is not followed: %s"):format(name, M.not_needed[name])
    end
  end
  local mistake = declaration.mistake(M.all, known, "option")
  if mistake then
    return invalid(mistake)
  end
  for name, value in pairs(known) do known[name] = declared[name][2].read(value) end
  local own = declaration.take(M.all, known)
  own.ip = own.ip or own.pdptype
  own.ip = own.ip == "ip" and "ipv4" or own.ip
  if own.auth == "both" then own.auth = nil end
  if own.auth == "none" or not own.username then
    own.username, own.password, own.auth = nil, nil, nil
  end
  mistake = mistake_in(own)
  if mistake then
    return invalid(mistake)
  end
  return own, nil, told
end

return M
