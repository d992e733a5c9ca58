-- SPDX-License-Identifier: MIT
-- Faults of the network: a part of the list in list.lua.

local arguments = require "simulator.faults.arguments"
local inet = require "core.inet"
local ussd = require "simulator.ussd"

local seconds, cause, for_a_while = arguments.seconds, arguments.cause, arguments.for_a_while
local LEASE = 7200 -- seconds
local lengths = { ["32"] = 32, ["40"] = 40, ["48"] = 48, ["56"] = 56, ["64"] = 64, ["96"] = 96 }

-- 3GPP's causes end below 200, where a modem's own reasons begin.
local function refuse_family(modem, family, text, default)
  local number = text and math.tointeger(tonumber(text)) or not text and default
  if not number or number < 1 or number > 255 then
    return nil, ("a cause of 3GPP's or an internal reason of QMI's expected, not '%s'"):format(text)
  end
  modem.network.refuses_family[family] = number
  return true
end

local function refuse_all(modem, text, default)
  local value, message = cause(text, default)
  modem.network.refuses_all = value
  return value and true, message
end

---@type simulator.fault[]
return {
  {
    name = "network-drop", arguments = "[SECONDS]", summary = "lose the network, for good or for so long",
    start = function(modem, text)
      modem.network.present = false
      modem:settle()
      return for_a_while(modem, text, function()
        modem.network.present = true
        modem:settle()
      end)
    end,
  },
  {
    name = "disconnect", arguments = "[CAUSE]", summary = "let the network end all sessions (36, regular deactivation)",
    start = function(modem, text)
      local value, message = cause(text, 36)
      if value then
        modem:drop_sessions(value)
      end
      return value and true, message
    end,
  },
  {
    name = "disconnect-silent", summary = "end all sessions and tell nobody: who asks is told the truth",
    start = function(modem)
      modem:disconnect_all()
      return true
    end,
  },
  {
    name = "detach", summary = "let the network detach us, until the host attaches again",
    start = function(modem)
      modem.packet.wanted = false
      modem:settle()
      return true
    end,
  },
  {
    name = "refuse-attach", arguments = "[CAUSE]",
    summary = "let the network give no packet service (7, no data for this SIM)",
    start = function(modem, text)
      local value, message = cause(text, 7)
      modem.network.refuses_attach = value
      modem:settle()
      return value and true, message
    end,
  },
  {
    name = "deny", arguments = "[CAUSE]", summary = "let the network refuse to register us (15, no suitable cells)",
    start = function(modem, text)
      local value, message = cause(text, 15)
      modem.network.denied = value
      modem:settle()
      return value and true, message
    end,
  },
  {
    name = "roam", summary = "be registered with a foreign network",
    start = function(modem)
      modem.network.roaming = true
      modem:settle()
      return true
    end,
  },
  {
    name = "refuse", arguments = "[CAUSE]",
    summary = "refuse dual stack: 50, IPv4 only; 51, IPv6 only; 52, one type a bearer; 0, without a cause",
    start = function(modem, text)
      local value, message = cause(text, 52)
      modem.network.refuses = value
      return value and true, message
    end,
  },
  {
    name = "refuse-ipv4", arguments = "[REASON]", summary = "refuse IPv4 alone: a cause, or a reason of QMI's (208)",
    start = function(modem, text) return refuse_family(modem, "ipv4", text, 208) end,
  },
  {
    name = "refuse-ipv6", arguments = "[REASON]", summary = "refuse IPv6 alone: a cause, or a reason of QMI's (210)",
    start = function(modem, text) return refuse_family(modem, "ipv6", text, 210) end,
  },
  {
    name = "downgrade", arguments = "[ipv4|ipv6]", summary = "give who asks for dual stack only one of the two",
    start = function(modem, text)
      local family = text or "ipv4"
      if family ~= "ipv4" and family ~= "ipv6" then
        return nil, "ipv4 or ipv6 expected, not '" .. family .. "'"
      end
      modem.network.only = family
      return true
    end,
  },
  {
    name = "nat64", arguments = "[PREFIX/LENGTH]", summary = "give IPv6 alone, and IPv4 behind a NAT64 (64:ff9b::/96)",
    start = function(modem, text)
      local prefix, length = (text or "64:ff9b::/96"):match "^([%x:]+)/(%d+)$"
      if not prefix or inet.family(prefix) ~= "ipv6" or not lengths[length] then
        return nil, ("a prefix with 32, 40, 48, 56, 64 or 96 bits expected, not '%s'"):format(text)
      end
      modem.network.only, modem.network.nat64 = "ipv6", { prefix = prefix, length = lengths[length] }
      return true
    end,
  },
  {
    name = "only-attach", arguments = "[APN]",
    summary = "refuse to register a modem that attaches with another APN (19); without one: with any",
    start = function(modem, apn)
      modem.network.attach_apn = (apn or ""):lower()
      modem:settle()
      return true
    end,
  },
  {
    name = "only-apn", arguments = "APN [USER]",
    summary = "take this APN alone (else 27), and no default one; with a user, only that one's (else 29)",
    start = function(modem, apn, user)
      modem.network.only_apn = apn and { apn = apn:lower(), user = user }
      return apn and true, "an APN expected"
    end,
  },
  {
    name = "refuse-apn", arguments = "[CAUSE]", summary = "refuse every connection (27, missing or unknown APN)",
    start = function(modem, text) return refuse_all(modem, text, 27) end,
  },
  {
    name = "refuse-auth", arguments = "[CAUSE]", summary = "refuse every connection (29, user authentication failed)",
    start = function(modem, text) return refuse_all(modem, text, 29) end,
  },
  {
    name = "throttle", arguments = "[SECONDS]",
    summary = "refuse a connection (27), then all (0) until nobody has tried for so long (5)",
    start = function(modem, text)
      local value, message = seconds(text, 5)
      modem.network.throttle = value and { seconds = value }
      return value and true, message
    end,
  },
  {
    name = "renumber", summary = "let the network give all sessions other addresses",
    start = function(modem)
      modem:renumber()
      return true
    end,
  },
  {
    name = "blackhole", arguments = "[SECONDS]", summary = "lose every packet",
    start = function(modem, text)
      modem.network.data = false
      return for_a_while(modem, text, function() modem.network.data = true end)
    end,
  },
  {
    name = "blackhole-until", arguments = "[WHAT]",
    summary = "lose every packet until the host does this: reconnect (usual), attach, radio or reset",
    start = function(modem, text)
      if not modem:lose_until(text or "reconnect") then
        return nil, "reconnect, attach, radio or reset expected, not '" .. text .. "'"
      end
      return true
    end,
  },
  {
    name = "mtu-hole", arguments = "[BYTES]", summary = "lose packets longer than this (1400), and tell no host so",
    start = function(modem, text)
      local size = math.tointeger(tonumber(text or "1400"))
      modem.network.path_mtu = size and size > 0 and size or nil
      return modem.network.path_mtu ~= nil, "a number of bytes expected"
    end,
  },
  {
    name = "no-pings", summary = "answer no echo request, as some networks do",
    start = function(modem)
      modem.network.pings = false
      return true
    end,
  },
  {
    name = "closed", summary = "refuse what goes beyond its DNS servers, as when a plan's data is used up",
    start = function(modem)
      modem.network.closed = true
      return true
    end,
  },
  {
    name = "portal", summary = "lead what is asked of web servers to a page of the operator's",
    start = function(modem)
      modem.network.portal = "HTTP/1.1 302 Found\r\nLocation: http://portal.simulated/top-up?id=1\r\n\r\n"
      return true
    end,
  },
  {
    name = "web-clock", arguments = "SECONDS", summary = "have web servers tell a time that is ahead by that much",
    start = function(modem, text)
      local ahead, message = arguments.seconds(text)
      modem.network.ahead = ahead
      return ahead and true, message
    end,
  },
  {
    name = "no-dns", summary = "let the DNS servers be silent",
    start = function(modem)
      modem.network.dns = false
      return true
    end,
  },
  {
    name = "sms", arguments = "TEXT", summary = "let an SMS come in",
    start = function(modem, ...)
      local text = table.concat({ ... }, " ")
      if text == "" then
        return nil, "a text expected"
      elseif not modem:receive_sms(text) then
        return nil, "the modem is not registered, or its store is full"
      end
      return true
    end,
  },
  {
    name = "flash-sms", arguments = "TEXT", summary = "let an SMS come in that is to be shown at once, and not stored",
    start = function(modem, ...)
      local text = table.concat({ ... }, " ")
      if text == "" then
        return nil, "a text expected"
      end
      modem:flash_sms(text)
      return true
    end,
  },
  {
    name = "refuse-sms", arguments = "[CAUSE]", summary = "refuse SMS (21, rejected), with a cause of 3GPP TS 24.011",
    start = function(modem, text)
      local value, message = cause(text, 21)
      modem.network.refuses_sms = value
      return value and true, message
    end,
  },
  {
    name = "no-centre", summary = "let the number of the message centre be missing",
    start = function(modem)
      modem.network.has_centre = false
      return true
    end,
  },
  {
    name = "undelivered", summary = "take SMS, and deliver none: reports say so",
    start = function(modem)
      modem.network.delivers = false
      return true
    end,
  },
  {
    name = "ussd", arguments = "TEXT", summary = "let the network ask for a reply by USSD",
    start = function(modem, ...)
      local text = table.concat({ ... }, " ")
      if text == "" then
        return nil, "a text expected"
      end
      ussd.begin(modem, text)
      return true
    end,
  },
  {
    name = "no-ussd", summary = "give no USSD, as LTE does without IMS",
    start = function(modem)
      modem.network.ussd = false
      return true
    end,
  },
  {
    name = "no-servers", summary = "give new sessions no DNS servers",
    start = function(modem)
      modem.network.servers = false
      return true
    end,
  },
  {
    name = "dhcp", arguments = "[SECONDS|no]",
    summary = "tell no address, and lend one by DHCP for 7200 s, or as long as given; no: nor that",
    start = function(modem, text)
      local lease = math.tointeger(tonumber(text or LEASE))
      if text ~= "no" and not (lease and lease > 0) then
        return nil, "seconds or no expected, not '" .. text .. "'"
      end
      modem.network.tells, modem.network.dhcp = false, text ~= "no" and lease
      return true
    end,
  },
  {
    name = "slash32", summary = "give new sessions a /32, and a gateway outside it",
    start = function(modem)
      modem.network.slash32 = true
      return true
    end,
  },
}
