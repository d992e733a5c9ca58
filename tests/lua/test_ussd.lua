-- SPDX-License-Identifier: MIT
-- USSD over MBIM, QMI, QMI inside MBIM and AT: the same answers, menus and errors; texts as octets; lines of +CUSD.

local at = require "modem.at_ussd"
local at_only = require "modem.at_only"
local faults = require "simulator.faults"
local json = require "dkjson"
local lu = require "luaunit"
local simulated = require "support.simulated"
local task = require "task"
local ussd = require "modem.ussd"
local world = require "support.world"

local T = {}

local eq = lu.assertEquals

local function with_modem(composition, options, run)
  simulated.with_modem({ composition = composition, find = options }, function(modem, sim)
    simulated.await_home(modem)
    run(modem, sim)
  end)
end

-- A modem of which only the AT port is used.
local function by_at(modem)
  return setmetatable({ at = modem.at, description = modem.description }, { __index = at_only })
end

local function itself(modem) return modem end

local ways = {
  { name = "mbim", composition = "mbim", use = itself },
  { name = "qmi", composition = "qmi", use = itself },
  { name = "qmi_inside_mbim", composition = "mbim", options = { protocol = "qmi" }, use = itself },
  { name = "at", composition = "qmi", use = by_at },
}

local MENU = "1 Balance\n2 More\nOK"

for _, way in ipairs(ways) do
  local function with(run)
    with_modem(way.composition, way.options, function(modem, sim) run(way.use(modem), sim) end)
  end

  T["test_answers_over_" .. way.name] = function()
    with(function(modem)
      eq(modem:ussd "*100#", { state = "done", text = "Balance: 12.34 €" })
      eq(modem:ussd "*102#", { state = "done", text = "Баланс: 12 ₽" })
      eq(modem:ussd "*199#", { state = "done", text = "Unknown code." })
      eq(modem:ussd "привет", { state = "done", text = "Unknown code." })
    end)
  end

  T["test_a_menu_over_" .. way.name] = function()
    with(function(modem)
      eq(modem:ussd "*101#", { state = "reply", text = MENU })
      eq(modem:ussd("2", true), { state = "reply", text = "1 Number\n0 Back" })
      eq(modem:ussd("0", true), { state = "reply", text = MENU })
      eq(modem:ussd("1", true), { state = "done", text = "Balance: 12.34 €" })
      eq(modem:ussd "*101#", { state = "reply", text = MENU })
      eq(modem:cancel_ussd(), true)
      eq(modem:ussd "*100#", { state = "done", text = "Balance: 12.34 €" })
    end)
  end

  T["test_failures_over_" .. way.name] = function()
    with(function(modem, sim)
      local function fails(code, ...)
        local answer, err = modem:ussd(...)
        eq({ answer, err and err.code }, { nil, code }, tostring(err))
        return err
      end
      fails("timeout", "*103#", false, 0.5)
      eq(modem:ussd "*100#", { state = "done", text = "Balance: 12.34 €" })
      fails("rejected", "*104#")
      fails("invalid", "")
      fails("invalid", "*100#\r")
      fails("invalid", ("1"):rep(183))
      assert(faults.apply(sim, "no-ussd", {}))
      lu.assertStrContains(fails("unsupported", "*100#").hint, "IMS")
    end)
  end
end

for _, way in ipairs { ways[1], ways[2], ways[3] } do
  T["test_the_network_begins_over_" .. way.name] = function()
    with_modem(way.composition, way.options, function(modem, sim)
      local events <close> = modem:events "ussd"
      assert(faults.apply(sim, "ussd", { "Top", "up?" }))
      local event = assert(task.timeout(30, events.next, events))
      eq({ event.name, event.value }, { "ussd", { state = "reply", text = "Top up?" } })
      eq(modem:ussd("no", true), { state = "done", text = "Unknown code." })
    end)
  end
end

-- A modem that knows the older message alone, which says in another one that its answer is a menu.
function T.test_qmi_that_waits()
  with_modem("qmi", nil, function(modem)
    local handlers, message = require("simulator.qmi.voice").handlers, require("qmi.voice").originate_ussd_no_wait
    local kept = handlers[message.id]
    local _ <close> = task.finally(function() handlers[message.id] = kept end)
    handlers[message.id] = nil
    eq(modem:ussd "*100#", { state = "done", text = "Balance: 12.34 €" })
    eq(modem:ussd "*101#", { state = "reply", text = MENU })
    eq(modem:ussd("1", true), { state = "done", text = "Balance: 12.34 €" })
    eq(select(2, modem:ussd "*104#").code, "rejected")
  end)
end

-- The modem's MBIM knows no USSD, and its AT port does; a reply goes the way that its question came.
function T.test_the_at_port_completes_mbim()
  with_modem("mbim", nil, function(modem)
    local common = require "mbim"
    local handlers = require "simulator.mbim.ussd"
    local kept = handlers[1].set
    local _ <close> = task.finally(function() handlers[1].set = kept end)
    handlers[1].set = function() return nil, "no-device-support" end
    eq(common.services.ussd ~= nil, true)
    eq(modem:ussd "*101#", { state = "reply", text = MENU })
    eq(modem:ussd("1", true), { state = "done", text = "Balance: 12.34 €" })
  end)
end

-- ---- texts ----

local function octets(hex) return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)) end

-- 3GPP TS 23.038, 5. The first is what Huawei's modems are sent for *100# in public recipes.
function T.test_texts()
  eq({ ussd.encode "*100#" }, { 0x0f, octets "aa180c3602" })
  eq(ussd.decode(0x0f, octets "aa180c3602"), "*100#")
  eq({ ussd.encode "1234567" }, { 0x0f, octets "31d98c56b3dd1a" }) -- CR in the last seven bits
  eq(ussd.decode(0x0f, octets "31d98c56b3dd1a"), "1234567")
  eq({ ussd.encode "привет" }, { 0x48, octets "043f04400438043204350442" })
  eq(ussd.decode(0x48, octets "043f0440"), "пр")
  eq(ussd.decode(0x11, octets "6572043f0440"), "пр")
  eq(ussd.decode(0x10, require("sms.alphabet").pack "en\rhello"), "hello")
  eq(ussd.decode(0x44, "a\27[2Jb"), "a?[2Jb")
  eq(ussd.decode(0xf4, "abc"), "abc")
  for _, text in ipairs { "1234567", "12345678", "€", "*100*1#", ("x"):rep(182), "日本" } do
    eq(ussd.decode(ussd.encode(text)), text)
  end
end

function T.test_lines_of_cusd()
  local function read(line)
    local answer, err = at.read(line)
    return answer and { answer.state, answer.text } or err and err.code
  end
  eq(read '+CUSD: 0,"Balance: 5",15', { "done", "Balance: 5" })
  eq(read '+CUSD: 0, "2500", 15', { "done", "2500" })
  eq(read '+CUSD: 1,"1 A\n2 B\nOK",15', { "reply", "1 A\n2 B\nOK" })
  eq(read '+CUSD: 0,"043F0440",72', { "done", "пр" })
  eq(read '+CUSD:0,"AA180C3602",15', { "done", "*100#" }) -- as some firmware has it
  eq(read '+CUSD: 2,"Bye",15', { "done", "Bye" })
  eq(read "+CUSD: 0", { "done", "" })
  eq({ read "+CUSD: 2", read "+CUSD: 3", read "+CUSD: 4", read "+CUSD: 5" },
    { "rejected", "busy", "unsupported", "timeout" })
  eq(read '+CUSD: 0,"say ""hi""\8",15', { "done", 'say ""hi""ò' }) -- GSM's letters have no control characters
  eq(read "+CMTI: 1", nil)
end

-- Whatever the network sends: a text that is fit for a terminal, and no mistake raised.
function T.test_no_octets_can_make_it_raise()
  local seed = 20301130
  local function random(limit)
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return (seed >> 8) % limit
  end
  local function is_fit(text)
    lu.assertTrue(utf8.len(text) ~= nil and not text:find "[\0-\8\11-\31\127]")
  end
  for _ = 1, 4000 do
    local noise = {}
    for i = 1, random(30) do noise[i] = string.char(random(256)) end
    noise = table.concat(noise)
    is_fit(ussd.decode(random(1 << 32), noise))
    for _, line in ipairs {
      ('+CUSD: %d,"%s",%d'):format(random(10), noise, random(300)), "+CUSD:" .. noise, "+CUSD: 1," .. noise,
      ('+CUSD: 0,"%s",72'):format(("%04X"):format(random(65536)):rep(random(4))),
    } do
      local answer = at.read(line, random(2) == 0 and "UCS2" or "GSM")
      if answer then is_fit(answer.text) end
    end
  end
end

-- ---- the command ----

local function run(script)
  local result = world.run("until moontower status --json | grep -q '\"home\"'; do sleep 0.1; done\n" .. script)
  return result.out, result.err
end

function T.test_the_command()
  local out, err = run [[
    moontower ussd '*100#'; echo "$?"
    moontower ussd '*101#' --reply 2 --reply 0 --reply 1; echo "$?"
    moontower ussd '*101#' </dev/null; echo "$?"
    moontower ussd '*101#' --reply 1 --json
    moontower ussd '*103#' --timeout 1; echo "$?"; moontower ussd '*104#'; echo "$?"
    moontower ussd; echo "$?"; moontower simulate fault no-ussd; moontower ussd '*100#'; echo "$?"]]
  local before, object, after = out:match "^(.-)({.*})\n(.*)$"
  eq(before, "Balance: 12.34 €\n0\n" .. MENU .. "\n1 Number\n0 Back\n" .. MENU .. "\nBalance: 12.34 €\n0\n" .. MENU
    .. "\nThe network waited for a reply; the dialogue is ended without one.\n0\n")
  eq(json.decode(object), { state = "done", exchanges = {
    { sent = "*101#", text = MENU, state = "reply" }, { sent = "1", text = "Balance: 12.34 €", state = "done" },
  } })
  eq(after, "7\n1\n2\n1\n")
  lu.assertStrContains(err, "USSD: the network or the modem has no USSD here")
end

function T.test_a_trace_shows_no_text()
  local _, err = run "moontower trace ussd '*100#'; moontower trace ussd '*100#' --protocol qmi"
  lu.assertStrContains(err, "(hidden)")
  for _, text in ipairs { "Balance", "*100#", "2a3130", "2a 31 30", "aa180c", "aa 18 0c" } do
    lu.assertNotStrContains(err:gsub("trace ussd[^\n]*", ""), text, false)
  end
end

return T
