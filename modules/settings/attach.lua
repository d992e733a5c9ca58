-- SPDX-License-Identifier: MIT
-- The access point that the modem attaches to LTE with, as a setting: see modem/attach_apn.lua.

local attach_apn = require "modem.attach_apn"
local errors = require "errors"
local setting = require "settings.setting"

local ips = { ipv4 = true, ipv6 = true, ipv4v6 = true }

local Attach = setting.class { name = "attach", restart = true, blank = { apn = "", ip = "ipv4v6" } }

function Attach:normalise(wanted)
  local apn = type(wanted) == "table" and wanted.apn
  if type(apn) ~= "string" or apn:find '[%c"]' or #apn > 100 or not ips[wanted.ip or "ipv4v6"] then
    return errors.fail {
      code = "invalid", source = "settings", message = "the attach APN needs an apn, which may be \"\"",
      hint = 'It is written as attach = { apn = "internet", ip = "ipv4v6" }.',
    }
  end
  return { apn = apn, ip = wanted.ip or "ipv4v6" }
end

function Attach:read(modem)
  local now, err = attach_apn.get(modem)
  return now, err
end

function Attach:same(now, wanted) return attach_apn.same(now, wanted) end

function Attach:show(value)
  return ("%s (%s)"):format(value.apn ~= "" and value.apn or "the network's choice", value.ip)
end

function Attach:how(_, wanted) return ("%s: %s"):format(self.way, self:show(wanted)) end

function Attach:set(modem, wanted) return attach_apn.set(modem, wanted) end

return {
  ---The setting of a modem that tells which APN it attaches with.
  ---@param modem table
  ---@return settings.setting?
  ---@return moontower.error? err
  new = function(modem)
    local now, err, way = attach_apn.get(modem)
    return now and setting.new(Attach, { way = way }), err
  end,
}
