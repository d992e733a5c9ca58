-- SPDX-License-Identifier: MIT
-- Which fields stay as they are, by their names. What is on none of these lists is taken for private.

local M = {}

local function set(words)
  local all = {}
  for word in words:gmatch "%S+" do all[word] = true end
  return all
end

-- Text, or bytes, that say what a modem, a card or a network is, and not whose.
local TEXTS = set [[
  active_id aid application_id apn apn_name apns atr atr_value capabilities file_path list path select_response type
  device
  amss_version boot_version build_id config_version custom_data_class firmware hardware imei_software_version
  manufacturer model package_id pri_info pri_version revision sku sku_id unique_id version
  carrier carrier_id description domain_name_list id long_name mcc mnc name operator_string_name plmn profile_name
  pending_id port_name pri_revision provider_id provider_name roaming_text service_provider_name short_name
]]

-- Numbers by the last word of their names, which says what is measured or counted: "lte_rsrp_threshold_list" is a
-- threshold.
local MEASURES = set [[
  dbm rsrp rsrq rssi rscp sinr snr ecio ecno io strength loss level power temperature threshold thresholds delta
  bandwidth bitrate bps rate bytes octets packets datagrams errors discards overflows dropped
  attempts count failures left length lost messages mtu parts received removed retries sent size
  time timestamp timer timeout interval period delay age since year month day hour hours minute minutes second seconds
  milliseconds ms weeks adjustment
  bands capability preference priority cause error reason status version
]]

-- Numbers by their names. Of channels and codes on the air, which are the same in many places ...
local CHANNELS = set [[
  active_channel arfcn bsic channel earfcn frequency frequency_downlink frequency_tdd frequency_uplink
  eutra_absolute_rf_channel_number geran_absolute_rf_channel_number utra_absolute_rf_channel_number
  nr5g_arfcn nrarfcn uarfcn rx_channel tx_channel timing_advance lte_info_timing_advance
  nr5g_physical_cell_id pci physical_cell_id psc primary_scrambling_code scrambling_code umts_primary_scrambling_code
  base_station_color_code base_station_identity_code network_color_code ncc_permitted cell_parameter_id gsm tdma
]]
-- ... and of what a modem, or a message, has several of, or is able to.
local NUMBERS = set [[
  active_index bearer_id cell_index channel_id cid cids container_id context executor executors file_id group index
  index_1x_primary index_1x_secondary index_gw_primary index_gw_secondary index_of_running_image interface_number
  link_id logical_slot memory_index modem_storage_index mux_id number packet_data_handle part_number
  pdp_context_number pdp_context_primary_id phase physical_slot pid plmn_name_record_identifier port profile_index
  record_number reference scell_index session session_id sessions slot slots storage_index token transaction_id
  response_in_indication_token max_sessions max_dss_sessions
  additional_information concurrency current current_list delay_class downlink_speed dss_payload
  download_minimum_padding flow_control info ipv4_port ipv6_port last_record list local_time_offset lower_limit major
  error_offset max_cdma max_dss_instances max_gsm max_lte max_nr max_tdscdma max_umts maximum_images mbim mbimex mcc
  mean_throughput_class minor mnc ndp_signature offset filter_offset mask_offset read_offset peak_throughput_class
  pending_list
  precedence_class procedure_bytes qos_class_identifier rat_mask reliability_class satellites_used scheme select_p2
  signaling_indication so_mask supported sw1 sw2 terminate_application time_zone timezone_offset ui_in_idle_mode
  unused uplink_speed upper_limit valid_applications metric tries
  p_rev base_station_p_rev cdma_p_rev emm_sub_state long_name short_name message_id period_change replication_factor
  apn_id binding call_id composition configuration direction max_emails max_groups max_numbers max_records nam_id
  qos_id rx_endpoint_number service_class service_mask subscription tx_endpoint_number used_records
  antenna backoff_index hysteresis max_entries rssnr serving_cell status_words used_entries wifi_integration
]]

-- Numbers that say where the modem is: others of their size stand for them, always the same.
local PLACE = set [[
  base_station_id cdma_registration_zone_id cell_id cid_3gpp closed_subscriber_group csg_id enb global_cell_id gnb
  gsm_routing_area_code lac lac1 lac2 lac_3gpp lte_tac network_id nid nr5g_tracking_area_code sector serving_cell_id
  sid system_id tac tracking_area_code umts_cell_id wcdma_routing_area_code
]]
local IDENTITY = set [[ modem_id ]] -- and whose it is
local KINDS = { imsi = "imsi", imei = "imei", meid = "imei", device_id = "imei", iccid = "iccid" } -- of texts

---@param name string? of a field
---@param keeps_cells boolean? where the modem was is no secret
---@return boolean
function M.keeps_text(name, keeps_cells) return name and TEXTS[name] or keeps_cells and PLACE[name] or false end

---@param name string of a field of text that does not stay
---@return "imsi"|"imei"|"iccid"|nil kind nil: as it looks
function M.kind(name) return KINDS[name] end

-- Without what says how many there are, or of which standard.
local function plain(name) return (name:gsub("_3gpp2?$", ""):gsub("_ok$", ""):gsub("_list$", "")) end

---@param name string of a field
---@return "kept"|"place"|"identity"|"zero" what is done with its number
function M.of_number(name)
  if PLACE[name] then
    return "place"
  elseif IDENTITY[name] then
    return "identity"
  end
  local short = plain(name)
  return (CHANNELS[name] or NUMBERS[name] or NUMBERS[short] or MEASURES[short:match "%l+$"]) and "kept" or "zero"
end

---What stands for a number.
---@param others recording.pseudonyms
---@param value number
---@param name string what it is called
---@param keeps_cells boolean?
---@return number
function M.number(others, value, name, keeps_cells)
  local what = M.of_number(name)
  if what == "kept" or what == "place" and keeps_cells then
    return value
  elseif what == "zero" or math.type(value) == "float" then
    return others:zero(value)
  end
  return others:number(value)
end

return M
