-- SPDX-License-Identifier: MIT
-- A simulated modem that answers as a recorded one did: for `moontower simulate --replay FILE`.
--
-- What a host asked, and what the modem answered then, is looked up by the question alone: a host that asks in another
-- order gets the same answers. Questions that were asked several times get the answers in their turn, and then the last
-- one again.

local channel = require "simulator.replay.channel"
local file = require "recording.file"
local inet = require "core.inet"
local lines_at_port = require "simulator.replay.at"
local mbim = require "simulator.replay.mbim"
local nat64 = require "link.clat.nat64"
local new_modem = require("simulator.modem").new
local qmi = require "simulator.replay.qmi"

local USUAL_MTU = 1500

local M = {}

local protocols = { mbim = mbim, qmi = qmi }

-- What passed at the ports of one protocol, in its order; and the addresses that the network gave.
local function passed_by(lines, protocol)
  local list, is_wanted = {}, {}
  for _, line in ipairs(lines) do
    if line.opened then
      is_wanted[line.stream] = line.opened == protocol
    elseif is_wanted[line.stream] and (line.bytes or line.kind or line.head) then
      list[#list + 1] = line
    end
  end
  return list
end

local function last_of(lines, name)
  for i = #lines, 1, -1 do
    if lines[i][name] then return lines[i][name] end
  end
end

local function first_of(lines, name)
  for _, line in ipairs(lines) do
    if line[name] then return line[name] end
  end
end

-- "192.0.2.1/24"
local function split(text)
  local address, length = tostring(text):match "^([%x:.]+)/(%d+)$"
  length = math.tointeger(tonumber(length))
  local family = address and inet.family(address)
  if family and length <= (family == "ipv4" and 32 or 128) then
    return address, length
  end
end

-- What the recorded network did with packets, as far as the host has seen it.
local function behave(modem, lines)
  local probed, kinds = false, {}
  for _, line in ipairs(lines) do
    if line.probed and line.probed.seconds then
      return
    elseif line.probed then
      probed = true
      kinds[line.probed.probe:match "^(%l+):" or "ping"] = true
    end
  end
  modem.network.pings = not probed
  modem.network.data = not (kinds.tcp or kinds.dns)
end

local function translate(modem, lines)
  local prefix, length = split((last_of(lines, "translated") or {}).prefix)
  if prefix and inet.family(prefix) == "ipv6" and nat64.is_length(length) then
    modem.network.nat64 = { prefix = prefix, length = length }
  end
end

local function lend(modem, session, lines)
  local lent = last_of(lines, "lent")
  local address, length = split((lent or {}).address)
  if address and inet.family(address) == "ipv4" then
    session.ipv4 = {
      address = address, prefix_length = length, gateway = lent.gateway or address, dns = lent.dns or {},
      mtu = lent.mtu,
    }
    modem.network.dhcp = lent.seconds or false
  end
end

---Makes the recorded modem. A recording of several has what passed at all of them; it is taken for the first one's.
---@param path string
---@param personality simulator.personality of what the recording does not tell
---@param group task.group
---@return simulator.modem|false|nil modem false: the recording has none
---@return moontower.error? err
function M.new(path, personality, group)
  local lines, err = file.read(path)
  if not lines then
    return nil, err
  end
  local description, passed = first_of(lines, "modem"), {}
  if not description and not first_of(lines, "opened") then
    return false
  end
  description = description or {}
  local modem = new_modem(personality, group)
  for _, protocol in ipairs { "mbim", "qmi", "at" } do passed[protocol] = passed_by(lines, protocol) end
  modem.composition = (#passed.qmi > 0 and #passed.mbim == 0 or description.protocol == "qmi") and "qmi" or "mbim"
  local identity = modem:usb_identity()
  modem.personality = setmetatable({ hardware = description.model or personality.hardware }, { __index = personality })
  function modem.usb_identity()
    identity.vendor = tonumber(description.vendor or "", 16) or identity.vendor
    identity.product = tonumber(description.product or "", 16) or identity.product
    identity.manufacturer, identity.model = description.manufacturer, description.model or identity.model
    return identity
  end
  function modem.shows(_, name) return name == modem.composition or name == "modem" and #passed.at > 0 end
  local session = protocols[modem.composition].addresses(passed[modem.composition])
  session.number = 0
  lend(modem, session, lines)
  translate(modem, lines)
  behave(modem, lines)
  for _, settings in pairs { session.ipv4, session.ipv6 } do settings.mtu = settings.mtu or USUAL_MTU end
  modem.sessions[0] = session
  modem.replay = {
    ---What speaks for the modem at a control port, as simulator.mbim and simulator.qmi do.
    ---@param protocol "mbim"|"qmi"
    ---@param send fun(transfer: string, to: any)
    control = function(protocol, send) return channel.new(modem, protocols[protocol], passed[protocol], send) end,
    ---@param send fun(bytes: string)
    at = function(send) return lines_at_port.new(modem, passed.at, send) end,
  }
  return modem
end

return M
