-- SPDX-License-Identifier: MIT
-- For tests in the virtual machine: resets the modem's USB port, or switches its power, without opening the modem.

local modem = require "modem"
local usb = require "modem.usb"

local description = assert(modem.select())
assert(usb[arg[1]](arg[1] == "reset" and description or assert(usb.switch_of(description))))
