-- SPDX-License-Identifier: MIT
-- What Intel added to MBIM.
--
-- Source: libmbim's tables of these services (1.34); the first has been seen on an L860-GL.

local mbim = require "mbim"

local u32, u64, bool, struct, refs = mbim.u32, mbim.u64, mbim.bool, mbim.struct, mbim.refs
local enum, rest, secret = mbim.enum, mbim.rest, mbim.secret

mbim.service { name = "intel-at-tunnel", uuid = "da138c64-6515-4893-92b2-a1e1ca7c81ca" }
mbim.service { name = "intel-mutual-authentication", uuid = "f85d46ef-ab26-4081-9868-4d183c0a3aec" }
mbim.service { name = "intel-firmware-update", uuid = "0ed374cb-f835-4474-bc11-3b3fd76f5641" }
mbim.service { name = "intel-tools", uuid = "4ada4962-b988-46c3-87a7-97f20f994abb" }
mbim.service { name = "intel-thermal-rf", uuid = "fdc22af2-f441-4d46-af8d-259fcdde4635" }

---@class makers.intel.mbim
local intel = {}

intel.at_command = mbim.command {
  service = "intel-at-tunnel", cid = 1, name = "Intel AT Command",
  set = { secret(rest) "bytes" },
  response = { secret(rest) "bytes" },
  indication = true,
}

-- The lock of a laptop's maker: the modem asks, the host answers.
intel.fcc_lock = mbim.command {
  service = "intel-mutual-authentication", cid = 1, name = "Intel FCC Lock",
  query = {},
  set = { bool(u32) "has_response", u32 "response" },
  response = { bool(u32) "has_challenge", u32 "challenge" },
}

-- On what frequencies the modem is, so that the laptop's own clocks keep away from them.
intel.rfim = mbim.command {
  service = "intel-thermal-rf", cid = 9, name = "Intel RFIM",
  query = {},
  set = { bool(u32) "active" },
  response = {
    refs(struct {
      u32 "serving_cell", u64 "frequency", u32 "bandwidth",
      u32 "rsrp", u32 "rsrq", u32 "sinr", u32 "rssi", bool(u32) "connected",
    }) "frequencies",
  },
  indication = true,
}

-- Later firmware is told how.
intel.modem_reboot = mbim.command {
  service = "intel-firmware-update", cid = 1, name = "Intel Modem Reboot",
  set = {
    mbim.optional(enum(u32, {
      ["normal"] = 0, ["download"] = 1, ["power-off"] = 2, ["non-resetable-register"] = 3,
      ["power-off-without-reboot"] = 4, ["fast-download"] = 5,
    })) "boot_mode",
    mbim.optional(u32) "timeout",
  },
  response = {},
}

local trace = enum(u32, { mode = 0, level = 1, location = 2, ["flash-interval"] = 3 }) "trace"

-- The modem's own log.
intel.trace_config = mbim.command {
  service = "intel-tools", cid = 8, name = "Intel Trace Config",
  query = { trace },
  set = { trace, u32 "setting" },
  response = { trace, u32 "result" },
}

return intel
