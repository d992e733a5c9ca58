-- SPDX-License-Identifier: MIT
-- Every command declared in this folder and by makers, in one list: for tracers, fuzzers and tests. Names makers'
-- services, too.

local maker = require "maker"
local mbim = require "mbim.command"
local parts = require "schema.message"

local modules = {
  "mbim.basic_connect", "mbim.ms_basic_connect_extensions", "mbim.sms", "mbim.ussd",
  "mbim.ms_uicc_low_level_access", "mbim.ms_firmware_id", "mbim.ext_qmux", "mbim.proxy_control",
  "mbim.phonebook", "mbim.stk", "mbim.auth", "mbim.dss", "mbim.ms_sar", "mbim.ms_voice_extensions",
  "mbim.ms_host_shutdown", "mbim.atds", "mbim.google", "mbim.qdu",
}
for messages in maker.each "messages" do modules[#modules + 1] = messages.mbim end
for services in maker.each "mbim_services" do
  for name, uuid in pairs(services) do mbim.service { name = name, uuid = uuid } end
end

---@type mbim.command[]
return parts.list(modules, "service", "cid")
