-- SPDX-License-Identifier: MIT
-- The QMI declarations of ctl, dms, wda, uim, wms and sierra against bytes, and every declared codec there and back.

local ctl = require "qmi.ctl"
local dms = require "qmi.dms"
local dms_uim = require "qmi.dms.uim"
local dump = require "support.hex"
local lu = require "luaunit"
local messages = require "qmi.messages"
local process = require "core.process"
local program = require "core.program"
local qmi = require "qmi"
local sierra = require "makers.sierra.qmi"
local status = require "qmi.status"
local uim = require "qmi.uim"
local wda = require "qmi.wda"
local wms = require "qmi.wms"

local T = {}

-- TLVs only, without any header.
local both_ways, bytes, hex = dump.both_ways, dump.bytes, dump.hex

local OK = "020400 00000000 "
local ok = { status = 0, error = 0 }

-- Answers that lack what others have: a 5G modem tells its band in the wide list alone, and nothing where it hears
-- nothing; a modem without a SIM's number has none to tell.
function T.test_answers_that_lack_something()
  local nas = require "qmi.nas"
  local rf = nas.get_rf_band_information.response
  lu.assertEquals(rf:decode(bytes(OK .. "110800 01 0c fa00 10b90900"), true).extended_list[1].active_channel, 637200)
  lu.assertEquals(rf:decode(bytes(OK), true).extended_list, nil)
  lu.assertStrContains(select(2, rf:decode(bytes(OK))).message, "list: missing") -- and who wants to know it is told
  for _, message in ipairs(messages) do
    local codec = message.response
    lu.assertNotNil(not codec or codec:decode(bytes(OK), true), tostring(message))
    lu.assertNotNil(not message.indication or message.indication:decode("", true), tostring(message))
  end
end

-- Messages of real modems --------------------------------------------------------------------------------------------

-- The order of TLVs is the modem's business.
function T.test_get_ids()
  lu.assertEquals(dms.get_ids.response:decode(bytes [[
    020400 00000000
    130100 "B"
    120e00 "35922505003997"
    100800 "80997874"
    110f00 "359225050039973"
  ]]), {
    result = ok, esn = "80997874", imei = "359225050039973", meid = "35922505003997", imei_software_version = "B",
  })
end

function T.test_get_model()
  lu.assertEquals(dms.get_model.response:decode(bytes(OK .. '010800 "EM12-AW" 09')).model, "EM12-AW\t")
end

function T.test_uim_get_pin_status()
  both_ways(dms_uim.uim_get_pin_status.response, OK .. "110300 01030a 120300 01020a", {
    result = ok,
    pin1_status = { current_status = "enabled-not-verified", verify_retries_left = 3, unblock_retries_left = 10 },
    pin2_status = { current_status = "enabled-not-verified", verify_retries_left = 2, unblock_retries_left = 10 },
  })
end

function T.test_uim_verify_pin()
  both_ways(dms_uim.uim_verify_pin.request, '010600 01 04 "1234"', { info = { pin_id = "pin", pin = "1234" } })
end

function T.test_get_time()
  local values = assert(dms.get_time.response:decode(bytes(OK .. [[
    010800 410c9001ce00 0200
    100800 510ff48101010000
    110800 c8aab30000000000
  ]])))
  lu.assertEquals(values.device_time, { time_count = 884789480513, time_source = "hdr-network" })
  lu.assertEquals(values.system_time, 1105986850641)
  lu.assertEquals(values.user_time, 11774664)
end

-- An MC7455. It ends its strings with a NUL, and has no package (0x14).
function T.test_sierra_get_current_firmware()
  lu.assertEquals(sierra.get_current_firmware.response:decode(bytes(OK .. [[
    180c00 "002.072_000" 00
    170800 "GENERIC" 00
    160800 "000.005" 00
    150200 "1" 00
    130800 "1102476" 00
    121500 "SWI9X30C_02.33.03.00" 00
    111500 "SWI9X30C_02.33.03.00" 00
    100700 "MC7455" 00
  ]])), {
    result = ok, model = "MC7455", boot_version = "SWI9X30C_02.33.03.00", amss_version = "SWI9X30C_02.33.03.00",
    sku_id = "1102476", carrier_id = "1", pri_version = "000.005", carrier = "GENERIC",
    config_version = "002.072_000",
  })
end

-- Layouts ------------------------------------------------------------------------------------------------------------

function T.test_ctl()
  both_ways(ctl.allocate_cid.request, "010100 02", { service = "dms" })
  lu.assertEquals(ctl.allocate_cid.request:encode { service = 2 }, bytes "010100 02")
  both_ways(ctl.allocate_cid.response, "010200 0207" .. OK,
    { result = ok, allocation_info = { service = "dms", cid = 7 } })
  both_ways(ctl.release_cid.request, "010200 f107", { release_info = { service = 0xf1, cid = 7 } })
  both_ways(ctl.get_version_info.response, "010b00 02 00 0100 0500 1a 0100 1000" .. OK, {
    result = ok,
    service_list = { { service = "ctl", major = 1, minor = 5 }, { service = "wda", major = 1, minor = 16 } },
  })
  both_ways(ctl.proxy_open.request, '010d00 "/dev/cdc-wdm0"', { device_path = "/dev/cdc-wdm0" })
  both_ways(ctl.proxy_allocate_cid.request, "010200 0b00", { service = "uim" })
  both_ways(ctl.sync.request, "", {})
  both_ways(ctl.sync.indication, "", {})
end

-- A failure comes without the TLVs that a success must have.
function T.test_failure()
  both_ways(ctl.allocate_cid.response, "020400 01000500", { result = { status = 1, error = 5 } })
  lu.assertEquals({ status.status(5) },
    { "client-ids-exhausted", "the modem has no client ids left: other programs hold them all", "full" })
  lu.assertEquals({ qmi.status(999) }, { "error-999", "the modem answered with error 999", "modem" })
  lu.assertEquals({ status.status(26) }, { "no-effect", "nothing to do: it is as wanted already", "fine" })
end

function T.test_mandatory_one_missing()
  local values, err = dms.get_operating_mode.response:decode(bytes(OK))
  lu.assertNil(values)
  lu.assertEquals(err.message, "Get Operating Mode.mode: missing")
end

function T.test_get_capabilities()
  both_ways(dms.get_capabilities.response, "010e00 80f0fa02 00a3e111 02 02 03 04 05 08" .. OK, {
    result = ok,
    info = {
      max_tx_channel_rate = 50000000, max_rx_channel_rate = 300000000, data_service_capability = "ps",
      sim_capability = "supported", radio_interface_list = { "gsm", "umts", "lte" },
    },
  })
end

function T.test_operating_mode()
  both_ways(dms.get_operating_mode.response, "010100 01" .. OK .. "100200 0200 110100 01", {
    result = ok, mode = "low-power", offline_reason = { ["pri-image-misconfiguration"] = true },
    hardware_restricted_mode = true,
  })
  both_ways(dms.set_operating_mode.request, "010100 04", { mode = "reset" })
end

function T.test_band_capabilities()
  local values = assert(dms.get_band_capabilities.response:decode(bytes(OK .. [[
    010800 0000c00000000300 100800 0800000000010080 120600 0200 0200 4200
  ]])))
  lu.assertEquals(values.band_capability, {
    ["wcdma-2100"] = true, ["wcdma-pcs-1900"] = true, ["wcdma-2600"] = true, ["wcdma-900"] = true,
  })
  lu.assertEquals(values.lte_band_capability, { ["eutran-4"] = true, ["eutran-41"] = true, [1 << 63] = true })
  lu.assertEquals(values.extended_lte_band_capability, { 2, 66 })
end

function T.test_firmware_preference()
  both_ways(dms.get_firmware_preference.response, [[
    014b00 02
    00 "002.026_000" 0000000000 14 "02.24.05.06_GENERIC?"
    01 "002.026_000" 0000000000 12 "02.24.05.06_ATT/VZ"
  ]] .. OK, {
    result = ok,
    list = {
      { type = "modem", unique_id = "002.026_000\0\0\0\0\0", build_id = "02.24.05.06_GENERIC?" },
      { type = "pri", unique_id = "002.026_000\0\0\0\0\0", build_id = "02.24.05.06_ATT/VZ" },
    },
  })
end

function T.test_data_format()
  both_ways(wda.get_data_format.response, OK .. [[
    100100 00 110400 02000000 120400 05000000 130400 09000000 150400 20000000 160400 00800000
    170400 0b000000 180400 00200000 1a0400 00000000 1b0100 01
  ]], {
    result = ok, qos_format = false, link_layer_protocol = "raw-ip", uplink_data_aggregation_protocol = "qmap",
    downlink_data_aggregation_protocol = "qmapv5", downlink_data_aggregation_max_datagrams = 32,
    downlink_data_aggregation_max_size = 32768, uplink_data_aggregation_max_datagrams = 11,
    uplink_data_aggregation_max_size = 8192, download_minimum_padding = 0, flow_control = 1,
  })
  both_ways(wda.set_data_format.request, "110400 01000000 170800 02000000 08000000", {
    link_layer_protocol = "802.3", endpoint_info = { type = "hsusb", interface_number = 8 },
  })
end

local usim_id = "\xa0\x00\x00\x00\x87\x10\x02"

function T.test_card_status()
  local listing = [[
    103500 0000 ffff ffff ffff
    02                                    -- two slots
    01 02 03 0a 00                        -- present; its universal PIN
    01                                    -- one application
    02 02 02 0b 00 00                     -- a USIM that asks for its PIN; not locked to a network
    07 a0000000871002 00                  -- the AID
    01 03 0a 01 03 0a                     -- PIN1 and PIN2
    00 00 00 00 06 00                     -- absent
    0000000000000000000000                -- bytes that nobody knows
  ]]
  local values = assert(uim.get_card_status.response:decode(bytes(OK .. listing)))
  lu.assertEquals(values.card_status, {
    index_gw_primary = 0, index_1x_primary = 0xffff, index_gw_secondary = 0xffff, index_1x_secondary = 0xffff,
    cards = {
      {
        state = "present", upin_state = "enabled-verified", upin_retries = 3, upuk_retries = 10, error = "unknown",
        applications = {
          {
            type = "usim", state = "pin1-or-upin-pin-required", personalization_state = "ready",
            personalization_feature = "unknown", personalization_retries = 0, personalization_unblock_retries = 0,
            application_id = usim_id, upin_replaces_pin1 = false, pin1_state = "enabled-not-verified",
            pin1_retries = 3, puk1_retries = 10, pin2_state = "enabled-not-verified", pin2_retries = 3,
            puk2_retries = 10,
          },
        },
      },
      {
        state = "absent", upin_state = "not-initialized", upin_retries = 0, upuk_retries = 0,
        error = "possibly-removed", applications = {},
      },
    },
  })
  local again = assert(uim.card_status.indication:encode { card_status = values.card_status })
  lu.assertEquals(uim.card_status.indication:decode(again), { card_status = values.card_status })
end

-- The card's status numbers the features from 11 on differently.
function T.test_personalization_features()
  local sent = { feature = "gw-iccid", operation = "unblock", control_key = "1" }
  both_ways(uim.depersonalization.request, '010400 0d 01 01 "1"', { info = sent })
  local card = { applications = { { personalization_feature = "gw-iccid" } } }
  local body = assert(uim.card_status.indication:encode { card_status = { cards = { card } } })
  lu.assertEquals(body:byte(3 + 8 + 1 + 5 + 1 + 4), 14)
end

function T.test_uim_requests()
  both_ways(uim.verify_pin.request, '010200 00 00 020600 01 04 "1234"', {
    session = { session_type = "primary-gw-provisioning", application_id = "" },
    info = { pin_id = "pin1", pin_value = "1234" },
  })
  both_ways(uim.read_transparent.request, "010200 0600 020500 e22f 02 003f 030400 0000 0000", {
    session = { session_type = "card-slot-1", application_id = "" },
    file = { file_id = 0x2fe2, file_path = "\x00\x3f" },
    read_information = { offset = 0, length = 0 },
  })
  both_ways(uim.read_transparent.response, OK .. "100200 9000 110c00 0a00 98103014 0000 00240f f1", {
    result = ok, card_result = { sw1 = 0x90, sw2 = 0 },
    read_result = "\x98\x10\x30\x14\x00\x00\x00\x24\x0f\xf1",
  })
  both_ways(uim.register_events.request, "010400 11000000", {
    event_registration_mask = { ["card-status"] = true, ["physical-slot-status"] = true },
  })
  both_ways(uim.send_apdu.request, "010100 01 020700 0500 80f2000c00 100100 01", {
    slot = 1, apdu = "\x80\xf2\x00\x0c\x00", channel_id = 1,
  })
end

function T.test_slot_status()
  local values = assert(uim.get_slot_status.response:decode(bytes(OK .. [[
    101700 02 02000000 01000000 01 02 9810 01000000 00000000 00 00
    111000 02 02000000 02 01 3b 00 00000000 00 00 01
    120300 02 00 00
  ]])))
  lu.assertEquals(values.physical_slot_status, {
    { physical_card_status = "present", physical_slot_status = "active", logical_slot = 1, iccid = "\x98\x10" },
    { physical_card_status = "absent", physical_slot_status = "inactive", logical_slot = 0, iccid = "" },
  })
  lu.assertEquals(values.physical_slot_information, {
    { card_protocol = "uicc", valid_applications = 2, atr_value = "\x3b", is_euicc = false },
    { card_protocol = "unknown", valid_applications = 0, atr_value = "", is_euicc = true },
  })
  lu.assertEquals(values.slot_eid, { { eid = "" }, { eid = "" } })
end

-- Layouts as libqmi 1.36 has them; the first is "*100#".
function T.test_voice()
  local voice = require "qmi.voice"
  both_ways(voice.originate_ussd_no_wait.request, '010700 01 05 "*100#"', {
    uss_data = { scheme = "ascii", data = "*100#" },
  })
  both_ways(voice.ussd.indication, "010100 02 100600 03 04 043f 0440 110500 02 3f04 4004", {
    user_action = "required", uss_data = { scheme = "ucs2", data = "\x04\x3f\x04\x40" }, utf16 = { 0x43f, 0x440 },
  })
  both_ways(voice.indication_register.request, "160100 01", { ussd_events = true })
end

-- Layouts as libqmi 1.36 has them.
function T.test_pdc()
  local pdc = require "qmi.pdc"
  both_ways(pdc.list_configs.request, "100400 07000000 110400 01000000", { token = 7, type = "software" })
  both_ways(pdc.list_configs.indication,
    "010200 0000 100400 07000000 110e00 02 01000000 02 abcd 00000000 01 ef", {
      error = 0, token = 7,
      configurations = { { type = "software", id = "\xab\xcd" }, { type = "platform", id = "\xef" } },
    })
  both_ways(pdc.get_selected_config.indication, "010200 0000 100400 01000000 110300 02 abcd 120200 01 ef", {
    error = 0, token = 1, active_id = "\xab\xcd", pending_id = "\xef",
  })
  both_ways(pdc.get_config_info.indication,
    '010200 0000 100400 02000000 110400 00010000 120400 03 "ROW" 130400 01080105', {
      error = 0, token = 2, size = 256, description = "ROW", version = 0x05010801,
    })
  both_ways(pdc.set_selected_config.request, "010700 01000000 02 abcd 100400 03000000", {
    configuration = { type = "software", id = "\xab\xcd" }, token = 3,
  })
end

function T.test_wms()
  both_ways(wms.set_event_report.indication, "100500 00 03000000 120100 01", {
    mt_message = { storage_type = "uim", memory_index = 3 }, message_mode = "gsm-wcdma",
  })
  both_ways(wms.raw_read.response, "010700 01 06 0300 0791aa" .. OK, {
    result = ok,
    raw_message_data = { message_tag = "mt-not-read", format = "gsm-wcdma-point-to-point", raw_data = "\x07\x91\xaa" },
  })
  both_ways(wms.list_messages.response, "010e00 02000000 00000000 01 05000000 00" .. OK, {
    result = ok,
    message_list = {
      { memory_index = 0, message_tag = "mt-not-read" }, { memory_index = 5, message_tag = "mt-read" },
    },
  })
  -- What was not sent has no id; the network said why.
  both_ways(wms.raw_send.response, "020400 01003600 120300 2600 c0 130100 00", {
    result = { status = 1, error = 54 },
    gsm_wcdma_cause_info = { rp_cause = "network-out-of-order", tp_cause = "sc-busy" },
    message_delivery_failure_type = "temporary",
  })
  both_ways(wms.memory_full.indication, "010200 00 01", {
    memory_full = { storage_type = "uim", message_mode = "gsm-wcdma" },
  })
  both_ways(wms.get_smsc_address.response, '011000 "145" 0c "+12063130004"' .. OK, {
    result = ok, address = { type = "145", digits = "+12063130004" },
  })
end

function T.test_sierra_usb_composition()
  both_ways(sierra.get_usb_composition.response, OK .. "100100 06 110400 03 06 08 09",
    { result = ok, current = 6, supported = { 6, 8, 9 } })
  both_ways(sierra.set_usb_composition.request, "010100 08", { current = 8 })
  lu.assertEquals(sierra.compositions[8], { "dm", "nmea", "at", "mbim" })
  lu.assertEquals(sierra.compositions[12], { "dm", "nmea", "mbim" })
end

-- All of them --------------------------------------------------------------------------------------------------------

function T.test_parts_are_in_their_service()
  lu.assertIs(dms.uim_verify_pin, dms_uim.uim_verify_pin)
  lu.assertIs(dms.get_firmware_preference, require("qmi.dms.firmware").get_firmware_preference)
  lu.assertIs(uim.send_apdu, require("qmi.uim.files").send_apdu)
end

function T.test_secrets()
  lu.assertEquals(dms_uim.uim_unblock_pin.secrets, { puk = true, new_pin = true })
  lu.assertEquals(uim.verify_pin.secrets, { pin_value = true })
  lu.assertEquals(uim.change_pin.secrets, { old_pin = true, new_pin = true })
  lu.assertEquals(uim.send_apdu.secrets, { apdu = true })
  lu.assertEquals(dms.set_user_lock_code.secrets, { old_code = true, new_code = true })
  lu.assertEquals(dms.get_ids.secrets, {})
end

function T.test_list_and_lookup()
  lu.assertTrue(#messages >= 115)
  local seen = {}
  for _, message in ipairs(messages) do
    local key = message.service_id .. " " .. message.id
    lu.assertNil(seen[key], tostring(message))
    seen[key] = true
    lu.assertIs(qmi.lookup(message.service_id, message.id), message)
  end
  lu.assertNil(qmi.lookup(2, 0xfffe))
end

-- Of a script that declares several messages of a service, as a file of ours does.
function T.test_a_mistake_in_one_message_of_many_is_reported_when_a_script_declares_it()
  local service, message = qmi.messages "wms"
  lu.assertIs(service, wms)
  message("acme", 0xfffd, "Acme", function() return { response = { [0x10] = qmi.u8 "level" } } end)
  lu.assertIs(qmi.lookup(5, 0xfffd), wms.acme)
  lu.assertEquals(tostring(wms.acme), "Acme (wms 0xfffd)")
  for words, declare in pairs {
    ["a QMI message has no 'reply'"] = function() return { reply = {} } end,
    ["TLV 16 has no name"] = function() return { response = { [0x10] = qmi.u8 } } end,
  } do
    local line = debug.getinfo(1, "l").currentline + 1
    local ok_, mistake = pcall(function() message("bad", 0xfffc, "Bad", declare) end)
    lu.assertFalse(ok_)
    lu.assertStrContains(mistake, ("test_qmi_messages.lua:%d: "):format(line))
    lu.assertStrContains(mistake, words)
    lu.assertNil(qmi.lookup(5, 0xfffc)) -- the service is as before
    lu.assertNil(wms.bad)
  end
  local ok_, mistake = pcall(message, "bad", 0xfffc, "Bad", function() error "no such list" end)
  lu.assertFalse(ok_)
  lu.assertEquals(select(2, mistake:gsub("test_qmi_messages.lua", "")), 1)
  message("bad", 0xfffc, "Corrected", function() return { response = {} } end)
  lu.assertEquals(wms.bad.name, "Corrected")
  lu.assertErrorMsgContains("Acme has its number", message, "other", 0xfffd, "Other", function() return {} end)
end

-- In an engine that has loaded only the first file of a service.
function T.test_a_script_is_refused_the_number_of_a_message_that_is_not_loaded_yet()
  local script = [[
    local qmi, mbim = require "qmi.message", require "mbim.command"
    require "qmi.wds"
    require "mbim.basic_connect"
    local function refused(words, ok, mistake)
      assert(not ok and mistake:find("^[^:]*:%d+: My Own: ") and mistake:find(words, 1, true), mistake)
    end
    refused("wds 0x002a is Get Profile List already", pcall(function()
      return (qmi.message { service = "wds", id = 0x2a, name = "My Own", response = {} })
    end))
    refused("basic-connect cid 8 is ", pcall(function()
      return (mbim.command { service = "basic-connect", cid = 8, name = "My Own", query = {} })
    end))
    require "qmi.dms"
    local _, message = qmi.messages "dms"
    refused("List Stored Images has its number", pcall(function()
      message("mine", 0x49, "My Own", function() return { response = {} } end)
    end))
    qmi.message { service = "nas", id = 0x22, name = "My Own", response = {} } -- before any file of NAS
    assert(require("qmi.nas").network_scan and not qmi.lookup(3, 0x4242) and not qmi.lookup(1, 0x4242))
  ]]
  local result = assert(process.run {
    "sh", "-c", [[printf %s "$1" | "$0" run -]], program.executable, script, timeout = 600,
  })
  lu.assertEquals({ result.status, result.stderr }, { 0, "" })
end

-- The smallest value that a codec takes: whatever it misses is added until it misses nothing.
local function smallest(codec, values)
  for _ = 1, 20 do
    local ok_, encoded = pcall(codec.encode, codec, values)
    local missing = not ok_ and encoded:match("%.([%w_]+) is missing")
    if ok_ then
      return assert(encoded)
    end
    lu.assertNotNil(missing, tostring(encoded))
    for _, candidate in ipairs { {}, 0, "", false } do
      values[missing] = candidate
      local fits, reason = pcall(codec.encode, codec, values)
      if fits or reason:find "is missing" then
        break
      end
    end
  end
  error("no value is good enough for " .. tostring(codec))
end

-- Decoding what was encoded and encoding it again changes nothing: so nothing is lost on the way.
function T.test_round_trip_of_every_codec()
  for _, message in ipairs(messages) do
    for _, part in ipairs { "request", "response", "indication" } do
      local codec = message[part]
      if codec then
        local body = smallest(codec, part == "response" and { result = ok } or {})
        local values = assert(codec:decode(body))
        lu.assertNil(values.unknown, tostring(codec))
        lu.assertEquals(hex(assert(codec:encode(values))), hex(body), tostring(codec))
        if part == "response" then
          lu.assertEquals(assert(codec:decode(bytes "020400 01000300")).result, { status = 1, error = 3 })
        end
      end
    end
  end
end

return T
