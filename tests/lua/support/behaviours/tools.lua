-- SPDX-License-Identifier: MIT
-- What behaviours are made of: what a modem is expected to say of the simulated network, and how that is checked.

local faults = require "simulator.faults"
local find = require("modem").find
local lu = require "luaunit"
local prerequisites = require "modem.prerequisites"
local task = require "task"

-- ---- what the modem is expected to say ----

local sprint = { id = "310120", name = "Sprint" }
local nobody = { id = "", name = "" }
local at_home = { state = "home", provider = sprint, technology = "LTE" }
local roaming = { state = "roaming", provider = sprint, technology = "LTE" }
local searching = { state = "searching", provider = nobody }
local not_registered = { state = "deregistered", provider = nobody }
local attached = { state = "attached", technology = "LTE" }
local detached = { state = "detached" }

local ready_sim = {
  state = "ready", reason = "initialized", imsi = "310120000000123", iccid = "89011200000123456781",
  numbers = { "15550100123" },
}
local locked_sim = { state = "locked", reason = "device-locked", iccid = "89011200000123456781", numbers = {} }
local no_sim = { state = "missing", reason = "sim-not-inserted", numbers = {} }

local ipv4 = {
  addresses = { { address = "184.250.142.38", prefix_length = 30 } }, gateway = "184.250.142.37",
  dns = { "68.28.50.11", "68.28.58.11" }, mtu = 1500,
}
local ipv6 = {
  addresses = { { address = "2600:100e:b02d:1::2", prefix_length = 64 } }, gateway = "fe80::1", dns = {}, mtu = 1500,
}
local nothing = { addresses = {}, dns = {} }

local up = { session = 0, state = "activated", ip = "ipv4v6" }
local down = { session = 0, state = "deactivated", ip = "default" }

-- ---- helpers ----

local eq = lu.assertEquals

-- Where the modem is and how well it receives is told in more detail by one protocol than by another.
local details = { tac = true, lac = true, cell_id = true, lte = true, nr = true, umts = true, gsm = true }
local function without_details(value)
  if type(value) ~= "table" then
    return value
  end
  local rest = {}
  for key, field in pairs(value) do
    if not details[key] then rest[key] = field end
  end
  return rest
end

-- By AT, a card's state has words of its own, and neither an MTU nor the cause of a connection's end is told.
local is_by_at = false
local not_by_at = { reason = true, mtu = true, nw_error = true, has_arp = true }
local function as_told(value)
  value = without_details(value)
  if not is_by_at or type(value) ~= "table" then
    return value
  end
  local rest = {}
  for key, field in pairs(value) do
    if not not_by_at[key] then rest[key] = as_told(field) end
  end
  return rest
end

-- Holds modems to what AT can tell, until the result is closed.
local function by_at()
  is_by_at = true
  return task.finally(function() is_by_at = false end)
end

local function gives(expected, value, err)
  lu.assertNil(err and tostring(err))
  eq(as_told(value), as_told(expected))
end

local function fails(code, value, err)
  eq(value, nil)
  eq(err.code, code, tostring(err))
  return err
end

local function fault(sim, name, argument)
  assert(faults.apply(sim, name, { argument }))
end

local function connected(modem, settings)
  settings = settings or {}
  settings.apn = settings.apn or "r.ispsn"
  local bearer, err = modem:connect(settings)
  lu.assertNil(err and tostring(err))
  return bearer
end

local function has(bearer, ip, expected_ipv4, expected_ipv6)
  eq({ bearer.session, bearer.apn, bearer.ip, bearer.net }, { 0, "r.ispsn", ip, bearer.modem.net })
  eq(as_told { bearer.ipv4, bearer.ipv6 }, as_told { expected_ipv4, expected_ipv6 })
end

-- The next event that reads like this; those in between are allowed, since QMI tells some things in two steps.
local function hears(events, name, expected)
  local latest
  local found, err = task.timeout(60, function()
    repeat
      local event, why = events:next()
      if not event then
        return nil, why
      end
      latest = event
    until event.name == name and pcall(eq, as_told(event.value), as_told(expected))
    return true
  end)
  lu.assertTrue(found, ("%s: %s; the latest: %s"):format(name, err, lu.prettystr(latest)))
end

-- Its signal as a verb tells it. From MBIMEx 2.0 on a modem tells RSRP instead of the RSSI.
local function strength(modem, sim)
  local tells_rsrp = modem.mbim and modem.options.protocol ~= "qmi" and modem.mbim.version
    and modem.mbim.version >= 0x0200
  if sim.rssi == 99 then
    return {}
  end
  return { dbm = tells_rsrp and sim:primary_cell().rsrp or 2 * sim.rssi - 113 }
end

-- The QMI services with clients.
local function clients_of(sim)
  local list, names = {}, {}
  sim:emit("clients", list)
  for i, client in ipairs(list) do names[i] = client.service end
  table.sort(names)
  return names
end

local function again(modem)
  local options = modem.options
  modem:close()
  local other, err = find(nil, options)
  lu.assertNil(err and tostring(err))
  return other
end

local function say_nothing() end
local unseen = {
  doing = say_nothing, done = say_nothing, data = say_nothing, later = say_nothing,
  during = function(_, fn) return fn() end,
}

local function wait_ready(modem, seconds, pin)
  local now = {
    sim = modem:sim(), radio = modem:radio(), registration = modem:registration(), packet = { state = "detached" },
  }
  local ok, err = prerequisites.wait(modem, now, { carrier = {}, wait = seconds, pin = pin, watcher = unseen }, {})
  return ok and now.registration, err
end

return {
  sprint = sprint, nobody = nobody, at_home = at_home, roaming = roaming, searching = searching, not_registered =
  not_registered, attached = attached, detached = detached, ready_sim = ready_sim, locked_sim = locked_sim, no_sim =
  no_sim, ipv4 = ipv4, ipv6 = ipv6, nothing = nothing, up = up, down = down, eq = eq, without_details =
  without_details, gives = gives, fails = fails, fault = fault, connected = connected, has = has, hears = hears,
  by_at = by_at, clients_of = clients_of, again = again, wait_ready = wait_ready, strength = strength,
}
