-- SPDX-License-Identifier: MIT
-- The configuration file: its values; its mistakes, reported with file, line or entry, and the right values.

local config = require "daemon.config"
local fs = require "core.fs"
local lu = require "luaunit"
local program = require "core.program"
local world = require "support.world"

local T = {}

local function load(text)
  local path = os.tmpname()
  assert(fs.write(path, text))
  local loaded, err = config.load(path)
  os.remove(path)
  return loaded, err, path
end

-- With `where`: after the file's name come this and the words.
local function assert_mistakes(cases)
  for _, case in ipairs(cases) do
    local text, where, words = table.unpack(case)
    local loaded, err, path = load(text)
    lu.assertNil(loaded, text)
    lu.assertEquals(tostring(err):sub(1, #path + #where), path .. where, text)
    lu.assertStrContains(tostring(err), words)
    lu.assertNotStrContains(tostring(err), "traceback")
  end
end

function T.test_a_valid_configuration_is_read()
  local loaded = assert(load [[return {
    log = "debug", on_stop = "disconnect", policies = { "balance", { "notify", run = { "/bin/true" } } },
    modems = {
      { imei = "359072061234567", iccid = "8901410321111851072", usb = "1-1.2", apn = "internet" },
      { carrier = "calyx-sprint", policy = "reconnect", metric = 1, table = 77, dns = false, default_route = false,
        roaming = true, wait = 0.5, pin_file = "/etc/pin" },
      { policy = { "reconnect", every = 30 } },
    },
  }]])
  lu.assertEquals({ loaded.log, loaded.on_stop, #loaded.modems, #loaded.policies }, { "debug", "disconnect", 3, 2 })
  lu.assertEquals(loaded.modems[3].policies[1].options, { every = 30 })
  lu.assertEquals(#assert(load "return {}").modems, 0)
end

function T.test_a_modem_without_a_policy_gets_the_usual_one()
  local function policies_of(text)
    local names = {}
    for i, entry in ipairs(assert(load(text)).modems) do
      local policies = {}
      for j, configured in ipairs(entry.policies) do policies[j] = configured.name end
      names[i] = policies[1] and table.concat(policies, "+") or "none"
    end
    return table.concat(names, " ")
  end
  lu.assertEquals(policies_of "return { modems = { { apn = 'x' }, {}, { policy = false } } }",
    "reconnect reconnect none")
  lu.assertEquals(policies_of "return { modems = { {} }, policies = { { 'notify', run = { 'x' } } } }", "reconnect")
  lu.assertEquals(policies_of "return { modems = { {}, { policy = 'reconnect' } }, policies = { 'balance' } }",
    "none reconnect")
end

-- A list of names, or one name with its options.
function T.test_the_policies_of_one_modem()
  local function policies_of(policy)
    local names = {}
    for i, configured in ipairs(assert(load(("return { modems = { { policy = %s } } }"):format(policy))).modems[1]
      .policies) do
      names[i] = configured.name .. " " .. tostring(configured.options.every)
    end
    return table.concat(names, ", ")
  end
  for policy, expected in pairs {
    ["'reconnect'"] = "reconnect nil", ["{ 'reconnect' }"] = "reconnect nil",
    ["{ 'reconnect', every = 5 }"] = "reconnect 5", ["{ { 'reconnect', every = 5 } }"] = "reconnect 5",
    ["{ 'reconnect', 'failover' }"] = "reconnect nil, failover nil",
    ["{ { 'reconnect', every = 5 }, 'failover' }"] = "reconnect 5, failover nil",
    ["{ 'reconnect', { 'failover', every = 5 } }"] = "reconnect nil, failover 5", ["false"] = "",
  } do
    lu.assertEquals(policies_of(policy), expected, policy)
  end
end

function T.test_a_file_that_is_named_has_to_be_there()
  for _, path in ipairs { "/nowhere/config.lua", config.PATH } do
    local loaded, err = config.load(path)
    lu.assertNil(loaded)
    lu.assertEquals({ err.code, tostring(err):find(path, 1, true) ~= nil }, { "not-found", true })
  end
  lu.assertTrue(assert(config.load()).is_usual)
end

-- As it is, and with what its comments have in code.
function T.test_the_sample_is_right_and_does_what_no_configuration_does()
  local text = assert(fs.read(program.home .. "/scripts/examples/config.lua"))
  local usual, sample = assert(config.load()), assert(load(text))
  lu.assertEquals({ #sample.modems, sample.modems[1].policies[1].name }, { 1, usual.modems[1].policies[1].name })
  lu.assertEquals({ sample.log, sample.on_stop, sample.others_may }, { usual.log, usual.on_stop, usual.others_may })
  local lines = {}
  for line in text:gmatch "[^\n]*\n" do lines[#lines + 1] = line:gsub("^( *)%-%-([^ -])", "%1%2") end
  local whole = assert(load(table.concat(lines)))
  lu.assertEquals({ #whole.modems, #whole.policies, whole.on_stop, whole.log }, { 5, 1, "disconnect", "debug" })
end

-- What it leads to is on a disk that is not mounted, say: not the same as no configuration.
function T.test_a_link_that_leads_nowhere_is_not_passed_over()
  local result = world.run("mkdir -p /etc/moontower/carriers; ln -s /nowhere /etc/moontower/config.lua; "
    .. "ln -s /nowhere /etc/moontower/carriers/calyx-sprint.lua; moontower check calyx-sprint; moontower serve --check")
  lu.assertEquals(result.status, 1, result.out)
  lu.assertStrContains(result.err, "read /etc/moontower/carriers/calyx-sprint.lua: no such file or directory")
  lu.assertStrContains(result.err, "read /etc/moontower/config.lua: no such file or directory")
end

function T.test_an_error_is_reported_with_file_and_line()
  assert_mistakes {
    { "local x = 1\nreturn { x", ":2: ", "'}' expected" },
    { "\nwhile true do end", ":2: ", "it runs for too long" },
    { "\n\nerror({})", ":3: ", "it raises a table, not a message" },
    { "local function f() error(nil) end\nf()", ":1: ", "it raises a nil" },
    { "\nerror 'oops'", ":2: ", "oops" },
    { "error('oops', 0)", ": ", "oops" },
    { "local t = {} for i = 1, 1e9 do t[i] = {} end", ": ", "not enough memory" },
    { "return 5", ": ", "it returns no table" },
  }
end

-- Entries that ipairs would skip.
-- Such a message goes into the daemon's log.
function T.test_a_mistake_does_not_show_what_may_be_a_secret()
  for _, text in ipairs {
    'return { policies = { { "notify" "https://secret.example.org/" } } }', "return { x = 'open secret\n }",
    "return { x = 1 [[secret]] }", "return { x = 12 4711 }", 'return { x = y "secret',
  } do
    local _, err = load(text)
    lu.assertStrContains(tostring(err), ":1: ")
    lu.assertNotStrContains(tostring(err), "secret")
    lu.assertNotStrContains(tostring(err), "4711")
  end
end

function T.test_lists_are_lists()
  assert_mistakes {
    { 'return { modems = { policy = "reconnect" } }', ":1: ",
      '{ { policy = "reconnect" } }: it has the key \'policy\'' },
    { "return { modems = { {}, nil, {} } }", ":1: ", "its entry 2 is missing" },
    { "return { modems = { 'reconnect' } }", ":1: ", "entry 1 should be a table" },
    { "return { modems = 'reconnect' }", ":1: ", "'modems' should be a list of tables" },
    { "return { policies = { 'notify', run = { 'x' } } }", ":1: ", "option = value } }: it has the key 'run'" },
    { "return { policies = { [2] = 'balance' } }", ":1: ", "its entry 1 is missing" },
    { "return { policies = { { run = { 'x' } } } }", ":1: ", "entry 1 should be the name of a policy" },
  }
end

function T.test_values_that_cannot_be()
  assert_mistakes {
    { "return { log = 'loud' }", ":1: ", "'log' should be one of error, warn, info, debug" },
    { "return { on_stop = true }", ":1: ", "'on_stop' should be one of keep, disconnect" },
    { "return { modem = {} }", ":1: ",
      "there is no entry 'modem' (there are: broker, log, modems, on_stop, policies, recordings, web)" },
    { "return { broker = { others_may = 'all' } }", ":1: ", "'others_may' should be one of use, order" },
    { "return { broker = { others = 'use' } }", ":1: ", "broker: there is no entry 'others'" },
    { "return { modems = { {}, { wait = 1e308 } } }", ":1: modems[2]: ", "'wait' should be seconds, more than 0 and" },
    { "return { modems = { { metric = -1 } } }", ":1: modems[1]: ", "'metric' should be a whole number from 1 to" },
    { "return { modems = { { table = 1.5 } } }", ":1: modems[1]: ", "'table' should be a whole number" },
    { "return { modems = { { imei = 359072061234567 } } }", ":1: modems[1]: ", "'imei' should be a text of digits" },
    { "return { modems = { { iccid = '89x' } } }", ":1: modems[1]: ", "'iccid' should be a text of digits" },
    { "return { modems = { { apn = 'a', carrier = 'b' } } }", ":1: modems[1]: it has a carrier and an apn",
      "one of them" },
  }
end

function T.test_a_mistake_in_a_named_file_is_reported_with_its_entry()
  assert_mistakes {
    { "return { modems = { {}, { policy = { 'reconnect', pign = 1 } } } }", ":1: modems[2]: policy reconnect: ",
      "there is no option 'pign'" },
    { "return { policies = { { 'notify', run = {} } } }", ":1: policies[1]: policy notify: ", "it is empty" },
    { "return { modems = { { policy = 'nope' } } }", ":1: modems[1]: ", "there is no policy 'nope'" },
    { "return { modems = { { carrier = 'nope' } } }", ":1: modems[1]: ", "there is no carrier 'nope'" },
    { "return { policies = { 'reconnect' } }", ":1: policies[1]: ", "is for one modem each" },
    { "return { modems = { {\npolicy = { 'reconnect',\n'reconnect' } } } }", ":3: modems[1]: ",
      "it has two policies 'reconnect'" },
    { "return { modems = { { policy = { 'reconnect', 'failover', every = 5 } } } }",
      ":1: modems[1]: the entry 'policy' should be ",
      "it has the key 'every'" },
    { "return { modems = { { policy = { 'reconnect', 5 } } } }", ":1: modems[1]: the entry 'policy' should be ",
      "entry 2 should be the name of a policy" },
    { "return { modems = { { policy = {} } } }", ":1: modems[1]: the entry 'policy' should be ", "it is empty" },
    { "return { modems = { { policy = { 'reconnect', 'balance' } } } }", ":1: modems[1]: ", "is for all modems" },
    { "return { modems = { { policy = 'balance' } } }", ":1: modems[1]: ", "is for all modems together" },
  }
end

-- By the text of the file, where it shows the value; else by the table around it, or the file alone.
function T.test_the_line_of_a_mistake()
  for _, case in ipairs {
    { 2, "return {\n  lgo = 1 }" },
    { 4, "-- a { comment\nreturn {\n  log = 'info', -- }\n  on_stop = 'x' }" },
    { 5, "return { modems = {\n{ apn = [[\n{]], },\n{ ['usb'] = '1',\n metric = 'x' } } }" },
    { 3, "local function f(a, b)\n return { metric = 0 } end\nreturn { modems = { f(1, 2) } }" },
    { 4, "return { modems = {\n{ policy = {\n'reconnect',\npign = 1 } } } }" },
    { 3, "return { modems = { { policy = { 'reconnect', {\n 'failover', misses = 2,\n every = -1 } } } } }" },
    { 2, "return { modems = { {\n policy = { 'failover', modem = { every = -1 }, \nevery = 2 } } } }" },
    { 2, "return { policies = { 'balance',\n { 'notify', post = '' } } }" },
    { 3, "#!/bin/lua\nreturn { modems = {\n { carrier = 'nope' } } }" },
    { 2, "return { modems = { { roaming = true },\n {}, { policy = 'nope' } } }" },
  } do
    local _, err, path = load(case[2])
    lu.assertStrContains(tostring(err), ("%s:%d: "):format(path, case[1]))
  end
  local _, err, path = load "local c = {}\nc.log = 5\nreturn c"
  lu.assertStrContains(tostring(err), path .. ": the entry 'log' should be")
end

return T
