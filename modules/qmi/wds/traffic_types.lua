-- SPDX-License-Identifier: MIT
-- Types that several messages about the traffic of a connection share.

local parts = require "schema.message"
local qmi = require "qmi.message"

local u8, u32, enum, flags, struct = qmi.u8, qmi.u32, qmi.enum, qmi.flags, qmi.struct

---@class qmi.wds_traffic_types
local declared = {}
local types = parts.types(declared)

function declared.network_type() return enum(u8, { ["unknown"] = 0, ["3gpp2"] = 1, ["3gpp"] = 2 }) end

-- A network, and bits for its radio technologies and service options: what a bit means depends on the network.
-- 3gpp: 1 wcdma, 2 gprs, 4 hsdpa, 8 hsupa, 0x10 edge, 0x20 lte, 0x40 hsdpa+, 0x80 dc-hsdpa+, 0x100 64qam,
-- 0x200 td-scdma, 0x400 5gnr. 3gpp2: 1 cdma-1x, 2, 4 and 8 evdo revisions 0, a and b, 0x10 ehrpd, 0x20 fmc.
-- Both: 0x8000 no bearer.
function declared.data_bearer() return struct { types.network_type "network_type", u32 "rat_mask", u32 "so_mask" } end

function declared.data_bearer_technology() return enum(u8, {
  ["unknown"] = 0xff, ["cdma-1x"] = 0x01, ["evdo"] = 0x02, ["gsm"] = 0x03, ["umts"] = 0x04, ["evdo-rev-a"] = 0x05,
  ["edge"] = 0x06, ["hsdpa"] = 0x07, ["hsupa"] = 0x08, ["hsdpa-hsupa"] = 0x09, ["lte"] = 0x0a, ["ehrpd"] = 0x0b,
  ["hsdpa-plus"] = 0x0c, ["hsdpa-plus-hsupa"] = 0x0d, ["dc-hsdpa-plus"] = 0x0e, ["dc-hsdpa-plus-hsupa"] = 0x0f,
  ["hsdpa-plus-64qam"] = 0x10, ["hsdpa-plus-64qam-hsupa"] = 0x11, ["td-scdma"] = 0x12,
  ["td-scdma-hsdpa"] = 0x13, ["td-scdma-hsupa"] = 0x14,
}) end

function declared.dormancy_status() return enum(u8, {
  ["unknown"] = 0, ["traffic-channel-dormant"] = 1, ["traffic-channel-active"] = 2,
}) end

-- The counters of Set Event Report and Get Packet Statistics.
function declared.statistics() return flags(u32, {
  ["tx-packets-ok"] = 1 << 0, ["rx-packets-ok"] = 1 << 1, ["tx-packets-error"] = 1 << 2,
  ["rx-packets-error"] = 1 << 3, ["tx-overflows"] = 1 << 4, ["rx-overflows"] = 1 << 5, ["tx-bytes-ok"] = 1 << 6,
  ["rx-bytes-ok"] = 1 << 7, ["tx-packets-dropped"] = 1 << 8, ["rx-packets-dropped"] = 1 << 9,
}) end

return types
