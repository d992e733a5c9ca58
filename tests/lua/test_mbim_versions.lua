-- SPDX-License-Identifier: MIT
-- What MBIMEx 2.0 and 3.0 lay out otherwise: against bytes, both ways, cut short, and guessed.

local answers = require "mbim.answers"
local basic = require "mbim.basic_connect"
local core = require "core.mbim"
local dump = require "support.hex"
local extensions = require "mbim.ms_basic_connect_extensions"
local lu = require "luaunit"
local mbim = require "mbim"
local messages = require "mbim.messages"
local versions = require "mbim.versions"

local T = {}

-- MBIM's text is UTF-16LE.
local function bytes(text) return dump.bytes(text, "%02x00") end

local hex = dump.hex

local function set(...)
  local result = {}
  for _, name in ipairs { ... } do result[name] = true end
  return result
end

local internet = basic.context_types.internet

function T.test_register_state_of_mbimex_2()
  local value = assert(mbim.at(basic.register_state, 0x0200).response:decode(bytes [[
    00000000 03000000 01000000 60000000 01000000
    34000000 0a000000 00000000 00000000 00000000 00000000 02000000 20000000
    "26006" 0000
  ]]))
  lu.assertEquals(value.provider_id, "26006")
  lu.assertEquals(value.preferred_data_classes, set "lte")
end

function T.test_the_layout_of_a_version()
  lu.assertIs(mbim.at(basic.connect, 0x0200), basic.connect) -- 2.0 lays it out as ever
  lu.assertIs(mbim.at(basic.packet_service, 0x0100), basic.packet_service)
  lu.assertEquals({ mbim.at(basic.packet_service, 0x0200).version, mbim.at(basic.packet_service, 0x0400).version },
    { 0x0200, 0x0300 })
  lu.assertIs(mbim.at(basic.packet_service, 0x0300).set, basic.packet_service.set)
  lu.assertIs(mbim.at(basic.register_state, 0x0300).indication, mbim.at(basic.register_state, 0x0300).response)
  lu.assertErrorMsgContains("MBIMEx 2.0 cannot change its 'answer'", mbim.command, {
    service = "sms", cid = 99, name = "Test", query = {}, later = { [0x0200] = { answer = {} } },
  })
end

-- Vectors of libmbim's own tests, and Microsoft's tables.
function T.test_connect_of_mbimex_3()
  local body = bytes [[
    01000000 01000000 00000000 01000000 7e5e2a7e 4e6f 7272 736b 656e7e5e2a7e 00000000 01000000
    0a000000 10000000 "internet"
    0a000002 0a000000 "abcde" 0000
  ]]
  lu.assertEquals(mbim.at(basic.connect, 0x0300).response:decode(body), {
    session = 1, state = "activated", voice_call_state = "none", ip_type = "ipv4", context_type = internet,
    nw_error = 0, media_preference = "3gpp", apn = "internet", tlvs = bytes [[0a000002 0a000000 "abcde" 0000]],
  })
  local encoded = assert(mbim.at(basic.connect, 0x0300).set:encode {
    session = 0, command = "activate", apn = "r.ispsn", auth = "none", ip_type = "ipv4v6", context_type = internet,
  })
  lu.assertEquals(hex(encoded), hex(bytes [[
    00000000 01000000 00000000 00000000 03000000 7e5e2a7e 4e6f 7272 736b 656e7e5e2a7e 00000000
    0a000002 0e000000 "r.ispsn" 0000  -- apn, and its padding
    0a000000 00000000                 -- user
    0a000000 00000000                 -- password
  ]]))
end

function T.test_signal_state_of_mbimex_2()
  local body = bytes [[
    63000000 63000000 05000000 ffffffff ffffffff 1c000000 2c000000
    02000000 3c000000 3f000000 00000000 00000000 20000000
             43000000 80000000 02000000 ffffffff 40000000
  ]]
  lu.assertEquals(mbim.at(basic.signal_state, 0x0200).response:decode(body).rsrp_snr.signals, {
    { rsrp = 60, snr = 63, rsrp_threshold = 0, snr_threshold = 0, system_type = set "lte" },
    { rsrp = 67, snr = 128, rsrp_threshold = 2, snr_threshold = 0xffffffff, system_type = set "5g-nsa" },
  })
  lu.assertEquals(mbim.at(basic.signal_state, 0x0300).response:decode(body).rsrp_snr.signals[2].system_type, set "5g")
end

function T.test_packet_service_of_mbimex_3()
  local body = bytes "00000000 02000000 40000000 80f0fa0200000000 00a3e11100000000 01000000 02000000 1003 2001 012f0000"
  lu.assertEquals(mbim.at(basic.packet_service, 0x0300).response:decode(body), {
    nw_error = 0, state = "attached", highest_data_class = set "5g", uplink_speed = 50000000,
    downlink_speed = 300000000, frequency_range = set "fr1", data_subclass = set "nr",
    tracking_area = { mcc = 0x310, mnc = 0x120, tac = 0x2f01 },
  })
end

function T.test_base_stations_of_mbimex_3()
  local body = bytes [[
    60000000 01000000
    00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 -- serving
    00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 -- neighbours
    00000000 00000000                                                       -- CDMA
    60000000 40000000 00000000 00000000
    01000000 30000000 0c000000 ffffffff0f000000 f4010000 92f70700 012f0000
    42000000 40000000 5a000000 ffffffffffffffff "310120"
  ]]
  local value = assert(mbim.at(extensions.base_stations_info, 0x0300).response:decode(body))
  lu.assertEquals({ value.system_type, value.data_subclass }, { set("lte", "5g"), set "endc" })
  lu.assertEquals(value.nr_serving.cells, { {
    provider_id = "310120", cell_id = 0xfffffffff, pci = 500, nrarfcn = 522130, tac = 0x2f01, rsrp = 66, rsrq = 64,
    sinr = 90, timing_advance = -1,
  } })
  lu.assertNil(value.nr_neighbours)
end

-- ---- both ways ----

local signals = { rssi = 99, error_rate = 99, interval = 5, rssi_threshold = 2, error_rate_threshold = 0 }
local function measured(class)
  local value = { rsrp_snr = { signals = {
    { rsrp = 60, snr = 70, rsrp_threshold = 1, snr_threshold = 2, system_type = set "lte" },
    { rsrp = 127, snr = 128, rsrp_threshold = 0, snr_threshold = 0, system_type = set(class) },
  } } }
  for key, field in pairs(signals) do value[key] = field end
  return value
end

local function registered(...)
  return {
    nw_error = 0, state = "home", mode = "automatic", available_data_classes = set("lte", ...),
    cellular_class = set "gsm", provider_id = "310120", provider_name = "Sprint", roaming_text = "",
    flags = set "automatic-attach", preferred_data_classes = set(...),
  }
end

local nothing = { query = {} }
local filter = { session = 2, filters = {
  { size = 1, filter_offset = 16, mask_offset = 20, id = 7, bytes = "a00~b00~" },
} }
local nr = { provider_id = "310120", pci = 5, tac = 6, rsrp = 7, rsrq = 8, sinr = 9 }
local function with(fields, more)
  for key, value in pairs(fields) do more[key] = more[key] or value end
  return more
end

-- By command and version: a sample for each part that this version lays out.
local samples = {
  [basic.subscriber_ready_status] = { [0x0300] = { response = {
    state = "initialized", flags = set("esim", "sim-removable"), imsi = "310120000000042", iccid = "8901",
    ready_info = {}, telephone_numbers = { "+12025550142", "" },
  } } },
  [basic.register_state] = {
    [0x0200] = { response = registered "5g-nsa" },
    [0x0300] = {
      set = { provider_id = "310120", action = "manual", data_class = set("lte", "5g") }, response = registered "5g",
    },
  },
  [basic.packet_service] = {
    [0x0200] = { response = {
      nw_error = 7, state = "attached", highest_data_class = set "5g-nsa", uplink_speed = 1 << 40, downlink_speed = -1,
      frequency_range = set("fr1", "fr2"),
    } },
    [0x0300] = { response = {
      nw_error = 7, state = "attached", highest_data_class = set "5g", uplink_speed = 1 << 40, downlink_speed = -1,
      frequency_range = set "fr2", data_subclass = set "endc",
      tracking_area = { mcc = 0x262, mnc = 0x8001, tac = 0xabcdef },
    } },
  },
  [basic.signal_state] = {
    [0x0200] = { response = measured "5g-sa" }, [0x0300] = { response = measured "5g" },
  },
  [basic.connect] = { [0x0300] = {
    query = { session = 3 },
    set = {
      session = 255, command = "activate", compression = true, auth = "mschapv2", ip_type = "ipv4v6",
      context_type = internet, media_preference = "3gpp-preferred", apn = "r.ispsn", user = "käthe",
      password = "пароль", tlvs = "\2\0\0\0\4\0\0\0abcd",
    },
    response = {
      session = 7, state = "deactivating", voice_call_state = "in-progress", ip_type = "ipv4-and-ipv6",
      context_type = basic.context_types.ims, nw_error = 33, media_preference = "3gpp", apn = "ims", tlvs = "",
    },
  } },
  [basic.ip_packet_filters] = { [0x0300] = { query = filter, set = filter, response = filter } },
  [extensions.lte_attach_info] = { [0x0300] = { response = {
    state = "attached", nw_error = 5, ip_type = "ipv6", apn = "ia.example", user = "u", password = "p",
    compression = false, auth = "pap",
  } } },
  [extensions.device_caps] = { [0x0300] = { response = {
    device_type = "embedded", cellular_class = set "gsm", voice_class = "no-voice", sim_class = set "removable",
    data_class = set("lte", "5g"), sms_caps = set "pdu-send", control_caps = set "esim",
    data_subclass = set("endc", "nr"), max_sessions = 8, executor = 1, wcdma_bands = 0x1b,
    lte_bands = { 2, 12, 66 }, nr_bands = { 41 }, custom_data_class = "",
    device_id = "359072060000042", firmware = "F1.2", hardware = "X",
  } } },
  [extensions.base_stations_info] = { [0x0300] = {
    query = { max_gsm = 1, max_umts = 2, max_tdscdma = 3, max_lte = 4, max_cdma = 5, max_nr = 6 },
    response = {
      system_type = set("lte", "5g"), data_subclass = set "endc",
      lte_serving = {
        provider_id = "310120", cell_id = 1, earfcn = 6400, pci = 310, tac = 3, rsrp = -103, rsrq = -12,
        timing_advance = 12,
      },
      lte_neighbours = { cells = {} },
      nr_serving = { cells = { with(nr, { cell_id = 0xfffffffff, nrarfcn = 520110, timing_advance = 10 }) } },
      nr_neighbours = { cells = {
        with(nr, { cell_id = "1a2b3c", data_subclass = set "nr" }), with(nr, { cell_id = "", data_subclass = {} }),
      } },
    },
  } },
}

-- Calls fn(codec, sample, command, part) for each part that a later version lays out.
local function each(fn)
  for _, message in ipairs(messages) do
    for i = 2, #message.versions do
      local command, before = message.versions[i], message.versions[i - 1]
      for _, part in ipairs { "query", "set", "response", "indication" } do
        local is_once_more = part == "indication" and command.indication == command.response
        if command[part] ~= before[part] and not is_once_more then
          local sample = ((samples[message] or nothing)[command.version] or nothing)[part]
          lu.assertNotNil(sample, ("%s %s %x: a sample for each codec"):format(message, part, command.version))
          fn(command[part], sample, command, part)
        end
      end
    end
  end
end

function T.test_every_codec_round_trips()
  each(function(codec, sample, command, part)
    local encoded = assert(codec:encode(sample))
    local where = tostring(command) .. part
    lu.assertEquals(assert(codec:decode(encoded)), sample, where)
    lu.assertEquals(#encoded % 4, 0, where)
    assert(codec:encode(assert(codec:decode(assert(codec:encode {})))))
  end)
end

function T.test_cut_messages_never_raise()
  each(function(codec, sample, command, part)
    local encoded = assert(codec:encode(sample))
    for length = 0, #encoded - 1 do
      local value, err = codec:decode(encoded:sub(1, length))
      lu.assertTrue(value ~= nil or err.code == "malformed", tostring(command) .. part)
    end
  end)
end

-- What those who share its layout, or are shorter, cannot tell apart.
local same = {
  [mbim.at(basic.register_state, 0x0300)] = 0x0200, [mbim.at(basic.signal_state, 0x0300)] = 0x0200,
}

function T.test_the_version_is_guessed_by_the_layout()
  each(function(codec, sample, command, part)
    local message = command.service == "basic-connect" and mbim.lookup(command.service_uuid, command.cid)
      or extensions[({ [4] = "lte_attach_info", [6] = "device_caps", [11] = "base_stations_info" })[command.cid]]
    local is_shorter = command.cid == 9 and part == "set"
      or command.cid == basic.ip_packet_filters.cid
    local found = versions.of(message, part, assert(codec:encode(sample)))
    lu.assertEquals(found.version, not is_shorter and (same[command] or command.version) or nil,
      tostring(command) .. part)
  end)
  for message in pairs(samples) do -- and what is laid out as ever is
    for _, part in ipairs { "query", "set", "response" } do
      if message[part] then
        lu.assertNil(versions.of(message, part, assert(message[part]:encode {})).version, tostring(message) .. part)
      end
    end
  end
end

-- In one step where the layout is certain, and otherwise as a body by itself is read; cut anywhere.
function T.test_an_answer_is_read_as_its_body_is()
  local function check(message, info, version)
    local device = { version = version }
    local values, err, certain = versions.read(message, "response", info, version)
    local got, got_err = answers.read(device, message, core.build {
      type = "command-done", service = message.service_uuid, cid = message.cid, info = info,
    })
    lu.assertEquals({ got, got_err and got_err.message, device.version },
      { values, err and err.message, certain or version }, tostring(message))
  end
  for _, message in ipairs(messages) do
    for _, layout in ipairs(message.response and message.versions or {}) do
      local sample = ((samples[message] or nothing)[layout.version] or nothing).response
      local info = assert(layout.response:encode(sample or {}))
      for length = 0, #info do
        for _, version in ipairs { 0, 0x0100, 0x0200, 0x0300 } do
          check(message, info:sub(1, length), version > 0 and version or nil)
        end
      end
    end
  end
end

return T
