/* SPDX-License-Identifier: MIT */
/* Codecs with a sample each, for the mutations and the fuzzers: all of modules/mbim, and TLVs. */

#ifndef MT_TESTS_WIRE_CODECS_H
#define MT_TESTS_WIRE_CODECS_H

#include "wire_lua.h"

/*
 * Leaves the global `codecs`, a list of { codec =, bytes = }: an empty value of each command's,
 * TLVs of every kind, and fuller values of the commands with the most references.
 */
static const char wire_codecs_chunk[] =
    "local basic = require 'mbim.basic_connect'\n"
    "local extensions = require 'mbim.ms_basic_connect_extensions'\n"
    "codecs = {}\n"
    "local function add(codec, values)\n"
    "  codecs[#codecs + 1] = { codec = codec, bytes = assert(codec:encode(values)) }\n"
    "end\n"
    "local mbim, known = require 'mbim', {}\n"
    "for _, message in ipairs(require 'mbim.messages') do\n"
    "  for _, command in ipairs(message.versions) do\n"
    "    for _, part in ipairs { 'query', 'set', 'response', 'indication' } do\n"
    "      local codec = command[part]\n"
    "      if codec and not known[codec] then add(codec) end\n"
    "      known[codec or false] = true\n"
    "    end\n"
    "  end\n"
    "end\n"
    "local s = require 'schema'\n"
    "add(s.compile_tlvs('Response', {\n"
    "  [0x01] = s.u32 'handle', [0x03] = s.optional(s.lbytes('u16')) 'raw',\n"
    "  [0x02] = s.struct { s.u16 'status', s.u16 'error' } 'result',\n"
    "  [0x10] = s.struct { s.i8 'rssi', s.float 'sinr', s.optional(s.uint(3)) 'cell' } 'lte',\n"
    "  [0x11] = s.list('u8', s.struct { s.u16 'mcc', s.lstring('u8') 'name' }) 'networks',\n"
    "  [0x12] = s.times(2, s.struct {\n"
    "    s.chars(4) 'id', s.flags(s.u8, { up = 1 }) 'state' }) 'slots',\n"
    "  [0x13] = s.string 'text', [0x14] = s.le.ipv4 'address', [0x15] = s.double 'time' }, true),\n"
    "  { handle = 7, raw = 'abc', result = {}, lte = { rssi = -60, sinr = 1.5, cell = 70000 },\n"
    "  networks = { { mcc = 310, name = 'one' }, { mcc = 240, name = 'two' } }, time = 0.1,\n"
    "  slots = { { id = 'ab', state = { 'up' } }, { id = 'cdef' } }, text = 'word',\n"
    "  address = '10.0.0.1', unknown = { [0x33] = 'xyz' } })\n"
    "add(s.compile_tlvs('Request', { [0x01] = s.list('u16', s.list('u8', s.u8)) 'lists',\n"
    "  [0x10] = s.struct { s.u8 'kind', s.rest 'body' } 'body', [0x11] = s.struct {} 'flag',\n"
    "  [0x12] = s.enum(s.u16, { off = 0, on = 1 }) 'state', [0x13] = s.ipv6 'address' }),\n"
    "  { lists = { { 1, 2 }, {}, { 3 } }, body = { kind = 1, body = 'xyz' }, flag = {},\n"
    "  state = 'on', address = '2001:db8::1' })\n"
    "add(basic.device_caps.response, { device_type = 'removable', data_class = { lte = true },\n"
    "  max_sessions = 8, custom_data_class = 'LTE-A', device_id = '359225051234567',\n"
    "  firmware = 'SWI9X30C_02.24.05.06', hardware = 'MC7455' })\n"
    "add(basic.subscriber_ready_status.response, { state = 'initialized',\n"
    "  imsi = '310120012345678', iccid = '8901120200012345678',\n"
    "  telephone_numbers = { '+15551234567', '+15557654321' } })\n"
    "add(basic.visible_providers.response, { providers = {\n"
    "  { id = '310120', state = { home = true, visible = true }, name = 'Sprint' },\n"
    "  { id = '24001', state = { forbidden = true }, name = 'T\u00e9lia', rssi = 20 } } })\n"
    "add(basic.register_state.response, { state = 'home', mode = 'automatic',\n"
    "  provider_id = '310120', provider_name = 'Sprint', roaming_text = '' })\n"
    "add(basic.connect.set, { session = 0, command = 'activate', apn = 'r.ispsn', user = 'u',\n"
    "  password = 'p', auth = 'chap', ip_type = 'ipv4v6',\n"
    "  context_type = '7e5e2a7e-4e6f-7272-736b-656e7e5e2a7e' })\n"
    "add(basic.ip_configuration.response, {\n"
    "  ipv4_available = { 'address', 'gateway', 'dns', 'mtu' },\n"
    "  ipv4_addresses = { { prefix_length = 30, address = '10.32.1.2' } },\n"
    "  ipv4_gateway = '10.32.1.1', ipv4_dns = { '8.8.8.8', '8.8.4.4' }, ipv4_mtu = 1430,\n"
    "  ipv6_addresses = { { prefix_length = 64, address = '2001:db8::2' } },\n"
    "  ipv6_gateway = 'fe80::1', ipv6_dns = { '2001:4860:4860::8888' }, ipv6_mtu = 1430 })\n"
    "add(basic.device_services.response, { max_dss_sessions = 0, services = {\n"
    "  { service = 'a289cc33-bcbb-8b4f-b6b0-133ec2aae6df', cids = { 1, 2, 3, 4, 9, 12 } },\n"
    "  { service = '533fbeeb-14fe-4467-9f90-33a223e56c3f', cids = { 1, 2 } } } })\n"
    "add(extensions.base_stations_info.response, { system_type = { 'lte' },\n"
    "  lte_serving = { provider_id = '310120', earfcn = 8665, pci = 7, rsrp = -104 },\n"
    "  lte_neighbours = { cells = { { provider_id = '310120', pci = 9 }, { pci = 10 } } } })\n"
    "add(mbim.at(basic.connect, 0x300).set, { session = 1, command = 'activate', apn = 'r.ispsn',\n"
    "  user = 'u', password = 'pass', tlvs = '\\13\\0\\0\\1\\3\\0\\0\\0abc\\0' })\n"
    "add(mbim.at(basic.signal_state, 0x300).response, { rssi = 99, rsrp_snr = { signals = {\n"
    "  { rsrp = 60, snr = 70, system_type = { lte = true } }, { rsrp = 127, snr = 128 } } } })\n"
    "add(mbim.at(extensions.device_caps, 0x300).response, { lte_bands = { 2, 12, 66 },\n"
    "  nr_bands = { 41, 71 }, custom_data_class = 'x', device_id = '359225051234567' })\n"
    "add(mbim.at(extensions.base_stations_info, 0x300).response, {\n"
    "  system_type = { ['5g'] = true }, data_subclass = { nr = true },\n"
    "  nr_serving = { cells = { { provider_id = '310260', cell_id = 68719476735, pci = 1007 },\n"
    "    { nrarfcn = 521310 } } },\n"
    "  nr_neighbours = { cells = { { provider_id = '310260', cell_id = '1a2b3c', pci = 5 } } } "
    "})\n";

static inline void wire_codecs_open(lua_State *L)
{
    wire_lua_run(L, wire_codecs_chunk, 0);
}

#endif
