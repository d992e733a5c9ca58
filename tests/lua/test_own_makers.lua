-- SPDX-License-Identifier: MIT
-- Makers of modems in files of a user's own: ids, roles of ports, and settings, without a change to this tree.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local task = require "task"
local world = require "support.world"

local T = {}

local executable = require("core.program").executable

local ACME = [[
local maker = require "maker"
return maker {
  name = "acme",
  usb = { ["abcd"] = { only_modems = true, { "0001 0002", ports = { [0] = "dm", [2] = "at" } } },
    ["1199"] = { { "9071", ports = { [5] = "nmea" } } } },
  at = { secret = "#ACMEKEY", pins = { "%+A%f[^%w]", "[%]x](%b())" }, resets = { "AT#ACMERESET" } },
}
]]

local ASK = [[
local maker = require "maker"
local quirks, owner = maker.quirks("usb", "abcd", "0002")
print(owner and owner.name, quirks.ports and quirks.ports[2], maker.makes_only_modems "abcd")
print(maker.quirks("usb", "1199", "9071").ports[5], maker.quirks("usb", "1199", "9079").ports[3])
print(require("at").hide "AT#ACMEKEY=1234", maker.of_text("Acme Corp").name, maker.of_text("Quectel").name)
]]

-- Returns the output of a script, of the one above if none is given, with these files of makers, and the warnings about
-- them.
local function ask(files, mode, script)
  local folder = assert(process.run { "mktemp", "-d" }).stdout:match "%S+"
  local _ <close> = task.finally(function() process.run { "rm", "-rf", folder } end)
  assert(fs.mkdir(folder .. "/makers"))
  for name, text in pairs(files) do assert(fs.write(("%s/makers/%s.lua"):format(folder, name), text)) end
  process.run { "chmod", "-R", mode or "go-w", folder .. "/makers" }
  assert(fs.write(folder .. "/x.lua", script or ASK))
  local result = assert(process.run { executable, "run", folder .. "/x.lua", env = { MOONTOWER_PATH = folder },
    timeout = 600 })
  return result.stdout, result.stderr, folder
end

function T.test_a_file_adds_ids_and_words()
  local out, err = ask { acme = ACME }
  lu.assertEquals({ out, err }, { "acme\tat\ttrue\nnmea\tat\nAT#ACMEKEY=(hidden)\tacme\tquectel\n", "" })
end

-- All other modems still work.
function T.test_a_maker_with_a_mistake_is_left_out()
  for _, case in ipairs {
    { "return +", "acme.lua:1: unexpected symbol" }, { "error 'no'", "acme.lua:1: no" },
    { "return {}", "it returns no maker; end it with: return maker { name = ... }" },
    { 'return require "maker" { nam = "acme" }', "a maker has no 'nam'" },
    { 'return require "maker" { name = "acme", settings = "acme_settings" }', "'acme_settings' is no module" },
    { 'return require "maker" { name = "sierra" }', "its name is 'sierra', but that of its file is 'acme'" },
  } do
    local out, err = ask { acme = case[1] }
    lu.assertStrContains(out, "nil\tnil\tfalse\n")
    lu.assertStrContains(err, "warn: this maker of modems is left out: ")
    lu.assertStrContains(err, case[2])
  end
end

-- A mistake further in would meet a mechanism, and all modems with it.
function T.test_a_maker_with_a_mistake_in_a_value_is_left_out()
  for _, case in ipairs {
    { 'usb = { ["1199"] = "9071" }', "lists of entries, by vendor id: '1199' should be a list of entries" },
    { 'usb = { ["1199"] = { 5 } }', "vendor 1199 has an entry that is no table" },
    { 'usb = { ["1199"] = { { "9071", ports = 5 } } }', "'ports' should be what interfaces are for, by their numbers" },
    { 'usb = { ["1199"] = { { "9071", ports = { [3] = "att" } } } }', "'3' should be one of at, at-ppp, ppp" },
    { 'brands = { {} }', "entry 1 should be a text in lower case" },
    { 'brands = { "" }', "entry 1 should be a text in lower case" },
    { 'usb_classes = { ["1199"] = 5 }', "'usb_classes' of a maker should be tables, by vendor id" },
    { 'unlock = { { "x" } }', "'unlock' of a maker should be a list of ways" },
    { 'mbim_services = { x = "zz" }', "'x' should be a UUID" },
    { 'at = { pins = { "%+CPIN[" } }', "entry 1 should be a Lua pattern" },
    { 'at = { strands = { "%+OFF%f" } }', "entry 1 should be a Lua pattern" },
    { 'at = { strands = { "%+OFF)(" } }', "entry 1 should be a Lua pattern" },
    { 'at = { news = { ["+X"] = "sims" } }', "'+X' should be one of sim, signal, registration" },
    { 'data = "acme_data"', "'acme_data' is no module" },
    { 'data = function() return nothing.here end', "'data': " },
    { 'data = function() return { { conects = { "AT" } } } end', "entry 1: it has the key 'conects'" },
    { 'data = function() return { { connects = { "AT" }, ends = { "AT" }, asks_state = "AT", on = "^1",'
      .. ' addresses = { "dhpc" } } } end', "should be one of dhcp, told" },
    { 'at = { orders = { ["!X"] = "bogus" } }', "'!X' should be one of restart, change, context" },
  } do
    local out, err = ask { acme = ('return require "maker" { name = "acme", %s }'):format(case[1]) }
    lu.assertStrContains(out, "nil\tnil\tfalse\n")
    lu.assertStrContains(err, "warn: this maker of modems is left out: ")
    lu.assertStrContains(err, case[2])
  end
end

-- Nothing checks ours when they are loaded.
function T.test_our_makers_have_no_mistake_either()
  for _, made in ipairs(require("maker").all()) do
    lu.assertNil(require "loading.maker_shape"(made, made:load "data"), made.name)
  end
end

-- It is loaded in the middle of other work, and holds that up for a second at most.
function T.test_a_maker_that_loops_or_waits_is_left_out()
  for _, case in ipairs {
    { "while true do end", "acme.lua:1: it runs for too long (an endless loop?)" },
    { "while true do pcall(function() while true do end end) end", "it runs for too long (an endless loop?)" },
    { "coroutine.yield()", "acme.lua: it waits; that belongs in a function" },
  } do
    local out, err = ask { acme = case[1] }
    lu.assertStrContains(out, "nil\tnil\tfalse\n")
    lu.assertStrContains(err, case[2])
  end
end

function T.test_a_maker_that_others_can_write_is_refused()
  local out, err, folder = ask({ acme = ACME }, "go+w")
  lu.assertStrContains(out, "nil\tnil\tfalse\n")
  lu.assertStrContains(err, ("is left out: %s/makers/acme.lua is refused: "):format(folder))
  lu.assertStrContains(err, ("(chmod go-w %s/makers)"):format(folder))
end

function T.test_a_maker_with_the_name_of_ours_replaces_it()
  local out = ask { sierra = 'return require "maker" { name = "sierra", usb = { ["1199"] = {'
    .. '{ "9071 9079", ports = { [3] = "ppp", [5] = "at" } } } } }' }
  lu.assertStrContains(out, "at\tppp\n")
end

-- They are asked about every command, whichever modem it is for.
function T.test_a_maker_that_replaces_ours_leaves_secrets_and_modems_safe()
  local out = ask({ sierra = 'return require "maker" { name = "sierra", at = { pins = { "%+MINE" } } }' }, nil, [[
    local function has(key, command)
      for patterns in require("maker").each(key, "at") do
        for _, pattern in ipairs(patterns) do
          if command:find(pattern) then return true end
        end
      end
      return false
    end
    print(require("at").hide 'AT!ENTERCND="A710"', has("pins", "AT+MINE=1"), has("strands", "AT!BOOTHOLD"))
    print(require("maker").of_text "Sierra Wireless".name, next(require("maker").quirks("usb", "1199", "9079")))
  ]])
  lu.assertEquals(out, "AT!ENTERCND=(hidden)\ttrue\ttrue\nsierra\tnil\n")
end

-- USB says Qualcomm of many.
function T.test_a_maker_is_told_from_the_one_of_its_chip()
  local out = ask({}, nil, [[
    local maker = require "maker"
    for _, name in ipairs { "Quectel", "Sierra Wireless", "SIMCOM INCORPORATED", "Telit" } do
      print(maker.of_text("Qualcomm, Incorporated\n" .. name).name)
    end
    print((maker.of_text "Qualcomm, Incorporated"))
  ]])
  lu.assertEquals(out, "quectel\nsierra\nsimcom\ntelit\nnil\n")
end

-- `setup` takes its settings, with the modules beside it.
function T.test_its_settings_are_those_of_its_modems()
  local result = world.run([[umask 022; mkdir -p /etc/moontower/makers/modules
    cat >/etc/moontower/makers/modules/acme_settings.lua <<'END'
local by_command = require "settings.by_command"
return { rat = by_command.first(by_command.choice { asks = 'AT+QCFG="nwscanmode"',
  sets = 'AT+QCFG="NWSCANMODE",%s,1', names = { ["0"] = "auto", ["3"] = "lte" } }) }
END
    echo 'return require "maker" { name = "acme", brands = { "quectel" },
      settings = function() return require "acme_settings" end }' >/etc/moontower/makers/acme.lua
    echo 'return require "carrier" { name = "X", bearers = { { apn = "" } }, modem = { rat = "lte" } }' >/run/test/x.lua
    moontower setup /run/test/x.lua --plan; moontower setup /run/test/x.lua --yes >/dev/null
    moontower at 'AT+QCFG="nwscanmode"']], nil, nil, { "--modem", "ec25" })
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.out, 'AT+QCFG="NWSCANMODE",3,1')
  lu.assertStrContains(result.out, '+QCFG: "nwscanmode",3')
end

-- Why the modem refuses, not only that it does.
function T.test_a_way_to_unlock_tells_why_it_failed()
  local refused = { code = "timeout" }
  local function refuse() return nil, refused end
  for _, name in ipairs { "qualcomm", "quectel" } do
    local way = require("makers." .. name).unlock[1][2]
    lu.assertEquals({ way({ qmi = { request = refuse }, mbim = { set = refuse } }, 1) }, { nil, refused }, name)
    lu.assertNil(way({}, 1), name)
  end
end

return T
