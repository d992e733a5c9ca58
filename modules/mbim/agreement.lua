-- SPDX-License-Identifier: MIT
-- Which version of MBIMEx a modem speaks: agreed on after OPEN, once for the modem and all programs that share it.
--
-- Of Microsoft's MBIM extensions, 2.0 tells RSRP, SNR and what is in use of 5G; 3.0 tells cells of 5G, too, and lays
-- more messages out otherwise. A host says in Version which one it speaks, right after the modem has listed that
-- command among its services; the modem answers with the one that holds from now on. A modem that does not list it
-- speaks MBIM 1.0.

local basic = require "mbim.basic_connect"
local errors = require "errors"
local extensions = require "mbim.ms_basic_connect_extensions"
local lazy = require "base.lazy"
local mbim = require "mbim.command"
local proxy_control = lazy "mbim.proxy_control"

local M = { NEWEST = 0x0300, NONE = 0x0100 }

local SPOKEN = { M.NEWEST, 0x0200 } -- a modem may refuse a version that it does not know, rather than name its own

-- Tells the version to the programs that share the modem, as mbim-proxy does, and to the caller that keeps it for later
-- runs.
local function hold(device, version)
  if device.version == version and device.is_agreed then
    return
  end
  device.version, device.is_agreed = version, true
  if device.on_indication then
    device.on_indication(M.notification(version))
  end
  if device.on_version then
    device.on_version(version)
  end
end

---What mbim-proxy tells its programs of a version.
---@param version integer
---@return table message as core.mbim has it
function M.notification(version)
  local command = proxy_control.version
  return {
    type = "indication", service = command.service_uuid, cid = command.cid,
    info = assert(command.indication:encode { mbim = 0x0100, mbimex = version }),
  }
end

---mbim-proxy says which version another of its programs has agreed on with the modem.
---@param device mbim.device
---@param values { mbimex: integer? }
function M.told(device, values)
  if values.mbimex then
    hold(device, values.mbimex)
  end
end

---A message fits only one version: another program has agreed on it, by another way than ours. It may be damaged, so
---that is believed until the modem says otherwise.
---@param device mbim.device
---@param version integer
function M.noticed(device, version)
  device.version, device.is_agreed = version, nil
end

---Is the version that holds one that can be spoken here?
---@param device mbim.device
---@return true? ok
---@return moontower.error? err
function M.check(device)
  if not device.version or device.version <= M.NEWEST then
    return true
  end
  return errors.fail {
    code = "unsupported", source = "mbim",
    message = ("another program has switched the modem to MBIMEx %s, and moontower speaks up to %s"):format(
      mbim.version_text(device.version), mbim.version_text(M.NEWEST)),
    hint = "End that program, then `moontower reset`: it holds until the modem restarts.",
  }
end

local function knows_version(device)
  local reply, err = device:query(basic.device_services)
  if not reply then
    return nil, err
  end
  for _, entry in ipairs(reply.services or {}) do
    if entry.service == extensions.version.service_uuid then
      for _, cid in ipairs(entry.cids or {}) do
        if cid == extensions.version.cid then
          return true
        end
      end
    end
  end
  return false
end

-- With the lock: nothing that depends on the version is sent while it changes.
local function ask(device, version)
  local reply, err = device:query(extensions.version, { mbim = 0x0100, mbimex = version })
  if not reply then
    return nil, err
  end
  hold(device, math.min(version, math.max(reply.mbimex or M.NONE, M.NONE)))
  return device.version
end

local function negotiate(device)
  local is_listed, err = knows_version(device)
  if is_listed == nil and (err.code == "timeout" or err.code == "gone" or err.code == "not-open") then
    return nil, err
  end
  for _, version in ipairs(is_listed and SPOKEN or {}) do
    local agreed
    agreed, err = ask(device, version)
    if agreed or err.code == "timeout" or err.code == "gone" or err.code == "not-open" then
      return agreed, err
    end
  end
  hold(device, M.NONE)
  return M.NONE
end

---Agrees on the newest version that both know, unless another task has done so by now.
---@param device mbim.device
---@return integer? version
---@return moontower.error? err
function M.agree(device)
  local _ <close> = device.agreeing:lock()
  if device.version then
    return device.version
  end
  return negotiate(device)
end

---Agrees once more: an earlier run has, but another program may have opened the modem since.
---@param device mbim.device
---@return integer? version
---@return moontower.error? err
function M.renew(device)
  local _ <close> = device.agreeing:lock()
  return negotiate(device)
end

---Passes on what another program wants to agree on. It gets no version that is not spoken here.
---@param device mbim.device
---@param wanted integer
---@return integer? version
---@return moontower.error? err
function M.pass_on(device, wanted)
  local _ <close> = device.agreeing:lock()
  return ask(device, math.min(wanted, M.NEWEST))
end

return M
