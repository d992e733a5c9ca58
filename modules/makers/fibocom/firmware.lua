-- SPDX-License-Identifier: MIT
-- Firmware of Fibocom's modems. Sources: fwupd's modem-manager.quirk, which has the FM101-GL update by fastboot; a
-- bench log of an FM350-GL (CeraLive's composition evidence) for AT+GTPKGVER.

-- '+GTPKGVER: "81600.0000.00.19.17.10_5001.0000.030.000.026_B77"': firmware, and what the operators and the maker of
-- the laptop have set.
local function read(lines)
  local version = table.concat(lines, "\n"):match "%+GTPKGVER:%s*\"?([^\"\r\n]+)"
  return { version and { kind = "modem", version = version, is_active = true } or nil }
end

return {
  commands = { { asks = "AT+GTPKGVER?", read = read } },
  boots = { ["2cb7:01a2"] = { "2cb7:d00d" } },
  programs = { "fwupdmgr" },
}
