-- SPDX-License-Identifier: MIT
-- Several packets in a transfer over QMI: what is asked of the modem, what of its answer holds, and what happens with a
-- modem that agrees and does otherwise. The real driver is met in tests/vm/test_qmi; here are its files without it.

local errors = require "errors"
local framing = require "modem.qmi.framing"
local lu = require "luaunit"
local wda = require "qmi.wda"
local world = require "support.world"

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

local function agreed(mode, answers, description, is_shared)
  local modem, asked = modem_with(answers, description)
  modem.is_shared = is_shared
  local has_muxes = framing.has_muxes
  framing.has_muxes = function() return true end
  local result, err = framing.agree(modem, mode)
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
