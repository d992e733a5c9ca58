-- SPDX-License-Identifier: MIT
-- What firmware is on a modem: over MBIM, QMI, QMI inside MBIM and AT; and `moontower firmware`.

local air = require "support.air"
local at_only = require "modem.at_only"
local find = require("modem").find
local firmware = require "modem.firmware"
local json = require "dkjson"
local lu = require "luaunit"
local maker = require "maker"
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local ports = require "modem.ports"
local state = require "state"
local task = require "task"
local tier1 = require "simulator.tier1"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local entered, refused = tier1.enter()
if entered then
  assert(netlink.link "lo") -- its socket stays open
end

local function with_modem(model, composition, fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  state.remove("channels", "simulated")
  local group <close> = task.group()
  local sim = new_simulated(require("simulator.models." .. model), group)
  sim:compose(composition)
  sim.latency = 0
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function() sim:unplug() end)
  local modem <close> = assert(find())
  fn(modem, sim)
end

local IMAGES = {
  { kind = "modem", version = "02.24.05.06_?", id = "?_?", slot = 1, failures = 0, is_active = true,
    is_preferred = true },
  { kind = "carrier", version = "02.24.05.06_SPRINT", id = "002.026_000", failures = 0, is_active = true,
    is_preferred = true },
}

function T.test_the_images()
  for _, composition in ipairs { "mbim", "qmi" } do
    with_modem("mc7455", composition, function(modem, sim)
      eq(modem:images(), IMAGES, composition)
      sim.firmware_preference = {}
      eq(assert(modem:images())[2].is_preferred, false)
    end)
  end
end

-- MBIM and QMI know nothing of them, AT does.
function T.test_where_only_at_tells_of_images()
  with_modem("mc7455", "mbim", function(modem, sim)
    sim.nv.carrier = "VERIZON"
    function modem.mbim:set() return nil, { code = "unsupported" } end -- what carries QMI
    local images = assert(modem:images())
    local words = {}
    for i, image in ipairs(images) do
      words[i] = ("%s %s %s %s"):format(image.kind, image.version, image.is_active, image.is_preferred)
    end
    eq(words, {
      "modem 02.24.05.06 true true", "carrier SPRINT_002.026_000 true false", "carrier VERIZON_002.026_000 false true",
    })
  end)
end

local function by_at(brand, answers)
  answers.ATI = brand
  local modem = setmetatable({ description = { protocol = "at" }, at = air.port(answers) }, { __index = at_only })
  local images, err = modem:images()
  return images or err.code
end

-- As pasted in threads about these modems.
function T.test_answers_of_makers()
  eq(by_at("Sierra Wireless", { ["AT!GOBIIMPREF?"] = "!GOBIIMPREF:\n preferred fw version:   05.05.58.00\n"
    .. " preferred carrier name: AUTO-SIM\n preferred config name:  AUTO-SIM\n current fw version:     05.05.58.00\n"
    .. " current carrier name:   GENERIC\n current config name:    GENERIC_005.012_000" }), {
    { kind = "modem", version = "05.05.58.00", is_active = true, is_preferred = true },
    { kind = "carrier", version = "GENERIC_005.012_000", is_active = true, is_preferred = true },
  })
  eq(by_at("Sierra Wireless", {}), "unsupported")
  eq(by_at("Telit", {}), "unsupported")
end

-- A modem that waits for firmware is no modem to us, whichever maker's it is.
function T.test_ids_in_the_boot_loader()
  for ids, boot in pairs {
    ["1199:9071"] = { "1199:9070" }, ["413c:81cc"] = { "413c:81cb" }, ["1199:c081"] = { "1199:c080" },
    ["2c7c:0125"] = { "18d1:d00d", "05c6:9008" }, ["2c7c:0801"] = { "05c6:9008" }, ["413c:81d7"] = { "413c:81d6" },
    ["2cb7:01a2"] = { "2cb7:d00d" },
  } do
    local vendor, product = ids:match "^(.*):(.*)$"
    eq(firmware.of_maker { vendor = vendor, product = product }, boot, ids)
  end
  eq(firmware.of_maker { vendor = "1eac", product = "1002", pci = "0000:01:00.0" }, nil)
  for _, made in ipairs(maker.all()) do
    local known = made:load "firmware" or {}
    for ids, boot in pairs(known.boots or {}) do
      for _, id in ipairs(boot) do
        local vendor, product = id:match "^(%x%x%x%x):(%x%x%x%x)$"
        lu.assertTrue(vendor == "18d1" or ports.is_download(vendor, product), ("%s of %s"):format(id, ids))
      end
    end
  end
end

function T.test_the_command()
  local result = world.run "moontower firmware; moontower firmware --json"
  eq(result.status, 0, result.err)
  lu.assertStrContains(result.out, "MC7455, firmware SWI9X30C_02.24.05.06\n")
  lu.assertStrContains(result.out, "carrier  02.24.05.06_SPRINT  002.026_000        in use, preferred\n")
  lu.assertStrContains(result.out, "While it waits for firmware, it is the device 1199:9070.\n")
  local told = json.decode(result.out:match "\n({.*)")
  eq({ told.revision, told.boot, #told.images, told.programs[1].name },
    { "SWI9X30C_02.24.05.06", { "1199:9070" }, 2, "qmi-firmware-update" })
  eq(told.id, "4e967e0b-1f9c-4a0d-9f2d-5e1a5c8a9071")
end

return T
