-- SPDX-License-Identifier: MIT
-- QMI inside MBIM: most Qualcomm modems take QMUX frames in the body of an MBIM command of a service of their own.

local basic = require "mbim.basic_connect"
local core = require "core.qmi"
local errors = require "errors"
local ext_qmux = require "mbim.ext_qmux"
local mbim = require "mbim"
local Device = require "qmi.device"

---@class qmi.inside_mbim : qmi.exchange
---@field private mbim mbim.device
---@field private transaction integer
local Exchange = {}
Exchange.__index = Exchange

-- CTL's transactions have one byte; the others' may have one, too.
local MAX_TRANSACTION = 0xff

-- A modem of another maker's chips does not know the command that carries QMI.
local function no_qmi(err)
  if err.code ~= "unsupported" then
    return nil, err
  end
  return errors.fail {
    code = "unsupported", source = "qmi", message = "the modem has no QMI inside MBIM", detail = err.detail,
  }
end

function Exchange:request(given, seconds)
  local message = type(given) == "string" and core.parse(given) or given
  self.transaction = self.transaction % MAX_TRANSACTION + 1
  local transaction = self.transaction
  message.transaction = transaction
  local reply, err = self.mbim:set(ext_qmux.message, { qmux = core.build(message) }, seconds)
  if not reply then
    return no_qmi(err)
  end
  local answer
  answer, err = core.parse(reply.qmux or "")
  if not answer then
    return nil, err
  elseif answer.type ~= "response" or answer.transaction ~= transaction or answer.service ~= message.service
    or answer.client ~= message.client then
    return errors.fail {
      code = "malformed", source = "qmi", message = "the modem answered something else",
    }
  end
  return message == given and answer or reply.qmux
end

function Exchange:indication()
  while true do
    local item, err = self.queue:pop()
    if not item then
      return nil, err
    end
    local message = item.overrun and { type = "overrun", lost = item.lost } or core.parse(item.values.qmux or "")
    if message and (message.type == "overrun" or message.type == "indication") then
      return message
    end
  end
end

-- MBIM answers each command, whatever has become of QMI behind it.
function Exchange:fail_after_reset() end

function Exchange:close()
  self.mbim:unsubscribe(self.queue)
  self.queue:close(errors.new { code = "gone", source = "qmi", message = "the device is closed" })
end

local M = {}

---A modem sends indications of services that are not standard only when it is asked to, after each time it was opened.
---The list replaces the modem's own, so it names every service of which a command has been declared.
---@param mbim_device mbim.device
function M.switch_indications_on(mbim_device)
  local services = {}
  for _, uuid in ipairs(mbim.declared_services()) do
    services[#services + 1] = { service = uuid }
  end
  mbim_device:set(basic.device_service_subscribe_list, { services = services })
end

---Speaks QMI through an open MBIM device; sends nothing.
---@param mbim_device mbim.device
---@return qmi.device
function M.open(mbim_device)
  local exchange = mbim_device.exchange and setmetatable({
    mbim = mbim_device, transaction = 0, queue = mbim_device:subscribe(ext_qmux.message),
  }, Exchange)
  return Device.new(exchange or nil, mbim_device.path, mbim_device.group)
end

return M
