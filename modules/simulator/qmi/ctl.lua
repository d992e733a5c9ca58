-- SPDX-License-Identifier: MIT
-- The simulated modem's control service: versions, client ids, and sync.

local ctl = require "qmi.ctl"
local qmi = require "qmi"
local service = require "simulator.qmi.service"

local control, handle = service.new(1, 5)

-- Enumerations have the numbers of services without a name as they are.
local function number_of(name)
  return math.type(name) == "integer" and name or qmi.services[name]
end

handle(ctl.set_instance_id, function(_, values)
  return { link_id = values.id }
end)

handle(ctl.get_version_info, function(_, _, client)
  local list = {}
  for number, known in pairs(client.fn.services) do
    list[#list + 1] = { service = qmi.services[number], major = known.version.major, minor = known.version.minor }
  end
  table.sort(list, function(a, b) return number_of(a.service) < number_of(b.service) end)
  return { service_list = list }
end)

handle(ctl.allocate_cid, function(_, values, client)
  local number = number_of(values.service)
  if number == control.number or not client.fn.services[number] then
    return nil, "invalid-service-type"
  end
  local new = client.fn.clients:allocate(number)
  if not new then
    return nil, "client-ids-exhausted"
  end
  return { allocation_info = { service = values.service, cid = new.id } }
end)

handle(ctl.release_cid, function(_, values, client)
  local info = values.release_info
  if not client.fn.clients:release(number_of(info.service), info.cid) then
    return nil, "invalid-client-id"
  end
  return { release_info = info }
end)

handle(ctl.set_data_format, function(_, values, client)
  local format = client.fn.data_format
  if values.protocol == "802.3" or values.protocol == "raw-ip" then
    format.link = values.protocol
  end
  return { protocol = format.link }
end)

handle(ctl.sync, function(_, _, client)
  client.fn.clients:release_all()
  return {}
end)

control.number = ctl.sync.service_id

return control
