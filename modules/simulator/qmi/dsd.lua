-- SPDX-License-Identifier: MIT
-- The simulated modem's data system determination service: which technologies carry its data.

local dsd = require "qmi.dsd"
local service = require "simulator.qmi.service"

local determination, handle = service.new(1, 11)

local FIRST_TDD_BAND, LAST_TDD_BAND = 33, 53

local function options_of(modem, cell)
  if cell.technology == "5G" then
    return { modem:technology() == "5G SA" and "5g-sa" or "5g-nsa", "5g-tdd", "5g-sub-6-ghz" }
  end
  return { cell.band >= FIRST_TDD_BAND and cell.band <= LAST_TDD_BAND and "lte-tdd" or "lte-fdd" }
end

-- 5G before LTE. A carrier that is aggregated is no system of its own.
local function status(modem)
  local systems, has = {}, {}
  local serving = modem:cells().serving
  for i = #serving, 1, -1 do
    local cell = serving[i]
    if not has[cell.technology] and (cell.role == "primary" or cell.technology == "5G") then
      has[cell.technology] = true
      systems[#systems + 1] = {
        network_type = "3gpp", technology = cell.technology == "5G" and "5gnr" or "lte",
        service_options = options_of(modem, cell),
      }
    end
  end
  return { available_systems = systems }
end

handle(dsd.get_system_status, status)
handle(dsd.system_status_change, service.register)

function determination.events.registration(modem, client)
  if client.wants.system_status then
    client.fn:indicate(client, dsd.system_status, status(modem))
  end
end

return determination
