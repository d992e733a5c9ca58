-- SPDX-License-Identifier: MIT
-- What was recorded, replayed: the same command has the same outcome, and says the same.

local core_mbim = require "core.mbim"
local core_qmi = require "core.qmi"
local dms = require "qmi.dms"
local file = require "recording.file"
local fs = require "core.fs"
local lu = require "luaunit"
local mbim = require "simulator.replay.mbim"
local process = require "core.process"
local program = require "core.program"
local qmux = require("mbim.ext_qmux").message
local world = require "support.world"

local T = {}

-- Faults of the modem, the card and the network that one `up` meets.
local FAULTS = {
  "in-turn", "no-news", "urc", "echo", "euicc",
  "late", "lose-client", "qmi-sync", "flood=20", "usb-reset", "stall", "forget", "sim-dead",
  "unknown-rat", "ignore-settings", "unplug", "flash", "replug", "stay-away", "slow-driver=0.3", "disconnect",
  "disconnect-silent", "refuse-attach", "refuse-ipv4", "refuse-ipv6", "nat64", "only-attach", "throttle", "renumber",
  "blackhole", "mtu-hole", "no-pings", "closed", "no-dns", "dhcp",
  "none", "pin-lock", "puk", "network-lock", "sim-remove", "radio-off", "deny=11", "deny=15", "roam", "detach",
  "refuse=50", "refuse=51", "refuse-apn=27", "refuse-auth=29", "only-apn=other", "downgrade=ipv4", "duplicate",
  "busy@4", "latency=0.05", "slow-connect=0.3", "no-servers", "slash32", "fcc-lock", "network-drop",
}

-- More of them, where the modem does not answer.
local SILENT = { "hang", "hang-hard", "open-dead", "silent", "garbage", "wrong-id", "unprovisioned" }

-- What a message said that made no sense is not kept: what stands for it makes none either, and the errors differ.
local NONSENSE = { "noise", "truncate" }

local ways = { { name = "mbim" }, { name = "qmi" } }

local folder = os.tmpname()
fs.remove(folder)
assert(fs.mkdir(folder))

-- Without times, and how a script's order of lines can differ: what is only shown comes when the modem has told it.
local function essence(text)
  return (text:gsub("[%d.]+ m?s\n", "TIME\n"):gsub("[%d.]+ s\n", "TIME\n"):gsub(" +But none of the DNS.-up%.\n", ""))
end

local function moontower(...)
  local ran = process.run { timeout = 120, program.executable, ... }
  return ran.status, ran.stdout, ran.stderr
end

-- What a command in a simulated world ends with and prints; `options` of `moontower simulate`.
local function in_world(options, words)
  local arguments = table.move(options, 1, #options, 2, { "simulate" })
  arguments[#arguments + 1] = "--"
  arguments[#arguments + 1] = program.executable
  return moontower(table.unpack(table.move(words, 1, #words, #arguments + 1, arguments)))
end

-- Records a command beside a simulated modem with these options, and compares what it does beside the replayed one.
local function compare_with(options, words)
  local name = table.concat(options, " ") .. ": " .. table.concat(words, " ")
  local path = folder .. "/" .. name:gsub("%W", "-")
  local recorded = { "record", "--keep-cells", path, "--", table.unpack(words) }
  local status, out, err = in_world(options, recorded)
  local status_again, out_again, err_again = in_world({ "--replay", path }, words)
  lu.assertEquals({ status_again, essence(out_again) }, { status, essence(out) }, name .. "\n" .. err_again)
  lu.assertEquals(essence(err_again), essence(err:gsub("Recorded in .*", "")), name)
end

local function compare(way, fault, words) compare_with({ "--composition", way.name, "--fault", fault }, words) end

local UP = { "up", "--carrier", "calyx-sprint", "--wait", "2" }

local function compare_nonsense(way, fault)
  local path = ("%s/%s-%s"):format(folder, way.name, fault)
  local status = in_world({ "--composition", way.name, "--fault", fault }, { "record", path, "--", table.unpack(UP) })
  local again = in_world({ "--replay", path }, UP)
  lu.assertTrue(status ~= 0 and again ~= 0, ("%s over %s: %d, %d"):format(fault, way.name, status, again))
end

-- Side by side, as those where the modem is silent, the first ones, take a minute of waiting.
function T.test_each_fault_has_the_same_outcome_again()
  local runs = {}
  for _, list in ipairs { NONSENSE, SILENT, FAULTS } do
    for _, fault in ipairs(list) do
      for _, way in ipairs(ways) do
        runs[#runs + 1] = function() (list == NONSENSE and compare_nonsense or compare)(way, fault, UP) end
      end
    end
  end
  world.all_of(runs, function(run) run() end)
end

function T.test_other_commands()
  world.all_of(ways, function(way)
    for _, words in ipairs {
      { "setup", "calyx-sprint", "--plan" }, { "status" }, { "signal" }, { "slot" }, { "sms", "list" },
      { "at", "AT!GSTATUS?" },
    } do compare(way, "none", words) end
  end)
end

function T.test_other_models()
  for _, model in ipairs { "le910c4", "ec25", "rm520n" } do compare_with({ "--modem", model }, { "status" }) end
end

function T.test_qmi_inside_mbim()
  compare(ways[1], "none", { "up", "--carrier", "calyx-sprint", "--protocol", "qmi" })
end

-- Laptops' modems, of all makers that have AT commands inside MBIM.
function T.test_at_inside_mbim()
  for _, model in ipairs { "fm101", "em05", "l860" } do
    compare_with({ "--modem", model }, { "at", "ATI", "AT+CSQ", "AT+COPS?", "AT+CGDCONT?" })
  end
end

-- An answer goes on once the modem has its text.
function T.test_a_text_at_a_prompt()
  compare(ways[1], "none", { "at", "AT+CMGF=1", 'AT+CMGS="+15550100123"', "AT+CMGF?", "--text", "good evening" })
end

-- Of another question in QMI inside MBIM there is no answer, also if it carries something else.
function T.test_questions_inside_mbim_are_told_apart()
  local function asked(message)
    local frame = core_qmi.build {
      service = message.service_id, client = 1, type = "request", transaction = 9, id = message.id, tlvs = "",
    }
    return { type = "command", transaction = 1, service = qmux.service_uuid, cid = qmux.cid, set = true, info = frame }
  end
  local ids, model = asked(dms.get_ids), asked(dms.get_model)
  for _, loosely in ipairs { false, true } do
    lu.assertNotEquals(mbim.key(ids, loosely), mbim.key(model, loosely))
  end
  local refusal = core_mbim.parse(mbim.refusal(ids)[1])
  lu.assertEquals({ refusal.status, core_qmi.parse(refusal.info).id }, { 0, dms.get_ids.id })
end

function T.test_what_is_no_recording()
  local status, _, err = moontower("simulate", "--replay", "/nowhere", "--", "true")
  lu.assertEquals(status, 1)
  lu.assertStrContains(err, "/nowhere")
end

-- A file comes from others.
function T.test_a_recording_that_says_what_no_network_does()
  local good, bad = folder .. "/good", folder .. "/bad"
  local status = in_world({}, { "record", good, "--", table.unpack(UP) })
  local writer = assert(file.create(bad))
  for _, line in ipairs(assert(file.read(good))) do writer:add(line) end
  writer:add { t = 9, translated = { prefix = "2001:db8::/33" } }
  writer:add { t = 9, lent = { address = "192.0.2.1/33", gateway = "there", dns = { "x" }, mtu = 1 << 52 } }
  assert(writer:finish())
  local again, out, err = in_world({ "--replay", bad }, UP)
  lu.assertEquals(again, status, out .. err)
  lu.assertNotStrContains(out .. err, "traceback")
end

function T.teardownClass()
  world.keep_recordings(folder)
  process.run { "rm", "-r", folder }
end

return T
