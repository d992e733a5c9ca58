-- SPDX-License-Identifier: MIT
-- AT+GTUSBMODE, Fibocom's numbers of USB compositions: they mean something else on the chips of each maker.
--
-- Sources: Fibocom's dial-up guide for Linux (V1.0), tables 1, 3 and 4, and the AT manual of FM160 (11.1.2); the commit
-- that added the FM350-GL to the kernel's option; the notes of xmm7360-usb-modeswitch and of 4IceG's users on L850.

local by_command = require "settings.by_command"
local maker = require "maker"

-- The ports of an L850 are of USB's own class, and its compositions are under ids of two makers.
local acm = { at = "02:02:01" }

local families = {
  qualcomm = {
    [17] = { interfaces = { "dm", "at", "qmi", "adb" }, product = "0104" },
    [18] = { interfaces = { "dm", "at", "ecm", "adb" }, product = "0105" },
    [21] = { interfaces = { "at" }, product = "0108" },
    [22] = { interfaces = { "at", "qmi" }, product = "0109" },
    [24] = { interfaces = { "dm", "at", "rndis", "adb" }, product = "010b" },
    [29] = { interfaces = { "dm", "at", "mbim" }, product = "0110" },
    [30] = { interfaces = { "dm", "at", "mbim" }, product = "0111" },
    [32] = { interfaces = { "dm", "at", "qmi" }, product = "0104" },
    [33] = { interfaces = { "dm", "at", "ecm" }, product = "0105" },
  },
  mediatek = {
    [40] = { interfaces = { "at", "rndis", "adb" }, product = "0e8d:7126" },
    [41] = { interfaces = { "dm", "at", "rndis", "adb" }, product = "0e8d:7127" },
  },
  unisoc = {
    [34] = { interfaces = { "at", "ecm" }, product = "0a04" },
    [36] = { interfaces = { "at", "ncm" }, product = "0a05" },
    [38] = { interfaces = { "at", "rndis" }, product = "0a06" },
    [40] = { interfaces = { "at", "mbim" }, product = "0a07" },
  },
  intel = {
    [0] = { interfaces = { "at", "ncm" }, product = "8087:095a", classes = acm },
    [7] = { interfaces = { "at", "mbim" }, product = "2cb7:0007", classes = acm },
  },
}

local function family_of(description)
  return families[maker.quirks("usb", description.vendor, description.product).family]
end

-- "(17,18,30-33)" of the answer to a test; nil where the modem does not tell.
local function listed(modem)
  local reply = modem.at:command("AT+GTUSBMODE=?", { seconds = 10 })
  local words = reply and table.concat(reply.lines, "\n"):match "%+GTUSBMODE:%s*%(([%d,%-%s]+)%)"
  local set = {}
  for first, last in (words or ""):gmatch "(%d+)%-?(%d*)" do
    for number = tonumber(first), tonumber(last) or tonumber(first) do set[number] = true end
  end
  return next(set) and set or nil
end

---@param modem table
---@param options settings.options
---@return settings.setting?
---@return moontower.error? err
return function(modem, options)
  local family = family_of(modem.description)
  if not family then
    return nil
  end
  local able, choices = listed(modem), {}
  for number, choice in pairs(family) do
    choices[number] = (not able or able[number]) and choice or nil
  end
  return by_command.first(by_command.compositions {
    by = "gtusbmode", asks = "AT+GTUSBMODE?", sets = "AT+GTUSBMODE=%d", is_listed = true,
    choices = function() return choices end,
  })(modem, options)
end
