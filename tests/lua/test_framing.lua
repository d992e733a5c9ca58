-- SPDX-License-Identifier: MIT
-- Several packets in a transfer over QMI: what is asked of the modem, what of its answer holds, and what happens with a
-- modem that agrees and does otherwise. The real driver is met in tests/vm/test_qmi; here are its files without it.

local aggregation = require "modem.qmi.aggregation"
local errors = require "errors"
local framing = require "modem.qmi.framing"
local framing_trial = require "modem.framing_trial"
local fs = require "core.fs"
local lu = require "luaunit"
local namespace = require "core.namespace"
local netlink = require "core.netlink"
local process = require "core.process"
local report = require "modem.report"
local state = require "state"
local wda = require "qmi.wda"
local world = require "support.world"

assert(namespace.enter())

local T = {}

-- ---- the agreement ----

-- A modem whose answers are these, in turns; `asked` gets the names and values of the questions. Its interface has no
-- driver of its own, so only that is not tested here.
local function modem_with(answers, description)
  local asked = {}
  local function request(_, message, values)
    asked[#asked + 1] = { message == wda.set_data_format and "set" or "get", values.endpoint_info ~= nil,
      values.downlink_data_aggregation_protocol, values.downlink_data_aggregation_max_size }
    local answer = table.remove(answers, 1)
    if type(answer) == "string" then
      return errors.fail { code = answer, source = "qmi", message = answer }
    end
    return answer
  end
  return { qmi = { request = request }, description = description or {} }, asked
end

local function format(link, protocol, datagrams, size)
  return {
    link_layer_protocol = link, uplink_data_aggregation_protocol = protocol,
    downlink_data_aggregation_protocol = protocol, downlink_data_aggregation_max_datagrams = datagrams,
    downlink_data_aggregation_max_size = size,
  }
end

local function agreed(mode, answers, description, is_shared, first)
  local modem, asked = modem_with(answers, description)
  modem.is_shared = is_shared
  local has_muxes = framing.has_muxes
  framing.has_muxes = function() return true end
  local result, err = framing.agree(modem, mode, first)
  framing.has_muxes = has_muxes
  return result, asked, err
end

function T.test_the_answer_says_what_holds()
  local result, asked = agreed("qmap", { format("raw-ip", "qmap", 10, 4096) })
  lu.assertEquals(result, { protocol = "qmap", datagrams = 10, size = 4096 })
  lu.assertEquals(asked, { { "set", false, "qmap", 16384 } }) -- one question
  result = agreed("qmap", { format("raw-ip", "qmap", 64, 31744) })
  lu.assertEquals(result, { protocol = "qmap", datagrams = 64, size = 31744 })
  result = agreed("qmap", { format("raw-ip", "qmap", 0, nil) })
  lu.assertEquals(result, { protocol = "qmap", size = 16384 })
end

function T.test_answers_that_are_no_agreement()
  for _, answer in ipairs {
    format("raw-ip", "disabled"), format("802.3", "qmap", 32, 16384), format("raw-ip", "qmapv5", 32, 16384), {},
    "rejected", "unsupported",
  } do
    local result, _, err = agreed("qmap", { answer })
    lu.assertNil(result)
    lu.assertEquals(err.code, "unsupported")
  end
  local half = format("raw-ip", "qmap", 32, 16384)
  half.uplink_data_aggregation_protocol = "disabled"
  lu.assertNil((agreed("qmap", { half })))
  local result, _, err = agreed("qmap", { "timeout" })
  lu.assertNil(result)
  lu.assertEquals(err.code, "timeout") -- which is no refusal
end

function T.test_a_modem_that_knows_no_endpoints_is_asked_without()
  local description = { interface = 8 }
  local result, asked = agreed("qmap", { "rejected", format("raw-ip", "qmap", 32, 16384) }, description)
  lu.assertEquals(result.size, 16384)
  lu.assertEquals({ asked[1][2], asked[2][2], #asked }, { true, false, 2 })
end

function T.test_one_packet_in_a_transfer_is_set_at_once()
  local result, asked = agreed("disabled", { format("raw-ip", "disabled") })
  lu.assertEquals({ result, #asked, asked[1][1], asked[1][3] }, { { protocol = "raw-ip" }, 1, "set", "disabled" })
  result, asked = agreed("disabled", { "rejected", format("raw-ip", "disabled") })
  lu.assertEquals({ result, #asked, asked[2][1] }, { { protocol = "raw-ip" }, 2, "get" })
  local none, _, err = agreed("disabled", { "rejected", format("raw-ip", "qmap", 32, 16384) })
  lu.assertNil(none)
  lu.assertEquals(err.code, "unsupported")
end

function T.test_beside_other_programs_one_packet_in_a_transfer_is_set_only_where_it_is_not_so()
  local result, asked = agreed("disabled", { format("raw-ip", "disabled") }, nil, true)
  lu.assertEquals({ result, #asked, asked[1][1] }, { { protocol = "raw-ip" }, 1, "get" })
  result, asked = agreed("disabled", { format("raw-ip", "qmap", 32, 16384), format("raw-ip", "disabled") }, nil, true)
  lu.assertEquals({ result, asked[2][1], asked[2][3] }, { { protocol = "raw-ip" }, "set", "disabled" })
  local none, _, err = agreed("disabled", { format("raw-ip", "qmap", 32, 16384), "rejected" }, nil, true)
  lu.assertNil(none)
  lu.assertEquals(err.code, "unsupported")
end

-- ---- versions with checksums ----

-- As where the kernel has rmnet, and the driver passes transfers through to it.
local function agreed_with_rmnet(answers, first)
  local has_rmnet = framing.has_rmnet
  framing.has_rmnet = function() return true end
  local result, asked, err = agreed("qmap", answers, nil, nil, first)
  framing.has_rmnet = has_rmnet
  local versions = {}
  for i, one in ipairs(asked) do versions[i] = one[3] end
  return result, versions, err
end

function T.test_with_rmnet_the_modem_is_asked_for_the_newest_version_first()
  local result, versions = agreed_with_rmnet { format("raw-ip", "qmapv5", 32, 16384) }
  lu.assertEquals(result, { protocol = "qmapv5", datagrams = 32, size = 16384 })
  lu.assertEquals(versions, { "qmapv5" })
  lu.assertEquals(framing.channel(result, 1), { kind = "rmnet", id = 1, size = 16384, checksums = 5 })
  lu.assertTrue(framing.is_muxed(result) and framing.is_valid(result))
end

-- Only rmnet puts packets together on their way to the modem, and it takes no more than its limit.
function T.test_with_rmnet_the_answer_limits_what_goes_to_the_modem_in_one_transfer()
  local function uplink_of(version, packets, size)
    local answer = format("raw-ip", version, 32, 16384)
    answer.uplink_data_aggregation_max_datagrams, answer.uplink_data_aggregation_max_size = packets, size
    local result = agreed_with_rmnet { answer }
    lu.assertTrue(framing.is_valid(result))
    lu.assertEquals(framing.channel(result, 1).uplink, result.uplink)
    return result.uplink
  end
  lu.assertEquals(uplink_of("qmapv5", 20, 8192), { packets = 20, size = 8192 })
  lu.assertEquals(uplink_of("qmapv4", 1000, 65536), { packets = 64, size = 32768 })
  for _, none in ipairs { { "qmapv5", 1, 8192 }, { "qmapv5", 0, 0 }, { "qmapv5", 20 }, { "qmap", 20, 8192 } } do
    lu.assertNil(uplink_of(none[1], none[2], none[3]))
  end
  lu.assertFalse(framing.is_valid { protocol = "qmapv5", size = 16384, uplink = { packets = 20 } })
end

function T.test_what_is_shown_is_what_the_kernel_says_of_packets_to_the_modem()
  local uplink_aggregation = netlink.uplink_aggregation
  local agreement = { protocol = "qmapv5", datagrams = 32, size = 16384, uplink = { packets = 20, size = 8192 } }
  local bearer = { framing = agreement, ipv4 = { addresses = {}, dns = {} }, ipv6 = { addresses = {}, dns = {} } }
  for _, case in ipairs {
    { { packets = 10, size = 4096, microseconds = 800 }, "up to 10 packets, 4096 bytes in a transfer to it" }, { nil },
  } do
    local lines, shown = {}, nil
    function netlink.uplink_aggregation() return case[1] end
    report.link({ name = "wwan0.1", mtu = 1500, addresses = {}, dns = {}, bearer = bearer }, {
      done = function(_, _, text) lines[text] = true end,
      data = function(_, label, data) shown = label == "framing" and data or shown end,
    }, bearer)
    netlink.uplink_aggregation = uplink_aggregation
    lu.assertTrue(lines["QMAPv5: up to 32 packets, 16384 bytes in a transfer from the modem"])
    lu.assertEquals(lines[case[2] or "-"], case[2] and true)
    lu.assertEquals(shown, { protocol = "qmapv5", datagrams = 32, size = 16384, uplink = case[1] })
  end
end

function T.test_with_rmnet_an_older_version_in_the_answer_holds()
  for _, version in ipairs { "qmapv4", "qmap" } do
    local result, versions = agreed_with_rmnet { format("raw-ip", version, 32, 8192) }
    lu.assertEquals(result, { protocol = version, datagrams = 32, size = 8192 })
    lu.assertEquals(versions, { "qmapv5" })
  end
end

function T.test_with_rmnet_it_goes_down_one_step_at_a_time()
  local result, versions = agreed_with_rmnet {
    "rejected", format("raw-ip", "disabled"), format("raw-ip", "qmap", 9, 4096),
  }
  lu.assertEquals(result, { protocol = "qmap", datagrams = 9, size = 4096 })
  lu.assertEquals(versions, { "qmapv5", "qmapv4", "qmap" })
  lu.assertEquals(framing.channel(result, 2), { kind = "qmimux", id = 2, size = 4096 })
  local err
  result, versions, err = agreed_with_rmnet { "rejected", "rejected", "rejected" }
  lu.assertNil(result)
  lu.assertEquals({ #versions, err.code }, { 3, "unsupported" })
  result, versions, err = agreed_with_rmnet { "timeout" }
  lu.assertNil(result)
  lu.assertEquals({ #versions, err.code }, { 1, "timeout" })
end

function T.test_with_rmnet_it_begins_with_the_version_that_is_left()
  local result, versions = agreed_with_rmnet({ format("raw-ip", "qmapv4", 32, 16384) }, "qmapv4")
  lu.assertEquals({ result.protocol, versions }, { "qmapv4", { "qmapv4" } })
  result, versions = agreed_with_rmnet({ format("raw-ip", "qmap", 32, 16384) }, "qmap")
  lu.assertEquals({ result.protocol, versions }, { "qmap", { "qmap" } })
end

-- The files of a driver that can pass through, with an interface that goes down or does not, and a kernel whose answer
-- for a link of rmnet with such a mux id is this error. `fn` gets a modem to agree with, what it is asked, a function
-- that reads the files, and the links that the kernel is asked for.
local function with_driver(answers, errno, goes_down, fn)
  local add_link, set_link, questions = netlink.add_link, netlink.set_link, {}
  local folder = "/sys/class/net/wwan0/qmi/"
  function netlink.add_link(values)
    questions[#questions + 1] = values.kind
    return nil, errors.new { code = "io", source = "netlink", message = errno, detail = { errno = errno } }
  end
  function netlink.set_link()
    return goes_down or errors.fail { code = "busy", source = "netlink", message = "busy" }
  end
  assert(process.run { "mount", "-t", "tmpfs", "tmpfs", "/sys/class/net", timeout = 600 }.status == 0)
  assert(fs.mkdir(folder))
  for name, content in pairs { raw_ip = goes_down and "N" or "Y", pass_through = "N", add_mux = "" } do
    assert(fs.write(folder .. name, content))
  end
  local modem, asked = modem_with(answers)
  modem.net = "wwan0"
  local function files() return fs.read(folder .. "raw_ip") .. fs.read(folder .. "pass_through") end
  local ok, message = pcall(fn, modem, asked, files, questions)
  assert(process.run { "umount", "/sys/class/net", timeout = 600 }.status == 0)
  netlink.add_link, netlink.set_link = add_link, set_link
  assert(state.remove("kernel", "rmnet"))
  assert(ok, message)
end

-- Neither an order nor a question gets an answer that tells it: the driver's own framing is as good as any.
function T.test_a_modem_that_tells_no_framing_is_framed_as_its_driver_is()
  local unknown = format("unknown", "disabled")
  for _, goes_down in ipairs { true, false } do
    for _, answers in ipairs {
      { "rejected", "rejected" }, { "rejected", "unsupported" }, { "malformed", "malformed" }, { "malformed", {} },
      { "unsupported", "unsupported" }, { "rejected", unknown }, { "busy", "busy" },
    } do
      with_driver(answers, "ERANGE", goes_down, function(modem, asked, files)
        local before = files()
        lu.assertEquals(assert(framing.agree(modem, "disabled")), { protocol = goes_down and "802.3" or "raw-ip" })
        lu.assertEquals({ files(), #asked }, { before, 2 })
      end)
    end
  end
  -- An order that was taken holds.
  with_driver({ unknown, "malformed" }, "ERANGE", true, function(modem, _, files)
    lu.assertEquals({ framing.agree(modem, "disabled"), files() }, { { protocol = "raw-ip" }, "YN" })
  end)
  for _, silence in ipairs { { "timeout" }, { "malformed", "timeout" } } do
    local result, _, err = agreed("disabled", silence)
    lu.assertEquals({ result, err.code }, { nil, "timeout" })
  end
end

-- Whether it has taken the order for several packets is unknown: it is told to put one into a transfer.
function T.test_a_modem_that_answers_nonsense_about_several_packets()
  for _, answer in ipairs { "malformed", "busy" } do
    local result, asked, err = agreed("qmap", { answer })
    lu.assertEquals({ result, #asked, err.code }, { nil, 1, answer == "busy" and "busy" or "unsupported" })
  end
end

function T.test_the_driver_passes_through_and_is_set_back()
  with_driver({ format("raw-ip", "qmapv5", 32, 16384), format("raw-ip", "disabled") }, "ERANGE", true,
    function(modem, _, files, questions)
      lu.assertEquals(assert(framing.agree(modem, "qmap")).protocol, "qmapv5")
      lu.assertEquals({ files(), questions }, { "YY", { "rmnet" } })
      lu.assertEquals(assert(framing.agree(modem, "disabled")).protocol, "raw-ip")
      lu.assertEquals(files(), "YN")
    end)
end

function T.test_a_driver_that_does_not_pass_through()
  with_driver({ format("raw-ip", "qmapv5", 32, 16384), format("raw-ip", "qmapv4", 32, 16384),
    format("raw-ip", "qmap", 32, 16384) }, "ERANGE", false, function(modem, asked, files)
    lu.assertEquals(assert(framing.agree(modem, "qmap")).protocol, "qmap")
    lu.assertEquals({ #asked, files() }, { 3, "YN" })
  end)
end

function T.test_a_kernel_without_rmnet_is_asked_once_in_a_boot()
  local plain = format("raw-ip", "qmap", 32, 16384)
  with_driver({ plain, plain, plain }, "EOPNOTSUPP", true, function(modem, asked, files, questions)
    for _ = 1, 2 do
      lu.assertEquals(assert(framing.agree(modem, "qmap")).protocol, "qmap")
    end
    lu.assertEquals({ asked[1][3], asked[2][3], #questions, files() }, { "qmap", "qmap", 1, "YN" })
    assert(state.remove("kernel", "rmnet"))
    assert(framing.agree(modem, "qmap", "qmap"))
    lu.assertEquals(#questions, 1) -- no question about what would not be used
  end)
end

function T.test_what_is_remembered_of_versions()
  local modem = { description = { key = "one", vendor = "1199", product = "9071", incarnation = "1" }, framing = {} }
  local function known() return aggregation.is_wanted(modem, {}), aggregation.first(modem) end
  lu.assertEquals({ known() }, { true })
  for _, case in ipairs {
    { "proven", "qmapv5", true, "qmapv5" }, { "proven", "qmap", true, "qmap" },
    { "refused", "qmapv5", true, "qmapv4" }, { "refused", "qmapv4", true, "qmap" }, { "refused", nil, false, "qmap" },
    { "undecided", "qmapv5", false, "qmapv4" },
  } do
    aggregation.remember(modem, case[1], case[2])
    lu.assertEquals({ known() }, { case[3], case[4] })
    modem.framing.protocol = case[2] or "qmap"
    lu.assertEquals(aggregation.is_proven(modem), case[1] == "proven")
  end
  aggregation.remember(modem, "proven", "qmapv4")
  modem.framing.protocol = "qmapv5"
  lu.assertFalse(aggregation.is_proven(modem))
  assert(state.persistent.remove("aggregation", "one"))
end

function T.test_what_is_remembered_holds_for_this_kernel_and_what_is_proven_until_the_modem_restarts()
  local modem = { description = { key = "one", vendor = "1199", product = "9071", incarnation = "1" },
    framing = { protocol = "qmap" } }
  aggregation.remember(modem, "proven", "qmap")
  lu.assertTrue(aggregation.is_proven(modem))
  modem.description.incarnation = "2"
  lu.assertFalse(aggregation.is_proven(modem))
  aggregation.remember(modem, "refused", "qmap")
  modem.description.incarnation = "3"
  lu.assertFalse(aggregation.is_wanted(modem, {}))
  local record = assert(state.persistent.load("aggregation", "one"))
  record.kernel = "2.4.18"
  assert(state.persistent.save("aggregation", "one", record))
  lu.assertTrue(aggregation.is_wanted(modem, {}))
  modem.tries_framing = false
  lu.assertFalse(aggregation.is_wanted(modem, {}))
  aggregation.remember(modem, "proven", "qmap")
  lu.assertTrue(aggregation.is_wanted(modem, {}))
  aggregation.forget(modem)
  lu.assertNil((state.persistent.load("aggregation", "one")))
end

-- ---- the trial ----

-- Connects with these results in turns, each a link that answers (true) or does not (false), or the code of an error
-- after the modem has connected. Returns the outcome, and all that happened, in its order.
local function tried(results, is_proven, probe)
  local events = {}
  local function note(event) events[#events + 1] = event end
  local modem = setmetatable({
    is_framing_optional = function() return true end, is_framing_proven = function() return is_proven end,
    remember_framing = function(_, outcome) note(outcome) end, forget_framing = function() note "forgotten" end,
    framing_probed = function(_, _, alive) note(alive and "alive" or "silent") end,
  }, { __tostring = function() return "modem" end })
  local link, err = framing_trial.run(modem, function()
    note "connect"
    local result = table.remove(results, 1)
    local bearer = { session = 0, disconnect = function() note "disconnect" end }
    if type(result) == "string" then
      return nil, errors.new { code = result, source = "test", message = result }, bearer
    end
    return {
      close = function() note "close" end,
      prove = function(self, options)
        note("prove" .. (options.probes and " " .. options.probes[1] or ""))
        lu.assertTrue((options.misses or 3) * (options.timeout or 2) <= 3)
        self.proven = { ipv4 = result or nil }
        return result or nil
      end,
    }, nil, bearer
  end, probe)
  return link ~= nil or err.code, table.concat(events, " ")
end

function T.test_the_trial_of_a_connection()
  for _, case in ipairs {
    { { true }, false, nil, true, "connect prove alive" },
    { { true }, false, "9.9.9.9", true, "connect prove 9.9.9.9 alive" },
    { { true }, true, nil, true, "connect" },
    { { false }, false, false, true, "connect" }, -- nothing is to be asked
    { { false, false }, false, nil, true, "connect prove undecided close connect" },
    { { "timeout" }, false, nil, "timeout", "connect" },
    { { "no-address", true }, false, nil, true, "connect undecided disconnect connect" },
    { { "no-address" }, true, nil, "no-address", "connect" },
  } do
    lu.assertEquals({ tried(case[1], case[2], case[3]) }, { case[4], case[5] })
  end
end

function T.test_a_driver_that_refuses_the_buffers_is_done_without_whatever_has_worked_before()
  for _, is_proven in ipairs { true, false } do
    lu.assertEquals({ tried({ "unsupported", true }, is_proven, nil) },
      { true, "connect undecided disconnect connect" })
  end
end

function T.test_a_second_order_that_is_refused_leaves_the_modem_connected()
  lu.assertEquals({ tried({ false, "connect-refused", false }, false, nil) },
    { true, "connect prove undecided close connect forgotten connect undecided" })
  lu.assertEquals({ tried({ false, "gone" }, false, nil) }, { "gone", "connect prove undecided close connect" })
end

function T.test_a_driver_without_muxes()
  local modem, asked = modem_with {}
  local result, err = framing.agree(modem, "qmap")
  lu.assertNil(result)
  lu.assertEquals({ err.code, #asked }, { "unsupported", 0 })
end

-- ---- a modem that agrees and does otherwise ----

-- The files of a driver with muxes, of which one is there; nothing comes of them. The simulated modem agrees to QMAP,
-- and no packet passes.
local DRIVER = [[
  mount -t tmpfs tmpfs /sys/class/net || exit
  cd /sys/class/net && mkdir -p wwan0/qmi wwan0/upper_qmimux0 qmimux0/qmap || exit
  echo N >wwan0/qmi/raw_ip; : >wwan0/qmi/add_mux; : >wwan0/qmi/del_mux; echo 0x01 >qmimux0/qmap/mux_id
  cd - >/dev/null
  ip link add qmimux0 type veth peer name tower0 && ip link set tower0 up || exit
]]
local UP = "moontower up --carrier calyx-sprint\n"
local QMI = { "--composition", "qmi" }

function T.test_a_modem_that_agrees_and_passes_nothing_gets_one_packet_in_a_transfer()
  local result = world.run(DRIVER .. UP .. [[
    cat /var/lib/moontower/aggregation/*; cat /sys/class/net/wwan0/qmi/raw_ip; ip -o link show dev wwan0
    moontower down && echo again && ]] .. UP .. "moontower status && moontower down", nil, nil, QMI)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  lu.assertStrContains(result.err, "nothing answers with several packets in a USB transfer")
  local first, second = result.out:match "^(.*)\nagain\n(.*)$"
  for _, words in ipairs { '"verdict":"refused"', "wwan0     184.250.142.38/30", "8.8.8.8 answers", "mtu 1500" } do
    lu.assertStrContains(first, words)
  end
  lu.assertStrContains(second, "wwan0     184.250.142.38/30")
  lu.assertNotStrContains(second, "qmimux0")
  lu.assertEquals(select(2, result.err:gsub("several packets", "")), 1)
  for _, label in ipairs { "modem", "SIM", "network", "bearer", "wwan0" } do
    lu.assertEquals(select(2, ("\n" .. first):gsub("\n" .. label .. " +%S", "")), 1, first)
  end
end

-- A host that never answers gives 9 seconds for the signal, of which the trial takes the first 3.
function T.test_ctrl_c_during_the_trial_leaves_the_host_as_it_was()
  for _, signal in ipairs { "INT", "TERM" } do
    local result = world.run(([[
      env --default-signal=%s moontower up --apn r.ispsn --probe 192.0.2.1 >/run/test/shown 2>&1 &
      until ip -o -4 route show default | grep -q -e 'dev qmimux0' -e 'dev wwan0'; do
        kill -0 $! || { cat /run/test/shown; exit 99; }
      done
      kill -%s $!; wait $!; set -- $?; ip -o address show dev qmimux0 scope global; exit $1]]):format(signal, signal),
      nil, DRIVER .. "host", QMI)
    lu.assertEquals({ result.status ~= 0 and result.status ~= 99, result.out }, { true, "" }, result.err)
    lu.assertEquals(result.after, result.before)
  end
end

function T.test_ctrl_c_of_a_client_and_term_of_the_daemon_during_the_trial_leave_the_host_as_it_was()
  local result = world.run([[. $SUPPORT/daemon.sh
    tried() { until_true "ip -o -4 route show default | grep -e 'dev qmimux0' -e 'dev wwan0'"; }
    start; tried; end
    host | diff /run/test/before - && echo daemon
    start; moontower down >/dev/null; rm -rf /var/lib/moontower/aggregation
    env --default-signal=INT moontower up --apn r.ispsn --probe 192.0.2.1 >/dev/null 2>&1 & client=$!
    tried; kill -INT $client; wait $client
    ip -o address show dev qmimux0 scope global; ip -o route show default; echo client; end]],
    nil, DRIVER .. "host", QMI)
  lu.assertEquals(result.out, "daemon\nclient\n", result.err)
  lu.assertEquals(result.after, result.before)
end

function T.test_what_is_proven_is_tried_out_again_once_nothing_answers()
  local result = world.run(DRIVER .. UP .. [[
    moontower down; sed -i 's/"refused"/"proven"/' /var/lib/moontower/aggregation/*; echo proven
    moontower up --carrier calyx-sprint; echo "status $?"; ls /var/lib/moontower/aggregation; moontower down
    echo again; ]] .. UP .. "moontower down", nil, nil, QMI)
  local proven, again = result.out:match "\nproven\n(.*)\nagain\n(.*)$"
  lu.assertStrContains(proven, "qmimux0", result.out .. result.err)
  lu.assertStrContains(proven, "8.8.8.8 does not answer; the connection stays up\nstatus 10\n"
    .. "/run/moontower/simulator/qmi is offline")
  lu.assertStrContains(again, "8.8.8.8 answers")
  lu.assertEquals(select(2, result.err:gsub("several packets", "")), 2)
end

function T.test_who_wants_no_probe_has_no_trial()
  local result = world.run(DRIVER .. [[
    moontower up --apn r.ispsn --no-probe && ! ls -d /var/lib/moontower/aggregation 2>/dev/null
    moontower down]], nil, nil, QMI)
  world.assert_success(result)
  lu.assertStrContains(result.out, "wwan0     184.250.142.38/30")
  lu.assertNotStrContains(result.out, "aggregation")
  lu.assertEquals(result.err:find "several packets", nil)
end

-- The kernel that runs the tests has no rmnet, as Debian's: with the file, all is as without it.
function T.test_a_driver_that_can_pass_through_and_a_kernel_without_rmnet()
  local result = world.run(DRIVER .. "echo N >/sys/class/net/wwan0/qmi/pass_through\n" .. UP .. [[
    cat /run/moontower/kernel/rmnet.json; echo "passes: $(cat /sys/class/net/wwan0/qmi/pass_through)"
    moontower down]],
    nil, nil, QMI)
  lu.assertEquals(result.status, 0, result.out .. result.err)
  if result.out:find '"present":true' then
    lu.skip("this one has it")
  end
  for _, words in ipairs { '"present":false', "passes: N", "wwan0     184.250.142.38/30", "8.8.8.8 answers" } do
    lu.assertStrContains(result.out, words)
  end
  lu.assertStrContains(result.err, "nothing answers with several packets in a USB transfer")
end

function T.test_the_interface_that_up_shows_names_the_modem()
  local result = world.run(DRIVER .. [[
    moontower status --device qmimux0; moontower status --device qmimux1; moontower status --device x/../wwan0]],
    nil, nil, QMI)
  lu.assertEquals(select(2, result.out:gsub("MC7455", "")), 1)
  lu.assertStrContains(result.err, "there is no modem at qmimux1")
  lu.assertStrContains(result.err, "there is no modem at x/../wwan0")
end

function T.test_who_turns_it_off_has_one_packet_in_a_transfer()
  local result = world.run(DRIVER .. "moontower up --apn r.ispsn --no-aggregation && moontower down", nil, nil, QMI)
  world.assert_success(result)
  lu.assertStrContains(result.out, "wwan0     184.250.142.38/30")
  lu.assertEquals(result.err:find "several packets", nil)
end

return T
