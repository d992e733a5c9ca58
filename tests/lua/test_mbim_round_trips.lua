-- SPDX-License-Identifier: MIT
-- Every command of MBIM that is declared, there and back: a sample of each of its parts.

local basic = require "mbim.basic_connect"
local extensions = require "mbim.ms_basic_connect_extensions"
local hex = require("support.hex").hex
local lu = require "luaunit"
local mbim = require "mbim"
local messages = require "mbim.messages"

local T = {}

local function set(...)
  local result = {}
  for _, name in ipairs { ... } do
    result[name] = true
  end
  return result
end

local internet = basic.context_types.internet

local function with(more, fields)
  for key, value in pairs(fields) do
    more[key] = value
  end
  return more
end

local ip_configuration = {
  session = 0, ipv4_available = set("address", "gateway", "dns", "mtu"), ipv6_available = set("address", "gateway"),
  ipv4_addresses = { { prefix_length = 29, address = "28.246.201.219" } }, ipv4_gateway = "28.246.201.220",
  ipv4_dns = { "10.177.0.34", "10.177.0.210" }, ipv4_mtu = 1500,
  ipv6_addresses = { { prefix_length = 64, address = "2607:fb90:643b:281f::1" } }, ipv6_gateway = "fe80::1",
  ipv6_dns = {}, ipv6_mtu = 1280,
}

local caps = {
  device_type = "embedded", cellular_class = set("gsm", "cdma"), voice_class = "simultaneous-voice-and-data",
  sim_class = set("logical", "removable"), data_class = set("umts", "lte", "5g-nsa", "5g-sa", "1xrtt", "custom"),
  sms_caps = set("text-receive", "text-send"), control_caps = set("hardware-radio-switch", "sim-hot-swap"),
  max_sessions = 16, custom_data_class = "HSPA+", device_id = "359072060000042", firmware = "SWI9X30C_02.33.03.00",
  hardware = "MC7455",
}
local caps_v2 = with({ executor = 1 }, caps)

local function pin(min)
  return { mode = "enabled", format = "numeric", min_length = min, max_length = 8 }
end

local provider = {
  id = "310120", state = set("home", "preferred-multicarrier"), name = "Sprint", cellular_class = set "gsm",
  rssi = 23, error_rate = 99,
}
local providers = { providers = { provider, provider } }

local session_state = {
  session = 7, state = "deactivating", voice_call_state = "in-progress", ip_type = "ipv4-and-ipv6",
  context_type = basic.context_types.ims, nw_error = 33,
}
local subscriptions = {
  services = { { service = mbim.services["basic-connect"], cids = { 2, 9, 10 } }, { service = internet, cids = {} } },
}
local packet_filters = { session = 2, filters = { basic.packet_filter("\x45", "\xf0"), basic.packet_filter("", "") } }
local aka_answer = {
  res = ("s"):rep(16), res_length = 8, integrity_key = ("i"):rep(16), ciphering_key = ("c"):rep(16),
  auts = ("u"):rep(14),
}
local context = {
  context = 4, context_type = internet, apn = "internet", user = "ü", password = "p\u{1f511}", compression = true,
  auth = "chap",
}
local context_set = with({ provider_id = "26201" }, context)
local attach = { ip_type = "ipv6", apn = "ia.example", user = "u", password = "p", compression = false, auth = "pap" }
local attach_info = with({ state = "attached" }, attach)
local attach_configuration = with({ roaming = "non-partner", source = "operator" }, attach)

local gsm = { provider_id = "26201", lac = 1, cell_id = 2, arfcn = 4, bsic = 5, rx_level = 6 }
local umts = {
  provider_id = "26202", lac = 1, cell_id = 2, uarfcn = 3, scrambling_code = 4, rscp = -90, ecno = -9, path_loss = 7,
}
local umts_serving = with({ frequency_uplink = 8, frequency_downlink = 9, frequency_tdd = 10 }, umts)
local tdscdma = {
  provider_id = "46000", lac = 1, cell_id = 2, uarfcn = 3, cell_parameter_id = 4, timing_advance = 5, rscp = -80,
  path_loss = 6,
}
local lte = { provider_id = "310120", cell_id = 1, earfcn = 6400, pci = 310, tac = 3, rsrp = -103, rsrq = -12 }
local lte_serving = with({ timing_advance = 12 }, lte)

local context_v2 = {
  ip_type = "ipv4v6", state = "enabled", roaming = "home-and-partner", media = "cellular", source = "operator",
  apn = "internet", user = "u", password = "p", compression = false, auth = "pap",
}
local registration = {
  mico_mode = "disabled", drx_cycle = "not-specified", ladn_info = "requested", default_session = "likely",
  register_again = true, tlvs = "",
}

local samples = {
  [basic] = {
    device_caps = { query = {}, response = caps },
    subscriber_ready_status = { query = {}, response = {
      state = "device-locked", imsi = "310120000000042", iccid = "89011203000000000421",
      ready_info = set "protect-unique-id", telephone_numbers = { "+12025550142", "", "1" },
    } },
    radio_state = { query = {}, set = { state = "on" }, response = { hardware = "off", software = "on" } },
    pin = {
      query = {},
      set = { type = "puk1", operation = "change", pin = "12345678", new_pin = "0000" },
      response = { type = "pin1", state = "locked", remaining_attempts = 3 },
    },
    pin_list = { query = {}, response = {
      pin1 = pin(4), pin2 = pin(5), device_sim_pin = pin(6), device_first_sim_pin = pin(7), network_pin = pin(8),
      network_subset_pin = pin(9), service_provider_pin = pin(10), corporate_pin = pin(11), subsidy_lock = pin(12),
      custom = pin(13),
    } },
    home_provider = { query = {}, set = provider, response = provider },
    preferred_providers = { query = {}, set = providers, response = providers },
    visible_providers = { query = { action = "restricted-scan" }, response = providers },
    register_state = {
      query = {},
      set = { provider_id = "310120", action = "manual", data_class = set "lte" },
      response = {
        nw_error = 11, state = "denied", mode = "manual", available_data_classes = set("hsupa", "lte"),
        cellular_class = set "gsm", provider_id = "310120", provider_name = "Sprint", roaming_text = "extended",
        flags = set("manual-selection-not-available", "automatic-attach"),
      },
    },
    packet_service = { query = {}, set = { action = "detach" }, response = {
      nw_error = 7, state = "detached", highest_data_class = set "5g-sa", uplink_speed = 1 << 40,
      downlink_speed = -1,
    } },
    signal_state = {
      query = {},
      set = { interval = 30, rssi_threshold = 2, error_rate_threshold = 0 },
      response = {
        rssi = 31, error_rate = 99, interval = 30, rssi_threshold = 2, error_rate_threshold = 1,
      },
    },
    connect = { query = session_state, response = session_state, set = {
      session = 255, command = "activate", apn = "r.ispsn", user = "käthe", password = "пароль",
      compression = true, auth = "mschapv2", ip_type = "ipv4v6", context_type = internet,
    } },
    provisioned_contexts = { query = {}, set = context_set, response = { contexts = { context, context } } },
    service_activation = { set = { data = "\0\1\2" }, response = { nw_error = 6, data = "abcd" } },
    ip_configuration = { query = ip_configuration, response = ip_configuration },
    device_services = { query = {}, response = { max_dss_sessions = 2, services = {
      { service = mbim.services.sms, dss_payload = 3, max_dss_instances = 1, cids = { 1, 2, 3, 4, 5 } },
      { service = mbim.services.dss, dss_payload = 0, max_dss_instances = 0, cids = {} },
    } } },
    device_service_subscribe_list = { set = subscriptions, response = subscriptions },
    packet_statistics = { query = {}, response = {
      in_discards = 1, in_errors = 2, in_octets = 1 << 33, in_packets = 4, out_octets = 5, out_packets = 6,
      out_errors = 7, out_discards = 8,
    } },
    network_idle_hint = { query = {}, set = { state = "enabled" }, response = { state = "disabled" } },
    emergency_mode = { query = {}, set = { state = "on" }, response = { state = "off" } },
    ip_packet_filters = { query = packet_filters, set = packet_filters, response = packet_filters },
    multicarrier_providers = { query = {}, set = providers, response = { providers = {} } },
  },
  [extensions] = {
    lte_attach_configuration = {
      query = {},
      set = { operation = "restore-factory", configurations = { attach_configuration } },
      response = { configurations = { attach_configuration, attach_configuration, attach_configuration } },
    },
    lte_attach_info = { query = {}, response = attach_info },
    sys_caps = { query = {}, response = { executors = 1, slots = 2, concurrency = 1, modem_id = 0x123456789a } },
    device_caps = { query = {}, response = caps_v2 },
    provisioned_contexts = {
      query = {},
      set = with({ operation = "default", context_type = internet }, context_v2),
      response = { contexts = { with({ context = 1, context_type = internet }, context_v2) } },
    },
    modem_configuration = {
      query = {}, response = { status = "completed", configuration_name = "ROW", tlvs = "" },
    },
    registration_parameters = { query = {}, set = registration, response = registration },
    network_parameters = {
      query = { configurations = true, policies = false, tlvs = "" },
      response = { mico_registration_area = "unknown", drx_cycle = "128", tlvs = "" },
    },
    wake_reason = { query = {}, response = { woken_by = "packet", session = 0, tlvs = "abcd" } },
    ue_policy = { query = { tlvs = "" }, response = { tlvs = "abcd" } },
    device_slot_mappings = {
      query = {}, set = { executors = { { slot = 1 } } }, response = { executors = { { slot = 0 }, { slot = 1 } } },
    },
    slot_info_status = { query = { slot = 1 }, response = { slot = 1, state = "active-esim-no-profiles" } },
    pco = {
      query = { session = 1, size = 0, type = "complete", data = "" },
      response = { session = 1, size = 5, type = "partial", data = "\x27\3\x80\0\1" },
    },
    device_reset = { set = {}, response = {} },
    base_stations_info = {
      query = { max_gsm = 1, max_umts = 2, max_tdscdma = 3, max_lte = 4, max_cdma = 5 },
      response = {
        system_type = set "lte", gsm_serving = with({ timing_advance = 3 }, gsm), umts_serving = umts_serving,
        tdscdma_serving = tdscdma, lte_serving = lte_serving, gsm_neighbours = { cells = { gsm } },
        umts_neighbours = { cells = { umts, umts } },
        tdscdma_neighbours = { cells = { tdscdma } }, lte_neighbours = { cells = { lte, lte, lte } },
        cdma_cells = { cells = { {
          serving = true, nid = 1, sid = 2, base_station_id = 3, latitude = 4, longitude = 5, pilot_pn = 6,
          gps_seconds = 7, pilot_strength = 8,
        } } },
      },
    },
    location_info_status = { query = {}, response = { lac = 1, tac = 2, cell_id = 3 } },
    version = { query = { mbim = 0x0100, mbimex = 0x0200 }, response = { mbim = 0x0100, mbimex = 0x0100 } },
  },
  [require "mbim.sms"] = {
    configuration = {
      query = {}, set = { format = "pdu", centre_address = "+12404492164" },
      response = {
        storage_state = "initialized", format = "pdu", max_messages = 23, cdma_max_length = 0,
        centre_address = "+12404492164",
      },
    },
    read = {
      query = { format = "pdu", flag = "index", index = 6 },
      response = { format = "pdu", messages = {
        { index = 6, status = "sent", pdu = "\1\2\3\4" }, { index = 7, status = "new", pdu = "\0\1\2\3" },
      } },
    },
    send = { set = { format = "pdu", message = { pdu = "\0\1\0\1" } }, response = { reference = 7 } },
    delete = { set = { flag = "all", index = 0 }, response = {} },
    store_status = { query = {}, response = { flags = { new = true }, index = 7 } },
  },
  [require "mbim.ussd"] = {
    ussd = {
      set = { action = "continue", scheme = 15, payload = "\x31\0\0\0" },
      response = { response = "no-action-required", session_state = "existing", scheme = 15, payload = "\1\2\3\4" },
    },
  },
  [require "mbim.ms_uicc_low_level_access"] = {
    atr = { query = {}, response = { atr = "\x3b\x9f\x96" } },
    open_channel = {
      set = { aid = "\xa0\0\0\5\x59", select_p2 = 0x0c, group = 1 },
      response = { status = { sw1 = 0x90, sw2 = 0, unused = 0 }, channel = 2, response = "\x6f\0" },
    },
    close_channel = { set = { channel = 2, group = 0 }, response = { status = { sw1 = 0x90, sw2 = 0, unused = 0 } } },
    apdu = {
      set = {
        channel = 1, secure_messaging = "no-header-authentication", class = "extended", command = "\x80\xe2\x91",
      },
      response = { status = { sw1 = 0x61, sw2 = 0x15, unused = 0 }, response = "\1\2\3" },
    },
    terminal_capability = {
      query = {}, set = { capabilities = { "\x81\1\1", "\x83\1\7" } },
      response = { capabilities = { "\x81\1\1" } },
    },
    reset = { query = {}, set = { pass_through = "enable" }, response = { pass_through = "disabled" } },
    application_list = {
      query = {},
      response = { version = 1, active_index = 0, size = 44, applications = { {
        type = "isim", aid = "\xa0\0\0\0\x87\x10\4", label = "", pin_reference_count = 1, pin_references = "\1",
      } } },
    },
    file_status = {
      query = { version = 1, aid = "\xa0\0\0\0\x87", file_path = "\x7f\xff\x6f\7" },
      response = {
        version = 1, sw1 = 0x90, sw2 = 0, accessibility = "not-shareable", type = "working-ef",
        structure = "transparent", item_count = 1, item_size = 9,
        access_read = "pin1", access_update = "adm", access_activate = "adm",
        access_deactivate = "adm",
      },
    },
    read_binary = {
      query = {
        version = 1, aid = "\xa0\0\0\0\x87", file_path = "\x7f\xff\x6f\7", read_offset = 0, read_size = 0,
        local_pin = "", data = "",
      },
      response = { version = 1, sw1 = 0x90, sw2 = 0, data = "\1\2" },
    },
    read_record = {
      query = {
        version = 1, aid = "\xa0\0\0\0\x87", file_path = "\x7f\xff\x6f\7", record_number = 1, local_pin = "",
        data = "",
      },
      response = { version = 1, sw1 = 0x90, sw2 = 0, data = "\1\2" },
    },
  },
  [require "mbim.phonebook"] = {
    configuration = {
      query = {},
      response = {
        state = "initialized", max_entries = 500, used_entries = 10, max_number_length = 80, max_name_length = 18,
      },
    },
    read = {
      query = { flag = "all", index = 0 },
      response = { entries = { { index = 1, number = "+15550100", name = "Ann" } } },
    },
    delete = { set = { flag = "index", index = 3 }, response = {} },
    write = { set = { flag = "unused", index = 0, number = "+15550101", name = "Bob" }, response = {} },
  },
  [require "mbim.stk"] = {
    pac = {
      query = {}, set = { host_control = ("\1\2"):rep(16) }, response = { support = ("\0\7"):rep(128) },
      indication = { type = "proactive-command", command = "\xd0\2\x81\3" },
    },
    terminal_response = {
      set = { length = 4, bytes = "\x81\3\1\2" }, response = { result = "\1\2", status_words = 0x9000 },
    },
    envelope = { query = {}, set = { bytes = "\xd1\2\x82\2" }, response = { support = ("\1"):rep(32) } },
  },
  [require "mbim.auth"] = {
    aka = { query = { rand = ("r"):rep(16), autn = ("a"):rep(16) }, response = aka_answer },
    akap = {
      query = { rand = ("r"):rep(16), autn = ("a"):rep(16), network_name = "WLAN" }, response = aka_answer,
    },
    sim = {
      query = { rand_1 = ("1"):rep(16), rand_2 = ("2"):rep(16), rand_3 = ("3"):rep(16), count = 3 },
      response = { sres_1 = 1, kc_1 = 1 << 40, sres_2 = 2, kc_2 = 2, sres_3 = 3, kc_3 = 3, count = 3 },
    },
  },
  [require "mbim.dss"] = {
    connect = { set = { service = internet, session = 255, link_state = "activate" }, response = {} },
  },
  [require "mbim.ms_sar"] = {
    config = {
      query = {}, set = { mode = "os", backoff = "enabled", states = { { antenna = 0, backoff_index = 2 } } },
      response = {
        mode = "device", backoff = "disabled", wifi_integration = 1, states = { { antenna = 1, backoff_index = 0 } },
      },
    },
    transmission_status = {
      query = {}, set = { notification = "enabled", hysteresis = 5 },
      response = { notification = "enabled", transmission = "active", hysteresis = 5 },
    },
  },
  [require "mbim.ms_voice_extensions"] = {
    nitz = {
      query = {},
      response = {
        year = 2026, month = 11, day = 30, hour = 21, minute = 5, second = 59, time_zone_minutes = -300,
        daylight_saving_minutes = 60, data_class = set "lte",
      },
    },
  },
  [require "mbim.ms_host_shutdown"] = { notify = { set = {}, response = {} } },
  [require "mbim.atds"] = {
    signal = {
      query = {},
      response = { rssi = 20, error_rate = 99, rscp = 255, ecno = 255, rsrq = 20, rsrp = 50, rssnr = 30 },
    },
    location = { query = {}, response = { lac = 1, tac = 2, cell_id = 3 } },
    operators = {
      query = {},
      response = { operators = { {
        id = "310410", state = { visible = true }, name = "AT&T", technology = "lte", rssi = 20, error_rate = 99,
      } } },
    },
    rat = { query = {}, set = { mode = "4g-only" }, response = { mode = "automatic" } },
    register_state = {
      query = {},
      response = {
        nw_error = 0, state = "home", mode = "automatic", available_data_classes = { lte = true },
        cellular_class = { gsm = true }, provider_id = "310410", provider_name = "AT&T", roaming_text = "", flags = {},
      },
    },
  },
  [require "mbim.google"] = {
    carrier_lock = {
      query = {}, set = { data = "abcd" }, response = { lock = "applied", state = "registered", cause = "match" },
    },
  },
  [require "mbim.qdu"] = {
    update_session = {
      query = {}, set = { action = "start", session_type = "le" },
      response = {
        session_type = "le", status = "file-transfer", last_session_type = "none", last_result = "success",
        error_offset = 0, error_size = 0,
      },
    },
    file_open = {
      query = {}, set = { file_type = "little-endian-package", size = 4096 },
      response = { transfer_size = 2048, window_size = 1 },
    },
    file_write = { set = { data = "abcd" }, response = {} },
  },
  [require "mbim.ext_qmux"] = {
    message = { set = { qmux = "\1\11\0\0\0\0\0\1\39\0\0\0" }, response = { qmux = "\1\11\0\128\0\0\1\1\39\0\0\0" } },
  },
  [require "mbim.proxy_control"] = {
    configuration = { set = { device = "/dev/cdc-wdm0", timeout = 30 }, response = {} },
    version = { indication = { mbim = 0x0100, mbimex = 0x0200 } },
  },
  [require "mbim.ms_firmware_id"] = {
    get = { query = {}, response = { id = "4e967e0b-1f9c-4a0d-9f2d-5e1a5c8a9071" } },
  },
  [require "makers.quectel.mbim"] = {
    radio_state = { query = {}, set = { state = "on" }, response = { state = "off" } },
    at_command = { set = { kind = "at", bytes = "AT\r\n" }, response = { status = "ok", bytes = "OK\r\n" } },
    reboot = { set = { kind = "emergency-download" }, response = {} },
    read_version = { set = { kind = "firmware-build" }, response = { kind = 256, version = "EM05CEFAR06A07M4G" } },
  },
  [require "makers.fibocom.mbim"] = { at_command = { set = { bytes = "AT\r\n" }, response = { bytes = "OK\r\n" } } },
  [require "makers.intel.mbim"] = {
    at_command = { set = { bytes = "AT\r\n" }, response = { bytes = "OK\r\n" } },
    fcc_lock = {
      query = {}, set = { has_response = true, response = 7 }, response = { has_challenge = true, challenge = 5 },
    },
    rfim = {
      query = {}, set = { active = true },
      response = { frequencies = { {
        serving_cell = 0, frequency = 1842500000, bandwidth = 20, rsrp = 60, rsrq = 20, sinr = 20, rssi = 40,
        connected = true,
      } } },
    },
    modem_reboot = { set = { boot_mode = "normal", timeout = 2 }, response = {} },
    trace_config = {
      query = { trace = "level" }, set = { trace = "mode", setting = 1 }, response = { trace = "mode", result = 0 },
    },
  },
  [require "makers.compal.mbim"] = { at_command = { query = { bytes = "AT\r\n" }, response = { bytes = "OK\r\n" } } },
}

function T.test_every_codec_round_trips()
  local commands = 0
  for module, samples_of in pairs(samples) do
    for key, command in pairs(module) do
      if type(command) == "table" and command.cid then
        commands = commands + 1
        for _, part in ipairs { "query", "set", "response", "indication" } do
          -- An indication is mostly the response once more.
          local codec = (part ~= "indication" or command.indication ~= command.response) and command[part] or nil
          local value = (samples_of[key] or {})[part]
          local where = key .. " " .. part
          lu.assertEquals(value ~= nil, codec ~= nil, where .. ": a sample for each codec")
          if codec then
            local encoded = assert(codec:encode(value))
            lu.assertEquals(#encoded % 4, where:find("^service_activation set") and 3
              or where == "pco response" and 1 or where:find("^aka.* response") and 2
              or (where == "reboot set" or where == "read_version set") and 2 or 0, where)
            lu.assertEquals(assert(codec:decode(encoded)), value, where)
          end
        end
      end
    end
  end
  lu.assertEquals(commands, #messages)
end

-- With nothing filled in, every message is valid still: zeros and empty lists.
function T.test_every_codec_takes_nothing()
  for _, command in ipairs(messages) do
    for _, part in ipairs { "query", "set", "response" } do
      local codec = command[part]
      if codec then
        local encoded = assert(codec:encode {})
        local again = assert(codec:encode(assert(codec:decode(encoded))))
        lu.assertEquals(hex(again), hex(encoded), tostring(command) .. " " .. part)
      end
    end
  end
end

-- Every cut of a message is either refused or, where lists and strings are empty, still fine: never a raise.
function T.test_cut_messages_never_raise()
  for module, samples_of in pairs(samples) do
    for key, parts in pairs(samples_of) do
      local part = parts.response and "response" or "indication"
      local encoded = assert(module[key][part]:encode(parts[part]))
      for length = 0, #encoded - 1 do
        local value, err = module[key][part]:decode(encoded:sub(1, length))
        lu.assertTrue(value ~= nil or err.code == "malformed", key)
      end
    end
  end
end

return T
