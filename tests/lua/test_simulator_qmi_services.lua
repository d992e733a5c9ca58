-- SPDX-License-Identifier: MIT
-- The simulated modem's QMI function: profiles, messages, location; and QMI inside of MBIM.

local basic = require "mbim.basic_connect"
local core = require "core.qmi"
local ctl = require "qmi.ctl"
local dms = require "qmi.dms"
local ext_qmux = require "mbim.ext_qmux"
local faults = require "simulator.faults"
local loc = require "qmi.loc"
local lu = require "luaunit"
local mbim_client = require "support.mbim_client"
local nas = require "qmi.nas"
local qmi_client = require "support.qmi_client"
local task = require "task"
local wds = require "qmi.wds"
local wms = require "qmi.wms"

local T = {}

local function failed(wanted, _, err)
  lu.assertEquals(err, wanted)
end

-- Profiles ----------------------------------------------------------------------------------------------------------

local function identifier(index)
  return { profile_type = "3gpp", profile_index = index }
end

function T.test_profiles()
  local host = qmi_client.new()
  local function settings(index)
    return host:ask(wds.get_profile_settings, { profile_identifier = identifier(index) })
  end
  lu.assertEquals({ settings(1).apn_name, settings(1).pdp_type }, { "r.ispsn", "ipv4-or-ipv6" })
  host:ask(wds.indication_register, { report_profile_changes = true })
  local reply = host:ask(wds.create_profile, { profile_type = "3gpp", apn_name = "ims", pdp_type = "ipv6" })
  lu.assertEquals(reply.profile_identifier, identifier(2))
  lu.assertEquals(host:indicated(wds.profile_changed)[1].profile_event.change_event, "create-event")
  host:ask(wds.modify_profile, { profile_identifier = identifier(2), username = "me", password = "secret" })
  lu.assertEquals({ settings(2).apn_name, settings(2).username, settings(2).password }, { "ims", "me" })
  lu.assertEquals(#host:ask(wds.get_profile_list, {}).profile_list, 2)
  host:ask(wds.delete_profile, { profile_identifier = identifier(2) })
  local gone, err = settings(2)
  lu.assertEquals({ err, gone.extended_error_code }, { "extended-internal", "invalid-profile-number" })
  for _ = 2, 16 do
    host:ask(wds.create_profile, { profile_type = "3gpp" })
  end
  reply = host:ask(wds.create_profile, { profile_type = "3gpp" })
  lu.assertEquals(reply.extended_error_code, "3gpp-out-of-profiles")
end

-- What is stored outlives a restart, and calls take their APN from there.
function T.test_profiles_are_kept_and_used()
  local host = qmi_client.new()
  host:ask(wds.modify_profile, { profile_identifier = identifier(1), apn_name = "internet" })
  lu.assertEquals(host:ask(wds.get_lte_attach_parameters).apn, "internet")
  host.modem:restart()
  host.ids = { ctl = 0 }
  lu.assertEquals(host:ask(wds.get_lte_attach_parameters).apn, "internet")
  local reply = host:ask(wds.start_network, {})
  lu.assertEquals(reply.verbose_call_end_reason, { type = "3gpp", reason = 33 })
  failed("invalid-profile", host:ask(wds.start_network, { profile_index_3gpp = 9 }))
  lu.assertNil(select(2, host:ask(wds.start_network, { apn = "r.ispsn" })))
end

function T.test_statistics()
  local host = qmi_client.new()
  host.modem.statistics.out_octets = 123
  local reply, err = host:ask(wds.get_packet_statistics, { mask = { "tx-bytes-ok" } })
  lu.assertEquals({ err, reply.last_call_tx_bytes_ok }, { "out-of-call", 123 })
  host:ask(wds.start_network, {})
  reply = host:ask(wds.get_packet_statistics, { mask = { "tx-bytes-ok", "tx-packets-ok" } })
  lu.assertEquals({ reply.tx_bytes_ok, reply.tx_packets_ok, reply.rx_bytes_ok }, { 123, 0 })
end

function T.test_event_reports()
  local group <close> = task.group()
  local host = qmi_client.new(group)
  host.modem.latency = 0
  host:ask(wds.set_event_report, { data_call_status = true, current_data_bearer_technology = true })
  host:ask(wds.start_network, {})
  local report = host:indicated(wds.set_event_report)[1]
  lu.assertEquals({ report.data_call_status, report.current_data_bearer_technology.rat_mask }, { "activated", 0x20 })
  host:ask(wds.set_event_report, {
    transfer_statistics = { interval_seconds = 1, indicators = { "tx-bytes-ok", "rx-bytes-ok" } },
  })
  lu.assertEquals(host:await(wds.set_event_report), { { tx_bytes_ok = 0, rx_bytes_ok = 0 } })
  host:ask(wds.reset)
  task.sleep(1.1)
  lu.assertEquals(host:indicated(wds.set_event_report), {})
end

-- Messages ----------------------------------------------------------------------------------------------------------

function T.test_sms()
  local host = qmi_client.new()
  host:ask(wms.set_event_report, { new_mt_message_indicator = true })
  assert(faults.apply(host.modem, "sms", { "hellohello" }))
  local place = host:indicated(wms.set_event_report)[1].mt_message
  lu.assertEquals(place, { storage_type = "uim", memory_index = 0 })
  local function list(tag)
    return host:ask(wms.list_messages, { storage_type = "uim", message_tag = tag }).message_list
  end
  lu.assertEquals(list(), { { memory_index = 0, message_tag = "mt-not-read" } })
  local message = host:ask(wms.raw_read, { message_memory_storage_id = place }).raw_message_data
  -- 23.040: the SMSC, SMS-DELIVER, from +15550100999, PID 0, 7 bits; then a time stamp, and ten letters
  lu.assertEquals(message.raw_data:sub(1, 17),
    "\7\x91\x31\x21\x13\x94\x18\xf0\x04\x0b\x91\x51\x55\x10\x00\x99\xf9")
  lu.assertEquals(message.raw_data:sub(-10), "\x0a\xe8\x32\x9b\xfd\x46\x97\xd9\xec\x37")
  lu.assertEquals(list "mt-not-read", {})
  lu.assertEquals(#list "mt-read", 1)
  host.modem:restart()
  host.ids = { ctl = 0 }
  lu.assertEquals(#list(), 1)
  host:ask(wms.delete, { memory_storage = "uim", memory_index = 0 })
  lu.assertEquals(list(), {})
  failed("no-entry", host:ask(wms.raw_read, { message_memory_storage_id = place }))
end

function T.test_sms_out()
  local host = qmi_client.new()
  local data = { format = "gsm-wcdma-point-to-point", raw_data = "\0\1\2" }
  lu.assertEquals(host:ask(wms.raw_send, { raw_message_data = data }).message_id, 1)
  lu.assertEquals(host.modem.sent, { "\0\1\2" })
  data.storage_type = "uim"
  local index = host:ask(wms.raw_write, { raw_message_data = data }).memory_index
  host:ask(wms.send_from_memory_storage, {
    information = { storage_type = "uim", memory_index = index, message_mode = "gsm-wcdma" },
  })
  lu.assertEquals(host.modem.sms[index].tag, "mo-sent")
  assert(faults.apply(host.modem, "network-drop"))
  data.storage_type = nil
  failed("wms-cause-code", host:ask(wms.raw_send, { raw_message_data = data }))
end

-- Location ----------------------------------------------------------------------------------------------------------

function T.test_location()
  local group <close> = task.group()
  local host = qmi_client.new(group)
  host.modem.latency = 0
  host:ask(loc.register_events, { event_registration_mask = { "position-report", "nmea" } })
  host:ask(loc.start, { session_id = 1, fix_recurrence_type = "single-fix" })
  local report = host:await(loc.position_report)[1]
  lu.assertEquals({ report.session_id, report.latitude, report.longitude }, { 1, 40.7484, -73.9857 })
  local sentences = host:indicated(loc.nmea)
  lu.assertStrMatches(sentences[1].nmea_string, "%$GPGGA,%d+%.00,4044%.9040,N,07359%.1420,W,1,08,.*%*%x%x\r\n")
  lu.assertEquals(#sentences, 5) -- RMC, GSA, and two of GSV
  host:ask(loc.set_nmea_types, { nmea_types = { "rmc" } })
  lu.assertEquals(host:indicated(loc.set_nmea_types)[1].indication_status, "success")
  host:ask(loc.get_nmea_types)
  lu.assertEquals(host:indicated(loc.get_nmea_types)[1].nmea_types, { rmc = true })
  host:ask(loc.stop, { session_id = 1 })
end

-- QMI inside MBIM ---------------------------------------------------------------------------------------------------

-- Wraps requests as MBIM carries them.
local function inside(host)
  local transaction = 0
  local self = {}
  function self.ask(message, client, values)
    transaction = transaction + 1
    local reply, status = host:set(ext_qmux.message, { qmux = core.build {
      type = "request", service = message.service_id, client = client, id = message.id, transaction = transaction,
      tlvs = message.request:encode(values or {}),
    } })
    lu.assertEquals(status, 0)
    local answer = assert(core.parse(reply.qmux))
    lu.assertEquals({ answer.type, answer.transaction }, { "response", transaction })
    return assert(message.response:decode(answer.tlvs))
  end
  function self.allocate(service)
    return self.ask(ctl.allocate_cid, 0, { service = service }).allocation_info.cid
  end
  return self
end

function T.test_inside_mbim()
  local host = mbim_client.new()
  host:open()
  local qmi = inside(host)
  lu.assertEquals(qmi.ask(dms.get_model, qmi.allocate "dms").model, "MC7455")
  local client = qmi.allocate "wds"
  qmi.ask(wds.start_network, client, { apn = "r.ispsn", ip_family_preference = "ipv4" })
  local news = host:indicated(ext_qmux.message)
  lu.assertEquals(#news, 1)
  local indication = assert(core.parse(news[1].qmux))
  lu.assertEquals({ indication.type, indication.id, indication.client },
    { "indication", wds.get_packet_service_status.id, client })
  -- the same modem
  lu.assertEquals(host:query(basic.ip_configuration, { session = 0 }).ipv4_addresses[1].address, "184.250.142.38")
  host:set(basic.device_service_subscribe_list, {
    services = { { service = basic.connect.service_uuid, cids = {} } },
  })
  qmi.ask(wds.stop_network, client, { packet_data_handle = 0xffffffff })
  lu.assertEquals(#host:indicated(ext_qmux.message), 0)
  lu.assertEquals(host:query(basic.connect, { session = 0 }).state, "deactivated")
end

function T.test_noise_inside_mbim()
  local host = mbim_client.new()
  host:open()
  local _, status = host:set(ext_qmux.message, { qmux = "no frame" })
  lu.assertEquals(status, 2)
  -- the faults of QMI's TLVs concern it; those of the wire only what is around it
  local qmi = inside(host)
  local client = qmi.allocate "nas"
  assert(faults.apply(host.modem, "bare-failure", { "1" }))
  lu.assertEquals(qmi.ask(nas.get_signal_info, client).result.error, 3)
  lu.assertEquals(qmi.ask(nas.get_signal_info, client).result.error, 0)
end

return T
