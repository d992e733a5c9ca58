-- SPDX-License-Identifier: MIT
-- Policies' options: valid ones are taken, and every mistake is reported when the configuration is read.

local fs = require "core.fs"
local lu = require "luaunit"
local policy = require "policy"
local process = require "core.process"
local validate = require "base.validate"

local T = {}

local executable = require("core.program").executable

local function assert_mistake(name, options, words)
  local loaded, err = policy.load(name, options)
  lu.assertNil(loaded, words)
  lu.assertEquals(err.code, "invalid", tostring(err))
  lu.assertStrContains(tostring(err), words)
  lu.assertStrContains(tostring(err), "policy " .. name .. ": ")
  lu.assertNotStrContains(tostring(err), "traceback")
end

function T.test_valid_options_are_taken()
  for _, case in ipairs {
    { "reconnect", {} },
    { "reconnect", { ping = "8.8.8.8", every = 0.5, misses = 1, needed = 2, timeout = 1 } },
    { "reconnect", { first = 1, max = 1e9, steady = 0 } },
    { "reconnect", { probes = {} } },
    { "reconnect", { probes = { "tcp:[2001:db8::1]:80", "dns:9.9.9.9/example.org" } } },
    { "reconnect", { rungs = { ["reset"] = true, ["USB reset"] = false }, cooldowns = { ["reset"] = 0 }, every = 5 } },
    { "reconnect", { hook = { "/bin/true", "" } } },
    { "failover", { wired = "eth0", probes = { "9.9.9.9" }, every = 1, misses = 2, timeout = 1, back_after = 0 } },
    { "failover", { modem = { probes = {} } } },
    { "schedule", { hours = "22:00-06:00" } },
    { "schedule", { hours = { "22:00-06:00", "12:00-13:00" }, budget = "5 GB", day = 31, modem = { every = 5 } } },
    { "balance", { metric = 1, weights = { ["1-1.2"] = 256, ["359072061234567"] = 1 }, every = 5 } },
    { "notify", { run = { "/bin/true" }, events = { "state", "sim" }, deadline = 1 } },
    { "notify", { post = "http://[::1]:80/told?key=x" } },
  } do
    lu.assertTrue(policy.is(assert(policy.load(case[1], case[2]))))
  end
end

function T.test_a_policy_that_has_become_an_option_says_so()
  local loaded, err = policy.load("ladder", { hook = { "/bin/true" } })
  lu.assertEquals({ loaded, tostring(err), err.code }, { nil, "there is no policy 'ladder'", "not-found" })
  lu.assertStrContains(err.hint, '{ "reconnect", rungs = ')
end

function T.test_a_missing_option_has_the_declared_default()
  local declared = {
    { "every", validate.seconds, "seconds", default = 10 }, { "needed", validate.count, "how many", needed = true },
    others = "reconnect",
  }
  local own, others = policy.options({ needed = 2, ping = "8.8.8.8" }, declared)
  lu.assertEquals({ own, others }, { { every = 10, needed = 2 }, { ping = "8.8.8.8" } })
  lu.assertEquals(policy.options(nil, declared), { every = 10 })
  local ok, err = pcall(policy.options, {}, declared)
  lu.assertEquals({ ok, tostring(err) }, { false, "it needs the option 'needed'" })
end

-- A policy of one's own need not declare its options; but a misspelt one is not passed over in silence.
function T.test_an_option_that_nothing_looks_at()
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write('local options = ...\nlocal every = options and options.every or 9\n'
    .. 'return require("policy") { name = "mine", run = function() return every end }\n')
  file:close()
  local function load(option)
    local script = os.tmpname()
    local handle = assert(io.open(script, "w"))
    handle:write(("assert(require('policy').load(%q, { %s = 3 }))"):format(path, option))
    handle:close()
    local result = assert(process.run { executable, "run", script, timeout = 600 })
    os.remove(script)
    lu.assertEquals(result.status, 0, result.stderr)
    return result.stderr
  end
  lu.assertStrContains(load "evry", "looks at the option 'evry': is it misspelt?")
  lu.assertEquals(load "every", "")
  os.remove(path)
end

-- A policy that needs options cannot do without in the foreground; but what it is for, it tells.
function T.test_without_options_it_can_be_looked_at_but_not_run()
  local out = assert(process.run { executable, "help", "policy", "notify" })
  lu.assertEquals(out.status, 0, out.stderr)
  lu.assertStrMatches(out.stdout, "Run a program.*")
  lu.assertEquals(assert(process.run { executable, "notify", "--help" }).status, 0)
  local result = assert(process.run { executable, "notify", timeout = 600 })
  lu.assertEquals({ result.status, result.stdout }, { 1, "" })
  lu.assertStrContains(result.stderr, "it needs one of the options 'run', 'post'")
  lu.assertNotStrContains(result.stderr, "traceback")
end

local PROBE = "should be a list of probes, such as "

function T.test_mistakes_of_reconnect()
  for _, case in ipairs {
    { { evry = 1 }, "there is no option 'evry' (there are: cooldowns, every, first, hook," },
    { { "8.8.8.8" }, "there is no option '1'" },
    { { every = "1" }, "the option 'every' should be seconds" },
    { { timeout = 0 }, "the option 'timeout' should be seconds, more than 0" },
    { { max = 1e308 }, "the option 'max' should be seconds" },
    { { first = 0 / 0 }, "the option 'first' should be seconds" },
    { { steady = -1 }, "the option 'steady' should be seconds, from 0" },
    { { misses = 0 }, "the option 'misses' should be a whole number from 1" },
    { { needed = 1.5 }, "the option 'needed' should be a whole number" },
    { { ping = "nonsense" }, "the option 'ping': 'nonsense' is no probe: 'nonsense' is no IP address" },
    { { ping = 8 }, "the option 'ping': '8' is no probe: a string expected" },
    { { probes = { "8.8.8.8", "tcp:1.1.1.1" } }, "entry 2: 'tcp:1.1.1.1' is no probe: its port" },
    { { probes = "8.8.8.8" }, PROBE },
    { { probes = { ping = "8.8.8.8" } }, "it has the key 'ping'" },
    { { probes = { "8.8.8.8", nil, "1.1.1.1" } }, "its entry 2 is missing" },
  } do
    assert_mistake("reconnect", case[1], case[2])
  end
end

-- Also where it is for the policy that they build on, and where it would show only once a modem is online.
function T.test_mistakes_of_those_that_build_on_it()
  for _, case in ipairs {
    { "reconnect", { evry = 1 }, "there is no option 'evry'" },
    { "reconnect", { rungs = { "reset" } }, "'1' should be one of reconnect, detach and attach, radio off and on, " },
    { "reconnect", { rungs = { reset = 1 } }, "'reset' should be true or false" },
    { "reconnect", { cooldowns = { rest = 1 } }, "'rest' should be one of reconnect, " },
    { "reconnect", { cooldowns = { reset = -1 } }, "'reset' should be seconds, from 0" },
    { "reconnect", { hook = {} }, "the option 'hook' should be a program and its arguments" },
    { "reconnect", { hook = "reboot" }, "the option 'hook' should be a program and its arguments" },
    { "failover", { evry = 1 }, "there is no option 'evry' (there are: back_after, every," },
    { "failover", { modem = { evry = 1 } }, "policy reconnect: there is no option 'evry'" },
    { "failover", { probes = { "tcp:1.1.1.1" } }, PROBE },
    { "failover", { misses = -1 }, "the option 'misses' should be a whole number" },
    { "sim-failover", { slots = { 1 } }, "the option 'slots'" },
    { "sim-failover", { budget = "much" }, "'much' is no amount of data" },
    { "schedule", { hours = "22-6" }, "'22-6' are no hours of the day" },
    { "schedule", { hours = {} }, "the option 'hours': that is no list of hours: it is empty" },
    { "schedule", { budget = "much" }, "'much' is no amount of data" },
    { "schedule", { budget = 5 }, "'5' is no amount of data" },
    { "schedule", { hours = "22:00-06:00", day = 32 }, "the option 'day' should be a whole number from 1 to 31" },
    { "schedule", { hours = "22:00-06:00", modem = { ping = "x" } }, "policy reconnect: the option 'ping'" },
    { "schedule", { day = 5 }, "it needs one of the options 'hours', 'budget'" },
    { "balance", { evry = 1 }, "policy reconnect: there is no option 'evry'" },
    { "balance", { weights = { ["1-1.2"] = 0 } }, "'1-1.2' should be a whole number from 1 to 256" },
    { "balance", { weights = { ["1-1.2"] = -3 } }, "'1-1.2' should be a whole number from 1 to 256" },
    { "balance", { weights = { 3, 1 } }, "'1' should be a USB path or an IMEI, as a text" },
    { "balance", { metric = -1 }, "the option 'metric' should be a whole number from 1" },
    { "notify", { events = { "state" } }, "it needs one of the options 'run', 'post'" },
    { "notify", { run = "program" }, "the option 'run' should be a program and its arguments" },
    { "notify", { run = {} }, "it is empty" },
    { "notify", { run = { 5 } }, "entry 1 should be a text" },
    { "notify", { run = { "" } }, "the option 'run' should be a program" },
    { "notify", { post = "" }, "the option 'post' should be the address of a web server" },
    { "notify", { run = { "true" }, events = { "beleif" } }, "entry 1 should be one of modem-ready, modem-gone, " },
    { "notify", { run = { "true" }, events = {} }, "the option 'events' should be a list of events" },
    { "notify", { run = { "true" }, deadline = 0 }, "the option 'deadline' should be seconds" },
  } do
    assert_mistake(table.unpack(case))
  end
end

-- `return policy { ... }` is a tail call, of which Lua keeps no trace.
function T.test_a_mistake_in_the_table_is_reported_with_file_and_line()
  local path = os.tmpname()
  for text, words in pairs {
    ['local policy = require "policy"\n\nreturn policy { nam = 1 }'] = ":3: a policy: there is no field 'nam'",
    ['local p = require("policy") { run = 5 }\nreturn p'] = ":1: a policy: the field 'run' should be a function",
    ['return require "policy" {\n  name = "x",\n}'] = ":1: a policy: it needs the field 'run'",
    ['local policy = require "policy"\nlocal function make() return policy "x" end\nreturn make()'] =
      ":2: a policy is a table",
  } do
    assert(fs.write(path, text))
    local loaded, err = policy.load(path)
    lu.assertNil(loaded)
    lu.assertStrContains(tostring(err), path .. words)
    lu.assertNotStrContains(tostring(err), "traceback")
    local result = assert(process.run { executable, "run", path, timeout = 600 })
    lu.assertStrContains(result.stderr, path .. words)
  end
  -- In another file, the traceback says how it came there.
  assert(fs.write(path, 'require("task").backoff(5)\nreturn 1'))
  lu.assertStrContains(tostring(select(2, policy.load(path))), path .. ":1: in ")
  os.remove(path)
end

return T
