-- SPDX-License-Identifier: MIT
-- The modem's own sets of settings for operators (MBN): listed and chosen by QMI's PDC and by AT, and as a setting.

local air = require "support.air"
local configurations = require "modem.carrier_configurations"
local find = require("modem").find
local lu = require "luaunit"
local models = "simulator.models."
local netlink = require "core.netlink"
local new_simulated = require("simulator.modem").new
local settings = require "settings"
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

local function with_modem(model, protocol, fn)
  if not entered then
    lu.skip("no world of our own here: " .. tostring(refused))
  end
  state.remove("channels", "simulated")
  local group <close> = task.group()
  local sim = new_simulated(require(models .. model), group)
  sim:compose(protocol == "inside" and "mbim" or protocol)
  sim.latency, sim.search_time = 0, 0.02
  assert(tier1.start(sim, group))
  local _ <close> = task.finally(function()
    sim:unplug()
    state.remove("qmi", "simulated")
  end)
  local modem <close> = assert(find(nil, { protocol = protocol == "inside" and "qmi" or nil }))
  fn(modem, sim)
end

local PROTOCOLS = { "mbim", "qmi", "inside" } -- the last is QMI inside MBIM

local function lines_of(found)
  local lines = {}
  for i, one in ipairs(found.list) do
    lines[i] = ("%s %s%s%s"):format(one.name, one.version, one.active and " active" or "",
      one.selected and " selected" or "")
  end
  return lines
end

local ALL = { "ROW_Generic_3GPP 501081F", "Sprint-VoLTE 5010205 active selected", "Commercial-TMO_VoLTE 5010505" }

-- The modem without its AT port: QMI is what is left.
local function without_at(modem) return { qmi = modem.qmi, at = false, description = modem.description } end

function T.test_by_qmi()
  for _, protocol in ipairs(PROTOCOLS) do
    with_modem("ec25", protocol, function(modem, sim)
      local found = assert(configurations.list(without_at(modem)))
      eq({ lines_of(found), found.automatic }, { ALL, nil }, protocol)
      assert(configurations.select(without_at(modem), "Commercial-TMO_VoLTE"))
      found = assert(configurations.list(without_at(modem)))
      eq(lines_of(found), { "ROW_Generic_3GPP 501081F", "Sprint-VoLTE 5010205 active",
        "Commercial-TMO_VoLTE 5010505 selected" }, protocol)
      eq(configurations.active(found).name, "Sprint-VoLTE")
      local ok, err = configurations.select(without_at(modem), "None")
      eq({ ok, err.source }, { nil, "qmi" })
      sim.nv.configuration.automatic = false
      sim:power_on()
      eq(sim.nv.configuration.active, "Commercial-TMO_VoLTE")
    end)
  end
end

function T.test_by_at()
  with_modem("ec25", "mbim", function(modem, sim)
    local found = assert(modem:carrier_configurations())
    eq({ lines_of(found), found.automatic }, {
      { "ROW_Generic_3GPP 0501081F", "Sprint-VoLTE 05010205 active selected", "Commercial-TMO_VoLTE 05010505" }, true,
    })
    assert(configurations.select(modem, "Commercial-TMO_VoLTE"))
    eq({ sim.nv.configuration.selected, sim.nv.configuration.automatic }, { "Commercial-TMO_VoLTE", false })
    assert(configurations.select(modem, false))
    eq(sim.nv.configuration.automatic, true)
  end)
end

function T.test_a_modem_without_any()
  for _, protocol in ipairs(PROTOCOLS) do
    with_modem("mc7455", protocol, function(modem)
      local found, err = modem:carrier_configurations()
      eq({ found, err.code }, { nil, "unsupported" }, protocol)
    end)
  end
end

-- Answers of an EG25-G and of an RM520N-GL, as people have published them.
-- A modem that is silent says nothing of what it has; one that refuses has none.
function T.test_a_client_that_is_not_given()
  for code, expected in pairs { timeout = "timeout", gone = "gone", rejected = "unsupported" } do
    local client = { release = function() end, allocate = function() return nil, { code = code } end }
    local modem = { at = false, qmi = { client = function() return client end } }
    lu.assertEquals(select(2, configurations.list(modem)).code, expected)
  end
end

function T.test_answers_of_real_modems()
  local function list(answers)
    answers.ATI = "Quectel\nEG25\nRevision: EG25GGBR07A08M2G"
    return assert(configurations.list { at = air.port(answers) })
  end
  local found = list {
    ['AT+QMBNCFG="List"'] = [[
+QMBNCFG: "List",0,0,0,"ROW_Generic_3GPP",0x0501081F,202307241
+QMBNCFG: "List",1,0,0,"VoLTE-ATT",0x0501033C,202203251
+QMBNCFG: "List",4,1,1,"Commercial-TMO_VoLTE",0x05010505,202301051]],
    ['AT+QMBNCFG="AutoSel"'] = '+QMBNCFG: "AutoSel",1',
  }
  eq({ lines_of(found), found.automatic }, { { "ROW_Generic_3GPP 0501081F", "VoLTE-ATT 0501033C",
    "Commercial-TMO_VoLTE 05010505 active selected" }, true })
  found = list {
    ['AT+QMBNCFG="List"'] = '+QMBNCFG: "List",0,1,1,"ROW_Commercial",0x08010801,202305091',
    ['AT+QMBNCFG="AutoSel"'] = '+QMBNCFG: "AutoSel",0',
  }
  eq({ lines_of(found), found.automatic }, { { "ROW_Commercial 08010801 active selected" }, false })
end

function T.test_as_a_setting()
  for _, protocol in ipairs { "mbim", "qmi" } do
    with_modem("ec25", protocol, function(modem, sim)
      local wanted = { carrier_configuration = "row_generic_3gpp" }
      local list, missing = settings.for_modem(modem, wanted)
      local setting = assert(list.carrier_configuration, tostring(missing.carrier_configuration))
      eq({ setting:read(modem), setting:normalise(wanted.carrier_configuration) }, { "auto", "ROW_Generic_3GPP" })
      lu.assertStrContains(setting:choices(), "Sprint-VoLTE")
      local refusal = setting:why_not(modem, "Verizon", "auto")
      eq(refusal.code, "unsupported")
      lu.assertStrContains(refusal.hint, "ROW_Generic_3GPP")
      assert(setting:set(modem, "ROW_Generic_3GPP", "auto"))
      eq({ setting:read(modem), setting:undo("auto") }, { "ROW_Generic_3GPP", "auto" })
      assert(setting:set(modem, "auto", "ROW_Generic_3GPP"))
      eq({ setting:read(modem), sim.nv.configuration.automatic }, { "auto", true })
    end)
  end
end

-- Sierra's has what its PRI files are for.
function T.test_by_image_preference()
  with_modem("em7565", "mbim", function(modem, sim)
    local list = settings.for_modem(modem, { carrier_configuration = "generic" })
    local setting = list.carrier_configuration
    eq({ setting:read(modem), setting:normalise "generic", setting:choices() },
      { "SPRINT", "GENERIC", "GENERIC, SPRINT, VERIZON, auto" })
    eq({ setting:how("SPRINT", "GENERIC"), setting:how("SPRINT", "auto") },
      { 'AT!IMPREF="GENERIC"', 'AT!IMPREF="AUTO-SIM"' })
    lu.assertStrContains(setting:why_not(modem, "ATT", "SPRINT").hint, "GENERIC")
    assert(setting:set(modem, "auto", "SPRINT"))
    eq({ setting:read(modem), sim.nv.carrier }, { "auto", "AUTO-SIM" })
    assert(setting:set(modem, "VERIZON", "auto"))
    sim:power_on()
    eq({ setting:read(modem), sim:carrier() }, { "VERIZON", "VERIZON" })
  end)
end

-- An MC7304's, as pasted; it lists no files.
function T.test_an_older_image_preference()
  local answers = {
    ATI = "Manufacturer: Sierra Wireless, Incorporated\nModel: MC7304",
    ["AT!GOBIIMPREF?"] = "!GOBIIMPREF:\npreferred fw version:   05.05.26.02\npreferred carrier name: GENEU-4G\n"
      .. "preferred config name:  GENEU-4G_005.006_001\ncurrent fw version:     05.05.26.02\n"
      .. "current carrier name:   GENEU-4G\ncurrent config name:    GENEU-4G_005.006_001",
    ['AT!GOBIIMPREF="AUTO-SIM"'] = "", ['AT!ENTERCND="A710"'] = "",
  }
  local modem = { at = air.port(answers), description = {} }
  local list = settings.for_modem(modem, { carrier_configuration = "auto" })
  local setting = list.carrier_configuration
  eq({ setting:read(modem), setting:choices() }, { "GENEU-4G", "GENEU-4G, auto" })
  assert(setting:set(modem, "auto", "GENEU-4G"))
end

function T.test_they_are_listed_with_the_firmware()
  for _, composition in ipairs { "mbim", "qmi" } do
    local result = world.run("moontower firmware; moontower firmware --json", nil, nil,
      { "--modem", "rm520n", "--composition", composition })
    eq(result.status, 0, result.err)
    lu.assertStrMatches(result.out, ".*Sprint%-VoLTE +0A010205 +in use\n.*It chooses one by the SIM%..*")
    lu.assertStrMatches(result.out, '.*"automatic":true.*"name":"ROW_Generic_3GPP".*')
  end
end

function T.test_setup_and_its_undoing()
  for model, names in pairs { ec25 = { "auto", "ROW_Generic_3GPP" }, em7565 = { "SPRINT", "GENERIC" } } do
    local result = world.run(([[
cat >/run/mine.lua <<'EOF'
return require "carrier" { name = "mine", bearers = { { apn = "r.ispsn" } },
  modem = { carrier_configuration = "%s" } }
EOF
moontower setup /run/mine.lua --yes && moontower setup /run/mine.lua --plan && moontower firmware &&
moontower setup --undo --yes]]):format(names[2]), nil, nil, { "--modem", model })
    eq(result.status, 0, result.out .. result.err)
    lu.assertStrContains(result.out, ("%s -> %s"):format(names[1], names[2]))
    lu.assertStrContains(result.out, "Nothing to do")
    lu.assertStrMatches(result.out, (".*%s%%s[^\n]*in use.*"):format(names[2]))
    lu.assertStrContains(result.out, ("%s -> %s"):format(names[2], names[1]))
  end
end

return T
