-- SPDX-License-Identifier: MIT
-- Firmware of Sierra Wireless's modems: one image for the modem, one for each carrier, and which the modem prefers.
--
-- Source: libqmi's qmi-firmware-update.

local preference = require "makers.sierra.image_preference"

-- What it prefers and what runs; one image where these are the same.
local function read(lines)
  local fields, list = preference.fields(lines), {}
  local function add(kind, current, preferred)
    if current then
      list[#list + 1] = {
        kind = kind, version = current, is_active = true,
        is_preferred = preferred == current or preferred == preference.automatic,
      }
    end
    if preferred and preferred ~= current and preferred ~= preference.automatic then
      list[#list + 1] = { kind = kind, version = preferred, is_active = false, is_preferred = true }
    end
  end
  add("modem", fields["current fw version"], fields["preferred fw version"])
  add("carrier", fields["current config name"], fields["preferred config name"])
  return list
end

-- Linux's qcserial.c names these "QDL", or has the pair one after the other: all but 90b0 to 90c3, 90d8 and 90e0 to
-- 90e3, which are from patches to it on linux-usb (I. Shapovalov, with what AT!USBPID=? says) and, the first pair,
-- from AT!USBPID=? of an EM7565 (gist of D. Wood). Those of Dell are Sierra's DW5811e and DW5816e.
local boots = {}
for vendor, pairs_of in pairs {
  ["1199"] = "901f 901e 9063 9062 9071 9070 9079 9078 907b 907a 9091 9090 90b1 90b0 90c1 90c0 90c3 90c2 90d3 90d2 "
    .. "90d9 90d8 90e1 90e0 90e3 90e2 90e5 90e4 c081 c080",
  ["413c"] = "81b6 81b5 81cc 81cb",
} do
  for normal, boot in pairs_of:gmatch "(%x+) (%x+)" do
    boots[vendor .. ":" .. normal] = { vendor .. ":" .. boot }
  end
end

local commands = {}
for i, command in ipairs(preference.commands) do commands[i] = { asks = command .. "?", read = read } end

return {
  commands = commands,
  boots = boots,
  programs = { "qmi-firmware-update" },
}
