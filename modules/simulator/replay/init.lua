-- SPDX-License-Identifier: MIT
-- A simulated modem that answers as a recorded one did: for `moontower simulate --replay FILE`.
--
-- What a host asked, and what the modem answered then, is looked up by the question alone: whoever asks in another
-- order gets the same answers. Questions that were asked several times get the answers in their turn, and then the last
-- one again.

local channel = require "simulator.replay.channel"
local file = require "recording.file"
local lines_at_port = require "simulator.replay.at"
local mbim = require "simulator.replay.mbim"
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
    elseif is_wanted[line.stream] and (line.bytes or line.kind) then
      list[#list + 1] = line
    end
  end
  return list
end

local function description_in(lines)
  for _, line in ipairs(lines) do
    if line.modem then return line.modem end
  end
  return {}
end

---Makes the recorded modem. A recording of several has what passed at all of them; it is taken for the first one's.
---@param path string
---@param personality simulator.personality of what the recording does not tell
---@param group task.group
---@return simulator.modem?
---@return moontower.error? err
function M.new(path, personality, group)
  local lines, err = file.read(path)
  if not lines then
    return nil, err
  end
  local modem = new_modem(personality, group)
  local description, passed = description_in(lines), {}
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
