-- SPDX-License-Identifier: MIT
-- The how-to for an MC7455 with a Calyx Institute SIM, as it is typed into minicom: one line for each line. Run it with
-- `moontower run scripts/examples/calyx-by-hand.lua`; `moontower setup calyx-sprint` does the same, and looks first.

local reenumeration = require "modem.reenumeration"
local modem = require "modem"
local reset = require "modem.reset"
local sierra = require "makers.sierra.qmi"

-- Types a command, and shows what the modem says.
local function at(device, command)
  local port = assert(device.at, device.at_error)
  local reply = assert(port:command(command))
  print("> " .. require("at").hide(command))
  for _, line in ipairs(reply.lines) do print(line) end
  print(reply.text)
end

do -- in minicom
  local device <close> = assert(modem.find())
  local back <close> = assert(reenumeration.watch(device.description)) -- from before it goes

  at(device, 'AT!ENTERCND="A710"')                    -- or else the next ones are refused
  at(device, 'AT+CPIN?')                              -- READY: the SIM asks for no PIN
  at(device, 'AT!CUSTOM="IPV6ENABLE",1')              -- the network gives IPv6
  at(device, 'AT+CGDCONT=1,"ipv4v6","r.ispsn"')       -- with this APN
  at(device, 'AT!SELRAT=06')                          -- and has LTE only (06 on this model; see AT!SELRAT=?)
  at(device, 'AT!USBCOMP=1,1,1009')                   -- diagnostics, AT and MBIM (1 is "Generic" on this model)
  at(device, 'AT!RESET')
  device:close()

  local description = assert(back:wait(240))
  print(("It is back as %s, %s."):format(description.control, description.protocol:upper()))
end

do -- swi_setusbcomp.pl --device=/dev/cdc-wdm0 --usbcomp=8
  local device <close> = assert(modem.find())
  local back <close> = assert(reenumeration.watch(device.description))

  local composition = assert(device.qmi:request(sierra.get_usb_composition))
  print(("USB composition %d, of %s"):format(composition.current, table.concat(composition.supported, " ")))
  assert(device.qmi:request(sierra.set_usb_composition, { current = 8 })) -- DM, NMEA, AT, MBIM

  assert(reset.reset(device))                         -- unplug, plug in again
  device:close()
  local description = assert(back:wait(240))
  print(("It is back as %s, %s. Now: moontower up --carrier calyx-sprint"):format(
    description.control, description.protocol:upper()))
end
