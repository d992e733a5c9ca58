-- SPDX-License-Identifier: MIT
-- The access point that a modem attaches with: read and set over each protocol, as a setting, and when the network
-- refuses the registration for it.

local air = require "support.air"
local attach_apn = require "modem.attach_apn"
local carrier = require "carrier"
local faults = require "simulator.faults"
local fs = require "core.fs"
local lu = require "luaunit"
local settings = require "settings"
local simulated = require "support.simulated"
local state = require "state"
local task = require "task"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local PROTOCOLS = { "mbim", "qmi", "inside" } -- the last is QMI inside MBIM

local function with_modem(fn, protocols)
  local folder, kept = os.tmpname(), state.persistent.folder
  os.remove(folder)
  state.persistent.folder = folder
  local _ <close> = task.finally(function()
    state.persistent.folder = kept
    os.execute("rm -rf " .. folder)
  end)
  for _, protocol in ipairs(protocols or PROTOCOLS) do
    state.remove("channels", "simulated")
    simulated.with_modem(simulated.over(protocol), function(modem, sim) fn(modem, sim, protocol) end)
  end
end

local function fault(sim, name, ...) assert(faults.apply(sim, name, { ... })) end

local function kept() return fs.list(state.persistent.folder .. "/attach") or {} end

function T.test_read_and_set()
  local ways = { mbim = "MBIM", qmi = "QMI", inside = "MBIM" }
  with_modem(function(modem, sim, protocol)
    local now, err, way = attach_apn.get(modem)
    eq({ now, err }, { { apn = "r.ispsn", ip = "ipv4v6" } }, protocol)
    lu.assertStrContains(way, ways[protocol])
    assert(attach_apn.set(modem, { apn = "ims", ip = "ipv6" }))
    eq({ attach_apn.get(modem), sim:attach_apn(), sim.profiles[1].pdp_type }, { { apn = "ims", ip = "ipv6" }, "ims",
      "ipv6" }, protocol)
    local only_at = { at = modem.at }
    assert(attach_apn.set(only_at, { apn = "", ip = "ipv4v6" }))
    eq({ attach_apn.get(only_at), sim:attach_apn() }, { { apn = "", ip = "ipv4v6" }, "" }, protocol)
  end)
end

function T.test_a_modem_that_does_not_tell()
  local now, err = attach_apn.get { at = air.port {} }
  eq({ now, err.code }, { nil, "rejected" })
  now, err = attach_apn.get {}
  eq({ now, err.code }, { nil, "unsupported" })
end

function T.test_as_a_setting()
  with_modem(function(modem)
    local wanted = { attach = { apn = "ims", ip = "ipv6" } }
    local setting = assert(settings.for_modem(modem, wanted)).attach
    local now, target = assert(setting:read(modem)), assert(setting:normalise(wanted.attach))
    eq({ setting:same(now, target), setting:show(now), setting:show { apn = "", ip = "ipv4" } },
      { false, "r.ispsn (ipv4v6)", "the network's choice (ipv4)" })
    assert(setting:set(modem, target, now))
    eq(setting:same(assert(setting:read(modem)), target), true)
    eq(select(2, setting:normalise { ip = "ipv4" }).code, "invalid")
  end)
end

-- ---- when the registration is refused for it ----

-- Not touched as long as the modem is registered.
function T.test_up_leaves_it_alone()
  with_modem(function(modem, sim)
    assert(modem:up(assert(carrier.load "verizon"), { is_person = true }) == nil) -- its APN is none of the network's
    eq({ sim:attach_apn(), kept() }, { "r.ispsn", {} })
  end)
end

function T.test_the_network_s_choice_is_tried()
  with_modem(function(modem, sim, protocol)
    fault(sim, "only-attach")
    local link = assert(modem:up())
    eq({ sim:attach_apn(), attach_apn.changed(modem).before, attach_apn.changed(modem).trying },
      { "", { apn = "r.ispsn", ip = "ipv4v6" } }, protocol)
    link:close()
    eq(attach_apn.put_back(modem), { apn = "r.ispsn", ip = "ipv4v6" })
    eq({ sim:attach_apn(), kept(), attach_apn.put_back(modem) }, { "r.ispsn", {} }, protocol)
  end)
end

function T.test_the_carrier_s_wish_is_tried()
  with_modem(function(modem, sim, protocol)
    fault(sim, "only-attach", "ims")
    local chosen = {
      name = "mine", bearers = { { apn = "r.ispsn" } }, modem = { attach = { apn = "ims", ip = "ipv4v6" } },
    }
    local link = assert(modem:up(chosen))
    eq({ sim:attach_apn(), attach_apn.changed(modem).wanted.apn }, { "ims", "ims" }, protocol)
    link:close()
    attach_apn.put_back(modem)
  end)
end

-- Once, and what was there comes back.
function T.test_it_comes_back_if_that_is_refused_as_well()
  with_modem(function(modem, sim, protocol)
    fault(sim, "only-attach", "other")
    local asked, try = 0, attach_apn.try
    function attach_apn.try(...)
      asked = asked + 1
      return try(...)
    end
    local _ <close> = task.finally(function() attach_apn.try = try end)
    local link, err = modem:up(nil, { wait = 0.3 })
    eq({ link, err.code, err.detail.nw_error, asked }, { nil, "registration-denied", 19, 1 }, protocol)
    eq({ sim:attach_apn(), kept() }, { "r.ispsn", {} }, protocol)
  end)
end

-- A daemon tries to connect again and again; each of these tries would write into the modem, and restart its radio.
function T.test_it_is_left_alone_for_a_while_then()
  with_modem(function(modem, sim, protocol)
    fault(sim, "only-attach", "other")
    local switched, set_radio = 0, modem.set_radio
    function modem.set_radio(...)
      switched = switched + 1
      return set_radio(...)
    end
    modem:up(nil, { wait = 0.3 })
    local first = switched
    lu.assertTrue(first > 0)
    for _ = 1, 3 do eq((select(2, modem:up(nil, { wait = 0.1 }))).code, "registration-denied") end
    eq({ switched, sim:attach_apn(), kept() }, { first, "r.ispsn", {} }, protocol)
    modem.refused_attach.time = os.time() - 301
    modem:up(nil, { wait = 0.3 })
    eq({ switched, modem.refused_attach.times }, { 2 * first, 2 }, protocol)
  end)
end

-- Another modem, in the same socket since, does not get what was that one's.
function T.test_another_modem_in_its_socket()
  with_modem(function(modem, sim, protocol)
    local before = { apn = "ims", ip = "ipv4" }
    assert(state.persistent.save("attach", modem.description.name, {
      trying = true, before = before, wanted = before, time = 1, imei = "350000000000006",
    }))
    eq({ attach_apn.settle(modem), attach_apn.changed(modem), attach_apn.put_back(modem) }, { false }, protocol)
    eq({ sim:attach_apn(), #kept() }, { "r.ispsn", 1 }, protocol)
    assert(state.persistent.remove("attach", modem.description.name))
  end)
end

-- Another refusal is no reason to touch it.
function T.test_other_causes()
  with_modem(function(modem, sim, protocol)
    for _, cause in ipairs { "2", "7", "11", "15", "22" } do
      fault(sim, "deny", cause)
      eq(modem:up(nil, { wait = 0.1 }), nil)
      eq({ sim:attach_apn(), kept() }, { "r.ispsn", {} }, protocol .. cause)
    end
  end, { "mbim", "qmi" })
end

-- A run that is killed in between leaves a note; the next one puts right what it finds before it goes on.
function T.test_kill()
  local result = world.run([[
moontower simulate fault only-attach other >/dev/null
moontower up --wait 60 >/dev/null 2>&1 & pid=$!
until grep -q '"trying":true' /var/lib/moontower/attach/* 2>/dev/null; do sleep 0.02; done
kill -KILL $pid; wait $pid 2>/dev/null
moontower simulate fault only-attach r.ispsn >/dev/null
moontower up --no-probe && ls /var/lib/moontower/attach && moontower apn | grep attaches && moontower down >/dev/null]])
  eq(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, "It attaches with r.ispsn")
  lu.assertNotStrContains(result.out, ".json")
end

return T
