-- SPDX-License-Identifier: MIT
-- The common part of all QMI services of the modem; simulator/qmi/init.lua says what a service consists of.

local SUPPORTED_MESSAGES, RESET = 0x001e, 0x0000

local service = {}

-- Bit n % 8 of byte n // 8 says that message n is known. Vendors' messages would make this long, and are left out.
local function supported_messages(handlers)
  local set, highest = {}, 0
  for id in pairs(handlers) do
    if id < 0x1000 then
      set[id // 8] = (set[id // 8] or 0) | 1 << id % 8
      highest = math.max(highest, id // 8)
    end
  end
  for i = 0, highest do
    set[i] = string.char(set[i] or 0)
  end
  return table.concat(set, "", 0, highest)
end

---@param major integer
---@param minor integer
---@return table service
---@return fun(message: qmi.message, handler: function) handle says what answers to a message
function service.new(major, minor)
  local handlers = {}
  handlers[SUPPORTED_MESSAGES] = function(_, _, client)
    return { list = supported_messages(client.fn.services[client.service].handlers) }
  end
  handlers[RESET] = function(_, _, client)
    client.wants = {}
    return {}
  end
  return { version = { major = major, minor = minor }, handlers = handlers, events = {} }, function(message, handler)
    handlers[message.id] = handler
  end
end

---Answers a request that switches indications on and off, and remembers the client's choice.
---@return table
function service.register(_, values, client)
  for name, wanted in pairs(values) do
    client.wants[name] = wanted
  end
  return {}
end

return service
